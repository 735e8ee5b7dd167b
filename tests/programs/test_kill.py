"""kill -9 at any moment: the database opens, no request is counted twice, and missing are at most those whose answer had not ended and the
last ones of the killed process, which were in its ring.

HEADROOM_KILLS=1000: so many kills; a small part of them in `make test`.
"""
import collections
import concurrent.futures
import functools
import json
import os
import random
import signal
import sqlite3
import time

import conftest
import conversations
import pytest
import usage_requests

KILLS = int(os.environ.get("HEADROOM_KILLS", "32"))
AT_ONCE = 8
REQUESTS = 60  # of a process, if it lives so long
RING = 64


result_text = functools.cache(conversations.result_text)


def write_requests(path, p):
    """Half of them with a tool result that is new: decisions and originals are written, too."""
    with path.open("w") as f:
        for i in range(REQUESTS):
            model = f"m-{p}-{i}"
            line = usage_requests.made("anthropic", model, i % 3 == 0, {"X-Test-Usage": "100,0,10"})
            if i % 2:
                line["body"] = json.dumps({"model": model, "max_tokens": 9, "messages": [
                    {"role": "user", "content": "What is wrong?"},
                    {"role": "assistant", "content": [{"type": "tool_use", "id": f"toolu_{p}_{i}", "name": "query_services", "input": {}}]},
                    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"toolu_{p}_{i}",
                                                  "content": result_text(i % 7)}]}]})
            f.write(json.dumps(line) + "\n")


def killed(run, url, path, p):
    """Start, kill at a random moment; the numbers of the answers that had ended, in order."""
    rng = random.Random(p)
    write_requests(path, p)
    child = run.start([*conftest.python_program("client_many.py"), url, path], preload=True)
    if rng.random() < 0.95:
        child.stdout.readline()
        time.sleep(rng.random() * 0.25)
    else:
        time.sleep(rng.random() * 0.3)
    os.kill(child.pid, signal.SIGKILL)
    out, err = child.communicate()
    path.unlink()
    assert not err, err
    lines = out.decode().splitlines()
    ended = [int(line.split()[0]) for line in lines if len(line.split()) == 4]
    return ended if not ended or ended[0] == 0 else [0, *ended]  # the first line was read above


@pytest.mark.usefixtures("needs_library")
def test_a_kill_at_any_moment_loses_the_last_rows_at_most(run, certs, tmp_path):
    with conftest.llm_api.LlmApi(certs) as api, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        ended = list(pool.map(lambda p: killed(run, api.url, tmp_path / f"requests{p}", p), range(KILLS)))
        arrived = {json.loads(r.body)["model"] for r in api.requests if r.body}
    with sqlite3.connect(run.state / "headroom.db") as db:
        assert db.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        rows = [model for model, in db.execute("SELECT model FROM requests ORDER BY id")]
    twice = [m for m, n in collections.Counter(rows).items() if n > 1]
    assert not twice
    assert set(rows) <= arrived
    missing = 0
    for p, numbers in enumerate(ended):
        there = [f"m-{p}-{i}" in set(rows) for i in numbers]
        gone = there.count(False)
        assert gone <= RING and there == [True] * (len(there) - gone) + [False] * gone, (p, there)
        missing += gone
    assert sum(1 for e in ended if 0 < len(e) < REQUESTS) > KILLS / 4, "most were to be killed amid their requests"
    print(f"{KILLS} kills, {sum(map(len, ended))} answers ended, {len(rows)} rows, {missing} missing, 0 twice")
    shown = json.loads(run.headroom("stats", "--json"))
    assert shown["requests"]["total"] == len(rows)
