"""Modes off and audit: nobody can tell that the library is there. Optimize: only literals of tool results differ.

Each program runs three times against one server: without the library, in mode off, in mode audit. Equal must be the server's
records, byte by byte (nothing is masked: all of these clients are deterministic), stdout, stderr and exit status. The C programs'
stderr is a trace of what each TLS call returned, with SSL_get_error and errno.
"""
import filecmp
import gzip
import json
import re

import pytest
import zstandard

import conftest
import conversations

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"


def c(name, *words, repeat=3, path=CHAT):
    def argv(server, certs, body):
        return [conftest.c_program(name), "127.0.0.1", server.port, certs.ca, path, body, repeat, *words]
    return argv


def python(name, *words, base=""):
    def argv(server, certs, body):
        return conftest.python_program(name) + [server.url + base, body, *words]
    return argv


def curl(*words, path=CHAT):
    def argv(server, certs, body):
        return [conftest.need("curl", "curl"), "-sS", "-i", "--cacert", certs.ca, "-H", "Content-Type: application/json",
                *(w.replace("BODY", body) for w in words), server.url + path]
    return argv


OPENAI, ANTHROPIC = conversations.quickstart_openai(), conversations.quickstart_anthropic()
LARGE = conversations.quickstart_openai(8000)
STREAM = {**OPENAI, "stream": True, "stream_options": {"include_usage": True}}
ESCAPED = json.dumps(OPENAI).replace("Tutorial", "T\\u00fctorial \\ud83d\\ude00").encode()
GZIPPED = gzip.compress(json.dumps(OPENAI).encode(), mtime=0)
ZSTD = zstandard.ZstdCompressor().compress(json.dumps(OPENAI).encode())


def header(text):
    return {"REQUEST_HEADERS": text + "\n"}


# name: (program, body, environment, requests that an LLM API gets)
PROGRAMS = {
    "ssl_write": (c("ssl_write"), OPENAI, {}, 3),
    "ssl_write anthropic": (c("ssl_write", path=MESSAGES), ANTHROPIC, {}, 3),
    "ssl_write one byte a call": (c("ssl_write", "pieces=1", repeat=1), conversations.quickstart_openai(60), {}, 1),
    "ssl_write 1000 bytes a call": (c("ssl_write", "pieces=1000"), OPENAI, {}, 3),
    "ssl_write head and body in one call": (c("ssl_write", "whole"), OPENAI, {}, 3),
    "ssl_write that does the handshake": (c("ssl_write", "implicit"), OPENAI, {}, 3),
    "ssl_write pipelined": (c("ssl_write", "pipeline"), OPENAI, {}, 3),
    "ssl_write stream": (c("ssl_write"), STREAM, {}, 3),
    "ssl_write stream in gzip": (c("ssl_write"), STREAM, header("X-Test-Gzip: 1"), 3),
    "ssl_write answer in gzip": (c("ssl_write"), OPENAI, header("X-Test-Gzip: 1"), 3),
    "ssl_write answer one byte a write": (c("ssl_write", repeat=1), OPENAI, header("X-Test-Trickle: 1"), 1),
    "ssl_write answer in chunks": (c("ssl_write"), OPENAI, header("X-Test-Chunked: 1"), 3),
    "ssl_write answer until close": (c("ssl_write", repeat=1), OPENAI, header("X-Test-Until-Close: 1"), 1),
    "ssl_write answer cut short": (c("ssl_write", repeat=1), STREAM, header("X-Test-Abort: 1"), 1),
    "ssl_write interim answer": (c("ssl_write"), OPENAI, header("X-Test-Interim: 103"), 3),
    "ssl_write server error": (c("ssl_write"), OPENAI, header("X-Test-Status: 500"), 3),
    "ssl_write no content": (c("ssl_write", repeat=1), OPENAI, header("X-Test-Status: 204"), 1),
    "ssl_write_ex closed after each answer": (c("ssl_write_ex"), OPENAI, header("X-Test-Close: 1"), 3),
    "ssl_write escapes": (c("ssl_write"), ESCAPED, {}, 3),
    "ssl_write no JSON": (c("ssl_write"), b"\x00\xff{not json", {}, 3),
    "ssl_write other path": (c("ssl_write", path="/api/conversations"), OPENAI, {}, 0),
    "ssl_write_ex": (c("ssl_write_ex"), OPENAI, {}, 3),
    "ssl_bio": (c("ssl_bio"), OPENAI, {}, 3),
    "ssl_nonblocking": (c("ssl_nonblocking", repeat=2), LARGE, header("X-Test-Read-Delay: 150"), 2),
    "ssl_nonblocking partial": (c("ssl_nonblocking", "partial", repeat=2), LARGE, header("X-Test-Read-Delay: 150"), 2),
    "ssl_nonblocking moved": (c("ssl_nonblocking", "moved", repeat=2), LARGE, header("X-Test-Read-Delay: 150"), 2),
    "ssl_nonblocking partial moved longer": (c("ssl_nonblocking", "partial", "moved", "longer", repeat=2), LARGE,
                                             header("X-Test-Read-Delay: 150"), 2),
    "ssl_threads": (c("ssl_threads", repeat=20), OPENAI, {}, 160),
    "ssl_probe": (c("ssl_probe", "before"), OPENAI, {}, 3),
    "anthropic": (python("client_anthropic.py", "--repeat", "2"), ANTHROPIC, {}, 2),
    "anthropic stream": (python("client_anthropic.py", "--stream"), ANTHROPIC, {}, 1),
    "anthropic async": (python("client_anthropic.py", "--async"), ANTHROPIC, {}, 1),
    "anthropic async stream": (python("client_anthropic.py", "--async", "--stream"), ANTHROPIC, {}, 1),
    "anthropic error": (python("client_anthropic.py"), {**ANTHROPIC, "max_tokens": 0}, {}, 1),
    "openai": (python("client_openai.py", "--repeat", "2", base="/v1"), OPENAI, {}, 2),
    "openai stream": (python("client_openai.py", "--stream", base="/v1"), OPENAI, {}, 1),
    "openai async": (python("client_openai.py", "--async", base="/v1"), OPENAI, {}, 1),
    "openai async stream": (python("client_openai.py", "--async", "--stream", base="/v1"), OPENAI, {}, 1),
    "openai retry": (python("client_openai.py", "--header", "X-Test-Status-Once: 500", base="/v1"), OPENAI, {}, 2),
    "requests": (python("client_requests.py", "--path", CHAT, "--repeat", "3"), OPENAI, {}, 3),
    "requests stream": (python("client_requests.py", "--path", CHAT, "--stream"), STREAM, {}, 1),
    "aiohttp": (python("client_aiohttp.py", "--path", CHAT, "--repeat", "3"), OPENAI, {}, 3),
    "http.client": (python("client_httpclient.py", "--path", CHAT, "--repeat", "3"), OPENAI, {}, 3),
    "http.client chunked": (python("client_httpclient.py", "--path", CHAT, "--chunked"), OPENAI, {}, 1),
    "http.client gzip": (python("client_httpclient.py", "--path", CHAT, "--header", "Content-Encoding: gzip"), GZIPPED, {}, 1),
    "http.client gzip chunked": (python("client_httpclient.py", "--path", CHAT, "--chunked", "--header", "Content-Encoding: gzip"),
                                 GZIPPED, {}, 1),
    "http.client zstd": (python("client_httpclient.py", "--path", CHAT, "--header", "Content-Encoding: zstd"), ZSTD, {}, 1),
    "http.client unknown coding": (python("client_httpclient.py", "--path", CHAT, "--header", "Content-Encoding: br"), OPENAI, {}, 1),
    "http.client 100-continue": (python("client_httpclient.py", "--path", CHAT, "--header", "Expect: 100-continue"), OPENAI, {}, 1),
    "python probe": (python("probe_process.py", "--path", CHAT), OPENAI, {}, 1),
    "curl": (curl("--data-binary", "@BODY"), OPENAI, {}, 1),
    "curl stream": (curl("-N", "--data-binary", "@BODY"), STREAM, {}, 1),
    "curl 100-continue": (curl("-H", "Expect: 100-continue", "--data-binary", "@BODY"), OPENAI, {}, 1),
    "curl chunked": (curl("-X", "POST", "-H", "Transfer-Encoding: chunked", "--data-binary", "@BODY"), OPENAI, {}, 1),
    "curl chunked 100-continue": (curl("-X", "POST", "-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue",
                                       "--data-binary", "@BODY"), OPENAI, {}, 1),
    "curl chunked 100-continue never comes": (curl("-X", "POST", "-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue",
                                                   "-H", "X-Test-Expect: never", "--data-binary", "@BODY"), OPENAI, {}, 1),
    "curl other path": (curl("--data-binary", "@BODY", path="/api/conversations"), OPENAI, {}, 0),
}


def assert_same_directories(a, b):
    names = sorted(p.name for p in a.iterdir())
    assert names == sorted(p.name for p in b.iterdir())
    same, different, failed = filecmp.cmpfiles(a, b, names, shallow=False)
    for name in different + failed:
        assert (a / name).read_bytes() == (b / name).read_bytes(), name


def comparable(done, server):
    """nginx makes a chunk of what has come from the API by then: sizes of chunks, and so of the reads of a C program, are chance."""
    if not server.http2:
        return done
    return done._replace(stdout=re.sub(rb"((?<=\r\n\r\n)|\r\n)[0-9a-f]+\r\n", b"", done.stdout),
                         stderr=re.sub(rb"(SSL|BIO)_read\w* .* -> [1-9].*\n", b"", done.stderr))


@pytest.mark.parametrize("name", PROGRAMS)
def test_modes_off_and_audit_change_nothing(name, server, certs, run, body_file, tmp_path):
    program, body, env, llm_requests = PROGRAMS[name]
    argv = program(server, certs, body_file(body))
    server.begin(tmp_path / "without")
    without = run(argv, env=env)
    assert server.requests, without
    for mode in ("off", "audit"):
        server.begin(tmp_path / mode)
        done = run(argv, preload=True, mode=mode, env=env)
        assert_same_directories(tmp_path / "without", tmp_path / mode)
        assert comparable(done, server) == comparable(without, server)
        if not conftest.BARE:
            rows = run.log()
            assert [r["mode"] for r in rows] == ([] if mode == "off" else ["audit"] * llm_requests), "was the library there?"


def lexemes(data):
    """JSON as a list of string literals and of what stands between them; joined they are the input."""
    return re.findall(rb'"(?:[^"\\]|\\.)*"|[^"]+', data)


def tool_texts(value):
    """All strings that are, or are part of, the content of a tool result."""
    found = set()
    for m in value["messages"]:
        blocks = [m] if m["role"] in ("tool", "function") else m["content"] if isinstance(m["content"], list) else []
        for b in blocks:
            if b.get("type") == "tool_result" or b.get("role"):
                content = b.get("content")
                found |= {content} if isinstance(content, str) else {p["text"] for p in content or [] if p.get("type") == "text"}
    return found


def framing_removed(head):
    return re.sub(rb"(?im)^content-length: *\d+\r$", b"content-length: N\r", head)


# These go out as they were, and the log says why.
NAMED = {"http.client 100-continue": "expect", "http.client unknown coding": "encoding"}
REWRITTEN = [n for n, (_, body, env, llm) in PROGRAMS.items()
             if llm and n not in NAMED and n not in ("ssl_write no JSON", "anthropic error", "ssl_probe", "python probe")]


def writes_of(trace):
    """Results of the calls that write, errno included: a held write leaves it as one that left would."""
    return [x for x in trace.split(b"\n") if x.startswith((b"SSL_write", b"BIO_write", b"written"))]


@pytest.mark.parametrize("name", REWRITTEN)
def test_optimize_changes_only_literals_of_tool_results(name, server, certs, run, body_file, tmp_path, needs_library):
    program, body, env, _ = PROGRAMS[name]
    argv = program(server, certs, body_file(body))
    server.begin()
    without = run(argv, env=env)
    before = {r.header("x-test-capture") or r.number: r for r in server.requests}
    server.begin()
    done = run(argv, preload=True, mode="optimize", env=env)
    after = {r.header("x-test-capture") or r.number: r for r in server.requests}
    assert done.returncode == without.returncode
    assert done.stdout.startswith(b"HTTP/1.1 100") == without.stdout.startswith(b"HTTP/1.1 100")
    assert before.keys() == after.keys()
    for k, old in before.items():
        new = after[k]
        assert (new.status, new.error) == (old.status, old.error)
        assert framing_removed(new.head) == framing_removed(old.head)
        assert len(new.body) < len(old.body) / 2, "nothing was saved"
        was, now = lexemes(old.body), lexemes(new.body)
        assert b"".join(was) == old.body and len(was) == len(now)
        changed = [w for w, n in zip(was, now) if w != n]
        assert changed and all(json.loads(w) in tool_texts(json.loads(old.body)) for w in changed)
        if new is after[min(after)]:
            assert run.headroom("restore", "--state", "-", input=new.body) == old.body, "nothing is lost"
    rows = run.log()
    assert sorted(r["bytes_before"] for r in rows) == sorted(len(r.body) for r in before.values())
    assert sorted(r["bytes_after"] for r in rows) == sorted(len(r.body) for r in after.values())
    if name.startswith("ssl_") and "answer" not in name and "stream" not in name and "longer" not in name:
        assert writes_of(done.stderr) == writes_of(without.stderr)


@pytest.mark.parametrize("name", NAMED)
def test_what_cannot_be_rewritten_is_unchanged_and_named(name, server, certs, run, body_file, tmp_path, needs_library):
    program, body, env, _ = PROGRAMS[name]
    argv = program(server, certs, body_file(body))
    server.begin(tmp_path / "without")
    without = run(argv, env=env)
    server.begin(tmp_path / "optimize")
    assert run(argv, preload=True, mode="optimize", env=env) == without
    assert_same_directories(tmp_path / "without", tmp_path / "optimize")
    assert [r["skipped"] for r in run.log()] == [NAMED[name]]


def test_a_refused_expectation_ends_as_without_the_library(server, certs, run, body_file, needs_library):
    """The server answers 417 before the body; curl does what it does then, on this connection or another."""
    argv = curl("-X", "POST", "-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue", "-H", "X-Test-Expect: refuse",
                "--data-binary", "@BODY")(server, certs, body_file(OPENAI))
    without = run(argv)
    heads = [r.head for r in server.requests]
    server.begin()
    done = run(argv, preload=True, mode="optimize")
    assert done == without and b"417" in without.stdout
    assert [r.head for r in server.requests] == heads


def test_the_process_of_the_program_is_as_it_was_in_optimize(server, certs, run, body_file, needs_library):
    """Descriptors, threads, signals, environment of both probes; the request itself is rewritten."""
    for name in ("ssl_probe", "python probe"):
        program, body, env, _ = PROGRAMS[name]
        argv = program(server, certs, body_file(body))
        seen = []
        for preload in (False, True):
            server.begin()
            done = run(argv, preload=preload, env=env)
            assert done.returncode == 0, done
            seen.append([x for x in done.stdout.split(b"\n") if not x.startswith((b"{", b"body:"))])
        assert seen[0] == seen[1]
        assert all(n < 2000 for r in server.requests for n in r.result_tokens.values()), "it was not rewritten"
