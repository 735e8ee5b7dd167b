"""The provider's own figures from real answers: cut, coded and malformed streams, one byte a read, and answers that are too large to keep.

HEADROOM_ANSWER_MB=1024: so large; 48 in `make test`.
"""
import json
import os
import re
import sqlite3
import time
import zlib

import big_answer
import conftest
import pytest
import usage_requests

ANSWER_MB = int(os.environ.get("HEADROOM_ANSWER_MB", "48"))
MORE_MB = 12  # what may be taken beside the program, the library's code and database included
FIGURES = {"X-Test-Usage": "5000,1200,345"}
TOLD = 5000, 345, 1200, 1900  # half of what is not cached is written

pytestmark = pytest.mark.usefixtures("needs_library")


def send(run, url, tmp_path, lines, piece=65536, **options):
    path = tmp_path / "requests"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = run([*conftest.python_program("client_many.py"), url, path, str(piece)], preload=True, **options)
    assert done.returncode == 0 and not done.stderr, done
    return [tuple(map(int, line.split())) for line in done.stdout.decode().splitlines()]


def one(run, api, tmp_path, way="anthropic", stream=True, piece=65536, cut=None, **options):
    """(what the client saw, the row) of one request with these options of the server."""
    fields = {**FIGURES, **{"X-Test-" + k.title().replace("_", "-"): v for k, v in options.items()}}
    said = send(run, api.url, tmp_path, [usage_requests.made(way, "m", stream, fields, cut)], piece)
    row, = usage_requests.rows(run.state)
    return said[0], row


@pytest.fixture
def api(certs):
    with conftest.llm_api.LlmApi(certs) as api:
        yield api


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "bare", "br", "zstd", "gzip,br", "zstd,deflate"])
def test_a_coded_answer_is_read_and_the_program_gets_its_bytes(run, api, tmp_path, coding, stream):
    said, row = one(run, api, tmp_path, stream=stream, coding=coding)
    assert said[1:] == (200, sum(map(len, api.requests[0].out.sent)), 1)
    assert row == ("m", 200, 1, *TOLD, None)


def test_an_unknown_coding_leaves_the_figures_unknown(run, certs, tmp_path):
    body = b'{"usage":{"input_tokens":1,"output_tokens":1}}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: compress\r\nContent-Length: %d\r\n\r\n" % len(body)
    with big_answer.BigAnswer(certs, head, body, b"", 0, b"") as server:
        send(run, server.url, tmp_path, [usage_requests.made("anthropic", "m", False, {})])
    assert usage_requests.rows(run.state) == [("m", 200, 1, -1, -1, -1, -1, None)]


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_an_aborted_stream_says_what_came(run, api, tmp_path, coding):
    said, row = one(run, api, tmp_path, abort="1", say="word " * 50, coding=coding)
    assert said[3] == 0
    assert row == ("m", 200, 0, TOLD[0], -1, TOLD[2], TOLD[3], None)


def test_a_stream_that_the_program_leaves_says_what_came(run, api, tmp_path):
    said, row = one(run, api, tmp_path, cut=600, say="word " * 400, pace="2")
    assert said[3] == 0
    assert row == ("m", 200, 0, TOLD[0], -1, TOLD[2], TOLD[3], None)


@pytest.mark.parametrize("way", ["anthropic", "bedrock", "gemini_array"])
def test_one_byte_a_read_is_enough(run, api, tmp_path, way):
    said, row = one(run, api, tmp_path, way=way, piece=1)
    assert said[3] == 1
    assert row == usage_requests.expected(api.requests[0], "m", said[2], True)
    assert row[3:5] == TOLD[:2]


def test_one_byte_a_write_is_enough(run, api, tmp_path):
    _, row = one(run, api, tmp_path, trickle="1", coding="gzip")
    assert row == ("m", 200, 1, *TOLD, None)


GOOD = b'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":7,"output_tokens":1}}}\n\n'
LAST = b'data: {"type":"message_delta","usage":{"output_tokens":9}}\n\n'


@pytest.mark.parametrize("wrong", [
    b"data: {\"usage\":\n\n", b"\0\xff\xfe garbage \"usage\" \r\r\n\n", b"data: {\"usage\":{\"output_tokens\":-3}}x\n\n", b"data: \"usage\" [[[[[[\n\n",
    b"data: {\"usage\":" + b"[" * 5000 + b"\n\n", b"usage\n" * 100, b"data: {\"usage\":[]}\n\n", b"event: error\n\n"])
def test_what_is_malformed_in_a_stream_is_passed_over(run, certs, tmp_path, wrong):
    body = GOOD + wrong + LAST
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(body)
    with big_answer.BigAnswer(certs, head, body, b"", 0, b"") as server:
        send(run, server.url, tmp_path, [usage_requests.made("anthropic", "m", True, {})])
    assert usage_requests.rows(run.state) == [("m", 200, 1, 7, 9, -1, -1, None)]


@pytest.mark.parametrize("way, word", [("anthropic", "rate_limit_error"), ("openai_chat", "rate_limit_exceeded"), ("gemini", "RESOURCE_EXHAUSTED"),
                                       ("bedrock", "ThrottlingException"), ("cohere", None), ("ollama", None),
                                       ("mistral", "invalid_request_error")])
def test_the_name_of_a_refusal_is_recorded_and_a_retry_is_a_row_of_its_own(run, api, tmp_path, way, word):
    line = usage_requests.made(way, "m", False, {**FIGURES, "X-Test-Status-Once": "429"})
    assert [s[1] for s in send(run, api.url, tmp_path, [line])] == [429, 200]
    rows = usage_requests.rows(run.state)
    assert ("m", 429, 1, -1, -1, -1, -1, word) in rows
    assert len(rows) == 2 and sum(1 for r in rows if r[1] == 200 and r[3] > 0 and r[7] is None) == 1


@pytest.mark.parametrize("coding", ["", "gzip", "br", "zstd"])
def test_libcurl_hands_on_what_it_did_not_decode(run, api, tmp_path, coding):
    curl = conftest.need("curl", "curl")
    line = usage_requests.made("bedrock", "m", True, {})
    argv = [curl, "-sS", api.url + line["path"], "-H", "Content-Type: application/json", "-H", "X-Test-Usage: 5000,1200,345", "-d", line["body"]]
    done = run([*argv, "-H", "X-Test-Coding: " + coding] if coding else argv, preload=True)
    assert done.returncode == 0 and done.stdout == b"".join(api.requests[0].out.sent)
    assert run([*argv, "-H", "X-Test-Status: 429"], preload=True).returncode == 0
    good, refused = usage_requests.rows(run.state)
    assert good == ("m", 200, 1, 5000, 345, 1200, 0, None)
    assert refused == ("m", 429, 1, -1, -1, -1, -1, "ThrottlingException")


# ------------------------------------------------------------------------------------------- rows that wait
def many(n):
    return [usage_requests.made("anthropic", f"m-{i:03}", False, FIGURES) for i in range(n)]


def test_a_database_that_another_process_locks_for_a_while_gets_every_row(run, api, tmp_path):
    send(run, api.url, tmp_path, many(1))
    with sqlite3.connect(run.state / "headroom.db", isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        path = tmp_path / "requests"
        path.write_text("".join(json.dumps(line) + "\n" for line in many(150)))
        child = run.start([*conftest.python_program("client_many.py"), api.url, path], preload=True)
        said = [child.stdout.readline() for _ in range(64)]  # the ring is full
        time.sleep(0.5)
        assert [m for m, in db.execute("SELECT model FROM requests")] == ["m-000"]
        db.execute("COMMIT")
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0 and not err and len(said) + len(out.splitlines()) == 150
    assert [r[0] for r in usage_requests.rows(run.state)] == sorted(["m-000", *(f"m-{i:03}" for i in range(150))])


def test_requests_that_cannot_be_recorded_are_in_the_log(run, api, tmp_path):
    log = tmp_path / "log"
    send(run, api.url, tmp_path, many(5), env={"HOME": "relative", "XDG_STATE_HOME": "relative", "HEADROOM_LOG": "warn", "HEADROOM_LOG_FILE": str(log)})
    said = re.findall(r"(\d+) finished requests are not recorded", log.read_text())
    assert said == ["1", "2", "4"]


# ------------------------------------------------------------------------------------------- large
DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"some words"}}\n\n'


def peak(run, url, tmp_path, preload):
    """Kilobytes that the client took at most."""
    path = tmp_path / "requests"
    path.write_text(json.dumps(usage_requests.made("anthropic", "m", True, {})) + "\n")
    child = run.start([*conftest.python_program("client_many.py"), url, path], preload=preload)
    out = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0 and out.endswith(b" 1\n"), (out, child.stderr.read())
    return used.ru_maxrss


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def answers():
    """name: (fields of the head, first, piece, times, last, the figures that must be known)"""
    size = ANSWER_MB << 20
    deltas = DELTA * 400
    stream = b"Content-Type: text/event-stream\r\n"
    figures = 7, 9, -1, -1
    z = zlib.compressobj(6, zlib.DEFLATED, 31)
    begin = z.compress(GOOD) + z.flush(zlib.Z_FULL_FLUSH)
    middle = z.compress(deltas) + z.flush(zlib.Z_FULL_FLUSH)
    raw = zlib.compressobj(6, zlib.DEFLATED, -15)
    last = raw.compress(LAST) + raw.flush(zlib.Z_SYNC_FLUSH)  # the sum behind it would not be right: the stream is cut there
    return {
        "stream": (stream, chunk(GOOD), chunk(deltas), size // len(deltas), chunk(LAST), figures),
        "one line": (stream, chunk(GOOD + b"data: "), chunk(b"x" * 60000), size // 60000, chunk(b"\n\n" + LAST), figures),
        "gzip": (stream + b"Content-Encoding: gzip\r\n", chunk(begin), chunk(middle), size // len(deltas), chunk(last), figures),
        "JSON": (b"Content-Type: application/json\r\n", chunk(b'{"text":"'), chunk(b"x" * 60000), size // 60000,
                 chunk(b'","usage":{"input_tokens":7,"output_tokens":9}}'), figures),
    }


@pytest.mark.parametrize("name", ["stream", "one line", "gzip", "JSON"])
def test_an_answer_of_any_size_takes_little_memory(run, certs, tmp_path, name):
    fields, first, piece, times, last, figures = answers()[name]
    head = b"HTTP/1.1 200 OK\r\n" + fields + b"Transfer-Encoding: chunked\r\n\r\n"
    with big_answer.BigAnswer(certs, head, first, piece, times, last + b"0\r\n\r\n") as server:
        bare = peak(run, server.url, tmp_path, False)
        with_library = peak(run, server.url, tmp_path, True)
    assert usage_requests.rows(run.state) == [("m", 200, 1, *figures, None)]
    assert with_library - bare < MORE_MB << 10
