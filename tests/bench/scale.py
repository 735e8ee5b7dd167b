"""Does `headroom simulate` take as long for each megabyte of a large result as for those of a small one, in bounded memory? And is a text
that was made to cost much no more work, byte for byte, than a log?"""
import json
import os
import statistics
import subprocess

import goals
import traced

MEGABYTES = (1, 4, 16, 64)
ROUNDS = {1: 5, 4: 3, 16: 3, 64: 1}
PATIENCE = "60000"      # milliseconds for the decisions of one request: the whole of the work is to be seen


def _simulate(bench, body, env):
    """Processor time in nanoseconds and peak memory in bytes; the result must have been rewritten."""
    argv = [str(bench.build / "headroom"), "simulate", "--json", str(body)]
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE) as process:
        said = json.load(process.stdout)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 or said["tokens"]["saved"] <= 0:
        raise RuntimeError(f"simulate saves nothing of {body.name}")
    return (used.ru_utime + used.ru_stime) * 1e9, used.ru_maxrss * 1024


def work(bench):
    """Instructions a byte, by callgrind, of texts that were made to cost much, beside those of a log."""
    size, out = 250000, bench.directory / "callgrind"
    count = {kind: traced.instructions_of_a_round([str(bench.program("transform")), "run", kind, str(size)], bench.env, out) / size
             for kind in ["rows", *goals.ADVERSE]}
    return [{"row": f"work.{kind}", "ours": count[kind], "peer": count["rows"]} for kind in goals.ADVERSE]


def measure(bench):
    env = {**bench.env, "HOME": str(bench.directory), "XDG_STATE_HOME": str(bench.directory / "simulate"),
           "HEADROOM_DEADLINE_MS": PATIENCE}
    rows = []
    for kind in goals.GROWTH:
        per_mb = {}
        for n in MEGABYTES:
            body = bench.directory / f"{kind}.{n}.json"
            with open(body, "wb") as out:
                subprocess.run([bench.program("transform"), "body", kind, str(n * 1000 * 1000)], check=True, stdout=out, timeout=120)
            runs = [_simulate(bench, body, env) for _ in range(ROUNDS[n])]
            per_mb[n] = statistics.median(t for t, _ in runs) / n
            if n > 1:
                rows.append({"row": f"simulate.{kind}.{n}", "ours": per_mb[n], "peer": per_mb[1]})
            if n == MEGABYTES[-1]:
                rows.append({"row": f"simulate.{kind}.memory", "ours": max(m for _, m in runs), "peer": body.stat().st_size})
            body.unlink()
    return rows
