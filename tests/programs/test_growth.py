"""How large the database becomes: requests of several processes through the library, with settings that keep little. HEADROOM_GROWTH=100000 sends that
many and prints the size after each tenth."""
import contextlib
import json
import os
import sqlite3

import pytest

import conftest

pytestmark = pytest.mark.usefixtures("needs_library")

REQUESTS = int(os.environ.get("HEADROOM_GROWTH", "2000"))
PROCESSES, PARTS = 4, 10
KEPT = REQUESTS // 10
# Decisions and originals count as too old at once, so that age is at work within a test, too.
LITTLE = {"HEADROOM_REQUESTS_MAX": str(KEPT), "HEADROOM_REPLACEMENTS_DAYS": "0", "HEADROOM_ORIGINALS_DAYS": "0",
          "HEADROOM_DEADLINE_MS": "60000"}


def grow(run, part, env):
    """One tenth of all requests, by several processes at once."""
    each = REQUESTS // PARTS // PROCESSES
    started = [run.start([conftest.BUILD / "tests" / "programs" / "grow", str(part * PROCESSES + i), str(each)], env=env)
               for i in range(PROCESSES)]
    for p in started:
        out, err = p.communicate(timeout=1800)
        assert p.returncode == 0 and int(out) == each, err


def look(run):
    """Bytes that hold something, of the file and its log; and rows."""
    path = run.state / "headroom.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        (pages,), (free,), (size,) = (db.execute(f"PRAGMA {p}").fetchone() for p in ("page_count", "freelist_count", "page_size"))
        rows = {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("requests", "decisions", "originals")}
    return {"bytes": pages * size, "used": (pages - free) * size, **rows}


def total(run):
    done = run([conftest.COMMAND, "stats", "--json"])
    assert done.returncode == 0, done
    return json.loads(done.stdout)["requests"]["total"]


def test_a_database_grows_to_what_is_kept_and_no_further(run):
    seen = []
    for part in range(PARTS):
        grow(run, part, LITTLE)
        seen.append(look(run))
        print(f"{REQUESTS // PARTS * (part + 1):9,} requests", json.dumps(seen[-1]))
    # what is under way is beyond the cap: each process lets the oldest go with one of 16 that it stores
    assert all(s["requests"] <= KEPT + 16 * PROCESSES for s in seen)
    assert seen[-1]["requests"] >= KEPT
    assert seen[-1]["used"] <= 1.25 * seen[PARTS // 2 - 1]["used"], seen
    assert max(seen[-1]["decisions"], seen[-1]["originals"]) < REQUESTS // 4, "those too old go, too"
    assert total(run) == REQUESTS // PARTS // PROCESSES * PROCESSES * PARTS, "sums hold what went"


def test_what_a_request_takes_by_default(run):
    """Nothing of a day's requests is too old: a request and its decision take some KB, and the bound is requests.max of them."""
    grow(run, 0, {"HEADROOM_DEADLINE_MS": "60000"})
    first = look(run)
    grow(run, 1, {"HEADROOM_DEADLINE_MS": "60000"})
    second = look(run)
    each = (second["used"] - first["used"]) / (second["requests"] - first["requests"])
    print(f"{each:,.0f} bytes a request")
    assert second["requests"] == 2 * first["requests"] and each < 8192
