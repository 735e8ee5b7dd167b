"""A database of a million requests for the row `stats`, and how long `headroom stats --json` takes on it."""
import json
import os
import pathlib
import resource
import sqlite3
import subprocess
import sys
import time

ROWS = 1_000_000
DAYS = 89   # all of them are still there by their time
# Four programs, six models, three hosts: some 72 groups; every quarter of an hour has requests of some of them.
FILL = """
INSERT INTO requests(session, time, pid, program, host, path, dialect, model, mode, stream, status, complete, tokens_before, tokens_after,
    bytes_before, bytes_after, usage, input_tokens, output_tokens, cached_tokens, elapsed_us, transforms, results, rewritten, replayed,
    results_json, cache_written, conversation, unique_before, unique_after, cost, saved)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :rows - 1)
SELECT i / 500, :from + i * :step, 1000 + i / 500, 'program' || (i * 7919 / 13 % 4), 'api' || (i * 104729 / 7 % 3) || '.example.com',
    '/v1/messages', 'anthropic', 'model' || (i * 15485863 / 11 % 6), 'optimize', 1, CASE WHEN i % 50 THEN 200 ELSE 529 END, 1,
    60000 + i % 1000, 40000 + i % 1000, 240000, 160000, '{"input_tokens":12,"cache_read_input_tokens":39000,"output_tokens":300}',
    41000 + i % 1000, 300, 39000, 900, 'smart_crusher', 30, 10, 9,
    '[{"call_id":"toolu_01","tool":"Bash","kind":"log","transform":"log_lines","reason":null,"id":"00","lossless":false,"replayed":true,'
    || '"tokens_before":2000,"tokens_after":200,"kept":15,"of":500}]',
    500, i / 40, 2000, 200, 20000000, 5000000
FROM n
"""


def build(program, env):
    """Rows in, and no sums: it is what an older database goes through. How much processor its first opener takes, and the CLI with the sums."""
    send(program, env)
    database = pathlib.Path(env["XDG_STATE_HOME"]) / "headroom" / "headroom.db"
    db = sqlite3.connect(database)
    step = DAYS * 86_400_000_000 // ROWS
    db.executescript("DROP TABLE sums; DROP TABLE tool_sums; DROP TABLE groups; DROP TABLE tallies; DROP INDEX requests_time; "
                     "DROP INDEX requests_session; ALTER TABLE decisions DROP COLUMN counted; ALTER TABLE requests DROP COLUMN factor; "
                     "ALTER TABLE requests DROP COLUMN factor_off")
    db.execute(FILL, {"rows": ROWS, "from": int(time.time() * 1e6) - DAYS * 86_400_000_000, "step": step})
    db.execute("PRAGMA user_version=6")
    db.commit()
    db.close()
    host, _ = processor(lambda: send(program, env))
    took, (_, total) = processor(lambda: stats(program, env))
    if total != ROWS:
        raise RuntimeError(f"stats says {total} of {ROWS} requests")
    return host * 1e9, took * 1e9, database.stat().st_size / ROWS


def send(program, env):
    """What a host does with the database at its first request, in a process of its own."""
    subprocess.run([program, "simulate", "--state", "-"], env=env, check=True, capture_output=True,
                   input=b'{"model":"m","messages":[{"role":"user","content":"Hello"}]}')


def stats(program, env):
    start = time.monotonic()
    done = subprocess.run([program, "stats", "--json"], env=env, check=True, capture_output=True)
    return (time.monotonic() - start) * 1e9, json.loads(done.stdout)["requests"]["total"]


# What is asked for again and again: a scrape, the page of a month as `serve` writes it, the last lines of the log, and those of some hours.
COMMANDS = {"metrics": ["metrics"], "page": ["report", "-o", "-"], "log": ["log", "-n", "20"], "log.since": ["log", "--since", "1h"]}


def processor(run):
    """Seconds of the processor that the processes which `run` starts take, and what it returns: what else the machine does adds nothing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    value = run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, value


def command(program, env, *argv):
    """Nanoseconds of the processor that one takes at its best, of seven."""
    return min(processor(lambda: subprocess.run([program, *argv], env=env, check=True, stdout=subprocess.DEVNULL))[0] for _ in range(7)) * 1e9


# Queries as the CLI makes them, in a process of their own: seconds of its processor for each grouping.
SUMS = """
import ctypes, sys, time
core = ctypes.CDLL(sys.argv[1])
core.headroom_open.restype = ctypes.c_void_p
callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int64))
h = ctypes.c_void_p(core.headroom_open(2))
for by in (1, 3):
    best, seen = 1e9, 0
    for _ in range(7):
        requests = []
        call = callback(lambda arg, name, totals: requests.append(totals[0]) or 0)
        start = time.process_time()
        core.headroom_each_total(h, ctypes.c_int64(0), ctypes.c_int64(2**63 - 1), by, call, None)
        best, seen = min(best, time.process_time() - start), sum(requests)
    print(best, seen)
"""


def sums(core, env):
    done = subprocess.run([sys.executable, "-c", SUMS, core], env={**env, "TZ": "XXX-5:30"}, check=True, capture_output=True, text=True)
    found = [line.split() for line in done.stdout.splitlines()]
    if any(int(n) != ROWS for _, n in found):
        raise RuntimeError(f"sums are not those of {ROWS} requests: {found}")
    return [float(t) * 1e9 for t, _ in found]


def rows(build_directory, directory):
    program = build_directory / "headroom"
    env = {"PATH": os.environ["PATH"], **dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), str(directory))}
    opened, migration, per_row = build(program, env)
    times = sorted(stats(program, env)[0] for _ in range(21))
    seen = [{"row": f"stats.{name}", "ours": command(program, env, *argv)} for name, argv in COMMANDS.items()]
    by_day, by_model = sums(build_directory / "libheadroom.so", env)
    return [{"row": "stats.day", "ours": by_day}, {"row": "stats.model", "ours": by_model},
            {"row": "stats.json", "ours": times[len(times) // 2]}, {"row": "stats.json.max", "ours": times[-1]},
            *seen, {"row": "stats.opened", "ours": opened}, {"row": "stats.migration", "ours": migration}, {"row": "stats.bytes", "ours": per_row}]
