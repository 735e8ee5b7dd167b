"""Programs that have OpenSSL linked in, and connect(), at whose first call they are looked at: what needs no fetched program."""
import pathlib

import pytest

import conftest
import test_transparency as transparency


def records(server):
    return [(r.head, r.raw_body) for r in server.requests]


@pytest.mark.parametrize("mode", ["off", "optimize"])
def test_connect_says_what_it_says_without_the_library(mode, run):
    argv = [conftest.c_program("connect_results"), 1]
    bare = run(argv)
    assert b"Bad address" in bare.stdout and b"errno is kept: 0" in bare.stdout
    assert run(argv, preload=True, mode=mode) == bare


# The C clients of test_transparency.py with Debian's libssl.a linked in, stripped, at fixed addresses and position independent. A head
# that is written a few bytes at a time is not followed there: a request begins with a whole first line (docs/limits.md).
def linked(kind, row):
    program, body, env, n = row

    def argv(server, certs, file):
        words = program(server, certs, file)
        return [conftest.c_program(kind + "_" + pathlib.Path(words[0]).name), *words[1:]]
    return argv, body, env, n


LINKED = {f"{kind} {name}": linked(kind, row) for name, row in transparency.PROGRAMS.items() for kind in ("linked", "linkedpie")
          if name.split()[0] in ("ssl_write", "ssl_write_ex", "ssl_nonblocking", "ssl_threads") and "one byte a call" not in name}


@pytest.mark.parametrize("name", LINKED)
def test_linked_in_modes_off_and_audit_change_nothing(name, server, certs, run, body_file, tmp_path, monkeypatch):
    monkeypatch.setitem(transparency.PROGRAMS, name, LINKED[name])
    transparency.test_modes_off_and_audit_change_nothing(name, server, certs, run, body_file, tmp_path)


@pytest.mark.parametrize("name", [n for n in LINKED if n.split(" ", 1)[1] in transparency.REWRITTEN])
def test_linked_in_optimize_changes_only_literals(name, server, certs, run, body_file, tmp_path, monkeypatch, needs_library):
    monkeypatch.setitem(transparency.PROGRAMS, name, LINKED[name])
    transparency.test_optimize_changes_only_literals_of_tool_results(name, server, certs, run, body_file, tmp_path, needs_library)


@pytest.mark.parametrize("kind", ["linked", "linkedpie"])
def test_linked_in_a_first_line_in_pieces_passes_unchanged(kind, server, certs, run, body_file):
    program, body, _, _ = linked(kind, transparency.PROGRAMS["ssl_write one byte a call"])
    argv = program(server, certs, body_file(body))
    bare = run(argv)
    before = records(server)
    server.begin()
    assert run(argv, preload=True, mode="optimize") == bare and records(server) == before
