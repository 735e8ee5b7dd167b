"""Programs that call a shared libssl by pointers that they looked up in it: C by dlsym, Python's ctypes, PHP's FFI, Ruby's Fiddle, LuaJIT.

pointers/client.* post each file over one connection and say `200 whole` for each answer that came to its end.
"""
import re
import sys

import pytest

import conftest
import conversations
import test_transparency as transparency
from test_conversation import assert_prefix_held, assert_results_halved
from test_transparency import MESSAGES

SCRIPTS = conftest.HERE / "pointers"
BORINGSSL = "/usr/lib/x86_64-linux-gnu/android/libssl.so.0"


def python(*words):
    return lambda: [sys.executable, SCRIPTS / "client.py", *words]


def script(interpreter, package, name):
    return lambda: [conftest.need(interpreter, package), SCRIPTS / name]


CLIENTS = {
    "ctypes": python(),
    "ctypes, libssl opened after the connection": python("--late"),
    "ctypes, deep": python("--deep"),
    "ctypes, BoringSSL": python("--library", BORINGSSL),
    "php": script("php", "php-cli", "client.php"),  # php itself is linked with libssl
    "ruby": script("ruby", "ruby", "client.rb"),
    "luajit": script("luajit", "luajit", "client.lua"),
}
TURNS = conversations.anthropic_turns(6)


@pytest.fixture
def files(body_file):
    """A file a turn."""
    return lambda turns, **more: [body_file({**t, **more}) for t in turns]


def argv(client, server, certs, paths):
    return [*client, "127.0.0.1", server.port, certs.ca, MESSAGES, *paths]


def records(server):
    return [(r.head, r.raw_body) for r in server.requests]


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", CLIENTS)
def test_results_shrink_and_replay(name, stream, run, server, certs, files):
    words = argv(CLIENTS[name](), server, certs, files(TURNS, stream=stream))
    without = run(words)
    assert without.returncode == 0 and without.stdout.count(b"200 whole\n") == 6, without
    server.begin()
    assert run(words, preload=True, mode="optimize") == without
    assert_prefix_held(server)
    assert_results_halved(server)
    rows = run.log()
    assert [(r["status"], r["skipped"], r["stream"]) for r in rows] == [(200, None, stream)] * 6
    assert all(r["usage"]["output_tokens"] > 0 for r in rows), "the answers were read, too"


@pytest.mark.parametrize("name", CLIENTS)
def test_modes_off_and_audit_are_as_without_the_library(name, run, server, certs, files):
    words = argv(CLIENTS[name](), server, certs, files(TURNS[:3]))
    seen = []
    for mode in (None, "off", "audit"):
        server.begin()
        seen.append((run(words, preload=mode is not None, mode=mode), records(server)))
    assert seen[0][0].returncode == 0 and len(seen[0][1]) == 3
    assert seen[1] == seen[0] and seen[2] == seen[0]
    if not conftest.BARE:
        assert [row["mode"] for row in run.log()] == ["audit"] * 3


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("late", [False, True])
def test_pointers_and_names_in_one_process_are_each_seen_once(late, run, server, certs, files):
    """Python's ssl is linked with the very libssl that ctypes looks its functions up in."""
    words = argv(python("--named", *["--late"] * late)(), server, certs, files(TURNS, stream=True))
    without = run(words)
    assert without.stdout == b"pointers 200 whole\nnamed 200 whole\n" * 6, without
    server.begin()
    assert run(words, preload=True, mode="optimize") == without
    assert_prefix_held(server, turns=12)
    assert_results_halved(server)
    assert [(r["status"], r["skipped"]) for r in run.log()] == [(200, None)] * 12
    assert [r.raw_body for r in server.requests[::2]] == [r.raw_body for r in server.requests[1::2]]


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("words,untouched", [
    (("--late", "--library", BORINGSSL), slice(None)),  # it calls its own functions past us
    (("--late", "--deep"), slice(None)),  # so does this one
    (("--named", "--implicit"), slice(0, None, 2))])  # its first write is under way when it is patched
def test_what_is_not_reached_goes_out_as_it_is(words, untouched, run, server, certs, files):
    plain = argv(python(*words)(), server, certs, files(TURNS[:3]))
    without = run(plain)
    before = records(server)
    server.begin()
    assert run(plain, preload=True, mode="optimize") == without and without.stdout.count(b"200 whole\n") == len(before)
    assert records(server)[untouched] == before[untouched]


TWO = """
import ctypes, sys
ctypes.CDLL({other!r})
sys.argv = ["client.py"] + sys.argv[1:]
exec(open({client!r}).read())
"""


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("used,other", [("libssl.so.3", BORINGSSL), (BORINGSSL, "libssl.so.3")])
def test_two_libraries_in_one_process(used, other, run, server, certs, files):
    client = [sys.executable, "-c", TWO.format(other=other, client=str(SCRIPTS / "client.py")), "--library", used]
    done = run(argv(client, server, certs, files(TURNS)), preload=True, mode="optimize")
    assert done == (0, b"pointers 200 whole\n" * 6, b"")
    assert_prefix_held(server)
    assert_results_halved(server)


CLOSED = """
import ctypes, _ctypes, socket, sys
def connect():
    try:
        socket.create_connection(("127.0.0.1", 1))
    except OSError:
        pass
lib = ctypes.CDLL(sys.argv[1])
connect()
_ctypes.dlclose(lib._handle)
mapped = sys.argv[1].rpartition("/")[2] in open("/proc/self/maps").read()
again = ctypes.CDLL(sys.argv[1])
connect()
again.SSL_CTX_new.restype = again.TLS_method.restype = ctypes.c_void_p
print(mapped, again.SSL_CTX_new(ctypes.c_void_p(again.TLS_method())) is None)
"""


@pytest.mark.usefixtures("needs_library")
def test_a_library_that_was_patched_stays_when_it_is_closed(run):
    """BoringSSL: OpenSSL itself is linked so that it is never unmapped."""
    words = [sys.executable, "-c", CLOSED, BORINGSSL]
    assert run(words) == (0, b"False False\n", b"")
    assert run(words, preload=True, mode="optimize") == (0, b"True False\n", b"")


# ------------------------------------------------------------------ what libssl's functions return
def by_pointers(row):
    program, body, env, n = row

    def words(server, certs, file):
        first, *rest = program(server, certs, file)
        return [first.replace("/ssl_", "/pointers_ssl_"), *rest]
    return words, body, env, n


C = {name: row for name, row in transparency.PROGRAMS.items() if name.split()[0] in ("ssl_write", "ssl_write_ex", "ssl_bio", "ssl_nonblocking", "ssl_threads")}
POINTERS = {f"pointers, {name}": by_pointers(row) for name, row in C.items()}
for late in ("ssl_write", "ssl_write_ex", "ssl_bio", "ssl_nonblocking partial moved longer", "ssl_threads"):
    words_, body_, env_, n_ = by_pointers(C[late])
    POINTERS[f"pointers, {late}, opened late"] = words_, body_, {**env_, "FIRST_CONNECT": "1"}, n_


@pytest.mark.parametrize("name", POINTERS)
def test_by_pointers_modes_off_and_audit_change_nothing(name, server, certs, run, body_file, tmp_path, monkeypatch):
    monkeypatch.setitem(transparency.PROGRAMS, name, POINTERS[name])
    transparency.test_modes_off_and_audit_change_nothing(name, server, certs, run, body_file, tmp_path)


@pytest.mark.parametrize("name", [n for n in POINTERS if n.split(", ")[1] in transparency.REWRITTEN])
def test_by_pointers_optimize_changes_only_literals(name, server, certs, run, body_file, tmp_path, monkeypatch, needs_library):
    monkeypatch.setitem(transparency.PROGRAMS, name, POINTERS[name])
    transparency.test_optimize_changes_only_literals_of_tool_results(name, server, certs, run, body_file, tmp_path, needs_library)


# ------------------------------------------------------------------ the patch
@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("program,more", [("pointers_ssl_fire", ""), ("pointers_ssl_fire", ":libcurl.so.4"), ("ssl_fire", "")])
def test_64_threads_in_the_middle_of_tls_lose_no_byte_when_it_is_patched(program, more, run, server, certs, body_file):
    """With libcurl, which is linked with libssl, in the process it is the handshake that tells; else the connection."""
    words = [conftest.c_program(program), "127.0.0.1", server.port, certs.cert, certs.key, body_file(conversations.quickstart_openai())]
    expected = rb"of (\d+) bytes (\d+) were sent\n64 threads, each byte arrived\n"
    size, sent = map(int, re.fullmatch(expected, run(words).stdout).groups())
    assert size == sent > 20000
    for _ in range(2):
        done = run(words, preload=True, mode="optimize", env={"LD_PRELOAD": f"{conftest.LIBRARY}{more}"})
        assert done.returncode == 0 and 0 < int(re.fullmatch(expected, done.stdout)[2]) < size / 2, "the connection after it was seen"


def log_of(run):
    path = run.state / "headroom.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("words", [(), ("--late",), ("--named",)])
def test_what_cannot_be_patched_runs_as_without_the_library(words, run, server, certs, files, tmp_path):
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    run.state.mkdir(mode=0o700)  # the log is written where there is a place for it
    plain = argv(python(*words)(), server, certs, files(TURNS[:2]))
    bare = run(plain)
    before = records(server)
    server.begin()
    hidden = [*conftest.mount_namespace(), "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', empty,
              "/usr/lib/x86_64-linux-gnu/libZydis.so.4.0", *plain]
    assert run(hidden, preload=True, mode="optimize") == bare
    step = 2 if "--named" in words else 1  # what is called by name is reached all the same
    assert records(server)[::step] == before[::step] and len(before) == 2 * step
    assert log_of(run).count("libssl.so.3, called by looked-up pointers: SSL_write is not patched: libZydis.so.4.0 is not installed") == 1


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("code", [
    "import ssl, http.client as h; c = h.HTTPSConnection('127.0.0.1', {port}, context=ssl.create_default_context(cafile='{ca}'))\n"
    "c.request('GET', '/other'); c.getresponse().read()",
    "import socket, ssl, ctypes; socket.create_connection(('127.0.0.1', {port})).close()"])
def test_a_process_that_calls_libssl_by_name_loads_nothing(code, run, server, certs):
    """Nor does one that only connects."""
    code = code.format(port=server.port, ca=certs.ca) + "\nprint('/libheadroom.so' in open('/proc/self/maps').read())"
    assert run([sys.executable, "-c", code], preload=True, mode="optimize") == (0, b"False\n", b"")
