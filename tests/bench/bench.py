#!/usr/bin/env python3
"""`make bench` and `make bench-check`: run the benches, print one table of all rows with their goals (goals.py).

usage: bench.py --build DIR [--rows "WORD ..."] [--check] [--json] [--from FILE]

--rows   only groups, or rows, of these names or beginnings of names ("locate", "locate.sse2")
--check  measure what missed its goal up to three times more, keep the best, exit 1 and name the rows that still miss
--json   print what was measured, one object a line, instead of the table
--from   judge the lines that --json printed, measure nothing
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time

import goals
import look
import scale
import stats
import token_speed
import traced

HERE = pathlib.Path(__file__).resolve().parent
RETRIES = 3
TIMEOUT = 120   # seconds for one program; none takes twenty


class Failed(Exception):
    pass


class Bench:
    def __init__(self, build, directory):
        self.build, self.directory = build, directory
        self.preload, self.core = str(build / "libheadroom_preload.so"), str(build / "libheadroom.so")
        clean = {k: v for k, v in os.environ.items() if not k.startswith("HEADROOM_") and k != "LD_PRELOAD"}
        self.env = {**clean, "BENCH_DIR": str(directory)}
        self.trace = directory / "strace"

    def program(self, name):
        return self.build / "tests" / "bench" / ("bench_" + name)

    def lines(self, argv, **env):
        done = subprocess.run([str(a) for a in argv], env={**self.env, **env}, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT)
        if done.returncode != 0:
            raise Failed(f"{' '.join(str(a).rpartition('/')[2] for a in argv)} failed ({done.returncode})")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def run(self, name, *args, **env):
        return self.lines([self.program(name), *args], **env)

    def start(self):
        return self.run("start", self.preload) + [
            {"row": "start.instructions", "ours": traced.instructions_more(self.env, self.preload)},
            {"row": "start.system", "ours": traced.system_calls_more(self.env, self.preload, self.trace)}]

    def gate(self):
        calls = traced.between_marks([self.program("gate"), "traced"], self.env, self.trace)
        return self.run("gate") + [{"row": "gate.system", "ours": calls}]

    def locate(self):
        return self.run("locate") + self.run("locate", "sse2", SIMDJSON_FORCE_IMPLEMENTATION="westmere")

    def ledger(self):
        syncs = traced.between_marks([self.program("ledger"), "traced", 50], self.env, self.trace,
                                     {"fsync", "fdatasync", "sync_file_range", "msync", "sync", "syncfs"})
        return self.run("ledger") + [{"row": "ledger.fsync", "ours": syncs}]

    def stats(self):
        with tempfile.TemporaryDirectory(dir=self.directory) as directory:
            found = stats.rows(self.build, directory)
        return found + self.run("stats")

    def transform(self):
        bodies = self.directory / "bodies"
        subprocess.run([sys.executable, HERE / "gen.py", bodies, "1"], check=True, timeout=TIMEOUT, stdout=subprocess.DEVNULL)
        rows = self.run("transform")
        for case in goals.SCENARIOS:
            rows += self.run("transform", "results", bodies / f"{case}.anthropic.json")
        return rows + scale.measure(self) + scale.work(self)

    def token(self):
        return token_speed.measure(self)

    def look(self):
        return look.Look(self).measure()

    def proxy(self):
        directory = tempfile.mkdtemp(dir=self.directory)
        return self.lines([sys.executable, HERE / "bench_proxy.py", self.preload, directory])

    def group(self, name):
        """What a group measured, by row; none of it where one of its programs failed, which said why."""
        special = {"pass": lambda: self.run("pass", LD_PRELOAD=self.preload),
                   "response": lambda: self.run("response", LD_PRELOAD=self.preload), "first": lambda: self.run("first", self.core)}
        try:
            if hasattr(type(self), name):
                found = getattr(self, name)()
            else:
                found = special.get(name, lambda: self.run(name))()
        except (Failed, RuntimeError, subprocess.SubprocessError) as e:
            print(f"bench: {name}: {e}", file=sys.stderr)
            return {}
        return {line["row"]: line for line in found}


# ------------------------------------------------------------------ the table
def number(x, unit):
    if unit == "bytes":
        return f"{x / 1e6:.1f} MB"
    if unit == "MB/s":
        return f"{1e9 / x:,.0f} MB/s"
    if unit != "ns":
        return f"{x:,.0f}"
    factor, name = next(((f, n) for f, n in ((1, "ns"), (1e3, "us")) if x < 999.5 * f), (1e6, "ms"))
    digits = 0 if x >= 99.5 * factor or (name == "ns" and x >= 10) else 2
    return f"{x / factor:.{digits}f} {name}"


def goal(row, x):
    if x is None:
        return ""
    sign = ">=" if row.kind in (goals.SPEED, goals.RATE) else "<="
    if row.kind == goals.RATE:
        return f"{sign} {x:g} MB/s"
    if row.kind in (goals.TIME, goals.SPEED):
        return f"{sign} {x:g}x"
    return f"{sign} " + (number(x, row.unit) if row.kind == goals.LIMIT else f"{x:,.0f}")


def cells(row, m):
    if m is None or "absent" in m:
        return [row.what, "", row.peer, "", "", goal(row, row.must), goal(row, row.aim), goals.verdict(row, m)]
    v = goals.value(row, m)
    if row.kind == goals.RATE:
        ratio = f"{m['ours'] / m['peer']:.1f}x"
    elif row.kind in (goals.TIME, goals.SPEED):
        ratio = f"{v:.2f}x"
    else:
        ratio = f"/{m['machine']:.2f}" if row.must is not None and m.get("machine", 1) > 1 else ""
    return [row.what, number(m["ours"], row.unit), row.peer, number(m["peer"], row.unit) if "peer" in m else "", ratio,
            goal(row, row.must), goal(row, row.aim), goals.verdict(row, m)]


def table(rows, measured):
    lines = [["row", "ours", "peer", "peer's", "ratio", "must", "aim", "verdict"]]
    lines += [cells(row, measured.get(row.name)) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(8)]
    right = {1, 3, 4}
    for i, line in enumerate(lines):
        print("  ".join(c.rjust(w) if k in right else c.ljust(w) for k, (c, w) in enumerate(zip(line, widths))).rstrip())
        if i == 0 or (i < len(rows) and rows[i].group != rows[i - 1].group):
            print("-" * (sum(widths) + 14) if i == 0 else "")


def header():
    try:
        cpu = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    except (OSError, StopIteration):
        cpu = platform.machine()
    compiler = subprocess.run([os.environ.get("CC", "gcc"), "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    print(f"{cpu}, {os.cpu_count()} cores; Linux {platform.release()}; {compiler}; {time.strftime('%Y-%m-%d')}")
    print("Medians; both sides of a ratio in turn in one run. /n: as much slower is this machine than the one for which a goal in time was written.\n")


# ------------------------------------------------------------------ judging
def complain(rows, measured):
    missed = [row for row in rows if goals.misses(row, measured.get(row.name), goals.MARGIN)]
    for row in missed:
        m = measured.get(row.name)
        got = "not measured" if m is None else f"{goals.value(row, m):.3g}"
        print(f"bench-check: {row.name} misses its goal: {got}, must be {goal(row, row.must)} ({row.what.strip()}"
              + (f", against {row.peer})" if row.peer else ")"), file=sys.stderr)
    return missed


def again(bench, rows, measured):
    """Machines are shared: what missed is measured again before it is said."""
    for _ in range(RETRIES):
        missed = {row.group for row in rows if goals.misses(row, measured.get(row.name), goals.MARGIN)}
        for group in sorted(missed):
            fresh = bench.group(group)
            for row in rows:
                if row.group == group:
                    measured[row.name] = goals.better(row, measured.get(row.name), fresh.get(row.name))


def main():
    p = argparse.ArgumentParser(description="Measure speed and memory against the goals.")
    p.add_argument("--build", type=pathlib.Path)
    p.add_argument("--rows", default="")
    p.add_argument("--check", action="store_true")
    p.add_argument("--json", action="store_true")
    p.add_argument("--from", dest="source", type=pathlib.Path)
    args = p.parse_args()
    words = args.rows.replace(",", " ").split()
    rows = [r for r in goals.ROWS if not words or any(r.group == w or r.name == w or r.name.startswith(w + ".") for w in words)]
    if not rows:
        sys.exit(f"bench: no row of that name; groups: {' '.join(goals.GROUPS)}")
    if args.source:
        measured = {m["row"]: m for m in map(json.loads, args.source.read_text().splitlines())}
    else:
        directory = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=args.build))
        try:
            bench, measured = Bench(args.build.absolute(), directory.absolute()), {}
            for group in dict.fromkeys(r.group for r in rows):
                measured.update(bench.group(group))
            if args.check:
                again(bench, rows, measured)
        except FileNotFoundError as e:
            sys.exit(f"bench: {e.filename} is missing; `make deps` installs what the benches need")
        finally:
            shutil.rmtree(directory, ignore_errors=True)
    if args.json:
        for row in rows:
            if row.name in measured:
                print(json.dumps(measured[row.name]))
    else:
        header()
        table(rows, measured)
    missed = args.check and complain(rows, measured)
    if missed or (not args.check and any(row.name not in measured for row in rows)):
        sys.exit(1)


if __name__ == "__main__":
    main()
