"""A daily budget: what is told, and a spent one with budget.refuse = on: the write fails as on a broken connection, and nothing has left.

The programs are told what they would be told where the other end has gone: EPIPE by SSL_get_error's SSL_ERROR_SYSCALL, CURLE_SEND_ERROR.
"""
import contextlib
import json
import os
import re
import socket
import subprocess
import threading
import time

import pytest

import conftest
import conversations
from test_transparency import CHAT, c, curl, python

pytestmark = pytest.mark.usefixtures("needs_library")

BODY = conversations.quickstart_openai()
FETCH = conftest.HERE / "fetched" / "client_fetch.js"
REFUSE = {"HEADROOM_BUDGET_DAILY_USD": "10", "HEADROOM_BUDGET_REFUSE": "on"}


def node(*words):
    def argv(server, certs, body):
        return [conftest.need("node", "nodejs"), FETCH, server.url, CHAT, body, *words]
    return argv


def php(*words):
    def argv(server, certs, body):
        return [conftest.need("php", "php-cli, php-curl"), conftest.HERE / "client_curl.php", *words, server.url + CHAT, certs.ca, body, body]
    return argv


def ruby(name, *words, before=()):
    def argv(server, certs, body):
        return [conftest.need("ruby", "ruby"), conftest.HERE / name, *words, server.url + CHAT, certs.ca, *before, body]
    return argv


def parallel(server, certs, body):
    return [*curl()(server, certs, body)[:-1], "-Z", "--no-progress-meter", "-d", f"@{body}", *(f"{server.url}{CHAT}?n={i}" for i in (1, 2))]


# name: (program, requests that it would send, exit status, what it must be told)
PROGRAMS = {
    "curl": (curl("-d", "@BODY"), 1, 55, rb"curl: \(55\)"),
    "curl --http1.1": (curl("--http1.1", "-d", "@BODY"), 1, 55, rb"curl: \(55\)"),
    "curl -T -": (curl("--http1.1", "-X", "POST", "-T", "BODY"), 1, 55, rb"curl: \(55\)"),
    "curl -Z": (parallel, 2, 55, rb"curl: \(55\)"),
    "http.client": (python("client_httpclient.py", "--path", CHAT), 1, 1, rb"SSLEOFError: EOF occurred in violation of protocol"),
    "requests": (python("client_requests.py", "--path", CHAT), 1, 1, rb"SSLEOFError"),
    "aiohttp": (python("client_aiohttp.py", "--path", CHAT), 1, 1, rb"Error"),
    "node https": (node("https"), 1, 1, rb"failed write EPROTO"),
    "ssl_write": (c("ssl_write", repeat=1), 1, 1, rb"-> -1 error 5 errno 32|-1.*5.*32"),
    "ssl_write_ex": (c("ssl_write_ex", repeat=1), 1, 1, rb"0.*5.*32"),
    "ssl_write one byte a call": (c("ssl_write", "pieces=1", repeat=1), 1, 1, rb"-1.*5.*32"),
    "ssl_bio": (c("ssl_bio", repeat=1), 1, 1, rb"-1.*0.*32"),
    "ssl_nonblocking": (c("ssl_nonblocking", "moved", repeat=1), 1, 1, rb"failed.*-1.*5.*32"),
    "pointers_ssl_write": (c("pointers_ssl_write", repeat=1), 1, 1, rb"-1.*5.*32"),
    "linked_ssl_write": (c("linked_ssl_write", repeat=1), 1, 1, rb"-1.*5.*32"),
    "php curl_exec": (php(), 2, 0, rb"Failed sending data to the peer|^0 version"),
    "php curl_multi_exec": (php("--multi"), 2, 0, rb"^0 version"),
    "curb Easy": (ruby("client_curb.rb"), 1, 1, rb"Curl::Err::SendError"),
    "ethon": (ruby("client_ethon.rb", before=["httpv1_1"]), 1, 0, rb"^0 sent 0"),
}


@pytest.fixture
def spend(run):
    """spend(program, dollars): another process of this user has made a request that cost so much."""
    def one(program, dollars, **env):
        done = run([conftest.BUILD / "tests" / "programs" / "spend", program, dollars], env=env)
        assert done.returncode == 0, done
    return one


def refused(rows):
    return [r for r in rows if r["skipped"] == "budget"]


def assert_refused(name, server, certs, run, body_file):
    program, requests, status, told = PROGRAMS[name]
    done = run(program(server, certs, body_file(BODY)), preload=True, env=REFUSE)
    assert done.returncode == status and re.search(told, done.stderr + done.stdout, re.M), done
    assert server.requests == [] and server.spoken == set()
    rows = [r for r in run.log() if r["program"] != "claude"]
    assert len(rows) >= requests and {(r["skipped"], r["status"], r["path"]) for r in rows} == {("budget", 0, CHAT)}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_spent_budget_breaks_the_write_and_nothing_leaves(name, server, certs, run, body_file, spend):
    spend("claude", "10")
    assert_refused(name, server, certs, run, body_file)


@pytest.mark.parametrize("name", [n for n in PROGRAMS if n.startswith(("curl", "php", "curb")) and n not in ("curl --http1.1", "curl -T -")])
def test_over_http_2_libcurl_says_the_same(name, nginx, certs, run, body_file, spend):
    spend("claude", "10")
    assert_refused(name, nginx, certs, run, body_file)


@pytest.mark.parametrize("words", ["", "socket", "again", "silent", "unremoved"])
def test_refused_transfers_of_a_multi_handle_end_as_others_do(words, nginx, certs, run, body_file, spend):
    spend("claude", "10")
    argv = [conftest.c_program("curl_multi"), nginx.url + CHAT, certs.ca, body_file(BODY), "count=4", *words.split()]
    done = run(argv, preload=True, env=REFUSE)
    told = b"No error" if words == "silent" else b"Failed sending data to the peer"  # nobody asked how they ended
    assert done.returncode == 0 and done.stdout.count(told + b", status 0") == 4, done
    assert nginx.requests == []
    assert len(refused(run.log())) == (8 if words == "again" else 4)


def test_a_refused_handle_is_the_programs_again(server, certs, run, body_file, spend):
    """Its protocols and its error buffer come back: the same handles then reach what is no LLM API."""
    spend("claude", "10")
    done = run([conftest.c_program("curl_multi"), server.url + CHAT, certs.ca, body_file(BODY), "count=2", "abandon=0"], preload=True, env=REFUSE)
    assert done.returncode == 0 and done.stdout.count(b"No error, status 200") == 2, done
    assert [r.target for r in server.requests] == ["/echo"] * 2


@pytest.mark.parametrize("name", ["curl", "http.client", "ssl_write", "curl -Z"])
def test_below_the_limit_or_without_refuse_everything_goes_out(name, server, certs, run, body_file, spend):
    program, requests, _, _ = PROGRAMS[name]
    spend("claude", "9.5")
    for env in (REFUSE, {**REFUSE, "HEADROOM_BUDGET_DAILY_USD": "9", "HEADROOM_BUDGET_REFUSE": "off"},
                {"HEADROOM_BUDGET_REFUSE": "on"}, {**REFUSE, "HEADROOM_BUDGET_DAILY_USD": "", "HEADROOM_BUDGET_PROGRAMS": "claude=1"}):
        before = len(server.requests)
        done = run(program(server, certs, body_file(BODY)), preload=True, env=env)
        assert done.returncode == 0 and len(server.requests) == before + requests, (env, done)
    assert refused(run.log()) == []


@pytest.mark.parametrize("mode", ["audit", "simulate"])
@pytest.mark.parametrize("name", ["curl", "http.client"])
def test_modes_that_change_nothing_refuse_as_well(name, mode, server, certs, run, body_file, spend):
    program, _, status, told = PROGRAMS[name]
    spend("claude", "10")
    done = run(program(server, certs, body_file(BODY)), preload=True, mode=mode, env=REFUSE)
    assert done.returncode == status and re.search(told, done.stderr), done
    assert server.requests == [] and len(refused(run.log())) == 1
    assert run(program(server, certs, body_file(BODY)), preload=True, mode="off", env=REFUSE).returncode == 0


def test_what_is_no_llm_request_is_never_refused(server, certs, run, body_file, spend):
    spend("claude", "10")
    for path in ("/unrelated", "/v1/messages/count_tokens"):
        body = {"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "x"}]}
        done = run(curl("--http1.1", "-d", "@BODY", path=path)(server, certs, body_file(body)), preload=True, env=REFUSE)
        assert done.returncode == 0, done
    assert len(server.requests) == 2 and refused(run.log()) == []


@contextlib.contextmanager
def slow_road(to, seconds):
    """A port of 127.0.0.1 that leads to `to`, whose connections hear nothing for so long; yields (port, threading.Event: somebody came)."""
    came = threading.Event()

    def pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def lead():
        with contextlib.suppress(OSError):
            ours, _ = listener.accept()
            came.set()
            time.sleep(seconds)
            with ours, socket.create_connection(("127.0.0.1", to)) as theirs:
                other = threading.Thread(target=pump, args=(theirs, ours))
                other.start()
                pump(ours, theirs)
                other.join(60)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lead)
        thread.start()
        yield listener.getsockname()[1], came
    thread.join(60)


@pytest.mark.parametrize("words", [["-d", "@BODY"], ["-d", "@BODY", "-H", "Transfer-Encoding: chunked"], ["-X", "POST", "-T", "BODY"]])
def test_a_limit_that_is_reached_between_two_hooks_gives_one_row(words, server, certs, run, body_file, spend):
    """libcurl's hook has let the request go; the handshake takes longer than a second, and somebody spends the rest meanwhile."""
    with slow_road(server.port, 1.5) as (port, came):
        p = run.start([*curl("--http1.1", *words)(server, certs, body_file(BODY)), "--connect-to", f"::127.0.0.1:{port}"],
                      preload=True, env=REFUSE)
        assert came.wait(60)
        spend("claude", "11")
        out, err = p.communicate(timeout=60)
    rows = [r for r in run.log() if r["program"] == "curl"]
    assert len(rows) == 1, rows
    if "-T" in words:  # its body was not looked at above: it is the first to be judged here
        assert rows[0]["skipped"] == "budget" and b"curl: (55)" in err and server.requests == []
    else:
        assert rows[0]["skipped"] != "budget" and rows[0]["status"] == 200 and out.count(b"HTTP/1.1 200") == 1


def test_a_process_that_spends_it_all_is_refused_its_next_request(server, certs, run, body_file, spend):
    """One connection, one process: the second request fails, the answer of the first is whole."""
    p = run.start(["sh", "-c", 'while read -r line; do "$@"; done', "sh", *curl("--http1.1", "-d", "@BODY")(server, certs, body_file(BODY))],
                  preload=True, env=REFUSE, stdin=subprocess.PIPE)
    p.stdin.write(b"go\n")
    p.stdin.flush()
    assert server.wait_for(1)
    spend("claude", "11")
    out, err = p.communicate(b"go\n", timeout=60)
    assert out.count(b"HTTP/1.1 200") == 1 and b"curl: (55)" in err and len(server.requests) == 1


def test_doctor_and_run_tell_of_it(run, spend):
    env = {**REFUSE, "HEADROOM_BUDGET_PROGRAMS": "claude*=20 node=1"}

    def budget_lines():
        done = run([conftest.COMMAND, "doctor", "--json"], env=env)
        return [(x["state"], x["text"]) for x in json.loads(done.stdout)["checks"] if x["check"] == "budget"]

    def notice():
        return [line for line in run([conftest.COMMAND, "run", "--", "true"], env=env).stderr.decode().splitlines() if "budget" in line]

    spend("claude", "4")
    assert budget_lines() == [("ok", "$4.00 of $10.00 are spent today"), ("ok", "claude*: $4.00 of $20.00 are spent today"),
                              ("ok", "node: $0.00 of $1.00 are spent today")]
    assert notice() == []
    spend("claude", "4.25", **env)
    assert budget_lines()[0] == ("warn", "$8.25 of $10.00 are spent today")
    assert notice() == ["headroom: $8.25 of today's budget of $10.00 are spent"]
    assert notice() == [], "once a day"
    assert "budget: $8.25 of $10.00 are spent today" in (run.state / "headroom.log").read_text()
    spend("claude", "2")
    assert budget_lines()[0] == ("fail", "$10.25 of $10.00 are spent today: requests are refused")
    told = ["headroom: today's budget of $10.00 is spent: LLM requests will fail as on a broken connection (budget.refuse = on)"]
    assert notice() == told and notice() == told, "each time, because nothing will work"


def test_a_wrong_amount_is_told_and_sets_no_budget(server, certs, run, body_file, spend):
    spend("claude", "10")
    env = {"HEADROOM_BUDGET_DAILY_USD": "ten", "HEADROOM_BUDGET_PROGRAMS": "cu*=x curl", "HEADROOM_BUDGET_REFUSE": "on"}
    done = run([conftest.COMMAND, "config", "check"], env=env)
    assert done.returncode == 78
    assert b'"ten" is no amount of dollars: 5 or 2.50' in done.stderr + done.stdout
    assert b'"curl" is not PROGRAM=DOLLARS' in done.stderr + done.stdout
    assert run(PROGRAMS["curl"][0](server, certs, body_file(BODY)), preload=True, env=env).returncode == 0
    assert os.path.exists(run.state) and len(server.requests) == 1
