"""`headroom doctor -- COMMAND`: is what it says about a command true, and does it leave the command alone?"""
import json
import pathlib
import shutil
import subprocess
import sys

import pytest

from cli_user import BUILD, Cli, quickstart
from conftest import c_program, need

LINKED = "linked_ssl_write"


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def ask(cli, *command, **env):
    """Verdict, {check: [(state, text, advice)]} and the whole answer about a command."""
    done = cli("doctor", "--json", "--", *command, **env)
    out = json.loads(done.stdout)
    checks = {}
    for c in out["checks"]:
        checks.setdefault(c["check"], []).append((c["state"], c["text"], c["advice"]))
    assert done.returncode == (0 if out["command"]["reached"] and out["fail"] == 0 else 1), done
    return out["command"]["verdict"], checks, out["command"]


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


REWRITTEN = "requests will be recorded; tool results will be rewritten"


def judged_like_curl(cli, command, *more, **env):
    verdict, checks, about = ask(cli, command, *more, **env)
    assert verdict.endswith(REWRITTEN) and checks["tls"][0] == ("ok", f"reached above libcurl: {about['program']}", None), checks
    return checks, about


# ------------------------------------------------------------------ form
def test_for_people_the_verdict_is_the_last_line(cli):
    done = cli("doctor", "--", "curl", "https://example.com")
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0 and done.stderr == b"" and lines[-1] == f"curl: {REWRITTEN}"
    assert lines[-2].endswith(", 0 failures")
    assert any(line.startswith("ok    command ") and line.endswith("which is looked at, not run") for line in lines)


def test_the_command_is_not_run_and_nothing_is_changed(cli, tmp_path):
    source = '#include <fcntl.h>\n__attribute__((constructor)) static void f(void) { creat("ran", 0600); }\nint main(void) { return 0; }\n'
    subprocess.run([need("gcc", "gcc"), "-x", "c", "-", "-o", tmp_path / "touches"], input=source.encode(), check=True)
    script(tmp_path / "touch.sh", "#!/bin/sh\ntouch ran\n")
    script(tmp_path / "python3-tool", "#!/bin/sh\ntouch ran\n")
    shutil.copy(tmp_path / "touches", tmp_path / "python_tool")
    for command in (tmp_path / "touches", tmp_path / "touch.sh", c_program(LINKED), tmp_path / "python3-tool", tmp_path / "python_tool"):
        ask(cli, command)
    assert not (tmp_path / "ran").exists() and not cli.state.exists()
    cli.record(quickstart())
    before = {p: p.read_bytes() for p in (cli.state / "headroom").iterdir()}
    ask(cli, c_program(LINKED))
    after = {p: p.read_bytes() for p in (cli.state / "headroom").iterdir()}
    assert {p: b for p, b in after.items() if not p.name.endswith("-shm")} == {p: b for p, b in before.items() if not p.name.endswith("-shm")}


# ------------------------------------------------------------------ from words to an executable
def test_a_command_that_is_not_there(cli):
    verdict, checks, about = ask(cli, "no-such-command-here")
    assert verdict == "no-such-command-here: no such command" and checks["command"][0][0] == "fail"
    assert about["path"] is None and about["program"] is None and about["reached"] is False


@pytest.mark.parametrize("line", ["#!CURL", "#!CURL -s", "#!/usr/bin/env curl", "#!/usr/bin/env -S curl -s", "#!/usr/bin/env -Scurl -s",
                                  "#!/usr/bin/env A=1 curl"])
def test_first_lines_of_scripts_are_followed(cli, tmp_path, line):
    path = script(tmp_path / "agent", line.replace("CURL", shutil.which("curl")) + "\n")
    checks, about = judged_like_curl(cli, path)
    assert about["path"] == str(path) and f"{path}, a script for {about['program']}" in checks["command"][0][1]


@pytest.mark.parametrize("text", ["exec curl \"$@\"", "exec 'CURL' -s \"$@\"", "exec 3>&1 </dev/null\nexec \"CURL\"",
                                  "'''exec' \"CURL\" \"$0\" \"$@\"\n' '''\n"])
def test_a_shell_script_that_hands_over_is_followed(cli, tmp_path, text):
    judged_like_curl(cli, script(tmp_path / "agent", "#!/bin/sh\nset -e\n" + text.replace("CURL", shutil.which("curl")) + "\n"))


@pytest.mark.parametrize("text", ["curl -s", "exec \"$HOME/curl\"", "[ -t 0 ] || exec wget\nexec $(which curl)",
                                  "test x &&\nexec curl\nexec wget", "exec env A=1 curl", "exec -a x curl", "exec ./curl", "if test x\nthen\n  exec curl\nfi\nwget"])
def test_a_shell_script_that_decides_itself_cannot_be_told(cli, tmp_path, text):
    verdict, checks, about = ask(cli, script(tmp_path / "agent", "#!/bin/sh\n" + text + "\n"))
    assert verdict == "agent: cannot be told: the programs that it starts decide" and about["reached"] is False
    assert checks["tls"][0][0] == "warn"


def test_links_of_npm_are_followed_to_the_interpreter(cli, tmp_path):
    node = tmp_path / "path" / "node"
    node.parent.mkdir()
    shutil.copy(c_program(LINKED), node)
    cli_js = script(tmp_path / "node_modules" / "agent" / "cli.js", "#!/usr/bin/env node\nfetch('https://api.anthropic.com');\n")
    link = tmp_path / "node_modules" / ".bin" / "agent"
    link.parent.mkdir()
    link.symlink_to("../agent/cli.js")
    path = f"{node.parent}:/usr/bin:/bin"
    verdict, checks, about = ask(cli, link, PATH=path)
    assert verdict == f"agent: {REWRITTEN}" and about["path"] == str(cli_js) and about["program"] == str(node)
    script(cli_js, "#!/usr/bin/env node\nrequire('child_process').spawnSync('./binary');\n")
    verdict, checks, about = ask(cli, link, PATH=path)
    assert verdict == "agent: cannot be told: the programs that it starts decide"
    assert "headroom doctor -- PROGRAM" in checks["tls"][0][2]


@pytest.mark.parametrize("place", ["node_modules/@vendor/agent-linux-x64/vendor/bin", "node_modules/@vendor/agent/node_modules/@vendor/agent-linux-x64"])
def test_a_launcher_of_npm_is_followed_to_the_package_of_its_platform(cli, tmp_path, place):
    path = f"{tmp_path}/path:/usr/bin:/bin"
    (tmp_path / "path").mkdir()
    shutil.copy(c_program(LINKED), tmp_path / "path" / "node")
    launcher = script(tmp_path / "node_modules/@vendor/agent/bin/agent.js", "#!/usr/bin/env node\nimport { spawn } from 'node:child_process';\n")
    names = [f"@vendor/agent-{x}" for x in ("darwin-arm64", "linux-x64-musl", "linux-x64")]
    (launcher.parents[1] / "package.json").write_text(json.dumps({"optionalDependencies": dict.fromkeys(names, "1.0.0")}))
    native = tmp_path / place / "agent"
    native.parent.mkdir(parents=True)
    link = tmp_path / "path" / "agent"
    link.symlink_to(launcher)
    assert ask(cli, "agent", PATH=path)[0] == "agent: cannot be told: the programs that it starts decide"
    shutil.copy(c_program(LINKED), native)
    verdict, checks, about = ask(cli, "agent", PATH=path)
    assert verdict == f"agent: {REWRITTEN}" and about["program"] == str(native)
    assert checks["command"][0][1] == f"{link} is a script that hands over to {native}"
    (native.parent / "other").mkdir()
    shutil.copy(native, native.parent / "other" / "agent")
    assert ask(cli, "agent", PATH=path)[0] == "agent: cannot be told: the programs that it starts decide"


def test_env_in_front_is_passed_over(cli):
    checks, about = judged_like_curl(cli, "env", "A=1", "B=2", "curl", "-s")
    assert about["program"] == shutil.which("curl")


# ------------------------------------------------------------------ what no preload reaches
def test_a_static_executable_is_not_reached(cli, tmp_path):
    subprocess.run([need("gcc", "gcc"), "-static", "-x", "c", "-", "-o", tmp_path / "codex"], input=b"int main(void) { return 0; }", check=True)
    for command in (tmp_path / "codex", script(tmp_path / "wrapper", f"#!/bin/sh\nexec {tmp_path}/codex\n")):
        verdict, checks, _ = ask(cli, command)
        assert "will not be reached" in verdict and "static executable" in verdict and checks["command"][-1][0] == "fail"


def test_gnutls_past_libcurl_is_not_reached(cli, tmp_path):
    source = b"int gnutls_global_init(void); int main(void) { return gnutls_global_init(); }"
    subprocess.run([need("gcc", "gcc"), "-x", "c", "-", "-o", tmp_path / "other", "-l:libgnutls.so.30"], input=source, check=True)
    verdict, checks, _ = ask(cli, tmp_path / "other")
    assert "will not be reached: not reached" not in verdict and "GnuTLS or NSS" in verdict and checks["tls"][0][0] == "fail"


# ------------------------------------------------------------------ TLS
def test_a_shared_libssl_is_reached(cli):
    verdict, checks, _ = ask(cli, c_program("ssl_write"))
    assert verdict == f"ssl_write: {REWRITTEN}" and "reached in libssl" in checks["tls"][0][1] and "entry" not in checks
    assert "recorded as http2" in checks["http2"][0][1]


def test_an_interpreter_of_python_is_asked_for_its_ssl_module(cli, tmp_path):
    agent = script(tmp_path / "agent", f"#!{sys.executable}\nopen('ran', 'w')\n")
    verdict, checks, _ = ask(cli, agent)
    shared = subprocess.run([sys.executable, "-c", "import ssl; print('libssl.so' in open('/proc/self/maps').read())"], capture_output=True,
                            check=True).stdout == b"True\n"
    assert verdict.endswith(REWRITTEN) == shared and (checks["tls"][0][0] == "ok") == shared
    assert not (tmp_path / "ran").exists()


def test_linked_in_tls_is_found_and_its_patch_is_tried(cli):
    verdict, checks, _ = ask(cli, c_program(LINKED))
    assert verdict == f"{LINKED}: {REWRITTEN}"
    scan = cli.json("scan", "--json", c_program(LINKED))
    assert f"SSL_write at {scan['functions']['SSL_write']['address']} by the errors that it raises" in checks["located"][0][1]
    assert [c[0] for c in checks["entry"]] == ["ok", "ok"] and "SSL_read" in checks["entry"][1][1]
    assert checks["patching"][0][0] == "ok" and "leaves no row" in checks["http2"][0][1]


# ------------------------------------------------------------------ what is in force
@pytest.mark.parametrize("env,code,verdict", [
    ({"HEADROOM_MODE": "off"}, 1, "will run unchanged: mode off"),
    ({"HEADROOM_MODE": "audit"}, 0, "requests will be recorded; nothing will be rewritten (mode audit)"),
    ({"HEADROOM_LEVEL": "replay"}, 0, "requests will be recorded; what was decided before will be rewritten (level replay)"),
    ({"XDG_STATE_HOME": "/dev/null"}, 1, "requests will pass unchanged: nothing can be stored (see above)")])
def test_settings_change_the_verdict(cli, env, code, verdict):
    done = cli("doctor", "--", "curl", **env)
    assert done.returncode == code and done.stdout.decode().endswith(f"\ncurl: {verdict}\n"), done


@pytest.mark.parametrize("spoiled,check", [("bin/libheadroom_preload.so", "preload"), ("bin/libheadroom.so", "libraries")])
def test_a_library_that_is_not_whole_reaches_nothing(cli, tmp_path, spoiled, check):
    for name in ("bin/headroom", "bin/libheadroom.so", "bin/libheadroom_preload.so", "lib/libheadroom.so"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy2(BUILD / name[4:], tmp_path / name)
    (tmp_path / spoiled).unlink()
    if check == "preload":
        (tmp_path / spoiled).write_bytes(b"")
    done = subprocess.run([tmp_path / "bin" / "headroom", "doctor", "--", "curl"], env=cli.env, capture_output=True, check=False)
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 1 and lines[-1].startswith("curl: will not be reached: the library is not complete"), lines
    assert any(line.startswith(f"fail  {check} ") for line in lines), lines


def test_endpoints_say_who_hands_them_on(cli):
    assert "endpoints" not in ask(cli, "curl")[1]
    added = "llm.example/chat openai_chat"
    assert ask(cli, "curl", HEADROOM_ENDPOINTS_ADD=added)[1]["endpoints"] == [("ok", f"beside those of the known APIs: {added}", None)]
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text(f"[endpoints]\nadd = {added}\n")
    assert "'headroom run' hands it on" in ask(cli, "curl")[1]["endpoints"][0][1]


def test_the_attestation_of_claude_code_is_named_with_its_switch(cli, tmp_path):
    claude = tmp_path / "claude"
    shutil.copy(c_program(LINKED), claude)
    verdict, checks, _ = ask(cli, claude)
    assert verdict == "claude: requests will be recorded and passed on unchanged, where they carry cch"
    state, text, advice = checks["attestation"][0]
    assert state == "warn" and "cch" in text
    assert "claude.attribution_header = off" in advice and "CLAUDE_CODE_ATTRIBUTION_HEADER=0" in advice
    assert "attestation" not in ask(cli, c_program(LINKED))[1]
    for env in ({"CLAUDE_CODE_ATTRIBUTION_HEADER": "0"}, {"ANTHROPIC_BASE_URL": "https://127.0.0.1:1"}):
        verdict, checks, _ = ask(cli, claude, **env)
        assert verdict == f"claude: {REWRITTEN}" and checks["attestation"][0][0] == "ok"
    verdict, checks, _ = ask(cli, claude, CLAUDE_CODE_ATTRIBUTION_HEADER="1")
    assert "unchanged, where they carry cch" in verdict and "Unset CLAUDE_CODE_ATTRIBUTION_HEADER" in checks["attestation"][0][2]


def test_only_the_requests_of_this_program_are_counted(cli):
    cli.record(quickstart())
    assert "none was seen yet" in ask(cli, "curl")[1]["requests"][0][1]
    python = pathlib.Path(sys.executable).resolve()
    assert "of the last 1, 1 had results rewritten" in ask(cli, python)[1]["requests"][0][1]
