"""`headroom serve`: what it answers, to whom, and that it ends as it should."""
import base64
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from browser import STICKING_OUT, Browser
from cli_user import BUILD, NOINPUT, UNAVAILABLE, USAGE, Cli, conversation, quickstart
from exposition import parse

TOKEN = "a-token-of-some-length"
ANSWER = b'{"usage": {"prompt_tokens": 900, "completion_tokens": 40}}'
POLICY = "default-src 'none'; "


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


class Server:
    def __init__(self, process, said):
        self.process = process
        m = re.fullmatch(r"http://(\[.*\]|[^:]*):(\d+)/( \(with the token\))?\n", said)
        assert m, said
        self.host, self.port = m[1].strip("[]"), int(m[2])
        self.url = said.split()[0]

    def ask(self, path, method="GET", body=None, **headers):
        """Status, headers, body. host=None leaves the field Host out."""
        c = http.client.HTTPConnection(self.host, self.port, timeout=30)
        c.putrequest(method, path, skip_host="host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            if value is not None:
                c.putheader(name, value)
        if body is not None:
            c.putheader("Content-Length", str(len(body)))
        c.endheaders(body)
        r = c.getresponse()
        got = r.status, r.headers, r.read()
        c.close()
        return got

    def raw(self, data):
        """All that comes back to these bytes until the server closes."""
        with socket.create_connection((self.host, self.port), timeout=30) as s:
            s.sendall(data)
            got = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := s.recv(65536):
                    got += piece
            return got


@contextlib.contextmanager
def serving(cli, *args, **env):
    p = subprocess.Popen([BUILD / "headroom", "serve", "--port", "0", *map(str, args)], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, env={**cli.env, **env}, cwd=cli.home, text=True)
    try:
        yield Server(p, p.stdout.readline())
    finally:
        p.kill()
        p.communicate()


# ------------------------------------------------------------------ what it answers
def test_health_says_so(cli):
    with serving(cli) as s:
        status, headers, body = s.ask("/health")
        assert status == 200 and headers["Content-Type"] == "application/json"
        health = json.loads(body)
        assert health["status"] == "healthy" and health["mode"] == "optimize"
        assert health["database"] == {"usable": True, "reason": None}
    with serving(cli, HEADROOM_MODE="audit") as s:
        assert json.loads(s.ask("/health")[2])["mode"] == "audit"


def test_stats_are_those_of_the_command(cli):
    cli.record(quickstart(), answer=ANSWER)
    with serving(cli) as s:
        status, headers, body = s.ask("/stats")
    assert status == 200 and json.loads(body) == cli.json("stats", "--json")
    assert list(json.loads(body))[:4] == ["requests", "tokens", "cost", "cache"]


def test_metrics_are_those_of_the_command_and_count_each_request_once(cli):
    with serving(cli) as s:
        for n in range(1, 4):
            cli.record(quickstart(), answer=ANSWER)
            for _ in range(2):
                status, headers, body = s.ask("/metrics")
                assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
                assert parse(body)["headroom_requests_total"].value(mode="optimize") == n
        assert body == cli("metrics").stdout


def test_the_page_shows_what_came_meanwhile(cli, tmp_path):
    browser = Browser(tmp_path / "browser")
    try:
        with serving(cli) as s:
            browser.open(s.url, 1280)
            assert "Nothing is recorded" in browser.ask("document.body.innerText")
            cli.record(quickstart(), answer=ANSWER)
            for width in (1280, 360):
                browser.open(s.url, width)
                text = browser.ask("document.body.innerText")
                assert "The last requests" in text and "gpt-4o-mini" in text
                assert browser.complaints() == [] and browser.asked_for() == [s.url]
                assert browser.ask("getComputedStyle(document.querySelector('.tiles')).display") == "grid", "the style is allowed"
                assert browser.ask("document.documentElement.scrollWidth") == width and browser.ask(STICKING_OUT) == []
                assert browser.ask("document.querySelector('meta[http-equiv=refresh]').content") == "10"
    finally:
        browser.close()


def test_a_style_of_somebody_else_is_not_allowed(cli):
    with serving(cli) as s:
        first, second = (s.ask("/")[1]["Content-Security-Policy"] for _ in range(2))
    assert first != second and re.search(r"style-src 'nonce-[0-9a-f]{32}'", first)


def test_every_answer_forbids_scripts_sniffing_and_keeping(cli):
    with serving(cli) as s:
        for path in ("/", "/health", "/stats", "/metrics", "/nothing"):
            headers = s.ask(path)[1]
            assert headers["Content-Security-Policy"].startswith(POLICY) and "script" not in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_a_database_that_comes_later_is_picked_up_and_none_is_made(cli):
    with serving(cli) as s:
        assert json.loads(s.ask("/stats")[2])["requests"]["total"] == 0
        assert not cli.state.exists()
        cli.record(quickstart())
        assert json.loads(s.ask("/stats")[2])["requests"]["total"] == 1
        for name in os.listdir(cli.state / "headroom"):
            os.unlink(cli.state / "headroom" / name)
        assert json.loads(s.ask("/stats")[2])["requests"]["total"] == 0
        cli.record(quickstart(), times=2)
        for total in (2, 5):  # as many rows, and more, in another database: each counts once
            assert parse(s.ask("/metrics")[2])["headroom_requests_total"].value(mode="optimize") == total
            cli("purge", "--all", "--yes")
            cli.record(quickstart(), times=5)


def test_a_database_that_cannot_be_used_is_503_and_unhealthy(cli):
    cli.record(quickstart())
    with serving(cli) as s:
        os.chmod(cli.state / "headroom", 0o777)
        status, _, body = s.ask("/health")
        assert status == 503 and json.loads(body)["status"] == "unhealthy"
        assert json.loads(body)["database"]["reason"]
        for path in ("/stats", "/metrics", "/"):
            status, headers, body = s.ask(path)
            assert status == 503 and headers["Content-Type"].startswith("text/plain") and b"<" not in body
        os.chmod(cli.state / "headroom", 0o700)
        assert s.ask("/health")[0] == 200


# ------------------------------------------------------------------ how it may be asked
def test_queries_are_ignored_and_other_paths_are_404(cli):
    with serving(cli) as s:
        assert s.ask("/health?x=/stats")[0] == 200
        for path in ("/healthz", "/health/", "//", "/../etc/passwd", "/%2e%2e/etc/passwd"):
            assert s.ask(path)[0] in (400, 404), path


def test_head_has_the_length_and_no_body(cli):
    with serving(cli) as s:
        for path in ("/stats", "/nothing"):
            status, headers, body = s.ask(path)
            again, head, nothing = s.ask(path, method="HEAD")
            assert (again, nothing) == (status, b"") and head["Content-Length"] == headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_405(cli, method):
    with serving(cli) as s:
        status, headers, _ = s.ask("/stats", method=method)
        assert status == 405 and headers["Allow"] == "GET, HEAD"
        assert s.ask("/stats", method=method, body=b"x" * 100000)[0] == 405
        assert s.ask("/stats")[0] == 200


def test_one_connection_can_ask_again(cli):
    with serving(cli) as s:
        c = http.client.HTTPConnection("127.0.0.1", s.port, timeout=30)
        for _ in range(3):
            c.request("GET", "/health")
            assert json.loads(c.getresponse().read())["status"] == "healthy"
        c.close()


def test_long_heads_and_nonsense_end_the_connection_and_not_the_server(cli):
    with serving(cli) as s:
        for data in (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100000 + b"\r\n\r\n",
                     b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\x02\x00\x01" * 10 + b"\r\n\r\n",
                     b"GET / HTTP/9.9\r\n\r\n"):
            assert b" 200 " not in s.raw(data)
        assert s.ask("/health")[0] == 200


def test_more_connections_than_it_takes_are_closed_and_the_first_are_served(cli):
    with serving(cli) as s:
        idle = [socket.create_connection(("127.0.0.1", s.port), timeout=30) for _ in range(100)]
        try:
            closed = 0
            for c in idle[48:]:
                with contextlib.suppress(ConnectionResetError):
                    assert c.recv(1) == b""
                closed += 1
            assert closed == 52, "48 of one address are served"
            idle[0].sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert b"200 OK" in idle[0].recv(4096)
        finally:
            for c in idle:
                c.close()
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with contextlib.suppress(OSError, http.client.HTTPException):
                assert s.ask("/health")[0] == 200
                break
        else:
            pytest.fail("it does not recover")


# ------------------------------------------------------------------ who may ask
def test_pages_of_other_sites_get_nothing_by_a_name_that_leads_here(cli):
    with serving(cli) as s:
        for host in ("evil.example", f"evil.example:{s.port}", "localhost.evil.example", "10.0.0.1", "", "[::2]"):
            assert s.ask("/stats", host=host)[0] in (400, 403), host
        for version in (b"1.1", b"1.0"):
            assert b" 200 " not in s.raw(b"GET /stats HTTP/" + version + b"\r\nConnection: close\r\n\r\n")
        for host in ("localhost", f"localhost:{s.port}", f"127.0.0.1:{s.port}", "[::1]"):
            assert s.ask("/stats", host=host)[0] == 200, host


@pytest.mark.parametrize("how", ["--token", "--token-file"])
def test_a_token_is_demanded_where_one_is_given(cli, how):
    (cli.home / "token").write_text(TOKEN + "\n")
    basic = base64.b64encode(f"anyone:{TOKEN}".encode()).decode()
    with serving(cli, how, TOKEN if how == "--token" else "token") as s:
        for path in ("/", "/health", "/stats", "/metrics", "/nothing"):
            status, headers, body = s.ask(path)
            assert status == 401 and "Bearer" in headers["WWW-Authenticate"] and "Basic" in headers["WWW-Authenticate"]
            assert TOKEN.encode() not in body
        for wrong in (f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer", f"Basic {basic[:-4]}", TOKEN):
            assert s.ask("/stats", Authorization=wrong)[0] == 401, wrong
        for right in (f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Basic {basic}"):
            assert s.ask("/stats", Authorization=right)[0] == 200
        with open(f"/proc/{s.process.pid}/cmdline", "rb") as f:
            assert TOKEN.encode() not in f.read(), "others can read the arguments"


def test_elsewhere_than_on_loopback_it_needs_a_token(cli):
    p = cli("serve", "--host", "0.0.0.0", "--port", "0")
    assert p.returncode == USAGE and p.stdout == b"" and b"--token-file" in p.stderr
    with serving(cli, "--host", "0.0.0.0", "--token", TOKEN) as s:
        assert s.ask("/stats")[0] == 401
        assert s.ask("/stats", Authorization=f"Bearer {TOKEN}", host="some.name:80")[0] == 200, "the token is enough there"


def test_loopback_has_more_than_one_address(cli):
    for host in ("localhost", "127.0.0.2", "::1"):
        with serving(cli, "--host", host) as s:
            assert s.ask("/health")[0] == 200
            assert (":" in s.host) == (host == "::1")


def test_by_default_others_cannot_reach_it(cli):
    with serving(cli) as s:
        with open(f"/proc/{s.process.pid}/net/tcp") as f:
            listening = [line.split()[1] for line in f if line.split()[3] == "0A" and line.split()[1].endswith(f":{s.port:04X}")]
        assert listening == [f"0100007F:{s.port:04X}"]


# ------------------------------------------------------------------ beginning and end
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(cli, number):
    with serving(cli) as s:
        with socket.create_connection(("127.0.0.1", s.port)):
            s.process.send_signal(number)
            assert s.process.wait(timeout=30) == 0
        assert s.process.stderr.read() == ""
        again = cli_on(cli, s.port)
        assert again, "the port is free at once"


def cli_on(cli, port):
    p = subprocess.Popen([BUILD / "headroom", "serve", "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         env=cli.env, text=True)
    said = p.stdout.readline()
    p.terminate()
    p.wait(timeout=30)
    return said


def test_a_port_in_use_is_said(cli):
    with serving(cli) as s:
        p = cli("serve", "--port", s.port)
    assert p.returncode == UNAVAILABLE and p.stdout == b""
    assert f"127.0.0.1:{s.port}: the port is in use" in p.stderr.decode() and b"--port" in p.stderr


def test_hosts_that_are_none_are_said(cli):
    for host in ("no.such.host.invalid", "256.1.1.1", "192.0.2.1"):
        p = cli("serve", "--host", host, "--port", "0", "--token", TOKEN)
        assert p.returncode == UNAVAILABLE and p.stdout == b"" and p.stderr.count(b"\n") == 1


def test_wrong_usage(cli):
    (cli.home / "short").write_text("short")
    (cli.home / "empty").write_text("")
    for args in (["x"], ["--port", "x"], ["--port", "65536"], ["--port", "-1"], ["--token", "short"], ["--token-file", "short"],
                 ["--token-file", "empty"], ["--since", "x"], ["--token", "sixteen visible "]):
        p = cli("serve", *args)
        assert p.returncode == USAGE and p.stdout == b"" and p.stderr.count(b"\n") == 1, args
    assert cli("serve", "--token-file", "none").returncode == NOINPUT


def test_the_page_looks_back_as_far_as_asked(cli):
    cli.record(json.dumps({**json.loads(conversation("x")), "model": "m"}).encode())
    with serving(cli, "--since", "1s") as s:
        time.sleep(1.1)
        assert b"Nothing is recorded of this time" in s.ask("/")[2]
    with serving(cli, "--since", "all") as s:
        assert b"Requests to LLM APIs until" in s.ask("/")[2] and b"By model" in s.ask("/")[2]


def test_it_only_reads(cli):
    cli.record(quickstart())
    directory = cli.state / "headroom"
    cli("stats")
    before = {n: (directory / n).read_bytes() for n in os.listdir(directory) if n in ("headroom.db", "headroom.db-wal")}
    with serving(cli) as s:
        for path in ("/", "/health", "/stats", "/metrics"):
            assert s.ask(path)[0] == 200
    assert before == {n: (directory / n).read_bytes() for n in before}
