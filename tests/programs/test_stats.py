"""`headroom stats`: sums of spans and groups, each with its denominator, and equal to the rows that they are of."""
import json
import re
import sqlite3
import time

import pytest

from cli_user import USAGE, Cli, quickstart

ANSWER = b'{"usage": {"prompt_tokens": 1000, "completion_tokens": 40, "prompt_tokens_details": {"cached_tokens": 250}}}'
SHAPE = "requests tokens cost cache session config transforms".split()


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def body(model):
    request = json.loads(quickstart())
    request["model"] = model
    return json.dumps(request).encode()


def rows(cli):
    return [json.loads(line) for line in cli("log", "--json").stdout.splitlines()]


def change(cli, sql):
    with sqlite3.connect(cli.state / "headroom" / "headroom.db") as db:
        db.execute(sql)


@pytest.fixture
def recorded(cli):
    cli.record(body("gpt-4o"), answer=ANSWER, times=2)
    cli.record(body("gpt-4o-mini"), answer=ANSWER)
    cli.record(b"nonsense", path="/v1/messages", status=500)
    return cli


def test_a_span_has_the_rows_that_began_in_it(recorded):
    change(recorded, f"UPDATE requests SET time = time - {3 * 86400 * 10**6} WHERE id <= 2")
    for args, total in (((), 4), (("--today",), 2), (("--week",), 4), (("--since", "2d"), 2), (("--until", "2d"), 2),
                        (("--since", "all"), 4), (("--since", "2020-01-01", "--until", "2020-01-02"), 0)):
        s = recorded.json("stats", "--json", *args)
        assert list(s) == SHAPE and s["requests"]["total"] == total, args
    made = sum(r["tokens_before"] for r in rows(recorded)[:2])
    assert recorded.json("stats", "--json", "--until", "2d")["tokens"]["input"] == made
    assert re.search(rb"^span +from the beginning, until 2", recorded("stats", "--until", "2d").stdout, re.M)


@pytest.mark.parametrize("by, column", [("model", "model"), ("program", "program"), ("host", "host"), ("dialect", "dialect")])
def test_groups_are_the_sums_of_their_rows(recorded, by, column):
    told = recorded.json("stats", "--by", by, "--json")
    assert told["by"] == by and told["since"] is told["until"] is None
    every = rows(recorded)
    names = {r[column] or "" for r in every}
    assert {g["name"] for g in told["groups"]} == names
    for g in told["groups"] + [dict(told["total"], name=None)]:
        mine = [r for r in every if g["name"] is None or (r[column] or "") == g["name"]]
        made, sent = (sum(r[k] for r in mine) for k in ("tokens_before", "tokens_after"))
        assert g["requests"] == {"total": len(mine), "failed": sum(r["status"] == 500 for r in mine),
                                 "rewritten": sum(r["transforms"] != [] for r in mine)}
        assert (g["tokens"]["made"], g["tokens"]["sent"], g["tokens"]["saved"]) == (made, sent, made - sent)
        reported = [r for r in mine if r["usage"]]
        assert g["reported"]["requests"] == len(reported) and g["reported"]["input"] == 1000 * len(reported)
        assert g["reported"]["cached_percent"] == (25.0 if reported else 0) and g["cost"] is None
    order = [g["tokens"]["made"] for g in told["groups"]]
    assert order == sorted(order, reverse=True)


def test_unique_savings_count_a_replayed_result_once(recorded):
    total = recorded.json("stats", "--by", "model", "--json")["total"]
    saved = total["unique"]["saved"]
    assert 0 < saved < total["tokens"]["saved"] and total["tokens"]["saved"] == pytest.approx(3 * saved, rel=0.05)
    assert re.search(rf"^unique +{saved:,} tokens, .+ of the {total['unique']['made']:,} of rewritten results, each counted once$",
                     recorded("stats").stdout.decode(), re.M)


def test_tools_and_days(recorded):
    tools = recorded.json("stats", "--by", "tool", "--json")["groups"]
    (search,) = tools
    assert (search["name"], search["results"], search["rewritten"], search["replayed"]) == ("search", 3, 3, 2)
    change(recorded, f"UPDATE requests SET time = time - {86400 * 10**6} WHERE id = 1")
    days = recorded.json("stats", "--by", "day", "--json", TZ="UTC")["groups"]
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert [d["requests"]["total"] for d in days] == [1, 3] and days[1]["name"] == today
    assert b"RESULTS" in recorded("stats", "--by", "tool").stdout and today.encode() in recorded("stats", "--by", "day", TZ="UTC").stdout


def test_money_names_how_many_requests_have_a_price(recorded):
    assert recorded.json("stats", "--json")["cost"] is None
    assert b"cost       unknown: none of 4 requests has a price\n" in recorded("stats").stdout
    change(recorded, "UPDATE requests SET cost = 1250000, saved = 3750000 WHERE id = 1")
    change(recorded, "UPDATE requests SET cost = 1000000, saved = -500000 WHERE id = 2")
    assert recorded.json("stats", "--json")["cost"] == {"total_cost_usd": 0.00225, "total_savings_usd": 0.00325}
    text = recorded("stats").stdout.decode()
    assert "cost       $0.0022 for 2 of 4 requests, those that have a price\n" in text
    assert "net        $0.0032 saved, 59.1 % of the $0.0055 that these would have cost (cache effects included)\n" in text
    groups = {g["name"]: g["cost"] for g in recorded.json("stats", "--by", "model", "--json")["groups"]}
    assert groups["gpt-4o"] == {"requests": 2, "total_cost_usd": 0.00225, "total_savings_usd": 0.00325}
    assert groups["gpt-4o-mini"] is None
    assert "(2 of 4)" in recorded("stats", "--by", "model").stdout.decode()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_tables_fit_the_terminal(recorded, columns):
    change(recorded, "UPDATE requests SET model = 'a-model-with-a-name-that-nobody-can-read-at-one-glance' WHERE id = 3")
    for by, least in (("model", 100), ("tool", 73)):
        code, text = recorded.terminal("stats", "--by", by, columns=columns)
        table = text.decode().split("\n\n")[0].splitlines()
        assert code == 0 and max(map(len, table)) <= max(columns, least)


@pytest.mark.parametrize("wrong", ["--by colour", "--since soon", "--until x", "x"])
def test_wrong_usage(cli, wrong):
    p = cli("stats", *wrong.split())
    assert p.returncode == USAGE and p.stdout == b"" and p.stderr.count(b"\n") == 1


def test_nothing_recorded_is_zeros(cli):
    told = cli.json("stats", "--by", "day", "--json")
    assert told["groups"] == [] and told["total"]["requests"]["total"] == 0 and told["total"]["cost"] is None
    assert cli("stats", "--by", "model").returncode == 0 and not cli.state.exists()
