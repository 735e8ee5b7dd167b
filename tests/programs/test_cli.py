"""The command line: help, exit codes, JSON shapes, what `run` says and sets, and that figures agree with what was sent.

Requests are recorded through the public C API in a process of its own, so that this file needs no network and no preload.
"""
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HEADROOM_BUILD", ROOT / "build"))
COMMANDS = "run simulate restore stats log show config".split()
USAGE, DATAERR, NOINPUT, UNAVAILABLE, CANTCREAT, IOERR, CONFIG = 64, 65, 66, 69, 73, 74, 78


class Cli:
    """One user: a home, a state and a configuration directory of its own."""

    def __init__(self, home):
        self.home = home
        self.state = home / "state"
        self.config = home / "config" / "headroom" / "config.ini"
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("HEADROOM_", "XDG_", "LD_", "ASAN_"))}
        self.env = {**keep, "HOME": str(home), "XDG_STATE_HOME": str(self.state),
                    "XDG_CONFIG_HOME": str(home / "config")}

    def __call__(self, *args, input=b"", stdout=subprocess.PIPE, **env):
        return subprocess.run([BUILD / "headroom", *map(str, args)], input=input, stdout=stdout, stderr=subprocess.PIPE,
                              env={**self.env, **env}, cwd=self.home, timeout=60)

    def json(self, *args, **more):
        p = self(*args, **more)
        assert p.returncode == 0, p.stderr
        return json.loads(p.stdout)

    def run(self, *args, **env):
        """`headroom run` after the notice of the first run was given."""
        self("run", "true")
        return self("run", *args, **env)

    def record(self, body, path="/v1/chat/completions", status=200, answer=b"{}", times=1, **env):
        """Send body through the library as a program's request, with a response; the bytes that would have left."""
        p = subprocess.run([sys.executable, "-c", RECORD, str(BUILD / "libheadroom.so"), path, str(status),
                            answer.decode(), str(times)], input=body, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           env={**self.env, **env}, timeout=60)
        assert p.returncode == 0, p.stderr
        return p.stdout


RECORD = textwrap.dedent("""
    import ctypes as c, sys
    lib, path, status, answer, times = sys.argv[1:]
    class Head(c.Structure):
        _fields_ = [("host", c.c_char_p), ("host_len", c.c_size_t), ("path", c.c_char_p), ("path_len", c.c_size_t),
                    ("dialect", c.c_char_p), ("skip", c.c_char_p), ("count_only", c.c_bool)]
    so = c.CDLL(lib)
    P, S = c.c_void_p, c.c_size_t
    so.headroom_open.restype = so.headroom_request_new.restype = P
    so.headroom_request_new.argtypes = [P, c.POINTER(Head), c.c_int]
    so.headroom_request_body.argtypes = [P, c.c_char_p, S, c.POINTER(P), c.POINTER(S)]
    so.headroom_request_sent.argtypes = so.headroom_close.argtypes = so.headroom_at_exit.argtypes = [P]
    so.headroom_get_mode.argtypes = [P]
    so.headroom_response_head.argtypes = [P, c.c_int, c.c_char_p, S, c.c_char_p, S]
    so.headroom_response_body.argtypes = [P, c.c_char_p, S]
    so.headroom_request_end.argtypes = [P, c.c_bool]
    body, path, answer = sys.stdin.buffer.read(), path.encode(), answer.encode()
    h = so.headroom_open(0)
    for _ in range(int(times)):
        head = Head(b"api.example.com", 15, path, len(path), None, None, False)
        r = so.headroom_request_new(h, c.byref(head), so.headroom_get_mode(h))
        out, n = P(), S()
        sent = body
        if so.headroom_request_body(r, body, len(body), c.byref(out), c.byref(n)) == 1:
            sent = c.string_at(out.value, n.value)
        so.headroom_request_sent(r)
        so.headroom_response_head(r, int(status), b"application/json", 16, b"", 0)
        so.headroom_response_body(r, answer, len(answer))
        so.headroom_request_end(r, True)
    so.headroom_at_exit(h)
    so.headroom_close(h)
    sys.stdout.buffer.write(sent)
""")


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def quickstart():
    """500 results, then the question behind them."""
    results = json.dumps({"results": [{"title": f"Tutorial {i}", "score": 100 - i} for i in range(500)]})
    call = {"id": "call_123", "type": "function", "function": {"name": "search", "arguments": '{"q": "python"}'}}
    return json.dumps({"model": "gpt-4o-mini", "messages": [
        {"role": "user", "content": "Search for Python tutorials"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_123", "content": results},
        {"role": "user", "content": "What are the top 3?"}]}).encode()


# ------------------------------------------------------------------ the command line itself
@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_names_usage_options_and_an_example(cli, command):
    p = cli(command, "--help")
    text = p.stdout.decode()
    assert p.returncode == 0 and p.stderr == b""
    assert text.startswith(f"usage: headroom {command}")
    assert "-h, --help" in text and "exit status" in text and "example: " in text
    assert max(map(len, text.splitlines())) <= 110
    assert cli("help", command).stdout == p.stdout


def test_help_lists_exactly_the_commands_that_exist(cli):
    text = cli("--help").stdout.decode()
    listed = re.findall(r"^  ([a-z]+) ", text.split("commands:\n")[1].split("\n\n")[0], re.M)
    assert listed == COMMANDS


def test_version_is_the_one_of_the_header(cli):
    header = (ROOT / "core" / "headroom.h").read_text()
    version = re.search(r'HEADROOM_VERSION "(.+)"', header).group(1)
    assert cli("--version").stdout.decode() == f"headroom {version}\n"


@pytest.mark.parametrize("word, nearest", [("stat", "stats"), ("shwo", "show"), ("simulat", "simulate"),
                                           ("confg", "config")])
def test_unknown_command_names_the_nearest(cli, word, nearest):
    p = cli(word)
    assert p.returncode == USAGE and p.stdout == b""
    assert p.stderr.decode() == f"headroom: unknown command '{word}'; did you mean '{nearest}'?\n"


def test_far_word_gets_no_suggestion(cli):
    p = cli("frobnicate")
    assert p.returncode == USAGE and b"did you mean" not in p.stderr and b"headroom --help" in p.stderr


def test_no_command_is_wrong_usage(cli):
    p = cli()
    assert p.returncode == USAGE and p.stdout == b"" and p.stderr.startswith(b"usage: headroom COMMAND")


@pytest.mark.parametrize("args", [["stats", "--nope"], ["stats", "x"], ["log", "-n"], ["log", "-n", "x"], ["log", "-n", "-1"],
                                  ["show", "xyz"], ["show", "--original"], ["show", "1", "--sent"], ["show", "1", "2"],
                                  ["show", "--request", "a"], ["config", "set"], ["config", "get"], ["simulate"],
                                  ["simulate", "a", "b"], ["simulate", "--json", "-o", "-", "a"], ["restore"], ["run"],
                                  ["run", "--mode"], ["run", "--mode", "fast", "true"], ["run", "--level", "9", "true"],
                                  ["--json"]])
def test_wrong_usage_exits_64_with_one_line_on_stderr(cli, args):
    p = cli(*args)
    assert p.returncode == USAGE and p.stdout == b""
    assert re.fullmatch(rb"headroom: [^\n]+\n", p.stderr), p.stderr


def test_full_disk_under_standard_output_is_an_error(cli):
    with open("/dev/full", "wb") as full:
        p = cli("stats", stdout=full)
    assert p.returncode == IOERR and b"cannot write to standard output" in p.stderr


def test_closed_standard_output_is_an_error_and_nothing_is_opened_in_its_place(cli):
    cli.record(quickstart())
    p = subprocess.run(["sh", "-c", f"exec '{BUILD}/headroom' stats >&-"], stderr=subprocess.PIPE, env=cli.env)
    assert p.returncode == IOERR and b"cannot write" in p.stderr
    assert cli.json("stats", "--json")["requests"]["total"] == 1


def test_reader_that_goes_away_gets_no_message(cli):
    p = subprocess.run(["sh", "-c", f"trap '' PIPE; ('{BUILD}/headroom' config; echo $? >&2) | true"],
                       stderr=subprocess.PIPE, env=cli.env)
    assert re.fullmatch(rb"(0|74)\n", p.stderr)


# ------------------------------------------------------------------ run: what it starts
def test_run_hands_over_arguments_streams_and_status(cli):
    p = cli.run("--", "sh", "-c", 'cat; echo "$@"; echo e >&2; exit 9', "sh", "-x", "--", "y")
    assert (p.returncode, p.stdout, p.stderr) == (9, b"-x -- y\n", b"e\n")


def test_run_keeps_the_process(cli):
    child = subprocess.Popen([BUILD / "headroom", "run", "sh", "-c", "echo $$"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, env=cli.env)
    assert int(child.communicate()[0]) == child.pid


def test_run_dies_by_the_signal_that_kills_the_program(cli):
    assert cli.run("sh", "-c", "kill -9 $$").returncode == -9


def environment(p):
    assert p.returncode == 0, p.stderr
    return dict(line.split("=", 1) for line in p.stdout.decode().splitlines() if "=" in line)


def test_run_sets_the_preload_mode_and_level(cli):
    e = environment(cli.run("env"))
    assert e["LD_PRELOAD"] == str((BUILD / "libheadroom_preload.so").resolve())
    assert e["ASAN_OPTIONS"] == "verify_asan_link_order=0"
    assert (e["HEADROOM_MODE"], e["HEADROOM_LEVEL"]) == ("optimize", "crush")
    assert "HEADROOM_ENDPOINTS_ADD" not in e


def test_run_exports_what_the_file_says_and_options_go_before_it(cli):
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text("mode = simulate\nlevel = lossless\n[endpoints]\nadd = gw.example.com/llm anthropic\n")
    e = environment(cli.run("--level", "replay", "env"))
    assert (e["HEADROOM_MODE"], e["HEADROOM_LEVEL"]) == ("simulate", "replay")
    assert e["HEADROOM_ENDPOINTS_ADD"] == "gw.example.com/llm anthropic"


def test_run_keeps_other_preloads_and_asan_options_and_adds_itself_once(cli):
    e = environment(cli.run("env", LD_PRELOAD="libm.so.6 libdl.so.2:", ASAN_OPTIONS="detect_leaks=0"))
    ours = str((BUILD / "libheadroom_preload.so").resolve())
    assert e["LD_PRELOAD"] == f"{ours}:libm.so.6:libdl.so.2"
    assert e["ASAN_OPTIONS"] == "detect_leaks=0:verify_asan_link_order=0"
    nested = environment(cli.run("--", BUILD / "headroom", "run", "--", "env", LD_PRELOAD="libm.so.6"))
    assert nested["LD_PRELOAD"] == f"{ours}:libm.so.6"
    assert nested["ASAN_OPTIONS"] == "verify_asan_link_order=0"


@pytest.mark.parametrize("words, status, says", [
    (["no-such-command"], 127, b"headroom: run: no-such-command: command not found\n"),
    (["./no-such-file"], 127, b"headroom: run: ./no-such-file: command not found\n"),
    (["./plain"], 126, b"headroom: run: cannot run ./plain: Permission denied\n"),
    (["/"], 126, b"headroom: run: cannot run /: Permission denied\n"),
    ([""], 127, b"headroom: run: -: command not found\n"),
])
def test_run_fails_as_a_shell_does(cli, words, status, says):
    (cli.home / "plain").write_text("x")
    p = cli.run("--", *words)
    assert (p.returncode, p.stdout, p.stderr) == (status, b"", says)


def test_run_without_its_library_is_unavailable(cli):
    (cli.home / "bin").mkdir()
    (cli.home / "lib").mkdir()
    for name, where in (("headroom", "bin"), ("libheadroom.so", "bin")):
        shutil.copy(BUILD / name, cli.home / where / name)
    command = [cli.home / "bin" / "headroom", "run", "env"]
    p = subprocess.run(command, capture_output=True, env=cli.env)
    assert p.returncode == UNAVAILABLE and b"libheadroom_preload.so" in p.stderr
    shutil.copy(BUILD / "libheadroom_preload.so", cli.home / "lib")
    e = environment(subprocess.run(command, capture_output=True, env=cli.env))
    assert e["LD_PRELOAD"] == str((cli.home / "lib" / "libheadroom_preload.so").resolve())


def test_run_refuses_a_library_path_that_the_variable_cannot_hold(cli):
    spaced = cli.home / "a b"
    spaced.mkdir()
    for name in ("headroom", "libheadroom.so", "libheadroom_preload.so"):
        shutil.copy(BUILD / name, spaced)
    p = subprocess.run([spaced / "headroom", "run", "true"], capture_output=True, env=cli.env)
    assert p.returncode == UNAVAILABLE and b"space" in p.stderr


# ------------------------------------------------------------------ run: what it says
def test_first_run_says_once_what_is_stored_and_how_to_switch_it_off(cli):
    first, second = cli("run", "true"), cli("run", "true")
    text = first.stderr.decode()
    assert str(cli.state / "headroom") in text and "originals" in text and "HEADROOM_ORIGINALS=off" in text
    assert first.stdout == b"" and second.stderr == b""
    assert stat.S_IMODE((cli.state / "headroom").stat().st_mode) == 0o700


def test_first_run_names_no_originals_where_none_are_stored(cli):
    assert b"no originals" in cli("run", "true", HEADROOM_ORIGINALS="off").stderr


def test_modes_that_store_no_contents_give_no_notice(cli):
    for mode in ("off", "audit", "simulate"):
        assert cli("run", "--mode", mode, "true").stderr == b""


@pytest.mark.parametrize("mode", ["off", "audit", "simulate"])
def test_modes_that_send_originals_say_what_breaks_once_there_are_decisions(cli, mode):
    cli.record(quickstart())
    p = cli.run("--mode", mode, "true")
    assert p.stderr.count(b"\n") == 1 and f"mode {mode}".encode() in p.stderr and b"cache" in p.stderr
    assert cli.run("--level", "replay", "true").stderr == b""


def test_wrong_setting_is_said_and_the_default_taken(cli):
    p = cli.run("env", HEADROOM_MODE="optimise")
    assert b"setting mode (HEADROOM_MODE)" in p.stderr and b"optimize is in force" in p.stderr
    assert environment(p)["HEADROOM_MODE"] == "optimize"


def compiled(directory, name, *options):
    source = directory / "target.c"
    source.write_text('#include <stdio.h>\nint main(void) { puts("ran"); return 7; }\n')
    p = subprocess.run(["gcc", source, "-o", directory / name, *options], stderr=subprocess.PIPE)
    return p.returncode == 0


@pytest.mark.parametrize("options, sentence", [
    ([], None),
    (["-static"], "t is a static executable: LD_PRELOAD cannot reach it; it runs unchanged"),
    (["-static-pie"], "t is a static-pie executable: LD_PRELOAD cannot reach it; it runs unchanged"),
    (["-m32"], "t is a 32-bit program: the 64-bit library cannot be loaded into it; it runs unchanged"),
], ids=["dynamic", "static", "static-pie", "32-bit"])
def test_run_names_what_a_preload_cannot_reach_and_runs_it(cli, options, sentence):
    if not compiled(cli.home, "t", *options):
        pytest.skip(f"gcc {options} does not link here")
    p = cli.run("./t")
    said = [line for line in p.stderr.decode().splitlines() if not line.startswith("ERROR: ld.so:")]
    assert (p.returncode, p.stdout) == (7, b"ran\n")
    assert said == ([] if sentence is None else ["headroom: " + sentence])


def test_run_keeps_out_of_a_program_of_another_c_library(cli):
    assert compiled(cli.home, "t", "-Wl,--dynamic-linker=/lib/ld-musl-none.so.1")
    p = cli.run("./t")
    said = p.stderr.decode().splitlines()
    assert p.returncode == 127 and len(said) == 2
    assert "another C library (loader /lib/ld-musl-none.so.1)" in said[0] and "is missing" in said[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("mode, user, group, word", [(0o4755, 65534, 0, "setuid"), (0o2755, 0, 65534, "setgid"),
                                                     (0o4755, 0, 0, None)])
def test_run_names_set_id_programs_of_others_only(cli, mode, user, group, word):
    assert compiled(cli.home, "t")
    if os.statvfs(cli.home).f_flag & os.ST_NOSUID:
        pytest.skip("set-id bits have no effect on this file system")
    os.chown(cli.home / "t", user, group)
    (cli.home / "t").chmod(mode)
    p = cli.run("./t")
    assert (p.returncode, p.stdout) == (7, b"ran\n")
    assert (f" is {word} to another " in p.stderr.decode()) if word else p.stderr == b""


@pytest.mark.parametrize("line", ["{dir}/t", "/usr/bin/env {dir}/t", "/usr/bin/env -S A=1 {dir}/t -x", "{dir}/inner"])
def test_run_follows_scripts_to_their_interpreter(cli, line):
    if not compiled(cli.home, "t", "-static"):
        pytest.skip("gcc -static does not link here")
    for name, first in (("inner", "{dir}/t"), ("script", line)):
        (cli.home / name).write_text(f"#!{first.format(dir=cli.home)}\n")
        (cli.home / name).chmod(0o755)
    p = cli.run("./script")
    assert p.returncode == 7
    assert p.stderr.decode().startswith("headroom: script is a script for ")
    assert p.stderr.decode().endswith(f"/t, which is a static executable: LD_PRELOAD cannot reach it; it runs unchanged\n")


def test_run_says_nothing_about_scripts_of_reached_interpreters(cli):
    (cli.home / "script").write_text("#!/bin/sh\nexit 3\n")
    (cli.home / "bare").write_text("exit 4\n")
    for name, status in (("script", 3), ("bare", 4)):
        (cli.home / name).chmod(0o755)
        p = cli.run(f"./{name}")
        assert (p.returncode, p.stderr) == (status, b"")


@pytest.mark.parametrize("text", [b"", b"#!", b"#!\n", b"#! \n", b"#!" + b"x" * 5000, b"#!/usr/bin/env", b"#!/usr/bin/env -S\n",
                                  b"#!/usr/bin/env -u\n", b"#!./t\n", b"#!" + b"/" * 255 + b"\n", b"\x7fELF", b"\x7fELF\x02\x01"])
def test_run_judges_odd_files_without_a_word_of_its_own(cli, text):
    """What headers can hold is tests/unit/test_elfkind.c; here the walk through interpreters must end."""
    (cli.home / "t").write_bytes(text)
    (cli.home / "t").chmod(0o755)
    p = cli.run("./t")
    assert p.returncode >= 0 and b"runs unchanged" not in p.stderr


# ------------------------------------------------------------------ simulate
def test_simulate_reports_the_fixed_names(cli):
    (cli.home / "body.json").write_bytes(quickstart())
    plan = cli.json("simulate", "--json", "-o", "out.json", "body.json")
    out = (cli.home / "out.json").read_bytes()
    assert list(plan) == "mode dialect model skipped elapsed_us tokens bytes transforms results".split()
    assert (plan["dialect"], plan["model"], plan["skipped"]) == ("openai_chat", "gpt-4o-mini", None)
    tokens = plan["tokens"]
    assert list(tokens) == "before after saved saved_percent exact".split()
    assert tokens["saved"] == tokens["before"] - tokens["after"] > 0 and tokens["exact"] is False
    assert tokens["saved_percent"] == pytest.approx(100 * tokens["saved"] / tokens["before"], abs=0.06)
    assert plan["bytes"] == {"before": len(quickstart()), "after": len(out)}
    assert plan["transforms"] == ["smart_crusher"]
    (result,) = plan["results"]
    assert list(result) == "call_id tool kind transform lossless tokens_before tokens_after kept of id reason".split()
    assert (result["call_id"], result["tool"], result["lossless"], result["of"]) == ("call_123", "search", False, 500)
    assert 3 <= result["kept"] <= 20 and re.fullmatch("[0-9a-f]{20}", result["id"])
    kept = json.loads(json.loads(out)["messages"][2]["content"])["results"]
    assert [k["score"] for k in kept[:3]] == [100, 99, 98] and len(kept) == result["kept"] + 1


def test_simulate_touches_no_state_unless_asked(cli):
    (cli.home / "body.json").write_bytes(quickstart())
    cli("simulate", "body.json")
    assert not cli.state.exists()
    cli("simulate", "--state", "body.json")
    assert (cli.state / "headroom" / "headroom.db").exists()
    assert cli.json("stats", "--json")["requests"]["total"] == 0


def test_simulate_with_state_replays_what_it_decided(cli):
    first = cli("simulate", "--state", "-o", "-", "-", input=quickstart()).stdout
    second = cli("simulate", "--state", "-o", "-", "-", input=quickstart(), HEADROOM_LEVEL="replay").stdout
    assert first == second != quickstart()
    assert cli("simulate", "--state", "-o", "-", "-", input=quickstart()).stdout == cli.record(quickstart())


@pytest.mark.parametrize("path, skipped, dialect", [
    ("/v1/chat/completions", None, "openai_chat"), ("/openai/v1/chat/completions?api-version=1", None, "openai_chat"),
    ("/api/conversations", "path", None), ("/v1/messages/batches", "path", None), ("/", "path", None)])
def test_simulate_judges_the_path(cli, path, skipped, dialect):
    plan = cli.json("simulate", "--json", "--path", path, "-", input=quickstart())
    assert (plan["skipped"], plan["dialect"]) == (skipped, dialect)
    assert (plan["bytes"]["after"] == plan["bytes"]["before"]) == (skipped is not None)


def test_simulate_takes_added_endpoints(cli):
    added = {"HEADROOM_ENDPOINTS_ADD": "x.example/a anthropic;gw.example/llm openai_chat"}
    plan = cli.json("simulate", "--json", "--host", "gw.example", "--path", "/llm?k=1", "-", input=quickstart(), **added)
    assert (plan["skipped"], plan["dialect"]) == (None, "openai_chat")
    plan = cli.json("simulate", "--json", "--host", "other", "--path", "/llm", "-", input=quickstart(), **added)
    assert plan["skipped"] == "path"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\x00\xff", b'{"messages": 1}', quickstart()[:-9]])
def test_simulate_passes_on_what_is_no_request_and_says_why(cli, body):
    plan = cli.json("simulate", "--json", "-o", "out", "-", input=body)
    assert plan["skipped"] and (cli.home / "out").read_bytes() == body


def test_simulate_for_people_names_the_denominator(cli):
    text = cli("simulate", "-", input=quickstart()).stdout.decode()
    assert re.search(r"tokens +[\d,]+ -> [\d,]+: [\d,]+ saved, \d+\.\d % of the body as the program made it", text)
    assert "smart_crusher" in text and " of 500" in text


@pytest.mark.parametrize("args, status", [(["nothing.json"], NOINPUT), (["."], NOINPUT), (["-o", "no/dir", "-"], CANTCREAT),
                                          (["-o", "/dev/full", "-"], IOERR)])
def test_simulate_tells_which_file_failed(cli, args, status):
    p = cli("simulate", *args, input=quickstart())
    assert p.returncode == status and p.stdout == b"" and re.fullmatch(rb"headroom: simulate: [^\n]+\n", p.stderr)


# ------------------------------------------------------------------ restore
def test_restore_gives_back_the_original_bytes_from_state(cli):
    sent = cli.record(quickstart())
    p = cli("restore", "--state", "-", input=sent)
    assert (p.returncode, p.stdout) == (0, quickstart())
    cli("restore", "--state", "-o", "back.json", "-", input=sent)
    assert (cli.home / "back.json").read_bytes() == quickstart()


def test_restore_without_state_says_what_is_missing(cli):
    sent = cli.record(quickstart())
    p = cli("restore", "-", input=sent)
    assert (p.returncode, p.stdout) == (UNAVAILABLE, sent) and b"1 of 1" in p.stderr and b"--state" in p.stderr


def test_restore_leaves_a_body_without_replacements_alone(cli):
    assert cli("restore", "-", input=quickstart()).stdout == quickstart()
    assert cli.json("restore", "--kept", "-", input=quickstart()) == []


def test_restore_kept_names_slices_of_the_original(cli):
    (kept,) = cli.json("restore", "--kept", "-", input=cli.record(quickstart()))
    original = json.loads(json.loads(quickstart())["messages"][2]["content"])["results"]
    assert kept["of"] == 500 and kept["items"] == [original[i] for i in kept["kept"]]


@pytest.mark.parametrize("body", [b"", b"{", b"[1]"])
def test_restore_of_no_request_is_a_data_error(cli, body):
    p = cli("restore", "-", input=body)
    assert p.returncode == DATAERR and p.stdout == b""


# ------------------------------------------------------------------ stats, log, show
def test_empty_state_gives_zeros_and_creates_nothing(cli):
    s = cli.json("stats", "--json")
    assert s["requests"] == {"total": 0, "cached": 0, "rate_limited": 0, "failed": 0}
    assert s["tokens"] == {"input": 0, "output": 0, "saved": 0, "savings_percent": 0}
    assert cli("stats").returncode == 0
    assert cli("log").stdout == cli("log", "--json").stdout == b""
    assert cli("show").stdout == b"Nothing was rewritten yet.\n"
    assert cli.json("show", "--json") == []
    assert not cli.state.exists()


def test_stats_have_the_shape_of_the_product_they_replace_and_tell_the_truth(cli):
    sent = cli.record(quickstart(), times=3, answer=b'{"usage": {"prompt_tokens": 900, "completion_tokens": 40}}')
    plan = cli.json("simulate", "--json", "-", input=quickstart())
    cli.record(b"{}", status=500)
    s = cli.json("stats", "--json")
    assert list(s) == "requests tokens cost cache session config transforms".split()
    assert s["requests"] == {"total": 4, "cached": 0, "rate_limited": 0, "failed": 1}
    assert s["cost"] is None and s["cache"] == {"entries": 1, "total_hits": 2}
    assert s["tokens"]["output"] == 120 and len(sent) < len(quickstart()) / 2
    assert s["tokens"]["saved"] == 3 * plan["tokens"]["saved"]
    assert s["tokens"]["savings_percent"] == round(100 * s["tokens"]["saved"] / s["tokens"]["input"], 1)
    assert list(s["session"]) == "requests_total tokens_saved_total program pid".split()
    assert s["session"]["requests_total"] == 1 and s["session"]["program"].startswith("python")
    assert (s["config"]["mode"], s["config"]["level"]) == ("optimize", "crush")
    assert s["transforms"] == {"smart_crusher_enabled": True, "minify_enabled": True}
    text = cli("stats").stdout.decode()
    assert f"% of the {s['tokens']['input']:,} that programs made (estimated" in text


@pytest.mark.parametrize("env, crush, minify", [({"HEADROOM_LEVEL": "lossless"}, False, True), ({"HEADROOM_MODE": "audit"}, False, False),
                                                ({"HEADROOM_LEVEL": "replay"}, False, False), ({"HEADROOM_ORIGINALS": "off"}, False, True)])
def test_stats_tell_which_transforms_the_settings_allow(cli, env, crush, minify):
    s = cli.json("stats", "--json", **env)
    assert s["transforms"] == {"smart_crusher_enabled": crush, "minify_enabled": minify}


def test_log_prints_one_object_a_request_oldest_first(cli):
    cli.record(quickstart(), times=2, answer=b'{"usage": {"prompt_tokens": 900, "completion_tokens": 40}}')
    cli.record(b"nonsense", path="/v1/messages?beta=true", status=400)
    rows = [json.loads(line) for line in cli("log", "--json").stdout.splitlines()]
    assert [r["id"] for r in rows] == sorted(r["id"] for r in rows) and len(rows) == 3
    names = """time pid program host path dialect model mode stream skipped status tokens_before tokens_after bytes_before
               bytes_after usage elapsed_us transforms""".split()
    assert sorted(rows[0]) == sorted(names + ["id"])
    first, last = rows[0], rows[2]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["time"])
    assert first["usage"] == {"prompt_tokens": 900, "completion_tokens": 40} and first["transforms"] == ["smart_crusher"]
    assert (first["host"], first["path"], first["status"]) == ("api.example.com", "/v1/chat/completions", 200)
    assert first["tokens_after"] < first["tokens_before"] and first["bytes_after"] < first["bytes_before"]
    assert (last["path"], last["status"], last["usage"]) == ("/v1/messages", 400, None) and last["skipped"]
    for n in (0, 1, 2, 3, 9):
        tail = [json.loads(line) for line in cli("log", "-n", n, "--json").stdout.splitlines()]
        assert tail == (rows[-n:] if n else [])
    assert cli("log").stdout.count(b"\n") == 3


def test_show_lists_and_gives_back_the_original(cli):
    sent = json.loads(cli.record(quickstart()))["messages"][2]["content"]
    original = json.loads(quickstart())["messages"][2]["content"]
    (listed,) = cli.json("show", "--json")
    id = listed["id"]
    assert (listed["tool"], listed["call_id"], listed["of"]) == ("search", "call_123", 500)
    assert id.encode() in cli("show").stdout and b"of 500" in cli("show").stdout
    assert cli("show", id, "--original").stdout.decode() == original
    assert cli("show", id, "--sent").stdout.decode() == sent
    assert cli("show", id.upper()).stdout.decode().endswith(original + "\n")
    whole = cli.json("show", id, "--json")
    assert (whole["original"], whole["sent"], whole["transform"]) == (original, sent, "smart_crusher")


def test_show_of_a_number_gives_that_request_and_its_results(cli):
    cli.record(quickstart(), times=2)
    rows = [json.loads(line) for line in cli("log", "--json").stdout.splitlines()]
    for row in rows:
        shown = cli.json("show", row["id"], "--json")
        results = shown.pop("results")
        assert shown == row and results[0]["call_id"] == "call_123"
        assert cli("show", "--request", row["id"], "--json").stdout == cli("show", row["id"], "--json").stdout
        assert b"1 tool results, of them 1 rewritten" in cli("show", row["id"]).stdout


@pytest.mark.parametrize("what", ["0" * 20, "12345"])
def test_show_of_what_is_not_there(cli, what):
    cli.record(quickstart())
    p = cli("show", what)
    assert p.returncode == NOINPUT and p.stdout == b"" and b"headroom: show: " in p.stderr


def test_damaged_database_is_said_and_not_replaced(cli):
    cli.record(quickstart())
    database = cli.state / "headroom" / "headroom.db"
    for other in database.parent.glob("headroom.db-*"):
        other.unlink()
    database.write_bytes(b"no database" * 1000)
    for args in (["stats"], ["log"], ["show"], ["show", "0" * 20]):
        p = cli(*args)
        assert p.returncode == UNAVAILABLE and p.stdout == b"" and p.stderr.startswith(b"headroom: "), args
    assert database.read_bytes() == b"no database" * 1000


# ------------------------------------------------------------------ config
def test_config_names_value_and_origin(cli):
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text("level = lossless\n[originals]\ndays = 3\n")
    c = cli.json("config", "--json", HEADROOM_MODE="audit")
    assert c["mode"] == {"value": "audit", "origin": "environment", "environment": "HEADROOM_MODE", "error": None}
    assert (c["level"]["value"], c["level"]["origin"]) == ("lossless", str(cli.config))
    assert (c["originals.days"]["value"], c["originals.days"]["environment"]) == ("3", "HEADROOM_ORIGINALS_DAYS")
    assert c["adopt"]["origin"] == "default"
    assert cli("config", "get", "level", HEADROOM_LEVEL="replay").stdout == b"replay\n"
    assert cli("config", "path").stdout.decode() == f"{cli.config}\n"
    text = cli("config").stdout.decode()
    assert f"# state: {cli.state}/headroom\n" in text and re.search(r"^level +\t?= lossless +\(.+config.ini\)$", text, re.M)


def test_config_exits_78_where_a_value_is_wrong(cli):
    p = cli("config", HEADROOM_LEVEL="much")
    assert p.returncode == CONFIG and b"setting level (HEADROOM_LEVEL)" in p.stderr
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text("colour = red\n")
    p = cli("config")
    assert p.returncode == CONFIG and b"colour" in p.stderr


def test_config_of_an_unknown_setting_is_wrong_usage(cli):
    p = cli("config", "get", "colour")
    assert p.returncode == USAGE and p.stdout == b""


def test_config_without_a_home_has_no_path(cli):
    env = {k: v for k, v in cli.env.items() if k not in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    p = subprocess.run([BUILD / "headroom", "config", "path"], capture_output=True, env=env)
    assert p.returncode == CONFIG and p.stdout == b""
