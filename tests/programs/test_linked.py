"""Programs that have OpenSSL linked in, and connect(), at whose first call they are looked at: what needs no fetched program."""
import contextlib
import gzip
import json
import pathlib
import random
import re
import socket
import ssl
import threading

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


# ------------------------------------------------------------------ one address, two connections
TOLD = 7  # texts of ssl_reuse.c


@pytest.fixture
def recorder(certs):
    """A TLS server that says nothing: (its port, what each connection was told, a function that waits until one more of them has ended)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs.cert, certs.key)
    listener = socket.create_server(("127.0.0.1", 0))
    told, ended = [], threading.Semaphore(0)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                raw, _ = listener.accept()
                raw.settimeout(20)
                words = b""
                with contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as s:
                    while piece := s.recv(65536):
                        words += piece
                told.append(words)
                ended.release()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], told, lambda: ended.acquire(timeout=20)
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(20)


@pytest.mark.parametrize("kind", ["", "linked_", "linkedpie_"])
@pytest.mark.parametrize("given_up", ["", "response", "refused"])
@pytest.mark.parametrize("body", ["json", "gzip"])
def test_another_connection_at_the_same_address_is_told_what_it_was_told(kind, given_up, body, server, certs, run, body_file, recorder):
    """Nothing of the one goes to the other. Where the random numbers of a connection lie is known after two whole exchanges."""
    port, told, wait = recorder
    much = random.Random(1).randbytes(2_000_000).hex() if given_up == "refused" else ""  # more than a socket takes, in gzip too
    value = json.dumps({**transparency.OPENAI, "user": much}).encode()
    file = body_file(gzip.compress(value, 0) if body == "gzip" else value)
    env = {"REQUEST_HEADERS": "Content-Encoding: gzip\n"} if body == "gzip" else {}

    def once(**how):
        argv = [conftest.c_program(kind + "ssl_reuse"), "127.0.0.1", server.port, certs.ca, transparency.CHAT, file, 1, "warm=2",
                f"other={port}", given_up]
        server.begin()
        done = run(argv, env=env, **how)
        assert done.returncode == 0 and done.stdout.count(b"same address 1\n") == TOLD, done
        assert done.stdout.count(b"refused 1\n") == (TOLD if given_up == "refused" else 0)
        assert all(wait() for _ in range(TOLD))
        return re.findall(rb"told .*", done.stdout), [len(r.raw_body) for r in server.requests if r.status == 200]

    without, with_it = once(), once(preload=True, mode="optimize")
    assert told[TOLD:] == told[:TOLD] and all(told) and with_it[0] == without[0]
    if not conftest.BARE:
        assert len(with_it[1]) == len(without[1]) >= 3 and all(a < b for a, b in zip(with_it[1], without[1]))
