"""A database of an older version, whose requests are in no sum: no program waits for them, the CLI puts each there once, and says so until it has."""
import contextlib
import json
import signal
import sqlite3
import subprocess
import time

import pytest

import conftest
from cli_user import Cli, quickstart

pytestmark = pytest.mark.usefixtures("needs_library")

ROWS = 30_000
ANSWER = b'{"usage": {"prompt_tokens": 1000, "completion_tokens": 40}}'
COPY = """INSERT INTO requests(session, time, pid, program, host, path, dialect, model, mode, stream, status, complete, tokens_before, tokens_after,
    bytes_before, bytes_after, usage, input_tokens, output_tokens, cached_tokens, elapsed_us, transforms, results, rewritten, replayed, results_json)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
SELECT session, time - i * 100000000, pid, program, host, path, dialect, model, CASE WHEN i % 3 THEN 'optimize' ELSE 'audit' END, stream, status,
    complete, tokens_before, tokens_after, bytes_before, bytes_after, usage, input_tokens, output_tokens, cached_tokens, elapsed_us, transforms,
    results, rewritten, replayed, results_json FROM requests, n WHERE id = 1"""
OLDER = """DROP TABLE sums; DROP TABLE tool_sums; DROP TABLE groups; DROP TABLE tallies; DROP INDEX requests_time; DROP INDEX requests_session;
ALTER TABLE decisions DROP COLUMN counted; ALTER TABLE requests DROP COLUMN factor; ALTER TABLE requests DROP COLUMN factor_off;
PRAGMA user_version=6"""


def database(cli):
    return contextlib.closing(sqlite3.connect(cli.state / "headroom" / "headroom.db", timeout=30))


@pytest.fixture
def older(tmp_path):
    cli = Cli(tmp_path)
    cli.record(quickstart(), answer=ANSWER)
    with database(cli) as db:
        db.execute(COPY.format(rows=ROWS))
        db.executescript(OLDER)
    return cli


def unsummed(cli):
    with database(cli) as db:
        return (db.execute("SELECT value FROM meta WHERE name = 'unsummed'").fetchone() or (0,))[0]


def assert_all_counted(cli, rows):
    stats = cli.json("stats", "--json")
    assert stats["requests"]["total"] == rows and "unsummed" not in stats["requests"]
    text = cli("metrics").stdout.decode()
    with database(cli) as db:
        modes = dict(db.execute("SELECT mode, count(*) FROM requests GROUP BY 1"))
    for mode in ("audit", "optimize"):
        assert f'headroom_requests_total{{mode="{mode}"}} {modes[mode]}\n' in text
    assert f"headroom_compression_ratio_count {rows}\n" in text and "headroom_requests_unsummed 0\n" in text


def test_a_program_that_opens_it_sums_nothing_and_counts_its_own(older):
    older.record(quickstart(), answer=ANSWER, times=2)
    assert unsummed(older) == ROWS + 1
    with database(older) as db:
        assert db.execute("SELECT sum(requests) FROM sums WHERE level = 1").fetchone() == (2,)
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'requests_time'").fetchone() == (0,)
    assert_all_counted(older, ROWS + 3)


def test_progress_is_shown_on_a_terminal_and_nowhere_else(older):
    times = 6
    with database(older) as db:  # so many that the second after which it is said passes on any machine
        for _ in range(times - 1):
            db.execute(COPY.format(rows=ROWS))
        db.commit()
    code, text = older.terminal("stats")
    assert code == 0 and f"requests   {times * ROWS + 1:,}, of them".encode() in text
    assert b"adding up requests of an older version, once: " in text and text.count(b"\x1b[K") == 1
    assert unsummed(older) == 0


def test_off_a_terminal_it_is_silent(older):
    done = older("stats")
    assert done.returncode == 0 and done.stderr == b"" and b"adding up" not in done.stdout


def test_killed_and_several_at_once_count_each_request_once_while_programs_store_new_ones(older):
    command = [conftest.BUILD / "headroom", "stats", "--json"]
    for wait in (0.02, 0.05, 0.1):
        p = subprocess.Popen(command, env=older.env, cwd=older.home, stdout=subprocess.DEVNULL)
        time.sleep(wait)
        p.send_signal(signal.SIGKILL)
        p.wait(60)
    assert unsummed(older) > 0
    several = [subprocess.Popen(command, env=older.env, cwd=older.home, stdout=subprocess.PIPE) for _ in range(2)]
    older.record(quickstart(), answer=ANSWER, times=3)
    assert all(p.wait(120) == 0 for p in several)
    for p in several:
        assert json.load(p.stdout)["requests"]["total"] >= ROWS + 1
        p.stdout.close()
    assert_all_counted(older, ROWS + 4)


def test_until_all_are_summed_it_is_said_what_is_missing(older):
    older.record(quickstart(), answer=ANSWER)
    with database(older) as db:
        db.execute("BEGIN IMMEDIATE")
        missing = f"{ROWS + 1:,} requests that an older version stored are not in these sums yet"
        assert f"missing    {missing}\n" in older("stats").stdout.decode()
        assert f"headroom: stats: {missing}\n" == older("stats", "--by", "model").stderr.decode()
        assert older.json("stats", "--json")["requests"] == {"total": 1, "cached": 0, "rate_limited": 0, "failed": 0, "unsummed": ROWS + 1}
        assert f"headroom_requests_unsummed {ROWS + 1}\n" in older("metrics").stdout.decode()
        assert f"Missing: {missing}<" in older("report", "-o", "-").stdout.decode()
        db.rollback()
    assert_all_counted(older, ROWS + 2)
