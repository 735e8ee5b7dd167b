"""Figures reconciled: processes at once, in every dialect, streams, codings, cut answers and refusals mixed in. What the database holds of
each request is what the API told of it, and all sums are the API's own.

HEADROOM_RECONCILE=10000: so many requests; a small part of them in `make test`.
"""
import collections
import json
import os
import random
import sys

import conftest
import pytest
import usage_requests

REQUESTS = int(os.environ.get("HEADROOM_RECONCILE", "320"))
PROCESSES = 8
CODINGS = ("", "", "", "gzip", "br", "zstd", "deflate", "bare", "gzip,br")


def request(rng, model):
    """One request of any kind."""
    stream = rng.random() < 0.6
    fields = {"X-Test-Usage": f"{rng.randrange(5000, 200000)},{rng.randrange(5000)},{rng.randrange(9000)}",
              "X-Test-Say": "word " * rng.randrange(1, 60), "X-Test-Coding": rng.choice(CODINGS)}
    cut, fate = None, rng.random()
    if fate < 0.08:
        fields["X-Test-Status-Once"] = rng.choice(("429", "500", "529"))  # sent again, a row of its own
    elif fate < 0.12:
        fields["X-Test-Status"] = rng.choice(("400", "404"))
    elif fate < 0.22:
        fields.update({"X-Test-Abort": "1", "X-Test-Coding": rng.choice(("", "gzip"))})
    elif fate < 0.30:
        cut = rng.randrange(1, 3000)
        fields["X-Test-Coding"] = rng.choice(("", "gzip"))
    if rng.random() < 0.05:
        fields["X-Test-Chunked"] = "1"
    way = rng.choice(sorted(usage_requests.WAYS))
    line = usage_requests.made(way, model, stream, {k: v for k, v in fields.items() if v}, cut)
    line["path"] += ("&" if "?" in line["path"] else "?") + "r=" + model  # "once" is told by the target
    return line


def talk(run, url, files):
    """What each process said of its answers: [(number, status, bytes, whole)]."""
    children = [run.start([*conftest.python_program("client_many.py"), url, f], preload=True, env={"HEADROOM_DEADLINE_MS": "10000"})
                for f in files]
    said = []
    for child in children:
        out, err = child.communicate(timeout=1200)
        assert child.returncode == 0 and not err, err[-2000:]
        said.append([tuple(map(int, line.split())) for line in out.decode().splitlines()])
    return said


def sums(rows):
    known = [r for r in rows if any(v >= 0 for v in r[3:7])]
    return {"requests": len(rows), "failed": sum(1 for r in rows if r[1] == 0 or r[1] >= 400), "reported": len(known),
            **{name: sum(max(r[i], 0) for r in known) for name, i in (("input", 3), ("output", 4), ("cached", 5), ("cache_written", 6))}}


def totals(run, by):
    done = run([sys.executable, conftest.HERE / "totals.py", conftest.BUILD / "libheadroom.so", by])
    assert done.returncode == 0, done
    return json.loads(done.stdout)


@pytest.mark.usefixtures("needs_library")
def test_the_sums_are_the_api_s_own(run, certs, tmp_path):
    rng = random.Random(7)
    files = []
    for p in range(PROCESSES):
        files.append(tmp_path / f"requests{p}")
        with files[-1].open("w") as f:
            for i in range(REQUESTS // PROCESSES):
                f.write(json.dumps(request(rng, f"m-{p}-{i}")) + "\n")
    with conftest.llm_api.LlmApi(certs) as api:
        said = talk(run, api.url, files)
        answered = collections.defaultdict(list)
        for r in api.requests:
            answered[r.target.rpartition("r=")[2]].append(r)
    expected, apis = [], collections.defaultdict(list)
    for p, answers in enumerate(said):
        assert len({i for i, *_ in answers}) == REQUESTS // PROCESSES
        for i, status, n, whole in answers:
            r = answered[f"m-{p}-{i}"].pop(0)
            assert r.status == status, (r.head, r.error)
            row = usage_requests.expected(r, f"m-{p}-{i}", n, bool(whole))
            expected.append(row)
            apis[r.dialect].append(row)
    assert not any(answered.values())
    # The API's figures are those that were asked for.
    whole = [r for r in expected if r[1] == 200 and r[2]]
    assert len(whole) > REQUESTS / 2 and sum(1 for r in whole if r[3] < 0) < REQUESTS / 5
    # Each request, and the sums.
    assert usage_requests.rows(run.state) == sorted(expected, key=str)
    picked = ("requests", "failed", "reported", "input", "output", "cached", "cache_written")
    assert {k: totals(run, 0)[""][k] for k in picked} == sums(expected)
    assert {api: {k: t[k] for k in picked} for api, t in totals(run, 4).items()} == {api: sums(rows) for api, rows in apis.items()}
    shown = json.loads(run.headroom("stats", "--json"))
    assert shown["requests"]["total"] == len(expected) and shown["requests"]["failed"] == sums(expected)["failed"]
    assert shown["tokens"]["output"] == sums(expected)["output"]
