"""The libcurl hook: programs that use libcurl as real ones do see what they see without the library, and their requests shrink.

Each program runs without the library, in off, in audit and in optimize, over TLS, HTTP/2 and plain http. It prints what it gets and
what it is told; at the end it uses its handle once more, for a path that answers with the hash of the body which arrived: so the
options are as the program left them.
"""
import gzip
import json
import re
import subprocess

import pytest

import conftest
import conversations
import llm_api
from test_transparency import CHAT, OPENAI, assert_same_directories

pytestmark = pytest.mark.usefixtures("needs_library")
# Above 1 MB libcurl sends Expect: 100-continue.
LARGE = {**OPENAI, "messages": [{"role": "system", "content": "Be brief. " * 120000}, *OPENAI["messages"]]}
STREAM = {**OPENAI, "stream": True, "stream_options": {"include_usage": True}}


@pytest.fixture(params=["tls", "h2", "plain"])
def either(request, certs, tmp_path):
    if request.param == "h2":
        api = request.getfixturevalue("nginx")
        yield api
        assert {protocol for _, protocol in api.spoken} == {"HTTP/2.0"}
        return
    with llm_api.LlmApi(certs if request.param == "tls" else None, captures=tmp_path / "captures") as api:
        yield api


def argv(program, server, certs, body, *words):
    return [conftest.c_program(program), server.url + CHAT, certs.ca, body, *words]


def masked(out):
    """Without what tells of the prompt's size (the server describes what it got), and without the number of the request."""
    for pattern in (rb'("[a-z_]*_tokens":)\d+', rb"(chatcmpl-|req_)\d+", rb"(?i)(content-length: )\d+", rb"(holds )\d+ bytes and \d+ items",
                    rb'("delta":{"content":")[^"]*'):
        out = re.sub(pattern, rb"\1N", out)
    return out


# words of curl_easy: (body, requests of the LLM API, does the body that goes out shrink?)
EASY = {
    "": (OPENAI, 1, True),
    "size": (OPENAI, 1, True),
    "large": (LARGE, 1, True),
    "copy": (OPENAI, 1, True),
    "copy size": (OPENAI, 1, True),
    "copy large": (OPENAI, 1, True),
    "free": (OPENAI, 1, True),
    "free size": (OPENAI, 1, True),
    "default": (OPENAI, 1, True),
    "headers": (OPENAI, 1, True),
    "headers default": (OPENAI, 1, True),
    "include": (OPENAI, 1, True),
    "include headers": (STREAM, 1, True),
    "pause": (OPENAI, 1, True),
    "abort": (OPENAI, 1, True),
    "abort=progress": (OPENAI, 1, True),
    "lines": (OPENAI, 1, True),
    "lines off": (OPENAI, 0, False),
    "inside=post": (OPENAI, 1, True),
    "inside=copy": (OPENAI, 1, True),
    "inside=copy copy size": (OPENAI, 1, True),
    "inside=size": (OPENAI, 1, True),
    "inside=get": (OPENAI, 1, True),
    "inside=lines lines": (OPENAI, 1, True),
    "inside=write": (OPENAI, 1, True),
    "inside=reset": (OPENAI, 1, True),
    "inside=dup": (OPENAI, 1, True),
    "inside=dup copy size lines headers": (OPENAI, 1, True),
    "parts": (OPENAI, 1, True),
    "repeat=3": (OPENAI, 3, True),
    "repeat=2 copy": (STREAM, 2, True),
    "fork": (OPENAI, 2, True),
}


# libcurl 7.88 itself crashes where a callback resets its handle over HTTP/2.
EASY_RUNS = [(w, over) for w in EASY for over in ("tls", "h2", "plain") if (w, over) != ("inside=reset", "h2")]


@pytest.mark.parametrize("words,either", EASY_RUNS, indirect=["either"])
def test_easy_programs_see_what_they_see_without_us(words, either, certs, run, body_file, tmp_path):
    body, requests, shrinks = EASY[words]
    command = argv("curl_easy", either, certs, body_file(body), *words.split())
    either.begin(tmp_path / "without")
    without = run(command)
    assert without.returncode == 0 and b"echo: No error, status 200" in without.stdout, without
    for mode in ("off", "audit"):
        either.begin(tmp_path / mode)
        assert run(command, preload=True, mode=mode) == without, mode
        if words != "fork" and not (words == "abort=progress" and either.http2):  # any order; perhaps too late for nginx
            assert_same_directories(tmp_path / "without", tmp_path / mode)
    rows = run.log()
    assert [(r["mode"], r["skipped"]) for r in rows] == [("audit", "audit")] * requests
    either.begin(tmp_path / "optimize")
    done = run(command, preload=True)
    assert (done.returncode, masked(done.stdout), done.stderr) == (0, masked(without.stdout), without.stderr)
    original = json.dumps(body).encode()
    llm = [r for r in either.requests if r.target == CHAT]
    for r in llm:
        assert (len(r.body) < len(original) - 20000) == shrinks
        assert b"x-headroom" not in r.head.lower(), "lines of ours are not sent"
    rows = [r for r in run.log() if r["mode"] == "optimize"]
    assert [(r["skipped"], r["bytes_before"]) for r in rows] == [(None, len(original))] * requests, "one row a request"
    if "abort" not in words and shrinks:
        assert all(r["status"] == 200 for r in rows)
        assert all(r["usage"] for r in rows) or words == "inside=reset"  # which takes our callback away, with the answer begun
        assert [r["bytes_after"] for r in rows] == [len(r.body) for r in llm]


MULTI = ("", "socket", "again", "again socket", "silent", "unremoved", "twice count=8", "twice socket count=8")


@pytest.mark.parametrize("words", MULTI)
def test_many_transfers_at_once_on_one_thread(words, either, certs, run, body_file, tmp_path):
    command = argv("curl_multi", either, certs, body_file(OPENAI), *words.split())
    count = 8 if "count=8" in words else 32
    rounds = count * (2 if "again" in words else 1)
    without = run(command)
    assert without.returncode == 0 and without.stdout.count(b"No error, status 200") == count, without
    for mode in ("off", "audit", "optimize"):
        either.begin()
        done = run(command, preload=True, mode=mode)
        assert (done.returncode, masked(done.stdout), done.stderr) == (0, masked(without.stdout), without.stderr), mode
        sizes = {len(r.body) for r in either.requests}
        assert len(either.requests) == rounds and len(sizes) == 1, "all of them alike: decided once, replayed"
        assert (max(sizes) < 8000) == (mode == "optimize")
        rows = [r for r in run.log() if r["mode"] == mode]
        assert len(rows) == (0 if mode == "off" else rounds)
        assert all(r["status"] == 200 for r in rows)
        assert all(r["usage"] for r in rows) or words == "inside=reset"  # which takes our callback away, with the answer begun
        assert {r["skipped"] for r in rows} <= {"audit" if mode == "audit" else None}


def test_handles_of_a_multi_handle_that_was_cleaned_up_are_the_programs_again(server, certs, run, body_file, tmp_path):
    command = argv("curl_multi", server, certs, body_file(OPENAI), "abandon=150", "delay=300", "count=2")
    without = run(command)
    assert without.stdout.count(b"No error, status 200") == 2
    done = run(command, preload=True)
    assert masked(done.stdout) == masked(without.stdout) and done.returncode == 0
    assert {len(r.body) for r in server.requests if r.target == "/echo"} == {len(json.dumps(OPENAI))}


def test_a_timeout_in_mid_request(either, certs, run, body_file):
    """The server reads nothing for half a second: the transfer ends in the middle, the options are the program's."""
    command = argv("curl_easy", either, certs, body_file(conversations.quickstart_openai(15000)), "timeout=200", "delay=500")
    without = run(command)
    assert b"answer: Timeout was reached" in without.stdout and b"echo: No error, status 200" in without.stdout
    done = run(command, preload=True)
    strip = rb"uploaded [^\n]*"  # how much had left by then is a matter of time
    assert re.sub(strip, b"", done.stdout) == re.sub(strip, b"", without.stdout)
    row, = run.log()
    assert (row["status"], row["skipped"]) == (0, None)


def test_a_request_that_never_left_has_no_row(server, certs, run, body_file):
    server.stop()
    done = run(argv("curl_easy", server, certs, body_file(OPENAI)), preload=True)
    assert b"answer: Couldn't connect to server" in done.stdout
    assert run.log() == []


def other_lines(request):
    """What is sent beside the length of the body and our own lines, in the order in which libcurl sends it."""
    return [(n, v) for n, v in request.fields if n != "content-length" and not n.startswith("x-headroom-")]


@pytest.mark.parametrize("seed", range(1, 9))
def test_options_set_at_random_mean_what_libcurl_makes_of_them(seed, certs, run, body_file, tmp_path):
    """A body is rewritten exactly where it is one of the API's and whole; everything else arrives as without the library."""
    bodies = [json.dumps(OPENAI).encode()]
    bodies.append(bodies[0].replace(b" ", b"\n", 1))
    with llm_api.LlmApi(None) as api:
        command = argv("curl_random", api, certs, body_file(json.dumps(OPENAI)), f"seed={seed}", "steps=100")
        without, expected = run(command), list(api.requests)
        assert without.returncode == 0 and len(expected) == 100
        api.begin()
        done = run(command, preload=True)
        assert done == without, "upload counters included"
        assert [(r.method, r.target, other_lines(r)) for r in api.requests] == [(r.method, r.target, other_lines(r)) for r in expected]
        rewritten = 0
        for got, sent in zip(api.requests, expected):
            ours = sent.method == "POST" and sent.target.startswith(CHAT) and sent.body in bodies and ("content-type", "application/json") in sent.fields
            rewritten += ours
            assert (got.body != sent.body) == ours
            if ours:
                assert got.status == 200 and len(got.body) < len(sent.body) / 3
        assert rewritten > 5, "the dice fell well"
        posts = [r for r in expected if r.method == "POST" and r.target.startswith(CHAT)]
        rows = run.log()
        assert [r["skipped"] is None for r in rows] == [got.body != sent.body for got, sent in zip(api.requests, expected) if sent in posts]


def test_threads(either, certs, run, body_file):
    done = run(argv("curl_threads", either, certs, body_file(OPENAI), "repeat=5"), preload=True)
    assert (done.returncode, done.stdout) == (0, b"0 threads failed\n"), done
    assert len(either.requests) == 80 and {len(r.body) for r in either.requests} == {len(either.requests[0].body)}
    assert len(run.log()) == 80


def test_modes_of_a_request_go_before_the_modes_of_the_process(server, certs, run, body_file):
    """Also over plain http, where no other hook could read the line."""
    with llm_api.LlmApi(None) as plain:
        for api in (server, plain):
            for mode, rows in (("audit", 0), ("optimize", 0)):
                before = len(run.log())
                run(argv("curl_easy", api, certs, body_file(OPENAI), "off"), preload=True, mode=mode)
                assert len(api.requests[-2].body) == len(json.dumps(OPENAI))
                assert (b"x-headroom-mode" in api.requests[-2].head.lower()) == (mode == "audit")
                assert len(run.log()) - before == rows


def test_progress_and_the_size_of_the_request_show_what_goes_out(server, certs, run, body_file):
    def figures(preload):
        done = run(argv("curl_easy", server, certs, body_file(OPENAI), "watch"), preload=preload)
        return [int(n) for n in re.search(rb"shown (\d+), sent (\d+)", done.stdout).groups()]

    shown, sent = figures(False)
    assert shown == len(json.dumps(OPENAI)) and sent > shown
    shown, sent = figures(True)
    assert shown == len(server.requests[2].body) and sent == len(server.requests[2].head) + shown


def test_a_body_from_a_read_callback_is_recorded_where_no_other_hook_sees_it(server, certs, run):
    """Plain http has no TLS hook; over TLS and HTTP/1.1 that one records it. One row each."""
    body = json.dumps(OPENAI).encode()
    with llm_api.LlmApi(None) as plain:
        for api in (plain, server):
            done = run([conftest.need("curl", "curl"), "-sS", "--http1.1", "--cacert", certs.ca, "-H", "Content-Type: application/json",
                        "-X", "POST", "-T", "-", api.url + CHAT], preload=True, input=body)
            assert done.returncode == 0 and [r.status for r in api.requests] == [200]
    assert plain.requests[0].body == body
    rows = run.log()
    assert len(rows) == 2 and (rows[0]["skipped"], rows[0]["status"]) == ("read_callback", 200) and rows[0]["usage"]
    assert rows[1]["skipped"] != "read_callback"


@pytest.mark.parametrize("either", ["tls", "plain"], indirect=True)  # HTTP/2 has neither chunks nor a wait for 100
@pytest.mark.parametrize("how", ["chunked", "gzip", "expect"])
def test_a_body_at_hand_is_rewritten_however_it_is_sent(how, either, certs, run, body_file):
    """Chunks and Expect are libcurl's own matter; what is compressed is compressed again. One row, with the TLS hook below and without."""
    body = json.dumps(OPENAI).encode()
    line = {"chunked": "Transfer-Encoding: chunked", "gzip": "Content-Encoding: gzip", "expect": "Expect: 100-continue"}[how]
    data = body_file(gzip.compress(body, mtime=0) if how == "gzip" else body)
    done = run([conftest.need("curl", "curl"), "-sS", "--http1.1", "--cacert", certs.ca, "-H", "Content-Type: application/json", "-H", line,
                "--data-binary", f"@{data}", either.url + CHAT], preload=True)
    assert done.returncode == 0 and b"the top 3: Tutorial 0 (100)" in done.stdout
    request, = either.requests
    assert request.status == 200 and line.lower() in request.head.decode().lower() and len(request.body) < len(body) / 3
    row, = run.log()
    assert (row["skipped"], row["status"], row["bytes_before"], row["bytes_after"]) == (None, 200, len(body), len(request.body))


def test_names_of_libcurl_in_a_process_without_it_fail_as_it_would(run):
    code = ("import ctypes as c\np = c.CDLL(None)\nf = [p.curl_easy_init, p.curl_easy_duphandle, p.curl_multi_info_read]\n"
            "for g in f: g.restype = c.c_void_p\n"
            "print([g(None, None) for g in f], [g(None, 0, 0) for g in (p.curl_easy_setopt, p.curl_easy_getinfo, p.curl_easy_perform)],\n"
            "      [g(None, None) for g in (p.curl_multi_add_handle, p.curl_multi_remove_handle, p.curl_multi_cleanup)])\n"
            "p.curl_easy_reset(None), p.curl_easy_cleanup(None)")
    done = run([conftest.need("python3", "python3"), "-c", code], preload=True)
    assert (done.stdout, done.stderr) == (b"[None, None, None] [2, 2, 2] [4, 4, 4]\n", b"")


def shared_module(tmp_path, name, library):
    """A module of a program that links one libcurl, as plugins do."""
    out = tmp_path / f"{name}.so"
    source = conftest.HERE / "c" / "modules" / "curl_module.c"
    subprocess.run([conftest.need("gcc", "gcc"), "-std=c11", "-D_GNU_SOURCE", "-O2", "-g", "-shared", "-fPIC", str(source), "-o", str(out),
                    f"-l:{library}"], check=True, capture_output=True)
    return str(out)


@pytest.mark.parametrize("scope", ["local", "global"])
def test_two_libcurls_in_one_process(scope, either, certs, run, body_file, tmp_path):
    modules = [shared_module(tmp_path, "openssl", "libcurl.so.4"), shared_module(tmp_path, "gnutls", "libcurl-gnutls.so.4")]
    program = tmp_path / "curl_both"
    subprocess.run([conftest.need("gcc", "gcc"), "-std=c11", "-D_GNU_SOURCE", "-g", str(conftest.HERE / "c" / "modules" / "curl_both.c"), "-o",
                    str(program), "-ldl"], check=True, capture_output=True)
    command = [program, either.url + CHAT, certs.ca, body_file(OPENAI), scope, *modules]
    without = run(command)
    assert without.returncode == 0 and without.stdout.count(b"status 200") == 4, without
    assert b"OpenSSL" in without.stdout and b"GnuTLS" in without.stdout
    either.begin()
    done = run(command, preload=True)
    assert (done.returncode, masked(done.stdout), done.stderr) == (0, masked(without.stdout), b"")
    assert len(either.requests) == 4 and {len(r.body) for r in either.requests} == {len(either.requests[0].body)}
    assert len(either.requests[0].body) < 8000
    assert [(r["skipped"], r["status"]) for r in run.log()] == [(None, 200)] * 4


@pytest.mark.parametrize("scheme,program,words", [
    ("https", "curl_easy", "free include headers lines"), ("https", "curl_multi", "again socket count=4"),
    ("http", "curl_easy", "copy size repeat=2"), ("http", "curl_easy", "abort=progress"), ("http", "curl_easy", "pause"),
    ("http", "curl_easy", "timeout=600 delay=1500"), ("http", "curl_easy", "inside=post"), ("http", "curl_easy", "inside=copy copy size"),
    ("http", "curl_easy", "inside=reset lines"), ("http", "curl_easy", "inside=write parts"), ("http", "curl_easy", "inside=dup copy size lines"),
    ("http", "curl_multi", "unremoved count=4"), ("http", "curl_multi", "silent count=4"),
    ("http", "curl_multi", "abandon=600 delay=1000 count=2")])
def test_valgrind_finds_nothing(scheme, program, words, certs, run, body_file):
    """No error and nothing lost, in mode optimize."""
    with llm_api.LlmApi(certs if scheme == "https" else None) as api:
        command = argv(program, api, certs, body_file(OPENAI), *words.split())
        done = run([conftest.need("valgrind", "valgrind"), "-q", "--error-exitcode=99", "--leak-check=full",
                    "--errors-for-leak-kinds=definite", "--show-leak-kinds=definite", *command], preload=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, b"")
    assert run.log(), "the library was there"
