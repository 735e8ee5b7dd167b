"""`headroom log`: what its filters choose, and that it follows what comes."""
import json
import re
import resource
import signal
import sqlite3
import subprocess
import time

import pytest

from cli_user import BUILD, USAGE, Cli, quickstart

ANSWER = b'{"usage": {"prompt_tokens": 1000, "completion_tokens": 40, "prompt_tokens_details": {"cached_tokens": 250}}}'


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def body(model, question="What are the top 3?"):
    request = json.loads(quickstart())
    request["model"] = model
    request["messages"][-1]["content"] = question
    return json.dumps(request).encode()


def rows(cli, *args):
    p = cli("log", "--json", *args)
    assert p.returncode == 0, p.stderr
    return [json.loads(line) for line in p.stdout.splitlines()]


def ids(cli, *args):
    return [r["id"] for r in rows(cli, *args)]


@pytest.fixture
def recorded(cli):
    """1 and 4: own-4o answered; 2: failed; 3: an Anthropic path with a body that is none."""
    cli.record(body("own-4o"), answer=ANSWER)
    cli.record(body("own-4o-mini"), status=429, answer=b'{"error": {"code": "rate_limit_exceeded"}}')
    cli.record(b"nonsense", path="/v1/messages", status=400)
    cli.record(body("own-4o"), answer=ANSWER)
    return cli


@pytest.mark.parametrize("filters, chosen", [
    ("", [1, 2, 3, 4]), ("--model own-4o", [1, 4]), ("--model own-4o*", [1, 2, 4]), ("--model own", []),
    ("--status 429", [2]), ("--status 4xx", [2, 3]), ("--status failed", [2, 3]), ("--status 2xx", [1, 4]),
    ("--status none", []), ("--dialect openai_chat", [1, 2, 4]), ("--dialect anthropic", []), ("--host api.*.com", [1, 2, 3, 4]),
    ("--host other", []), ("--skipped", [3]), ("--skipped=invalid_json", [3]), ("--skipped=cch", []),
    ("--program python*", [1, 2, 3, 4]), ("--program node", []), ("--since 1h", [1, 2, 3, 4]),
    ("--since today --until 1h", []), ("--until 2020-01-01", []), ("--since 2020-01-01T10:00Z", [1, 2, 3, 4]),
    ("--last 2", [3, 4]), ("--last 9", [1, 2, 3, 4]), ("--last 1 --model own-4o-mini", [2]), ("-n 0", []),
    ("--last 2 --model own-4o*", [2, 4])])
def test_filters_choose(recorded, filters, chosen):
    assert ids(recorded, *filters.split()) == chosen


@pytest.mark.parametrize("wrong", ["--since soon", "--since 2026-02-31", "--status 5", "--status 0xx", "--last 0", "--last x", "-n -1",
                                   "--until 99999999d"])
def test_a_filter_that_says_nothing_is_wrong_usage(cli, wrong):
    p = cli("log", *wrong.split())
    assert p.returncode == USAGE and p.stdout == b"" and p.stderr.count(b"\n") == 1


def test_a_row_tells_tokens_cache_price_and_conversation(recorded):
    first, *_, last = rows(recorded)
    assert (first["input"], first["output"], first["cached"]) == (1000, 40, 250)
    assert first["conversation"] == last["conversation"] and len(first["conversation"]) == 16
    assert 0 <= first["duration_us"] < 60_000_000
    with sqlite3.connect(recorded.state / "headroom" / "headroom.db") as db:
        db.execute("UPDATE requests SET cost = 12345678, saved = -1500000000, error = 'overloaded_error', duration = -1 WHERE id = 1")
    first = rows(recorded)[0]
    assert (first["cost_usd"], first["saved_usd"], first["error"]) == (0.012345678, -1.5, "overloaded_error")
    assert first["duration_us"] is None
    text = recorded("log", "--last", "4").stdout.decode().splitlines()[0]
    assert text.endswith("; 25.0 % cached; $0.0123, saved -$1.50; error overloaded_error")


def test_a_narrow_terminal_gets_the_figures_and_not_the_place(recorded):
    wide, narrow = (recorded.terminal("log", "--last", "1", columns=n)[1].decode() for n in (200, 80))
    assert "api.example.com/v1/chat/completions" in wide and "api.example.com" not in narrow
    assert narrow.split()[-5:] == wide.split()[-5:]


class Follower:
    """`headroom log --follow --json` under way."""

    def __init__(self, cli, *args):
        self.process = subprocess.Popen([BUILD / "headroom", "log", "--follow", "--json", *args], env=cli.env, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def next(self):
        return json.loads(self.process.stdout.readline())

    def end(self, sign):
        self.process.send_signal(sign)
        return (*self.process.communicate(timeout=20), self.process.returncode)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_follow_waits_for_a_database_that_is_not_there_and_ends_cleanly(cli, sign):
    with Follower(cli) as log:
        time.sleep(0.5)
        assert not cli.state.exists() and log.process.poll() is None
        cli.record(body("own-4o"), answer=ANSWER)
        assert log.next()["id"] == 1
        cli.record(body("own-4o-mini"))
        assert log.next()["model"] == "own-4o-mini"
        assert log.end(sign) == ("", "", 0)


def test_follow_filters_and_survives_a_purge(recorded):
    with Follower(recorded, "--model", "own-4o", "--last", "1") as log:
        assert log.next()["id"] == 4
        recorded.record(body("own-4o-mini"))
        recorded.record(body("own-4o"))
        assert log.next()["id"] == 6
        assert recorded("purge", "--requests", "--yes").returncode == 0
        time.sleep(0.5)  # it must have seen that nothing is left
        recorded.record(body("own-4o", "And then?"))
        assert log.next()["id"] == 1
        assert log.end(signal.SIGINT) == ("", "", 0)


def test_show_diff_and_doctor_tell_usage_and_money(recorded):
    with sqlite3.connect(recorded.state / "headroom" / "headroom.db") as db:
        db.execute("UPDATE requests SET cost = 12345678, saved = -1500000000 WHERE id = 1")
    line = "provider: 1,000 input tokens, 250 of them from its cache; 40 output tokens; cost $0.0123, saved -$1.50 net of cache effects\n"
    assert line in recorded("show", "1").stdout.decode() and recorded("diff", "1").stdout.decode().startswith(line)
    assert b"provider:" not in recorded("show", "3").stdout
    assert "usage: of the last 4, 2 came back with the provider's token counts; 1 have a price, $0.0123 together" in \
        " ".join(recorded("doctor").stdout.decode().split()).replace("usage of", "usage: of")


def test_purge_says_how_much_money_the_rows_tell_of(cli):
    cli.record(body("gpt-4o"), answer=ANSWER, HEADROOM_PRICES="gpt-4o = 2.5 10 1.25")
    cli.record(body("own-4o"), answer=ANSWER)
    said = rb"With the requests goes the record of \$0\.0026 spent and \S+ saved \(1 of 2 requests have a price\)\.\n"
    assert re.search(said, cli("purge", "--dry-run").stdout) and not re.search(said, cli("purge", "--originals", "--dry-run").stdout)


def test_the_last_rows_are_found_without_reading_all(cli):
    """Processor time of a look at the end, against that of a look for what is not there, which must read every row."""
    cli.record(body("own-4o"), answer=ANSWER)
    with sqlite3.connect(cli.state / "headroom" / "headroom.db") as db:
        columns = ", ".join(r[1] for r in db.execute("PRAGMA table_info(requests)") if r[1] != "id")
        for _ in range(16):
            db.execute(f"INSERT INTO requests({columns}) SELECT {columns} FROM requests")

    def seconds(*args):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert cli("log", *args).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    all_rows = seconds("--model", "nothing")
    assert ids(cli, "--last", "2") == [2**16 - 1, 2**16] and ids(cli, "--last", "2", "--status", "200") == [2**16 - 1, 2**16]
    assert max(seconds("--last", "2"), seconds("--last", "2", "--status", "2xx")) < all_rows / 3
