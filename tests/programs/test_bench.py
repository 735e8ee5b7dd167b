"""`make bench-check` fails where, and only where, a goal is missed: judged on given measurements, nothing is timed here."""
import json
import pathlib
import subprocess
import sys

import pytest

BENCH = pathlib.Path(__file__).resolve().parents[1] / "bench"
sys.path.insert(0, str(BENCH))
import goals  # noqa: E402

GOOD = [{"row": "ledger.p50", "ours": 19000, "peer": 1000}, {"row": "ledger.p99", "ours": 100000, "peer": 5000},
        {"row": "ledger.fsync", "ours": 0}, {"row": "ledger.others.p99", "ours": 300e3, "machine": 1.0}]


def check(tmp_path, lines, rows="ledger"):
    source = tmp_path / "measured"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return subprocess.run([sys.executable, BENCH / "bench.py", "--from", source, "--rows", rows, "--check"], capture_output=True, text=True)


def changed(row, **fields):
    return [{**line, **fields} if line["row"] == row else line for line in GOOD]


def test_goals_that_are_met_pass_and_stand_in_the_table(tmp_path):
    done = check(tmp_path, GOOD)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "19.00x" in done.stdout and "MISS" not in done.stdout


@pytest.mark.parametrize("ours, code", [(20000, 0), (24900, 0), (25100, 1), (90000, 1)])
def test_a_ratio_fails_beyond_the_margin(tmp_path, ours, code):
    done = check(tmp_path, changed("ledger.p50", ours=ours))
    assert done.returncode == code
    assert ("ledger.p50 misses its goal" in done.stderr) == bool(code)
    assert ("MISS" in done.stdout) == (ours > 20000), "the table shows what is missed within the margin too"


def test_a_count_has_no_margin(tmp_path):
    done = check(tmp_path, changed("ledger.fsync", ours=1))
    assert done.returncode == 1 and "ledger.fsync" in done.stderr


def test_a_goal_in_time_follows_the_machine(tmp_path):
    assert check(tmp_path, changed("ledger.others.p99", ours=900e3)).returncode == 1
    assert check(tmp_path, changed("ledger.others.p99", ours=900e3, machine=2.0)).returncode == 0


def test_speed_is_the_other_way_round(tmp_path):
    for peer, code in ((200, 0), (170, 0), (150, 1)):
        done = check(tmp_path, [{"row": "decode.c", "ours": 100, "peer": peer}], "decode.c")
        assert done.returncode == code, (peer, done.stderr)


def test_what_was_not_measured_is_missed(tmp_path):
    done = check(tmp_path, GOOD[1:])
    assert done.returncode == 1 and "ledger.p50 misses its goal: not measured" in done.stderr


def test_a_row_that_does_not_exist_is_an_error(tmp_path):
    assert "groups:" in check(tmp_path, GOOD, "nonsense").stderr


def test_the_printed_table_has_every_row():
    printed = (BENCH.parents[1] / "docs" / "performance.md").read_text()
    for row in goals.ROWS:
        assert "\n" + row.what + "  " in printed, f"docs/performance.md lacks {row.what!r}: paste the output of `make bench`"


def test_every_group_has_its_program():
    assert len({row.name for row in goals.ROWS}) == len(goals.ROWS)
    for group in goals.GROUPS:
        assert (BENCH / f"bench_{group}.c").exists() or (BENCH / f"bench_{group}.py").exists(), group
