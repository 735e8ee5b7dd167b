"""`headroom run`: what it starts and how, what it sets, and what it says."""
import os
import shutil
import stat
import subprocess

import pytest

from cli_user import BUILD, CONFIG, UNAVAILABLE, Cli, quickstart


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


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
    cli.config.write_text("mode = simulate\nlevel = lossless\n"
                          "[endpoints]\nadd = gw.example.com/llm anthropic\n")
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
    (["./no-such-file"], 127, b"headroom: run: ./no-such-file: no such file\n"),
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be in the home of somebody else")
def test_root_makes_nothing_in_the_home_of_another_user(cli):
    os.chown(cli.home, 65534, 65534)
    p = cli("run", "true")
    assert (p.returncode, p.stderr) == (0, b"") and not cli.state.exists()


def test_modes_that_store_no_contents_give_no_notice(cli):
    for mode in ("off", "audit", "simulate"):
        assert cli("run", "--mode", mode, "true").stderr == b""


@pytest.mark.parametrize("mode", ["off", "audit", "simulate"])
def test_modes_that_send_originals_say_what_breaks_where_something_was_rewritten(cli, mode):
    cli.record(quickstart())
    p = cli.run("--mode", mode, "true")
    assert p.stderr.count(b"\n") == 1 and f"mode {mode}".encode() in p.stderr and b"cache" in p.stderr
    assert cli.run("--level", "replay", "true").stderr == b""


def test_modes_that_send_originals_are_silent_where_nothing_was_rewritten(cli):
    cli.record(b'{"model": "m", "messages": [{"role": "user", "content": "hello"}]}')
    assert cli.run("--mode", "audit", "true").stderr == b""


def test_wrong_setting_is_said_and_the_default_taken(cli):
    p = cli.run("env", HEADROOM_MODE="optimise")
    assert b'HEADROOM_MODE: "optimise" is not one of: off audit simulate optimize' in p.stderr
    assert environment(p)["HEADROOM_MODE"] == "optimize"


def compiled(directory, name, *options):
    source = directory / "target.c"
    source.write_text('#include <stdio.h>\nint main(void) { puts("ran"); return 7; }\n')
    subprocess.run(["gcc", source, "-o", directory / name, *options], check=True)


@pytest.mark.parametrize("options, sentence", [
    ([], None),
    (["-static"], "t is a static executable: LD_PRELOAD cannot reach it; it runs unchanged"),
    (["-static-pie"], "t is a static-pie executable: LD_PRELOAD cannot reach it; it runs unchanged"),
    (["-m32"], "t is a 32-bit program: the 64-bit library cannot be loaded into it; it runs unchanged"),
], ids=["dynamic", "static", "static-pie", "32-bit"])
def test_run_names_what_a_preload_cannot_reach_and_runs_it(cli, options, sentence):
    compiled(cli.home, "t", *options)
    p = cli.run("./t")
    said = [line for line in p.stderr.decode().splitlines() if not line.startswith("ERROR: ld.so:")]
    assert (p.returncode, p.stdout) == (7, b"ran\n")
    assert said == ([] if sentence is None else ["headroom: " + sentence])


def test_run_keeps_out_of_a_program_of_another_c_library(cli):
    compiled(cli.home, "t", "-Wl,--dynamic-linker=/lib/ld-musl-none.so.1")
    p = cli.run("./t")
    said = p.stderr.decode().splitlines()
    assert p.returncode == 127 and len(said) == 2
    assert "another C library (loader /lib/ld-musl-none.so.1)" in said[0] and "is missing" in said[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("mode, user, group, word", [(0o4755, 65534, 0, "setuid"), (0o4755, 0, 0, None),
                                                     (0o2755, 0, 65534, "setgid"), (0o2755, 0, 0, None)])
def test_run_names_set_id_programs_of_others_only(cli, mode, user, group, word):
    compiled(cli.home, "t")
    if os.statvfs(cli.home).f_flag & os.ST_NOSUID:
        pytest.skip("set-id bits have no effect on this file system")
    os.chown(cli.home / "t", user, group)
    (cli.home / "t").chmod(mode)
    p = cli.run("./t")
    assert (p.returncode, p.stdout) == (7, b"ran\n")
    assert (f" is {word} to another " in p.stderr.decode()) if word else p.stderr == b""


@pytest.mark.parametrize("line", ["{dir}/t", "/usr/bin/env {dir}/t", "/usr/bin/env -S A=1 {dir}/t -x",
                                  "{dir}/inner"])
def test_run_follows_scripts_to_their_interpreter(cli, line):
    compiled(cli.home, "t", "-static")
    for name, first in (("inner", "{dir}/t"), ("script", line)):
        (cli.home / name).write_text(f"#!{first.format(dir=cli.home)}\n")
        (cli.home / name).chmod(0o755)
    p = cli.run("./script")
    assert p.returncode == 7
    assert p.stderr.decode().startswith("headroom: script is a script for ")
    assert p.stderr.endswith(b"/t, which is a static executable: LD_PRELOAD cannot reach it; it runs"
                             b" unchanged\n")


def test_run_says_nothing_about_scripts_of_reached_interpreters(cli):
    (cli.home / "script").write_text("#!/bin/sh\nexit 3\n")
    (cli.home / "bare").write_text("exit 4\n")
    for name, status in (("script", 3), ("bare", 4)):
        (cli.home / name).chmod(0o755)
        p = cli.run(f"./{name}")
        assert (p.returncode, p.stderr) == (status, b"")


@pytest.mark.parametrize("text", [b"", b"#!", b"#!\n", b"#! \n", b"#!" + b"x" * 5000, b"#!/usr/bin/env -u\n",
                                  b"#!./t\n", b"#!" + b"/" * 255 + b"\n", b"\x7fELF", b"\x7fELF\x02\x01"])
def test_run_judges_odd_files_without_a_word_of_its_own(cli, text):
    """What headers can hold is tests/unit/test_elfkind.c; here the walk through interpreters must end."""
    (cli.home / "t").write_bytes(text)
    (cli.home / "t").chmod(0o755)
    p = cli.run("./t")
    assert p.returncode >= 0 and b"runs unchanged" not in p.stderr


# ------------------------------------------------------------------ run: Claude Code's attestation
ATTRIBUTION = "CLAUDE_CODE_ATTRIBUTION_HEADER"


def choose_no_attribution(cli):
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text("[claude]\nattribution_header = off\n")


def test_run_leaves_the_attribution_header_to_the_vendor(cli):
    p = cli.run("env")
    assert ATTRIBUTION not in environment(p) and p.stderr == b""


def test_run_sets_the_vendors_switch_where_the_setting_says_so_and_says_it(cli):
    choose_no_attribution(cli)
    p = cli.run("env")
    assert environment(p)[ATTRIBUTION] == "0"
    assert p.stderr.count(b"\n") == 1 and f"claude.attribution_header = off: {ATTRIBUTION}=0".encode() in p.stderr
    assert cli("config", "get", "claude.attribution_header").stdout == b"off\n"


def test_a_wrong_word_for_the_attribution_header_leaves_it_to_the_vendor_and_is_named(cli):
    p = cli.run("env", HEADROOM_CLAUDE_ATTRIBUTION_HEADER="no")
    assert ATTRIBUTION not in environment(p) and b'"no" is not one of: vendor off;' in p.stderr
    assert cli("config", HEADROOM_CLAUDE_ATTRIBUTION_HEADER="no").returncode == CONFIG


@pytest.mark.parametrize("value", ["1", "0", ""])
def test_a_switch_that_the_user_set_goes_before_the_setting(cli, value):
    choose_no_attribution(cli)
    p = cli.run("env", **{ATTRIBUTION: value})
    assert environment(p)[ATTRIBUTION] == value and p.stderr == b""


@pytest.mark.parametrize("mode", ["off", "audit", "simulate"])
def test_modes_that_change_nothing_leave_the_attribution_header(cli, mode):
    choose_no_attribution(cli)
    assert ATTRIBUTION not in environment(cli.run("--mode", mode, "env"))


def test_run_of_claude_code_says_how_to_choose_where_it_matters(cli):
    there = cli.home / "claude"
    there.write_text("#!/bin/sh\nexec env\n")
    there.chmod(0o755)
    p = cli.run(there)
    assert ATTRIBUTION not in environment(p) and p.stderr.count(b"\n") == 1
    assert f"claude.attribution_header = off in {cli.config} ".encode() in p.stderr
    assert cli.run(there, **{ATTRIBUTION: "1"}).stderr == b""
    assert cli.run(there, ANTHROPIC_BASE_URL="https://gateway.example").stderr == b""
    assert cli.run("--mode", "audit", there).stderr == b""
