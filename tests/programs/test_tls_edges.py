"""What TLS does under a request: renegotiation, key updates, SSL_clear, a peer that closes, TLS inside TLS.

In off and audit every call returns what it returns without the library, with the same errno and SSL_get_error, and the server gets the
same bytes; in optimize the requests are rewritten and the calls still succeed where they would have.
"""
import contextlib
import re
import select
import socket
import sqlite3
import ssl
import struct
import sys
import threading

import pytest

import conftest
import conversations
import conversations
import llm_api
from test_transparency import assert_same_directories

BODY = conversations.quickstart_openai()
CHAT = "/v1/chat/completions"


@pytest.fixture
def renegotiating(certs, tmp_path):
    """The API behind TLS 1.2 that lets its clients renegotiate."""

    class Api(llm_api.LlmApi):
        def _connection(self, raw, number):
            self._context.maximum_version = ssl.TLSVersion.TLSv1_2
            self._context.options |= 1 << 8  # SSL_OP_ALLOW_CLIENT_RENEGOTIATION, which Python does not name
            super()._connection(raw, number)

    with Api(certs, captures=tmp_path / "captures") as api:
        yield api


# With libssl beside it; inside of it and stripped, where state is kept by the address of the SSL (hooks/connections.c); called by
# looked-up pointers (hooks/pointers.c).
kinds = pytest.mark.parametrize("kind", ["", "linkedpie_", "pointers_"])


def edges(run, port, certs, body, words, kind="", **how):
    return run([conftest.c_program(kind + "ssl_edges"), "127.0.0.1", port, certs.ca, CHAT, body, 1, *words.split()], **how)


def compare(run, server, certs, body, words, tmp_path, kind, requests=2):
    """Off and audit against no library; then the run in optimize, with its requests."""
    server.begin(tmp_path / "without")
    without = edges(run, server.port, certs, body, words, kind)
    assert server.wait_for(requests), without
    for mode in ("off", "audit"):
        server.begin(tmp_path / mode)
        done = edges(run, server.port, certs, body, words, kind, preload=True, mode=mode)
        assert server.wait_for(requests)
        assert_same_directories(tmp_path / "without", tmp_path / mode)
        assert done == without, mode
    server.begin()
    return without, edges(run, server.port, certs, body, words, kind, preload=True, mode="optimize")


EVENTS = ["tls12 renegotiate", "key_update", "key_update_now", "clear"]


@kinds
@pytest.mark.parametrize("words", [f"{e}{p}{x}" for e in EVENTS for p in ("", " inside") for x in ("", " ex")])
def test_an_event_of_the_connection(words, kind, run, server, renegotiating, certs, body_file, tmp_path, needs_library):
    api = renegotiating if "renegotiate" in words else server
    abandoned = words.startswith("clear inside")
    without, done = compare(run, api, certs, body_file(BODY), words, tmp_path, kind)
    assert without.returncode == 0, without
    if "renegotiate" in words:
        assert b"renegotiations 1\n" in without.stderr
    assert done.returncode == 0, done
    writes = [x for x in done.stderr.splitlines() if not x.startswith(b"read")]
    assert writes == [x for x in without.stderr.splitlines() if not x.startswith(b"read")]
    whole = [r for r in api.requests if r.status == 200]
    assert len(whole) == (1 if abandoned else 2)
    assert all(r.dialect and n < 2000 for r in whole for n in r.result_tokens.values()), "it was not rewritten"
    assert len({r.body for r in whole}) == 1
    if abandoned:  # what was held is dropped: the program gave it up
        assert len(api.requests) == 1
    assert [r["status"] for r in run.log()][-len(whole):] == [200] * len(whole)


@pytest.mark.parametrize("kind", ["", "linked_", "linkedpie_"])
@pytest.mark.parametrize("words", ["", "moved", "partial moved longer"])
def test_a_write_that_waits_for_a_renegotiation(words, kind, run, renegotiating, certs, body_file, tmp_path, needs_library):
    """SSL_write says WANT_READ in the middle of a request, three times over, and with held bytes where they leave."""
    argv = [conftest.c_program(kind + "ssl_nonblocking"), "127.0.0.1", renegotiating.port, certs.ca, CHAT, body_file(BODY), 3, "renegotiate",
            *words.split()]
    waited = set()

    def send(where, **how):
        renegotiating.begin(where)
        done = run(argv, **how)
        assert done.returncode == 0 and len(renegotiating.requests) == 3 and not renegotiating.failures, done
        *lines, last = done.stderr.splitlines()
        wait, count = re.fullmatch(rb"want_read (\d) renegotiations (\d)", last).groups()
        assert count == b"3"
        waited.add(wait)  # a server that is quick enough answers before it is asked again
        return done.stdout, lines

    without = send(tmp_path / "without")
    for mode in ("off", "audit"):
        assert send(tmp_path / mode, preload=True, mode=mode) == without
        assert_same_directories(tmp_path / "without", tmp_path / mode)
    send(tmp_path / "optimize", preload=True, mode="optimize")
    assert all(n < 2000 for r in renegotiating.requests for n in r.result_tokens.values()), "it was not rewritten"
    assert b"1" in waited


# ------------------------------------------------------------------ the program closes
@kinds
@pytest.mark.parametrize("words", [f"{e} inside{x}" for e in ("shutdown", "half_close") for x in ("", " ex")])
def test_the_program_closes_in_mid_request(words, kind, run, server, certs, body_file, needs_library):
    """What was held stays held; the write that fails is the one whose bytes complete the request."""
    body, done = body_file(BODY), {}
    for mode in (None, "off", "audit", "optimize"):
        server.begin()
        done[mode] = edges(run, server.port, certs, body, words, kind, preload=mode is not None, mode=mode)
        assert mode == "optimize" or server.wait_for(1), "what has left is part of a request"
        assert done[mode].returncode == 1 and all(r.status != 200 for r in server.requests)
        # A server that is quick to close makes ECONNRESET of a half-closed socket's EPIPE.
        done[mode] = done[mode]._replace(stderr=done[mode].stderr.replace(b"errno 104", b"errno 32"))
    assert done["off"] == done[None] and done["audit"] == done[None]

    failure = {mode: re.findall(rb"write \d+ -> ((?:0|-1) error .*)", x.stderr) for mode, x in done.items()}
    assert len(failure[None]) == 1 and failure["optimize"] == failure[None]
    assert not server.requests or all(not r.raw_body for r in server.requests), "nothing has left"
    assert all(r["status"] == 0 for r in run.log())


# ------------------------------------------------------------------ the peer closes
@contextlib.contextmanager
def closing_server(certs, how):
    """Reads until nothing comes for a while, then closes: `clean` with close_notify, `abrupt` without, `reset`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs.cert, certs.key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            raw, _ = listener.accept()
            s = context.wrap_socket(raw, server_side=True)
            s.settimeout(0.4)
            with contextlib.suppress(TimeoutError):
                while s.recv(65536):
                    pass
            if how == "clean":
                s.setblocking(False)
                with contextlib.suppress(OSError):
                    s.unwrap()
            if how == "reset":
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join(20)


@kinds
@pytest.mark.parametrize("words", ["", " ex"])
@pytest.mark.parametrize("how", ["clean", "abrupt", "reset"])
def test_the_peer_closes_in_mid_request(how, words, kind, run, certs, body_file, needs_library):
    body = body_file(BODY)
    done = {}
    for mode in (None, "off", "audit", "optimize"):
        with closing_server(certs, how) as port:
            done[mode] = edges(run, port, certs, body, "peer_closes inside" + words, kind, preload=mode is not None, mode=mode)
    assert done[None].returncode == 1 and b"closed 1" in done[None].stderr
    assert done["off"] == done[None] and done["audit"] == done[None]
    # In optimize the bytes were held: the program learns of the close when they leave, or when it reads.
    assert done["optimize"].returncode == 1 and b"closed 1" in done["optimize"].stderr
    last = done["optimize"].stderr.splitlines()[-2]
    assert re.match(rb"(read|write) \d+ -> (0|-1) error [156] ", last), done["optimize"]
    assert all(r["status"] == 0 for r in run.log())


# ------------------------------------------------------------------ the end of a response
@pytest.mark.parametrize("program", ["ssl_write", "ssl_write_ex", "ssl_bio", "linked_ssl_write", "linkedpie_ssl_write"])
def test_a_response_without_length_ends_with_the_connection(program, server, certs, run, body_file, needs_library):
    """SSL_read_ex says 0 for a failure and for the end: the connection's own state tells which. The API ends well, then not."""
    argv = [conftest.c_program(program), "127.0.0.1", server.port, certs.ca, CHAT, body_file({**BODY, "stream": True}), 1]
    for option in ("X-Test-Until-Close: 1", "X-Test-Abort: 1"):
        run(argv, preload=True, mode="audit", env={"REQUEST_HEADERS": option + "\n"})
    with contextlib.closing(sqlite3.connect(run.state / "headroom.db")) as db:
        assert db.execute("SELECT status, complete FROM requests ORDER BY id").fetchall() == [(200, 1), (200, 0)]


@pytest.mark.parametrize("program", ["ssl_write", "linked_ssl_write", "linkedpie_ssl_write"])
@pytest.mark.parametrize("how", [(), ("quickly",)])
def test_a_program_that_leaves_in_mid_answer_is_recorded(program, how, server, certs, run, body_file, needs_library):
    """Bun always ends by quick_exit, which runs no destructors; the SDKs of OpenAI for JavaScript stop reading at the last event."""
    body = body_file({**conversations.quickstart_anthropic(), "stream": True})
    argv = [conftest.c_program(program), "127.0.0.1", server.port, certs.ca, "/v1/messages", body, 1, "leave=900", *how]
    done = run(argv, preload=True, mode="optimize", env={"REQUEST_HEADERS": "X-Test-Pace: 20\n"})
    assert done.returncode == 0, done
    [row] = run.log()
    assert row["status"] == 200 and row["skipped"] is None and row["transforms"] == ["smart_crusher"]
    usage = row["usage"]
    assert usage["input_tokens"] + usage["cache_creation_input_tokens"] == server.requests[0].prompt_tokens


# ------------------------------------------------------------------ TLS inside TLS
@pytest.fixture
def proxy(certs):
    """An HTTPS proxy that knows CONNECT and nothing else: (its port, the heads that it got)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs.cert, certs.key)
    listener = socket.create_server(("127.0.0.1", 0))
    heads = []

    def relay(client, target):
        while True:
            ready = [client] if client.pending() else select.select([client, target], [], [], 20)[0]
            if client in ready:
                client.settimeout(0)
                try:
                    data = client.recv(65536)
                except ssl.SSLWantReadError:
                    continue
                target.sendall(data)
            if target in ready:
                data = target.recv(65536)
                client.settimeout(20)
                client.sendall(data)
            if not ready or not data:
                return

    def tunnel(raw):
        with contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(1)
            heads.append(head)
            host, port = head.split()[1].decode().rsplit(":", 1)
            with socket.create_connection((host, int(port))) as target:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                relay(client, target)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                raw, _ = listener.accept()
                threading.Thread(target=tunnel, args=(raw,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1], heads
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


HTTPX = """
import ssl, sys
import httpx
proxy, url, ca, body = sys.argv[1:]
trust = ssl.create_default_context(cafile=ca)
with httpx.Client(proxy=httpx.Proxy(proxy, ssl_context=trust), verify=trust, trust_env=False) as client:
    for i in range(2):
        answer = client.post(url, content=open(body, "rb").read(), headers={"content-type": "application/json"})
        print(answer.status_code, answer.json()["choices"][0]["message"]["content"].partition("the top 3")[2])
"""


@pytest.mark.parametrize("client", ["curl", "httpx"])
def test_tls_inside_of_tls(client, proxy, server, certs, run, body_file, tmp_path, needs_library):
    """The connection to the proxy passes: CONNECT ends its HTTP. The one inside of it is a connection as any other."""
    outer, url, body = f"https://localhost:{proxy[0]}", server.url + CHAT, body_file(BODY)
    argv = {"curl": [conftest.need("curl", "curl"), "-sS", "--http1.1", "-x", outer, "--proxy-cacert", certs.ca, "--cacert", certs.ca, "-H",
                     "Content-Type: application/json", "--data-binary", "@" + body, url, url, "-o", "/dev/null", "-o", "/dev/null", "-w",
                     "%{http_code}\n"],
            "httpx": [sys.executable, "-c", HTTPX, outer, url, certs.ca, body]}[client]
    env = {"NO_PROXY": "", "no_proxy": ""}
    server.begin(tmp_path / "without")
    without = run(argv, env=env)
    assert without.returncode == 0 and without.stdout.count(b"200") == 2, without
    for mode in ("off", "audit"):
        server.begin(tmp_path / mode)
        assert run(argv, preload=True, mode=mode, env=env) == without
        assert_same_directories(tmp_path / "without", tmp_path / mode)
    assert [(r["mode"], r["path"], r["status"]) for r in run.log()] == [("audit", CHAT, 200)] * 2, "the tunnel itself is no request"
    server.begin()
    assert run(argv, preload=True, mode="optimize", env=env) == without
    assert len(server.requests) == 2
    assert all(n < 2000 for r in server.requests for n in r.result_tokens.values()), "it was not rewritten"
    assert all(h.startswith(b"CONNECT 127.0.0.1:") for h in proxy[1]) and len(proxy[1]) == 4
