"""`headroom export`: what it writes can be read by those that it is for, and a collector gets each request once."""
import collections
import csv
import http.server
import io
import json
import re
import sqlite3
import threading
import time

import pytest

from cli_user import CANTCREAT, UNAVAILABLE, USAGE, Cli, quickstart

TEMPFAIL = 75
ANSWER = b'{"usage": {"prompt_tokens": 1000, "completion_tokens": 40, "prompt_tokens_details": {"cached_tokens": 250}}}'
Got = collections.namedtuple("Got", "path headers body")


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


@pytest.fixture
def recorded(cli):
    cli.record(quickstart(), answer=ANSWER, times=2)
    cli.record(b"nonsense", path="/v1/messages", status=529)
    return cli


def rows(cli):
    return [json.loads(line) for line in cli("log", "--json").stdout.splitlines()]


class Collector:
    """An OTLP/HTTP collector on loopback; says what `answers` lists, in order, then 200."""

    def __init__(self, *answers):
        self.answers, self.got = list(answers), []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append(Got(self.path, self.headers, json.loads(body)))
                status, headers, text = outer.answers.pop(0) if outer.answers else (200, {}, b"{}")
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(text)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def spans(self):
        return [s for g in self.got for r in g.body["resourceSpans"] for scope in r["scopeSpans"] for s in scope["spans"]]


def attributes(span):
    return {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}


def test_json_lines_are_those_of_the_log(recorded):
    assert recorded("export", "--format", "jsonl").stdout == recorded("log", "--json").stdout
    assert recorded("export", "-f", "jsonl", "--last", "1").stdout == recorded("log", "--json", "-n", "1").stdout


def test_csv_says_what_the_rows_say(recorded):
    with sqlite3.connect(recorded.state / "headroom" / "headroom.db") as db:
        db.execute("""UPDATE requests SET model = 'a "b", c', cost = 1500000 WHERE id = 1""")
    out = recorded("export", "--format", "csv").stdout
    assert out.count(b"\r\n") == 4
    told = list(csv.DictReader(io.StringIO(out.decode(), newline="")))
    for got, row in zip(told, rows(recorded), strict=True):
        assert list(got) == [k for k in row if k not in ("usage", "window")]
        for name, value in got.items():
            want = row[name]
            want = "" if want is None else " ".join(want) if isinstance(want, list) else want
            assert value == (str(want).lower() if isinstance(want, bool) else str(want)), name
    assert told[0]["cost_usd"] == "0.0015" and told[0]["model"] == 'a "b", c'


def test_spans_follow_the_conventions(recorded):
    with sqlite3.connect(recorded.state / "headroom" / "headroom.db") as db:
        db.execute("UPDATE requests SET cost = 1500000, saved = -500000000, host = 'api.openai.com:8443' WHERE id = 1")
        db.execute("UPDATE requests SET error = 'overloaded_error' WHERE id = 3")
    (line,) = recorded("export", "--format", "otlp").stdout.splitlines()
    (resource,) = json.loads(line)["resourceSpans"]
    assert attributes(resource["resource"])["service.name"] == "headroom"
    spans = resource["scopeSpans"][0]["spans"]
    every = rows(recorded)
    first, _, third = spans
    assert first["name"] == "chat gpt-4o-mini" and first["kind"] == 3 and first["status"] == {"code": 0}
    for span, row in zip(spans, every, strict=True):
        assert re.fullmatch("[0-9a-f]{32}", span["traceId"]) and re.fullmatch("[0-9a-f]{16}", span["spanId"])
        begin, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
        assert abs(begin / 1e9 - time.time()) < 600 and end - begin == row["duration_us"] * 1000
    a = attributes(first)
    want = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o-mini", "gen_ai.usage.input_tokens": "1000", "gen_ai.usage.output_tokens": "40",
            "gen_ai.usage.cache_read.input_tokens": "250", "gen_ai.conversation.id": every[0]["conversation"],
            "server.address": "api.openai.com", "server.port": "8443", "http.response.status_code": "200",
            "headroom.tokens.made": str(every[0]["tokens_before"]), "headroom.tokens.sent": str(every[0]["tokens_after"]),
            "headroom.cost_usd": 0.0015, "headroom.saved_usd": -0.5}
    assert {k: a.get(k) for k in want} == want
    failed = attributes(third)
    assert third["status"] == {"code": 2} and failed["error.type"] == "overloaded_error" and "gen_ai.request.model" not in failed
    assert len({s["spanId"] for s in spans}) == len({s["traceId"] for s in spans}) == 3
    assert recorded("export", "--format", "otlp").stdout.splitlines() == [line], "the same ids each time"


def test_counting_tokens_is_no_generation(cli):
    cli.record(quickstart(), path="/v1/messages/count_tokens")
    assert cli("export", "--format", "otlp").stdout == b"" and cli("export", "--format", "jsonl").stdout.count(b"\n") == 1


def test_a_collector_gets_each_request_once_with_its_headers(recorded):
    with Collector() as c:
        p = recorded("export", "-f", "otlp", "-e", c.url, OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20k1,x-tenant=a")
        assert (p.returncode, p.stdout, p.stderr) == (0, b"", b"headroom: export: 3 spans were taken\n")
        (got,) = c.got
        assert got.path == "/v1/traces" and got.headers["Content-Type"] == "application/json"
        assert got.headers["Authorization"] == "Bearer k1" and got.headers["X-Tenant"] == "a"
        assert [attributes(s)["http.response.status_code"] for s in c.spans()] == ["200", "200", "529"]
        assert recorded("export", "-f", "otlp", "-e", c.url + "/other/path", "--last", "1").returncode == 0
        assert c.got[-1].path == "/other/path"


def test_many_requests_go_in_batches(cli):
    cli.record(quickstart(), times=1100, HEADROOM_MODE="audit")
    with Collector() as c:
        assert cli("export", "-f", "otlp", "-e", c.url).returncode == 0
        assert len(c.got) == 3 and len(c.spans()) == 1100 == len({s["spanId"] for s in c.spans()})


def test_a_busy_collector_is_asked_again(recorded):
    with Collector((503, {}, b""), (429, {"Retry-After": "1"}, b"")) as c:
        begin = time.monotonic()
        assert recorded("export", "-f", "otlp", "-e", c.url).returncode == 0
        assert len(c.got) == 3 and 1.2 <= time.monotonic() - begin < 10
        assert c.got[0].body == c.got[2].body


def test_a_collector_that_refuses_is_not_asked_again(recorded):
    with Collector((400, {}, b"no")) as c:
        p = recorded("export", "-f", "otlp", "-e", c.url)
        assert p.returncode == UNAVAILABLE and b"status 400" in p.stderr and len(c.got) == 1


def test_spans_that_a_collector_rejects_are_said(recorded):
    with Collector((200, {}, b'{"partialSuccess": {"rejectedSpans": "2", "errorMessage": "old"}}')) as c:
        p = recorded("export", "-f", "otlp", "-e", c.url)
        assert p.returncode == UNAVAILABLE and b"1 spans were taken" in p.stderr and b"rejected 2 spans" in p.stderr


def test_a_collector_that_is_not_there_is_given_up(recorded):
    with Collector() as c:
        url = c.url
    begin = time.monotonic()
    p = recorded("export", "-f", "otlp", "-e", url)
    assert p.returncode == TEMPFAIL and b"5 times" in p.stderr and b"0 spans were taken before" in p.stderr
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize("wrong", ["", "--format xml", "-f csv -e http://127.0.0.1:1", "-f otlp -e ftp://h/", "-f otlp -e http://",
                                   "-f otlp -e http://127.0.0.1:1 -o x", "-f csv x", "-f csv --since never"])
def test_wrong_usage(cli, wrong):
    p = cli("export", *wrong.split())
    assert p.returncode == USAGE and p.stdout == b"" and p.stderr.count(b"\n") == 1


def test_a_file_is_written_or_said_not_to_be(recorded):
    assert recorded("export", "-f", "jsonl", "-o", "out.jsonl").stdout == b""
    assert (recorded.home / "out.jsonl").read_bytes() == recorded("log", "--json").stdout
    assert recorded("export", "-f", "csv", "-o", "no/such/file").returncode == CANTCREAT
