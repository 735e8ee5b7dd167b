"""HTTP/2 and ALPN: in mode optimize a program that offers h2 and http/1.1 to an LLM API gets http/1.1; nobody else notices anything.

What was offered is read from the ClientHello, what was spoken from the server. Host names: the servers are on 127.0.0.1, and
HEADROOM_ENDPOINTS_ADD makes `localhost` an LLM API; other names are given for SNI alone.
"""
import contextlib
import json
import re
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest

import conftest
import conversations

LOCAL = {"HEADROOM_ENDPOINTS_ADD": "localhost/v1/messages anthropic"}
BOTH = "h2,http/1.1"


@pytest.fixture
def tls_server(certs):
    """Does the handshake, with h2 before http/1.1, waits for the first bytes, answers `hello` and closes; any number of connections."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs.cert, certs.key)
    context.set_alpn_protocols(["h2", "http/1.1", "http/1.0", "acme"])
    listener = socket.create_server(("127.0.0.1", 0))
    stopping = threading.Event()

    def serve():
        while not stopping.is_set():
            try:
                raw, _ = listener.accept()
                raw.settimeout(20)
                with context.wrap_socket(raw, server_side=True) as s:
                    if stopping.is_set():
                        return
                    s.sendall(b"hello")
                    while s.recv(1000):
                        pass
            except OSError:
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    stopping.set()
    with contextlib.suppress(OSError):
        socket.create_connection(listener.getsockname()).close()
    thread.join(20)
    listener.close()


class Alpn:
    def __init__(self, run, certs, port, program="ssl_alpn"):
        self.run, self.base = run, [conftest.c_program(program), "127.0.0.1", port, certs.ca]

    def __call__(self, steps, **how):
        done = self.run([*self.base, *steps.split()], env={**LOCAL, **how.pop("env", {})}, **how)
        assert done.returncode == 0, done
        return done.stdout.decode().splitlines()


@pytest.fixture
def alpn(run, certs, tls_server):
    return Alpn(run, certs, tls_server)


def offered(lines):
    return [x.split()[1:] for x in lines if x.startswith("offered")]


# How a program can make its list known and begin its handshake: all of them reach the wire.
WAYS = {
    "list of the context": f"ctx={BOTH} new host=localhost connect talk free",
    "list of the connection": f"new list={BOTH} host=localhost connect talk free",
    "SSL_do_handshake": f"ctx={BOTH} new host=localhost handshake talk free",
    "first SSL_write": f"ctx={BOTH} new host=localhost write free",
    "first SSL_write_ex": f"ctx={BOTH} new host=localhost write_ex free",
    "first SSL_read": f"ctx={BOTH} new host=localhost read free",
    "SSL BIO": f"ctx={BOTH} new host=localhost bio free",
    "TLS 1.2": f"tls12 ctx={BOTH} new host=localhost connect talk free",
    "host set before the list": f"new host=localhost list={BOTH} connect talk free",
    "after SSL_clear": f"ctx={BOTH} new host=localhost connect clear connect talk free",
    "second connection": f"ctx={BOTH} new host=localhost connect free new host=localhost connect talk free",
}


@pytest.mark.parametrize("way", WAYS)
def test_both_offered_to_an_llm_api_becomes_http_1_in_optimize_only(way, alpn, needs_library):
    without = alpn(WAYS[way])
    assert all(x == ["h2", "http/1.1"] for x in offered(without)) and offered(without)
    for mode in ("off", "audit", "simulate"):
        assert alpn(WAYS[way], preload=True, mode=mode) == without, mode
    changed = [x.replace("offered h2 http/1.1", "offered http/1.1").replace("agreed h2", "agreed http/1.1")
               .replace(f"talk h2 -> 24", "talk http/1.1 -> 27") for x in without]
    assert alpn(WAYS[way], preload=True, mode="optimize") == changed
    assert alpn(WAYS[way], preload=True) == changed, "the default mode is optimize"


UNCHANGED = {
    "another host": f"ctx={BOTH} new host=other.example connect talk free",
    "no host": f"ctx={BOTH} new connect talk free",
    "h2 alone": "ctx=h2 new host=localhost connect talk free",
    "http/1.1 alone": "ctx=http/1.1 new host=localhost connect talk free",
    "no list": "new host=localhost connect talk free",
    "h2 and others, no http/1.1": "ctx=h2,http/1.0 new host=localhost connect talk free",
    "a list that was taken back": f"new list={BOTH} list=h2 host=localhost connect talk free",
    "a list that OpenSSL refuses": "new list=h2,,http/1.1 host=localhost connect talk free",
    "set on the context after SSL_new": f"new ctx={BOTH} host=localhost connect talk free",
    "a list longer than any program's": "ctx=" + ",".join(f"name{i:02}" for i in range(12)) + f",{BOTH} new host=localhost connect talk free",
}


@pytest.mark.parametrize("case", UNCHANGED)
def test_what_must_not_be_changed_is_not(case, alpn, needs_library):
    without = alpn(UNCHANGED[case])
    for mode in ("audit", "optimize"):
        assert alpn(UNCHANGED[case], preload=True, mode=mode) == without


def test_order_and_other_protocols_stay(alpn, needs_library):
    lines = alpn("ctx=acme,h2,http/1.1,http/1.0 new host=localhost connect free", preload=True)
    assert offered(lines) == [["acme", "http/1.1", "http/1.0"]]
    lines = alpn("ctx=http/1.1,h2 new host=localhost connect free", preload=True)
    assert offered(lines) == [["http/1.1"]]


def test_an_object_that_serves_another_host_next_offers_its_own_list_again(alpn, needs_library):
    lines = alpn(f"ctx={BOTH} new host=localhost connect clear host=other.example connect clear host=localhost connect free", preload=True)
    assert offered(lines) == [["http/1.1"], ["h2", "http/1.1"], ["http/1.1"]]


def test_a_list_of_the_connection_goes_before_that_of_the_context(alpn, needs_library):
    lines = alpn(f"ctx={BOTH} new list=h2 host=localhost connect free", preload=True)
    assert offered(lines) == [["h2"]]
    lines = alpn(f"ctx=h2 new list={BOTH} host=localhost connect free", preload=True)
    assert offered(lines) == [["http/1.1"]]


def test_a_duplicate_has_the_list_of_its_context(alpn, needs_library):
    steps = f"ctx=http/1.1 new list={BOTH} host=localhost dup host=localhost connect free"
    without = alpn(steps)
    assert "dup another 1" in without
    assert alpn(steps, preload=True, mode="optimize") == without


def test_nine_lists_in_one_process(alpn, needs_library):
    """The table of lists is full after eight: the ninth is left as it is, the others still work."""
    steps = " ".join(f"new list=x{i},{BOTH} host=localhost connect free" for i in (*range(9), 0))
    assert offered(alpn(steps, preload=True)) == [[f"x{i}", "http/1.1"] for i in range(8)] + [["x8", "h2", "http/1.1"], ["x0", "http/1.1"]]


@pytest.mark.parametrize("name", ["api.anthropic.com", "Eu.Api.OpenAI.com", "my-res.openai.azure.com",
                                  "europe-west1-aiplatform.googleapis.com", "bedrock-runtime.us-east-1.amazonaws.com"])
def test_hosts_of_the_table(name, alpn, needs_library):
    assert offered(alpn(f"ctx={BOTH} new host={name} connect free", preload=True)) == [["http/1.1"]]
    assert offered(alpn(f"ctx={BOTH} new host=x{name}.example connect free", preload=True)) == [["h2", "http/1.1"]]


def test_a_row_for_any_host_means_addresses_too(alpn, needs_library):
    env = {"HEADROOM_ENDPOINTS_ADD": "*/v1/messages anthropic"}
    assert offered(alpn(f"ctx={BOTH} new connect free new host=any.example connect free", preload=True, env=env)) == [["http/1.1"]] * 2


def test_a_configured_mode_counts_as_one_of_the_environment_does(alpn, run, needs_library):
    (run.home / "config" / "headroom").mkdir()
    (run.home / "config" / "headroom" / "config.ini").write_text("mode = audit\n")
    steps = f"ctx={BOTH} new host=localhost connect free"
    assert offered(alpn(steps, preload=True)) == [["h2", "http/1.1"]]
    (run.home / "config" / "headroom" / "config.ini").write_text("mode = optimize\n")
    assert offered(alpn(steps, preload=True)) == [["http/1.1"]]


# ------------------------------------------------------------------ resumption
@pytest.fixture
def s_server(certs):
    """OpenSSL's own server: sessions with early data."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = [conftest.need("openssl", "openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certs.cert, "-key", certs.key,
            "-alpn", "h2,http/1.1", "-early_data", "-no_anti_replay"]
    server = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # stdin stays open: its end would stop the server
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            time.sleep(0.05)
        yield port
    finally:
        server.kill()
        server.communicate()


@pytest.mark.parametrize("version", ["", "tls12 "])
def test_a_session_of_http_2_is_resumed_over_http_1(version, run, certs, tls_server, needs_library):
    steps = version + f"new list=h2 host=localhost connect talk keep free new list={BOTH} host=localhost resume connect reused talk free"
    lines = Alpn(run, certs, tls_server)(steps, preload=True)
    assert offered(lines) == [["h2"], ["http/1.1"]]
    assert any(x.startswith("reused 1") for x in lines), lines
    assert lines[-1] == "talk http/1.1 -> 27 hello"


def test_early_data_of_an_http_2_session_keeps_its_protocol(run, certs, s_server, needs_library):
    """OpenSSL refuses to write early data where the session's protocol is not offered."""
    alpn = Alpn(run, certs, s_server)
    steps = f"new list=h2 host=localhost connect wait keep free new list={BOTH} host=localhost resume early_data connect reused free"
    without = alpn(steps)
    assert offered(without) == [["h2"], ["h2", "http/1.1"]]
    assert "session early data 1" in without and "reused 1 early data 2" in without, without
    assert alpn(steps, preload=True, mode="optimize") == without


def test_a_request_in_early_data_passes(run, certs, s_server, needs_library):
    """OpenSSL writes early data by its own SSL_write_ex, in the middle of a handshake that must not be ended there."""
    alpn = Alpn(run, certs, s_server)
    steps = "new list=http/1.1 host=localhost connect wait keep free new list=http/1.1 host=localhost resume early_post connect reused write free"
    without = alpn(steps)
    assert "reused 1 early data 2" in without, without
    for mode in ("audit", "optimize"):
        assert alpn(steps, preload=True, mode=mode) == without


# ------------------------------------------------------------------ linked into an executable that exports its names
# Its setters are called past us, before the first connection and after it: the list is read out of the object, where a read or a write
# is about to begin the handshake.
@pytest.fixture
def exporting(run, certs, tls_server):
    return Alpn(run, certs, tls_server, "exporting_ssl_alpn")


INSIDE = {
    "list of the context": f"ctx={BOTH} new host=localhost read talk free",
    "list of the connection": f"new list={BOTH} host=localhost read talk free",
    "first SSL_write": f"new list={BOTH} host=localhost write free",
    "first SSL_write_ex": f"new list={BOTH} host=localhost write_ex free",
    "TLS 1.2": f"tls12 ctx={BOTH} new host=localhost read talk free",
    "other protocols": f"ctx=acme,{BOTH} new host=localhost read talk free",
    "after SSL_clear": f"ctx={BOTH} new host=localhost read clear read talk free",
    "later connections": f"ctx={BOTH} new host=localhost read free new host=localhost read talk free",
}


@pytest.mark.parametrize("way", INSIDE)
def test_a_list_that_is_set_past_us_is_read_and_shortened_in_optimize_only(way, exporting, needs_library):
    without = exporting(INSIDE[way])
    assert all(x[-2:] == ["h2", "http/1.1"] for x in offered(without)) and offered(without)
    for mode in ("off", "audit", "simulate"):
        assert exporting(INSIDE[way], preload=True, mode=mode) == without, mode
    changed = [re.sub("^offered (acme )?h2 ", r"offered \1", x) for x in without]
    if "acme" not in way:
        changed = [x.replace("agreed h2", "agreed http/1.1").replace("talk h2 -> 24", "talk http/1.1 -> 27") for x in changed]
    assert exporting(INSIDE[way], preload=True, mode="optimize") == changed


@pytest.mark.parametrize("case", UNCHANGED)
def test_what_is_set_past_us_and_must_not_be_changed_is_not(case, exporting, needs_library):
    """Alone, and behind a connection for which the place of the list was learned."""
    steps = UNCHANGED[case].replace("connect", "read")
    without = exporting(steps)
    first = f"new list={BOTH} host=localhost read free "
    for mode in ("audit", "optimize"):
        assert exporting(steps, preload=True, mode=mode) == without
        assert exporting(first + steps, preload=True, mode=mode)[3:] == without, "behind the three lines of the first one"


def test_an_object_whose_list_is_replaced_or_whose_host_changes(exporting, needs_library):
    lines = exporting(f"new list={BOTH} host=localhost read clear host=other.example read clear list=h2 host=localhost read free", preload=True)
    assert offered(lines) == [["http/1.1"], ["h2", "http/1.1"], ["h2"]]


def test_handshakes_that_begin_elsewhere_keep_their_list(exporting, needs_library):
    for how in ("connect", "handshake"):
        steps = f"new list={BOTH} host=localhost {how} talk free"
        assert exporting(steps, preload=True, mode="optimize") == exporting(steps)


def test_where_memory_may_not_be_read_the_list_stays(exporting, needs_library):
    """A sandbox without process_vm_readv."""
    steps = f"sandbox new list={BOTH} host=localhost read talk free"
    without = exporting(steps)
    assert without[0] == "sandbox 0"
    assert exporting(steps, preload=True, mode="optimize") == without


def test_a_session_of_http_2_is_resumed_over_http_1_past_us(exporting, needs_library):
    steps = f"new list=h2 host=localhost read talk keep free new list={BOTH} host=localhost resume read reused talk free"
    lines = exporting(steps, preload=True)
    assert offered(lines) == [["h2"], ["http/1.1"]]
    assert any(x.startswith("reused 1") for x in lines), lines
    assert lines[-1].startswith("talk http/1.1 -> 27"), lines


def test_http_2_past_us_is_one_row_a_connection(exporting, run, needs_library):
    steps = "ctx=h2 new host=localhost read talk free new host=localhost read talk free new host=other.example read talk free"
    without = exporting(steps)
    for mode in ("audit", "optimize"):
        assert exporting(steps, preload=True, mode=mode) == without
    assert [(r["mode"], r["skipped"], r["host"], r["path"], r["status"]) for r in run.log()] == [
        (mode, "http2", "localhost", "", 0) for mode in ("audit", "audit", "optimize", "optimize")]


# ------------------------------------------------------------------ HTTP/2 end to end
HTTPX = """
import sys
import httpx
url, ca, body, protocols = sys.argv[1:]
with httpx.Client(http1="1" in protocols, http2="2" in protocols, verify=ca) as client:
    for i in range(2):
        answer = client.post(url, content=open(body, "rb").read(), headers={"content-type": "application/json", "x-api-key": "test",
                                                                            "anthropic-version": "2023-06-01"})
        print(answer.status_code, answer.json()["content"][0]["text"].partition("the top 3")[2])  # what stands before tells sizes
print(answer.http_version, file=sys.stderr)
"""


def spoken(nginx):
    """A line `agreed protocol` a request."""
    return [f"{r.header('x-test-alpn')} {r.header('x-test-protocol')}" for r in nginx.requests]


def send(run, nginx, certs, body, protocols, mode):
    nginx.begin()
    done = run([sys.executable, "-c", HTTPX, f"https://localhost:{nginx.port}/v1/messages", certs.ca, body, protocols],
               preload=mode is not None, mode=mode, env=LOCAL)
    assert done.returncode == 0, done
    return done, spoken(nginx)


def test_httpx_with_http_2_is_served_over_http_1_in_optimize_only(run, nginx, certs, body_file, needs_library):
    body = body_file(conversations.quickstart_anthropic())
    without, seen = send(run, nginx, certs, body, "12", None)
    assert seen == ["h2 HTTP/2.0"] * 2
    for mode in ("off", "audit", "simulate"):
        assert send(run, nginx, certs, body, "12", mode) == (without, seen)
    original = nginx.requests[0].body
    done, seen = send(run, nginx, certs, body, "12", "optimize")
    assert (done.stdout, done.stderr) == (without.stdout, b"HTTP/1.1\n")
    assert seen == ["http/1.1 HTTP/1.1"] * 2
    sent = [r.body for r in nginx.requests]
    assert sent[0] == sent[1] and len(sent[0]) < len(original) / 2
    rows = run.log()
    assert [(r["mode"], r["skipped"], r["host"], r["path"], r["status"]) for r in rows] == [
        ("audit", "http2", "localhost", "", 0), ("simulate", "http2", "localhost", "", 0),
        *[("optimize", None, f"localhost:{nginx.port}", "/v1/messages", 200)] * 2]


def test_http_2_that_is_spoken_all_the_same_is_one_row_a_connection(alpn, run, needs_library):
    steps = "ctx=h2 new host=localhost connect talk free new host=localhost connect talk free new host=other.example connect talk free"
    without = alpn(steps)
    for mode in ("audit", "optimize"):
        assert alpn(steps, preload=True, mode=mode) == without
    rows = run.log()
    assert [(r["mode"], r["skipped"], r["host"], r["path"], r["status"]) for r in rows] == [
        (mode, "http2", "localhost", "", 0) for mode in ("audit", "audit", "optimize", "optimize")]
    line = run.headroom("log").decode().splitlines()[-1]
    assert re.search(r"  ssl_alpn  localhost-  -  optimize  -  .*not touched: http2$", line), line
    stats = json.loads(run.headroom("stats", "--json"))["requests"]
    assert (stats["total"], stats["failed"]) == (0, 0), "a connection is not a request"


def test_a_program_that_speaks_http_2_whatever_was_agreed_on_fails_once(run, nginx, certs, body_file, needs_library):
    """httpx with http1=False offers both protocols all the same. After the first such connection the process is left as it is."""
    body = body_file(conversations.quickstart_anthropic())
    without, seen = send(run, nginx, certs, body, "2", None)
    assert seen == ["h2 HTTP/2.0"] * 2
    again = HTTPX.replace("for i in range(2):", """
    try:
        client.post(url, content=b"{}")
    except httpx.RemoteProtocolError as e:
        print(e)
    for i in range(2):""")
    nginx.begin()
    done = run([sys.executable, "-c", again, f"https://localhost:{nginx.port}/v1/messages", certs.ca, body, "2"], preload=True, env=LOCAL)
    assert done == (0, b"Server disconnected\n" + without.stdout, without.stderr)
    assert spoken(nginx) == seen


def test_curl_keeps_http_2(run, nginx, certs, body_file, needs_library):
    """Its own hook works above HTTP/2, and records."""
    argv = [conftest.need("curl", "curl"), "-sS", "-i", "--http2", "--cacert", certs.ca, "-H", "Content-Type: application/json", "-H",
            "x-api-key: test", "-H", "anthropic-version: 2023-06-01", "--data-binary",
            "@" + body_file(conversations.quickstart_anthropic()), f"https://localhost:{nginx.port}/v1/messages"]
    for mode in ("audit", "optimize"):
        done = run(argv, preload=True, mode=mode, env=LOCAL)
        assert done.stdout.startswith(b"HTTP/2 200"), done
    assert spoken(nginx) == ["h2 HTTP/2.0"] * 2
    assert not [r for r in run.log() if r["path"] == ""]


# ------------------------------------------------------------------ programs in memory
MEMORY_BIO = """
import ssl, sys
def context(side):
    c = ssl.SSLContext(side)
    c.set_alpn_protocols(["h2", "http/1.1"])
    return c
server, client = context(ssl.PROTOCOL_TLS_SERVER), context(ssl.PROTOCOL_TLS_CLIENT)
server.load_cert_chain(sys.argv[1], sys.argv[2])
client.load_verify_locations(sys.argv[3])
up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
sides = [server.wrap_bio(up, down, server_side=True), client.wrap_bio(down, up, server_hostname="localhost")]
left = list(sides)
while left:
    for s in list(left):
        try:
            s.do_handshake()
            left.remove(s)
        except ssl.SSLWantReadError:
            pass
print(*(s.selected_alpn_protocol() for s in sides))
"""


def test_memory_bios_and_the_server_side_of_a_process(run, certs, needs_library):
    """Both ends in one process: what the client offers is trimmed, the server takes it, and its own list is left alone."""
    argv = [sys.executable, "-c", MEMORY_BIO, certs.cert, certs.key, certs.ca]
    said = {mode: run(argv, preload=mode != "none", mode=mode if mode != "none" else None, env=LOCAL).stdout
            for mode in ("none", "off", "audit", "optimize")}
    assert said == {"none": b"h2 h2\n", "off": b"h2 h2\n", "audit": b"h2 h2\n", "optimize": b"http/1.1 http/1.1\n"}
