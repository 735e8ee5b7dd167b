"""`headroom doctor`: is what it says true? Each case is a real state of libraries, files, variables and programs."""
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys

import pytest

from cli_user import BUILD, ROOT, USAGE, Cli, conversation, quickstart

LIBRARY = BUILD / "libheadroom_preload.so"


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def examine(cli, code=None, **env):
    """[(check, state, text, advice)] of one run; its exit status must agree with the states."""
    p = cli("doctor", "--json", **env)
    out = json.loads(p.stdout)
    checks = [(c["check"], c["state"], c["text"], c["advice"]) for c in out["checks"]]
    for state in ("ok", "warn", "fail"):
        assert out[state] == sum(c[1] == state for c in checks)
    said = [line for line in p.stderr.splitlines() if not line.startswith(b"ERROR: ld.so: object 'libheadroom_preload.so'")]
    assert p.returncode == (1 if out["fail"] else 0) and said == [], p.stderr
    assert all((c[3] is None) == (c[1] == "ok") for c in checks), checks
    if code is not None:
        assert p.returncode == code, checks
    return checks


def only(checks, name):
    found = [c for c in checks if c[0] == name]
    assert len(found) == 1, (name, checks)
    return found[0][1:]


def bad(checks, name):
    return [c[1:] for c in checks if c[0] == name and c[1] != "ok"]


def installation(where, **files):
    """A copy of the three files, laid out as asked: installation(d, bin=[..], lib=[..])."""
    for directory, names in files.items():
        (where / directory).mkdir(parents=True)
        for name in names:
            shutil.copy2(BUILD / name, where / directory / name)
    return where / "bin" / "headroom"


# ------------------------------------------------------------------ form
def test_each_check_is_one_line_and_then_what_to_do(cli):
    p = cli("doctor", HEADROOM_MODE="audit")
    lines = p.stdout.decode().splitlines()
    assert p.returncode == 0 and p.stderr == b""
    assert re.fullmatch(r"\d+ ok, \d+ warnings, 0 failures", lines[-1]) and lines[-2] == ""
    for before, line in zip([""] + lines, lines[:-2]):
        check = re.fullmatch(r"(ok|warn|fail) +(?:[A-Za-z0-9_.]+|bare name) +\S.*", line)
        advice = re.fullmatch(r" {18}-> \S.*", line)
        assert check or (advice and before[:4] in ("warn", "fail")), line
    for name in "libraries preload LD_PRELOAD settings mode state requests limits system".split():
        assert any(re.match(rf"(ok|warn) +{name} ", line) for line in lines), name


def test_wrong_usage(cli):
    assert cli("doctor", "--nope").returncode == USAGE and cli("doctor", "--nope", "--", "true").returncode == USAGE


def test_it_changes_nothing(cli):
    examine(cli)
    assert not cli.state.exists()
    cli.record(quickstart())
    before = sorted(p.name for p in (cli.state / "headroom").iterdir())
    rows = cli("log", "--json").stdout
    examine(cli)
    assert sorted(p.name for p in (cli.state / "headroom").iterdir()) == before
    assert cli("log", "--json").stdout == rows


# ------------------------------------------------------------------ libraries
def test_the_child_really_has_the_library_that_is_named(cli):
    checks = examine(cli, code=0)
    assert only(checks, "libraries")[0] == "ok"
    state, text, _ = only(checks, "preload")
    path = re.search(r"has (/.*) in it", text).group(1)
    assert state == "ok" and os.path.samefile(path, LIBRARY)


@pytest.mark.parametrize("content", [b"", b"no ELF file", LIBRARY.read_bytes()[:3000] if LIBRARY.exists() else b""])
def test_library_that_cannot_be_loaded_fails(cli, tmp_path, content):
    command = installation(tmp_path / "i", bin=["headroom", "libheadroom.so", "libheadroom_preload.so"])
    (command.parent / "libheadroom_preload.so").write_bytes(content)
    p = subprocess.run([command, "doctor"], env=cli.env, capture_output=True, check=False)
    assert p.returncode == 1 and re.search(rb"^fail  preload ", p.stdout, re.M), p.stdout


def test_library_without_its_other_half_fails(cli, tmp_path):
    command = installation(tmp_path / "i", bin=["headroom", "libheadroom_preload.so"], lib=["libheadroom.so"])
    p = subprocess.run([command, "doctor"], env=cli.env, capture_output=True, check=False)
    assert p.returncode == 1 and re.search(rb"^fail  libraries .*only beside itself", p.stdout, re.M), p.stdout


def test_no_library_at_all_fails(cli, tmp_path):
    command = installation(tmp_path / "i", bin=["headroom"], lib=["libheadroom.so"])
    p = subprocess.run([command, "doctor"], env=cli.env, capture_output=True, check=False)
    assert p.returncode == 1 and re.search(rb"^fail  libraries .*neither beside", p.stdout, re.M), p.stdout


def test_two_installations_are_told_apart(cli, tmp_path):
    command = installation(tmp_path / "i", bin=["headroom", "libheadroom.so", "libheadroom_preload.so"])
    env = {**cli.env, "LD_LIBRARY_PATH": str(BUILD)}
    p = subprocess.run([command, "doctor"], env=env, capture_output=True, check=False)
    assert re.search(rb"^warn  libraries .*programs load .*/i/bin/libheadroom.so, this command ", p.stdout, re.M)
    assert re.search(rb"^warn  bare name .*loads " + str(LIBRARY).encode(), p.stdout, re.M)


def test_bare_name_works_where_the_loader_finds_it_and_only_there(cli):
    assert only(examine(cli, LD_LIBRARY_PATH=str(BUILD)), "bare name")[0] == "ok"
    tried = subprocess.run(["cat", "/proc/self/maps"], env={**cli.env, "LD_PRELOAD": LIBRARY.name}, capture_output=True,
                           check=True)
    state, text, _ = only(examine(cli), "bare name")
    assert (state == "ok") == (b"libheadroom_preload.so" in tried.stdout), text


def test_path_with_a_space_fails(cli, tmp_path):
    command = installation(tmp_path / "a b", bin=["headroom", "libheadroom.so", "libheadroom_preload.so"])
    p = subprocess.run([command, "doctor"], env=cli.env, capture_output=True, check=False)
    assert p.returncode == 1 and b"space or colon" in p.stdout


def test_ld_preload_of_this_shell_is_judged_entry_by_entry(cli, tmp_path):
    other = tmp_path / "libother.so"
    subprocess.run(["gcc", "-shared", "-o", other, "-x", "c", "/dev/null"], check=True)
    copy = tmp_path / "copy" / LIBRARY.name
    copy.parent.mkdir()
    shutil.copy2(LIBRARY, copy)
    assert only(examine(cli), "LD_PRELOAD") == ("ok", "not set in this shell; 'headroom run' sets it", None)
    assert only(examine(cli, LD_PRELOAD=str(LIBRARY)), "LD_PRELOAD")[0] == "ok"
    assert "another copy" in only(examine(cli, LD_PRELOAD=str(copy)), "LD_PRELOAD")[1]
    checks = examine(cli, LD_PRELOAD=LIBRARY.name, HEADROOM_MODE="off")
    assert only(checks, "LD_PRELOAD")[0] == only(checks, "bare name")[0]
    p = cli("doctor", "--json", LD_PRELOAD=f"{other}:/nowhere/libx.so")
    checks = [c for c in json.loads(p.stdout)["checks"] if c["check"] == "LD_PRELOAD"]
    assert [c["state"] for c in checks] == ["ok", "warn"] and "/nowhere/libx.so: No such file" in checks[1]["text"]


# ------------------------------------------------------------------ settings
def test_each_wrong_line_of_the_file_is_named_with_its_number(cli):
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text("; comment\nmode = fast\n[originals]\ndays = 7 ; fine\nmb = lots ; not\nmbb = 3\n\nnonsense\n")
    found = bad(examine(cli, code=0), "settings")
    assert [re.sub(r".*config\.ini:(\d+): ([^:]*).*", r"\1 \2", text) for _, text, _ in found] == [
        "2 mode", "5 originals.mb", "6 originals.mbb is no setting; meant is perhaps originals.mb", "8 not \"name = value\""]


def test_wrong_and_unknown_variables_are_named(cli):
    found = bad(examine(cli, HEADROOM_MODE="fast", HEADROOM_LEVL="crush", HEADROOM_FROBNICATE="1"), "environment")
    texts = sorted(text for _, text, _ in found)
    assert texts[0] == "HEADROOM_FROBNICATE is no variable of Headroom"
    assert texts[1] == "HEADROOM_LEVL is no variable of Headroom; meant is perhaps HEADROOM_LEVEL"
    assert texts[2].startswith('HEADROOM_MODE: "fast" is not one of')


def test_right_settings_from_file_and_environment_are_ok(cli):
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text("[originals]\ndays: 7\n")
    checks = examine(cli, HEADROOM_LEVEL="lossless")
    assert only(checks, "settings")[0] == "ok" and "level lossless" in only(checks, "mode")[1]


@pytest.mark.parametrize("mode", ["off", "audit", "simulate"])
def test_modes_that_send_originals_say_what_that_breaks(cli, mode):
    state, text, advice = only(examine(cli, code=0, HEADROOM_MODE=mode), "mode")
    assert state == "warn" and text.startswith(mode) and "prompt cache" in text and "HEADROOM_LEVEL=replay" in advice


# ------------------------------------------------------------------ state and database
def test_sound_state_is_ok_with_its_figures(cli):
    cli.record(quickstart(), times=3)
    checks = examine(cli, code=0)
    assert only(checks, "state")[0] == only(checks, "space")[0] == "ok"
    assert re.search(r"sound.*; 3 requests, 1 decisions", only(checks, "database")[1])
    assert only(checks, "originals")[1].startswith("1 of ")


def test_no_home_fails(cli):
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        del cli.env[name]
    assert "no_home" in only(examine(cli, code=1), "state")[1]


def test_requests_without_a_row_are_a_warning(cli):
    cli.record(quickstart())
    assert not [c for c in examine(cli, code=0) if c[0] == "rows"]
    with sqlite3.connect(cli.state / "headroom" / "headroom.db") as db:
        db.execute("INSERT INTO meta VALUES('rows_lost', 3)")
    state, text, advice = only(examine(cli), "rows")
    assert state == "warn" and text.startswith("3 finished requests are missing") and advice


def test_state_directory_that_core_refuses_fails_for_the_same_reason(cli):
    directory = cli.state / "headroom"
    directory.mkdir(parents=True)
    directory.chmod(0o777)
    assert only(examine(cli, code=1), "state")[0] == "fail"
    assert cli.record(quickstart()) == quickstart()
    directory.rmdir()
    elsewhere = cli.home / "elsewhere"
    elsewhere.mkdir()
    directory.symlink_to(elsewhere)
    assert only(examine(cli, code=1), "state")[0] == "fail"
    directory.unlink()
    directory.write_text("a file")
    assert only(examine(cli, code=1), "state")[0] == "fail"
    assert cli.record(quickstart()) == quickstart()


def test_state_that_cannot_be_made_fails(cli):
    cli.state.write_text("a file where a directory should be")
    assert "cannot be made" in only(examine(cli, code=1), "state")[1]
    assert cli.record(quickstart()) == quickstart()


def test_damage_in_the_middle_of_the_database_is_found(cli):
    cli.record(quickstart(), times=300)
    path = cli.state / "headroom" / "headroom.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'requests'").fetchone()[0]
    db.close()
    with path.open("r+b") as f:
        f.seek((root - 1) * 4096 + 4000)
        f.write(b"\xff" * 96)
        f.seek((root - 1) * 4096 + 8)
        f.write(b"\xff" * 8)
    state, text, advice = only(examine(cli, code=1), "database")
    assert state == "fail" and "damaged" in text and "headroom.db-wal" in advice


def test_newer_and_nonsense_databases_fail(cli):
    cli.record(quickstart())
    path = cli.state / "headroom" / "headroom.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=99")
    db.close()
    assert "newer_version" in only(examine(cli, code=1), "database")[1]
    path.write_bytes(b"nonsense" * 1000)
    assert "corrupt" in only(examine(cli, code=1), "database")[1]


def test_originals_near_their_cap_are_a_warning(cli):
    cli.record(quickstart())
    assert only(examine(cli, HEADROOM_ORIGINALS_MB="0"), "originals")[0] == "warn"


# ------------------------------------------------------------------ requests
def test_reasons_of_the_last_requests_come_with_what_to_do(cli):
    cli.record(quickstart())
    cli.record(b"no json", times=3)
    attested = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}],
                "system": [{"type": "text", "text": "x-anthropic-billing-header: cc_version=1; cch=00000;"}]}
    cli.record(json.dumps(attested).encode(), path="/v1/messages", times=2)
    found = [c for c in examine(cli, code=0) if c[0] == "requests"]
    assert "of the last 6, 1 had results rewritten, 5 were passed on" in found[0][2]
    assert found[1][2].startswith("3 of the last 6 passed on: invalid_json: ") and found[1][3]
    assert found[2][2].startswith("2 of the last 6 passed on: cch: ")
    assert "claude.attribution_header = off" in found[2][3] and "CLAUDE_CODE_ATTRIBUTION_HEADER=0" in found[2][3]


@pytest.mark.parametrize("variable, level", [(None, "ok"), ("0", "ok"), ("1", "warn"), ("", "warn")])
def test_the_choice_of_no_attribution_header_is_named_and_what_goes_before_it(cli, variable, level):
    env = {} if variable is None else {"CLAUDE_CODE_ATTRIBUTION_HEADER": variable}
    assert [c for c in examine(cli, **env) if c[0] == "attribution"] == []
    said = only(examine(cli, HEADROOM_CLAUDE_ATTRIBUTION_HEADER="off", **env), "attribution")
    assert said[0] == level and "CLAUDE_CODE_ATTRIBUTION_HEADER" in said[1]


def test_refused_rewrites_are_named(cli):
    cli.record(quickstart(), status=400)
    found = bad(examine(cli), "requests")
    assert len(found) == 1 and "answered with status 400" in found[0][1]


def test_every_reason_of_the_documentation_is_known(cli):
    text = (ROOT / "docs" / "limits.md").read_text()
    table = text.split("The reason stands in")[1].split("\n## ")[0]
    documented = {w for line in table.splitlines() if line.startswith("| `")
                  for w in re.findall(r"`([a-z0-9_]+)`", line.split("|")[1])}
    source = (ROOT / "tools" / "reason.c").read_text()
    known = set(re.findall(r'^    \{"([a-z0-9_]+)",', source, re.M))
    assert documented - known == set()


# ------------------------------------------------------------------ programs
def build_program(path, source, *options):
    subprocess.run(["gcc", *options, "-o", path, "-x", "c", "-"], input=source.encode(), check=True)


def test_programs_in_path_are_judged_by_what_they_are(cli, tmp_path):
    there = tmp_path / "path"
    there.mkdir()
    build_program(there / "codex", "int main(void) { return 0; }", "-static")
    build_program(there / "node", "int SSL_write(void) { return 0; } int main(void) { return 0; }", "-rdynamic")
    build_program(there / "claude", "int main(void) { return 0; }")
    (there / "opencode").write_text("#!/bin/sh\nexec true\n")
    (there / "opencode").chmod(0o755)
    (there / "python3").symlink_to(sys.executable)
    for name in ("curl", "git", "cat", "gcc"):
        (there / name).symlink_to(shutil.which(name))
    checks = examine(cli, PATH=str(there))
    assert only(checks, "codex")[0] == "warn" and "static" in only(checks, "codex")[1]
    assert only(checks, "node")[0] == "warn" and "none is linked in" in only(checks, "node")[1]
    assert only(checks, "claude")[0] == "warn" and "no TLS library" in only(checks, "claude")[1]
    assert only(checks, "opencode")[0] == "warn" and "is a script; what it starts decides" in only(checks, "opencode")[1]
    assert only(checks, "git")[0] == "ok"
    exports = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, check=True).stdout
    where = "above libcurl" if b" curl_easy_perform" in exports else "below libcurl, in libssl"
    assert where in only(checks, "curl")[1]
    ssl = subprocess.run([sys.executable, "-c", "import ssl; print(open('/proc/self/maps').read())"], capture_output=True,
                         check=True)
    assert (only(checks, "python3")[0] == "ok") == (b"libssl.so" in ssl.stdout)


def test_programs_that_are_not_there_are_one_line(cli, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "cat").symlink_to(shutil.which("cat"))
    assert "claude codex opencode node python3 curl git" in only(examine(cli, PATH=str(tmp_path / "bin")), "programs")[1]


def test_program_that_hangs_does_not_stop_the_others(cli, tmp_path):
    there = tmp_path / "path"
    there.mkdir()
    (there / "python3").write_text("#!/bin/sh\nsleep 1000 & sleep 1000\n")
    (there / "python3").chmod(0o755)
    for name in ("cat", "sh", "sleep"):
        (there / name).symlink_to(shutil.which(name))
    checks = examine(cli, PATH=str(there))
    assert "could not be tried" in only(checks, "python3")[1] and only(checks, "system")[0] == "ok"


# ------------------------------------------------------------------ limits
@pytest.mark.parametrize("limit, word", [("-n 256", "descriptors"), ("-f 1000", "bytes"), ("-v 400000", "address space")])
def test_limits_that_matter_are_named(cli, limit, word):
    p = subprocess.run(["bash", "-c", f"ulimit {limit}; exec '{BUILD}/headroom' doctor"], env=cli.env, capture_output=True,
                       check=False)
    assert any(re.match(rb"warn  limits ", line) and word.encode() in line for line in p.stdout.splitlines()), p.stdout


def test_words_of_others_cannot_steer_the_terminal(cli):
    cli.record(conversation("x"))
    name = cli.home / "\033[2Jevil.so"
    out = cli("doctor", LD_PRELOAD=str(name)).stdout
    assert b"\033" not in out and b"evil.so" in out
