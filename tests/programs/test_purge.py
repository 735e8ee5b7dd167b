"""`headroom purge`: does what it says go, really out of the files, and nothing else?"""
import json
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from cli_user import BUILD, UNAVAILABLE, USAGE, Cli, conversation, quickstart

TEMPFAIL = 75
MARKER = b"Zanzibar-marker"


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def fill(cli, times=1, first=0):
    """Requests with the marker in an original, in a replacement and in the row; in noise, so that zstd hides it nowhere."""
    noise = random.Random(7)
    for n in range(first, first + times):
        rows = [{"title": f"{MARKER.decode()} {i}", "hash": f"{noise.getrandbits(200):x}"} for i in range(300)]
        cli.record(conversation(json.dumps([n, *rows])), path=f"/v1/chat/completions?{MARKER.decode()}",
                   answer=b'{"usage": {"prompt_tokens": 9, "note": "%s"}}' % MARKER)


def database(cli):
    return cli.state / "headroom" / "headroom.db"


def files_with_marker(cli):
    found = [p.name for p in (cli.state / "headroom").iterdir() if p.is_file() and MARKER in p.read_bytes()]
    return sorted(found)


def count(cli):
    db = sqlite3.connect(database(cli))
    rows = {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("originals", "requests", "decisions")}
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    db.close()
    return rows


def age(cli, days, where="1"):
    db = sqlite3.connect(database(cli))
    us = days * 86400 * 1000000
    for table, column in (("originals", "created"), ("requests", "time"), ("decisions", "last_used")):
        db.execute(f"UPDATE {table} SET {column} = {column} - {us} WHERE {where}")
    db.commit()
    db.close()


# ------------------------------------------------------------------ what goes
def test_default_keeps_decisions_of_the_last_30_days(cli):
    fill(cli)
    before = count(cli)
    assert before["originals"] == before["requests"] == before["decisions"] == 1
    out = cli.json("purge", "--yes", "--json")
    assert [out[k]["rows"] for k in ("originals", "requests", "decisions")] == [1, 1, 0]
    assert count(cli) == {"originals": 0, "requests": 0, "decisions": 1}
    fill(cli)
    age(cli, 31)
    assert cli.json("purge", "--yes", "--json")["decisions"]["rows"] == 1


def test_replays_go_on_after_a_default_purge_and_end_with_the_decisions(cli):
    sent = cli.record(quickstart())
    later = json.loads(quickstart())
    later["messages"] += [{"role": "assistant", "content": "The first."}, {"role": "user", "content": "Thanks"}]
    cli("purge", "--yes")
    replayed = json.loads(cli.record(json.dumps(later).encode()))["messages"][2]
    assert replayed == json.loads(sent)["messages"][2]
    cli("purge", "--yes", "--decisions")
    assert json.loads(cli.record(json.dumps(later).encode(), HEADROOM_ADOPT="never")) == later


@pytest.mark.parametrize("options, kinds", [
    (["--originals"], {"originals"}), (["--requests"], {"requests"}), (["--decisions"], {"decisions"}),
    (["--originals", "--requests"], {"originals", "requests"}), (["--all"], {"originals", "requests", "decisions"})])
def test_only_the_kinds_that_are_named_go(cli, options, kinds):
    fill(cli)
    out = cli.json("purge", "--yes", "--json", *options)
    assert {k for k in ("originals", "requests", "decisions") if out[k] is not None} == kinds
    assert {k for k, n in count(cli).items() if n == 0} == kinds


def test_older_than_spares_what_is_younger(cli):
    fill(cli, times=4)
    age(cli, 8, where="rowid <= 3")
    for text, rows in (("9d", 0), ("2w", 0), ("7d", 3), ("100h", 3), ("0s", 4)):
        out = cli.json("purge", "--all", "--older-than", text, "--dry-run", "--json")
        assert [out[k]["rows"] for k in ("originals", "requests", "decisions")] == [rows] * 3, text
    assert count(cli)["requests"] == 4
    cli("purge", "--all", "--older-than", "1w", "--yes")
    assert set(count(cli).values()) == {1}
    assert len(cli.json("show", "--json")) == 1 and cli("diff", "4").returncode == 0


def test_dry_run_says_what_would_go_and_changes_no_byte(cli):
    fill(cli)
    before = database(cli).read_bytes()
    p = cli("purge", "--all", "--dry-run")
    assert p.returncode == 0 and p.stdout.startswith(b"TO DELETE") and b"status 400" in p.stdout
    assert database(cli).read_bytes() == before
    told = cli.json("purge", "--all", "--dry-run", "--json")
    done = cli.json("purge", "--all", "--yes", "--json")
    for kind in ("originals", "requests", "decisions"):
        assert told[kind] == done[kind] and done[kind]["rows"] == 1 and done[kind]["bytes"] > 0
    assert told["erased"] is False and done["erased"] is True and done["files"]["after"] < done["files"]["before"]


# ------------------------------------------------------------------ out of the files
def test_no_byte_of_what_was_purged_is_left_in_any_file(cli):
    fill(cli, times=5)
    assert files_with_marker(cli)
    assert cli("purge", "--all", "--yes").returncode == 0
    # The log file names paths of requests that were passed on; these were not.
    assert files_with_marker(cli) == []


def test_rows_that_another_program_deleted_before_leave_the_files_too(cli):
    fill(cli, times=5)
    db = sqlite3.connect(database(cli))
    db.execute("PRAGMA secure_delete=OFF")
    for table in ("originals", "requests", "decisions"):
        db.execute(f"DELETE FROM {table}")
    db.commit()
    db.close()
    assert files_with_marker(cli)
    assert cli("purge", "--yes").returncode == 0
    assert files_with_marker(cli) == []


def test_originals_purged_leave_room_under_the_cap(cli):
    noise = random.Random(5)
    rows = json.dumps([{"hash": f"{noise.getrandbits(4000):x}", "n": i} for i in range(1500)], separators=(",", ":"))
    sizes = []
    for call in ("call_124", "call_125", "call_126"):
        body = conversation(rows).replace(b"call_123", call.encode())
        sizes.append((len(cli.record(body, HEADROOM_ORIGINALS_MB="1", HEADROOM_DEADLINE_MS="1000")), len(body)))
        if call == "call_125":
            cli("purge", "--originals", "--yes")
    (first, whole), (second, _), (third, _) = sizes
    assert first < whole / 10 and second > whole * 9 / 10 and third < whole / 10  # the second found the store full


# ------------------------------------------------------------------ asking
def test_without_a_terminal_it_needs_yes(cli):
    fill(cli)
    for args in (["purge"], ["purge", "--all"], ["purge", "--json"]):
        p = cli(*args)
        assert p.returncode == USAGE and b"--yes" in p.stderr and p.stdout == b""
    assert count(cli)["originals"] == 1


@pytest.mark.parametrize("answer, left", [(b"n\n", 1), (b"\n", 1), (b"\x04", 1), (b"y\n", 0), (b"yes\n", 0)])
def test_terminal_is_asked_and_only_yes_deletes(cli, answer, left):
    fill(cli)
    code, out = cli.terminal("purge", input=answer)
    assert code == 0 and b"TO DELETE" in out and b"[y/N]" in out
    assert (b"Nothing was deleted" in out) == (left == 1)
    assert count(cli)["originals"] == left


def test_terminal_sees_the_steps(cli):
    fill(cli)
    code, out = cli.terminal("purge", "--yes")
    assert code == 0 and b"headroom: deleting .." in out and b"[y/N]" not in out


@pytest.mark.parametrize("line", ["purge x", "purge --older-than 7", "purge --older-than d", "purge --older-than 7x --yes",
                                  "purge --older-than -1d", "purge --wait x", "purge --nope"])
def test_wrong_usage_deletes_nothing(cli, line):
    fill(cli)
    assert cli(*line.split()).returncode == USAGE
    assert count(cli)["originals"] == 1


def test_without_a_database_there_is_nothing_and_none_is_made(cli):
    assert cli.json("purge", "--yes", "--json")["originals"] == {"rows": 0, "bytes": 0}
    assert not cli.state.exists()


def test_damaged_and_newer_databases_are_said_and_left_alone(cli):
    fill(cli)
    db = sqlite3.connect(database(cli))
    db.execute("PRAGMA user_version=99")
    db.close()
    p = cli("purge", "--all", "--yes")
    assert p.returncode == UNAVAILABLE and b"newer_version" in p.stderr
    assert count(cli)["originals"] == 1
    database(cli).write_bytes(b"nonsense" * 1000)
    p = cli("purge", "--all", "--yes")
    assert p.returncode == UNAVAILABLE and b"corrupt" in p.stderr
    assert database(cli).read_bytes() == b"nonsense" * 1000


# ------------------------------------------------------------------ others, and the end at any time
def test_a_reader_that_stays_is_waited_for_then_said(cli):
    fill(cli)
    db = sqlite3.connect(database(cli), isolation_level=None)
    db.execute("BEGIN")
    db.execute("SELECT count(*) FROM originals").fetchone()
    p = cli("purge", "--all", "--yes", "--wait", "0")
    assert p.returncode == TEMPFAIL and b"may still stand" in p.stderr and b"same command again" in p.stderr
    db.close()
    assert cli("purge", "--all", "--yes").returncode == 0
    assert files_with_marker(cli) == []


def test_a_writer_that_stays_makes_it_fail_and_delete_nothing(cli):
    fill(cli)
    db = sqlite3.connect(database(cli), isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    p = cli("purge", "--all", "--yes", "--wait", "1")
    assert p.returncode == UNAVAILABLE and b"Another process is writing" in p.stderr
    assert 0.9 < time.monotonic() - started < 20
    db.rollback()
    db.close()
    assert set(count(cli).values()) == {1}


def test_programs_that_record_meanwhile_lose_no_row_and_the_purge_ends(cli):
    fill(cli, times=3)
    done = []
    thread = threading.Thread(target=lambda: done.append(cli.record(quickstart(), times=200)))
    thread.start()
    while not done:
        assert cli("purge", "--originals", "--yes").returncode == 0
    thread.join()
    rows = count(cli)
    assert rows["requests"] == 203 and rows["originals"] <= 1


def test_killed_at_any_time_it_leaves_a_sound_database_with_all_or_nothing(cli):
    noise = random.Random(3)
    for i in range(25):
        fill(cli, first=i)
        p = subprocess.Popen([BUILD / "headroom", "purge", "--all", "--yes"], env=cli.env, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        time.sleep(noise.uniform(0, 0.02))
        p.send_signal(signal.SIGKILL)
        p.wait()
        rows = count(cli)
        assert len(set(rows.values())) == 1, rows
    assert cli("purge", "--all", "--yes").returncode == 0
    assert files_with_marker(cli) == []
    assert set(count(cli).values()) == {0}


def test_full_file_size_limit_is_an_error_with_the_rows_as_they_were(cli):
    """The transaction cannot be written: nothing is deleted."""
    fill(cli, times=3)
    p = subprocess.run(["bash", "-c", f"ulimit -f 1; exec '{BUILD}/headroom' purge --all --yes"], env=cli.env,
                       capture_output=True, check=False)
    assert p.returncode == UNAVAILABLE and b"disk_full" in p.stderr
    assert set(count(cli).values()) == {3}
    assert os.path.exists(database(cli))
