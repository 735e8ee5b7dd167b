"""Unmodified programs on libcurl: the curl command, PHP, Ruby's curb (GnuTLS) and ethon (FFI). git is in test_uninvolved.py.

Each runs straight to the API (HTTP/1.1) and through nginx (HTTP/2, but where the program asks for HTTP/1.1). Modes off and audit: same
bytes at the API, same output. Optimize: results shrink, a later process sends the same bytes again, `headroom log` has one true row a
request, and the program's own counters tell its own size. The host is one where other clients' ALPN would be trimmed.
"""
import json
import re
from typing import Callable, NamedTuple

import pytest

import conftest
import conversations
from test_conversation import assert_prefix_held, assert_results_halved
from test_transparency import CHAT, OPENAI, assert_same_directories

BODY = json.dumps(OPENAI).encode()
UNRELATED = b"a=1&b=2"
FIGURES = "\\n%{http_code} version %{http_version} sent %{size_upload}"
JSON_AND_FIGURES = ("-H", "Content-Type: application/json", "-w", FIGURES + " connections %{num_connects}\\n")


LOCALHOST = {"HEADROOM_ENDPOINTS_ADD": f"localhost{CHAT} openai_chat"}


def base(server):
    return server.url.replace("127.0.0.1", "localhost")


class Program(NamedTuple):
    argv: Callable  # (server, certs, path of the body) -> words
    requests: int = 1  # to the LLM API
    protocol: str = "HTTP/2.0"  # through nginx
    body: bytes = b""  # on standard input
    unchanged: dict = {}  # protocol -> why the body goes out as it was over it
    past_the_hook: bool = False  # a client as any other: in optimize h2 is not offered, in audit a row is a connection of HTTP/2
    counted: bool = True  # in chunks libcurl counts what it frames them with (docs/limits.md)
    transfers: int = 0  # fewer than requests where libcurl follows a redirect; the log has a row a transfer


def curl(*words, **more):
    """The words stand before the URL; BODY is the file with the body, URL and OTHER are an LLM path and another one."""
    def argv(server, certs, body):
        filled = [w.replace("BODY", body).replace("URL", base(server) + CHAT).replace("OTHER", base(server) + "/other") for w in words]
        return [conftest.need("curl", "curl"), "-sS", "--cacert", certs.ca, *JSON_AND_FIGURES, *filled]
    return Program(argv, **more)


def script(interpreter, package, name, *words, path=CHAT, repeat=1, after=(), **more):
    def argv(server, certs, body):
        return [conftest.need(interpreter, package), str(conftest.HERE / name), *words, base(server) + path, certs.ca, *after,
                *[body] * repeat]
    return Program(argv, requests=repeat, **more)


def php(*words, **more):
    return script("php", "php-cli", "client_curl.php", *words, **more)


def ruby(name, *words, **more):
    return script("ruby", "ruby", name, *words, **more)


NEXT = ("--next", "-sS", *JSON_AND_FIGURES)
CALLBACK = {"body": BODY, "unchanged": {"HTTP/2.0": "http2"}}  # no hook sees bodies of read callbacks inside of HTTP/2
PARALLEL = ["-Z", "--no-progress-meter", "-w", FIGURES + "\\n", "-d", "@BODY"]  # which of them opens a connection is chance
PARALLEL += [w for i in "0123" for w in ("-o", f"answer{i}", f"URL?test-capture={i}&test-cache={i}")]

PROGRAMS = {
    "curl -d @file": curl("-d", "@BODY", "URL"),
    "curl -d @-": curl("-d", "@-", "URL", body=BODY),
    "curl -d text": curl("-d", BODY.decode(), "URL"),
    "curl --json @file": curl("--json", "@BODY", "URL"),
    "curl --http2": curl("--http2", "-d", "@BODY", "URL"),
    "curl --http1.1": curl("--http1.1", "-d", "@BODY", "URL", protocol="HTTP/1.1"),
    "curl -i": curl("-i", "-d", "@BODY", "URL"),
    "curl --compressed": curl("--compressed", "-H", "X-Test-Gzip: 1", "-d", "@BODY", "URL"),
    "curl -o": curl("-o", "answer", "-D", "head", "-d", "@BODY", "URL"),
    "curl Expect": curl("-H", "Expect: 100-continue", "-d", "@BODY", "URL"),
    "curl ten requests": curl("-d", "@BODY", *["URL"] * 10, requests=10),
    "curl --next": curl("-d", "@BODY", "URL", *NEXT, "-d", UNRELATED.decode(), "OTHER", *NEXT, "-d", "@BODY", "URL", requests=2),
    "curl -Z": curl(*PARALLEL, requests=4),
    "curl -Z --http1.1": curl("--http1.1", *PARALLEL, requests=4, protocol="HTTP/1.1"),
    "curl -L 307": curl("-L", "-d", "@BODY", "URL?test-redirect=307", requests=2, transfers=1),
    "curl --retry": curl("--retry", "1", "-H", "X-Test-Status-Once: 500", "-d", "@BODY", "URL", requests=2),
    "curl chunked -d": curl("-H", "Transfer-Encoding: chunked", "-d", "@BODY", "URL", counted=False),
    "curl -T file": curl("-X", "POST", "-T", "BODY", "URL", unchanged={"HTTP/2.0": "http2", "HTTP/1.1": "expect"}),
    "curl -T -": curl("-X", "POST", "-T", "-", "URL", **CALLBACK),
    "curl -T - --http1.1": curl("--http1.1", "-X", "POST", "-T", "-", "URL", protocol="HTTP/1.1", **CALLBACK),
    "curl chunked -T -": curl("-H", "Transfer-Encoding: chunked", "-X", "POST", "-T", "-", "URL", **CALLBACK),
    "php curl_exec": php(repeat=3),
    "php curl_multi_exec": php("--multi", repeat=4),
    "curb Easy": ruby("client_curb.rb", repeat=3),
    "curb Multi": ruby("client_curb.rb", "--multi", repeat=4),
    "ethon HTTP/1.1": ruby("client_ethon.rb", after=["httpv1_1"], repeat=2, protocol="HTTP/1.1"),
    "ethon HTTP/2": ruby("client_ethon.rb", after=["httpv2_0"], repeat=2, past_the_hook=True),
}


@pytest.fixture
def protocol(request):
    program = PROGRAMS[request.node.callspec.params["name"]]
    trimmed = program.past_the_hook and "optimize" in request.node.name
    return lambda agent: {program.protocol} | ({"HTTP/1.1"} if trimmed else set())


class Sent(NamedTuple):
    done: conftest.Done
    files: dict  # name -> bytes that the program left in its directory
    captures: object  # directory of what the API got


@pytest.fixture
def send(server, certs, run, body_file, tmp_path):
    """send(program, how, ...) -> Sent: the program in a directory of its own, the API's records begun anew."""
    def one(program, how, **more):
        cwd, captures = tmp_path / f"{how} files", tmp_path / f"{how} captures"
        cwd.mkdir()
        server.begin(captures)
        done = run(program.argv(server, certs, body), cwd=cwd, input=program.body or None, env=LOCALHOST, **more)
        return Sent(done, {p.name: p.read_bytes() for p in cwd.iterdir()}, captures)

    body = body_file(BODY)
    return one


def rows_of(program, watched):
    return 1 if program.past_the_hook and watched else program.transfers or program.requests


def llm_requests(server):
    """By name of the capture, or by number: parallel requests come in any order."""
    return {r.header("x-test-capture") or r.target.partition("test-capture=")[2] or r.number: r
            for r in server.requests if r.target.startswith(CHAT)}


@pytest.mark.parametrize("name", PROGRAMS)
def test_modes_off_and_audit_change_nothing(name, server, run, send):
    program = PROGRAMS[name]
    without = send(program, "without")
    assert len(llm_requests(server)) == program.requests and without.done.returncode == 0, without.done
    for mode in ("off", "audit"):
        sent = send(program, mode, preload=True, mode=mode)
        assert_same_directories(without.captures, sent.captures)
        assert (sent.done, sent.files) == (without.done, without.files)
        if not conftest.BARE:
            rows = run.log()
            assert [r["mode"] for r in rows] == ([] if mode == "off" else ["audit"] * rows_of(program, server.http2))


def figures(done):
    """What the program says of its own requests: status, protocol, bytes sent, connections."""
    return re.findall(rb"^.*\bsent .*$", done.stdout, re.M)


@pytest.mark.parametrize("name", PROGRAMS)
def test_optimize_shrinks_and_replays(name, server, run, send, needs_library):
    program = PROGRAMS[name]
    without = send(program, "without")
    before = llm_requests(server)
    sent = send(program, "optimize", preload=True)
    after = llm_requests(server)
    assert sent.done.returncode == 0 and sent.files.keys() == without.files.keys(), sent.done
    assert figures(without.done)
    if program.counted or server.http2:
        assert figures(sent.done) == figures(without.done), "the program's own counters"
    assert sorted(after) == sorted(before) and {k: r.status for k, r in after.items()} == {k: r.status for k, r in before.items()}
    assert [r.body for r in server.requests if r not in after.values()] == [UNRELATED] * ("--next" in name)

    reason = program.unchanged.get(program.protocol if server.http2 else "HTTP/1.1")
    rows = run.log()
    assert [r["skipped"] for r in rows] == [reason] * rows_of(program, False)
    if reason:
        assert {r.body for r in after.values()} == {BODY}
        return
    assert all(len(r.body) < len(BODY) / 2 for r in after.values())
    for row, r in zip(rows, list(after.values())[-len(rows):]):
        assert (row["status"], row["bytes_before"], row["bytes_after"]) == (r.status, len(BODY), len(r.body))
        assert row["usage"] or r.status != 200, "what the provider reported"
    again = send(program, "again", preload=True)
    assert figures(again.done) == figures(sent.done)
    assert {r.body for r in llm_requests(server).values()} == {r.body for r in after.values()}, "one decision, one form"
    assert json.loads(run.headroom("stats", "--json"))["cache"]["entries"] == 1


CONVERSATIONS = ("curl -d @file", "curl -T - --http1.1", "php curl_exec", "curb Easy", "ethon HTTP/1.1")


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_process_a_turn_keeps_the_prefix_that_the_provider_has_cached(name, server, certs, run, body_file, needs_library):
    turns = conversations.openai_turns()
    for turn in turns:
        program = PROGRAMS[name]
        words = program.argv(server, certs, body_file(turn))
        done = run(words[:len(words) - program.requests + 1] if program.requests > 1 else words, preload=True,
                   env=LOCALHOST, input=json.dumps(turn).encode() if program.body else None)
        assert done.returncode == 0, done
    assert_prefix_held(server)
    assert_results_halved(server)
