"""`make bench-check` fails where, and only where, a goal is missed: judged on given measurements, nothing is timed here."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

import conftest

BENCH = pathlib.Path(__file__).resolve().parents[1] / "bench"
sys.path.insert(0, str(BENCH))
import goals  # noqa: E402
import look  # noqa: E402
import traced  # noqa: E402

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


def test_a_goal_of_none_has_no_margin(tmp_path):
    done = check(tmp_path, changed("ledger.fsync", ours=1))
    assert done.returncode == 1 and "ledger.fsync" in done.stderr


def test_a_goal_in_time_follows_the_machine(tmp_path):
    assert check(tmp_path, changed("ledger.others.p99", ours=900e3)).returncode == 1
    assert check(tmp_path, changed("ledger.others.p99", ours=900e3, machine=2.0)).returncode == 0


def test_a_rate_is_in_megabytes_a_second_and_follows_the_machine(tmp_path):
    row = goals.Row("transform:transform.rows", "rows", "memcpy", goals.RATE, 200, 400, "MB/s")
    slow = {"row": row.name, "ours": 8e6, "peer": 1e5}
    assert goals.value(row, slow) == 125 and goals.misses(row, slow) and goals.verdict(row, slow) == "MISS"
    assert not goals.misses(row, {**slow, "machine": 2.0}) and not goals.misses(row, {**slow, "ours": 5e6})
    assert goals.verdict(row, {**slow, "ours": 2.5e6}) == "aim"
    assert goals.better(row, slow, {**slow, "ours": 5e6})["ours"] == 5e6
    done = check(tmp_path, [slow], "transform.rows")
    assert "125 MB/s" in done.stdout and "10,000 MB/s" in done.stdout and "80.0x" in done.stdout and ">= 200 MB/s" in done.stdout


def test_speed_is_the_other_way_round(tmp_path):
    for peer, code in ((200, 0), (170, 0), (150, 1)):
        done = check(tmp_path, [{"row": "decode.c", "ours": 100, "peer": peer}], "decode.c")
        assert done.returncode == code, (peer, done.stderr)


def test_what_was_not_measured_is_missed(tmp_path):
    done = check(tmp_path, GOOD[1:])
    assert done.returncode == 1 and "ledger.p50 misses its goal: not measured" in done.stderr


def test_what_is_not_here_is_named_and_not_missed(tmp_path):
    done = check(tmp_path, changed("ledger.p50", absent="not fetched"))
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert any("one decision committed, p50" in line and line.endswith("not fetched") for line in done.stdout.splitlines())


def test_a_row_that_does_not_exist_is_an_error(tmp_path):
    assert "groups:" in check(tmp_path, GOOD, "nonsense").stderr


LOUD = """
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
static void *nothing(void *p) { return p; }
__attribute__((constructor)) static void loud(void)
{
    pthread_t t;
    DIR *d;
    if (getenv("LOUD_FILE")) open("/etc/passwd", O_RDONLY);
    if (getenv("LOUD_THREAD")) pthread_create(&t, NULL, nothing, NULL), pthread_join(t, NULL);
    if (getenv("LOUD_SCAN")) d = opendir("/"), readdir(d), closedir(d);
}
"""
MARKED = """
#include <unistd.h>
int main(int argc, char **argv)
{
    getppid();
    write(-1, "begin", 5);
    for (int i = 1; i < argc; i++) { getppid(); getpgrp(); }
    write(-1, "end", 3);
    getppid();
    return 0;
}
"""


def compiled(tmp_path, text, *flags):
    (tmp_path / "source.c").write_text(text)
    out = tmp_path / "compiled"
    subprocess.run([conftest.need("gcc", "gcc"), "-w", *flags, tmp_path / "source.c", "-o", out, "-lpthread"], check=True)
    return out


def test_files_threads_and_scans_of_a_library_are_counted(tmp_path):
    conftest.need("strace", "strace")
    library = str(compiled(tmp_path, LOUD, "-shared", "-fPIC"))
    counts = [traced.system_calls_more({**os.environ, **more}, library, tmp_path / "trace")
              for more in ({}, {"LOUD_FILE": "1"}, {"LOUD_THREAD": "1"}, {"LOUD_SCAN": "1"})]
    assert counts[0] == 0 and counts[1] == 1 and min(counts[2:]) > 0, counts


def test_system_calls_between_marks_are_counted(tmp_path):
    conftest.need("strace", "strace")
    program = compiled(tmp_path, MARKED)
    counts = [traced.between_marks([program, *args], dict(os.environ), tmp_path / "trace", names)
              for args, names in (((), None), (("a",), None), (("a", "b"), {"getppid"}))]
    assert counts == [0, 2, 2]


def busy(name, times):
    return f"void {name}(void) {{ for (volatile int i = 0; i < {times}; i++) ; }}\n"


def test_instructions_of_a_start_count_the_library_and_not_the_program(tmp_path):
    conftest.need("valgrind", "valgrind")
    (tmp_path / "library").mkdir()
    library = compiled(tmp_path / "library", busy("slow", 50000).replace("void", "__attribute__((constructor)) void", 1), "-shared", "-fPIC")
    # of itself the program does much more where something is preloaded
    program = compiled(tmp_path, "#include <stdlib.h>\n#include <string.h>\n" + busy("slower", 900000)
                       + 'int main(void) { if (strstr(getenv("LD_PRELOAD"), "/library/")) slower(); return 0; }')  # valgrind sets it, too
    total, more = traced.start_more([str(program)], {"PATH": os.environ["PATH"]}, str(library), tmp_path / "out")
    assert total > 50000 and 50000 < more < 900000, (total, more)


def test_files_that_a_preloaded_program_opens_are_counted_by_name(tmp_path):
    conftest.need("strace", "strace")
    (tmp_path / "library").mkdir()
    library = str(compiled(tmp_path / "library", "int nothing;", "-shared", "-fPIC"))
    program = compiled(tmp_path, '#include <fcntl.h>\nint main(void) { open("/x/libelf.so.1", 0); open("/libelf/x", 0); return 0; }')
    assert traced.opened([program], dict(os.environ), library, tmp_path / "trace", ("libelf", "libZydis")) == 1


def test_each_look_has_its_program_and_each_program_its_rows():
    rows = {name for names in look.ROWS.values() for name in names}
    assert set(look.ROWS) == set(look.PROGRAMS) and {"look." + name for name in rows} <= {row.name for row in goals.ROWS}


def test_the_printed_table_has_every_row():
    printed = (BENCH.parents[1] / "docs" / "performance.md").read_text()
    for row in goals.ROWS:
        assert "\n" + row.what + "  " in printed, f"docs/performance.md lacks {row.what!r}: paste the output of `make bench`"


def test_every_group_has_its_program():
    assert len({row.name for row in goals.ROWS}) == len(goals.ROWS)
    for group in goals.GROUPS:
        assert (BENCH / f"bench_{group}.c").exists() or (BENCH / f"bench_{group}.py").exists(), group
