"""`headroom stats`: sums of spans and groups, each with its denominator, and equal to the rows that they are of."""
import json
import re
import sqlite3
import time

import pytest

from cli_user import USAGE, Cli, quickstart

ANSWER = b'{"usage": {"prompt_tokens": 1000, "completion_tokens": 40, "prompt_tokens_details": {"cached_tokens": 250}}}'
SHAPE = "requests tokens cost cache session config transforms counts".split()


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def body(model):
    request = json.loads(quickstart())
    request["model"] = model
    return json.dumps(request).encode()


def rows(cli):
    return [json.loads(line) for line in cli("log", "--json").stdout.splitlines()]


def change(cli, *statements):
    with sqlite3.connect(cli.state / "headroom" / "headroom.db") as db:
        for sql in statements:
            db.execute(sql)


def age(cli, days):
    """All that is recorded so far, and its sums (core/store/totals.h), becomes so many days older."""
    change(cli, f"UPDATE requests SET time = time - {days * 86400 * 10**6}",
           *(f"UPDATE {table} SET slot = slot - CASE WHEN level = 1 THEN {days} ELSE {days * 96} END" for table in ("sums", "tool_sums")))


def money(some):
    """The sums of what rows say, in billionths of a dollar: floats would not add up."""
    priced = [r for r in some if r["cost_usd"] is not None]
    sums = {name: sum(round((r[name] or 0) * 10**9) for r in priced) / 10**9 for name in ("cost_usd", "saved_usd")}
    return {"requests": len(priced), "total_cost_usd": sums["cost_usd"], "total_savings_usd": sums["saved_usd"]} if priced else None


@pytest.fixture
def recorded(cli):
    """Of gpt-4o the price is known, of own-model it is not."""
    prices = {"HEADROOM_PRICES": "gpt-4o = 2.5 10 1.25"}
    cli.record(body("gpt-4o"), answer=ANSWER, times=2, **prices)
    cli.record(body("own-model"), answer=ANSWER, **prices)
    cli.record(b"nonsense", path="/v1/messages", status=500)
    return cli


def test_a_span_has_the_rows_that_began_in_it(cli):
    cli.record(body("gpt-4o"), answer=ANSWER, times=2)
    age(cli, 3)
    cli.record(body("own-model"), answer=ANSWER)
    cli.record(b"nonsense", path="/v1/messages", status=500)
    for args, total in (((), 4), (("--today",), 2), (("--week",), 4), (("--since", "2d"), 2), (("--until", "2d"), 2),
                        (("--since", "all"), 4), (("--since", "2020-01-01", "--until", "2020-01-02"), 0)):
        s = cli.json("stats", "--json", *args)
        assert list(s) == SHAPE and s["requests"]["total"] == total, args
    made = sum(r["tokens_before"] for r in rows(cli)[:2])
    assert cli.json("stats", "--json", "--until", "2d")["tokens"]["input"] == made
    assert re.search(rb"^span +from the beginning, until 2", cli("stats", "--until", "2d").stdout, re.M)


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
        assert g["reported"]["cached_percent"] == (25.0 if reported else 0)
        assert g["cost"] == money(mine)
    order = [g["tokens"]["made"] for g in told["groups"]]
    assert order == sorted(order, reverse=True)


def test_an_estimate_is_called_one_with_its_error_and_an_exact_count_never(cli):
    """20 answers tell what the provider counts; from then on figures follow it, and those that are stored stay."""
    claude = b'{"usage": {"prompt_tokens": %d, "completion_tokens": 5}}'
    cli.record(body("claude-opus-4-5"), answer=claude % 1, times=1)
    sent = rows(cli)[-1]["tokens_after"]
    cli.record(body("claude-opus-4-5"), answer=claude % (sent * 2), times=21)
    assert all("factor_percent" not in r and not r["exact"] for r in rows(cli))
    assert b" saved; estimated, error unknown; " in cli("log", "-n", "1").stdout
    cli.record(body("claude-opus-4-5"), answer=claude % (sent * 2))
    last = rows(cli)[-1]
    assert last["factor_percent"] == pytest.approx(200, abs=0.1) and last["tokens_after"] == pytest.approx(2 * sent, abs=2)
    assert b"; estimated, +-" in cli("log", "-n", "1").stdout and rows(cli)[-2]["tokens_after"] == sent
    text = cli("stats").stdout.decode()
    assert "sent (estimated; " in text and re.search(r"^estimates  off by [\d.]+ % on average in 23 requests that providers counted, too$", text, re.M)
    assert "claude: providers count 2.00 times our vocabulary; new estimates are multiplied by that" in text
    counts = cli.json("stats", "--json")["counts"]
    assert (counts["requests"], counts["exact"]) == (23, 0) and counts["error_percent"] > 40
    cli.record(body("gpt-4o"), answer=ANSWER)
    assert "(estimated in 23 of 24 requests; " in cli("stats").stdout.decode()
    (g,) = (g for g in cli.json("stats", "--by", "model", "--json")["groups"] if g["name"] == "gpt-4o")
    assert (g["counts"]["requests"], g["counts"]["exact"]) == (1, 1)
    for args in (("stats", "--today"), ("log", "-n", "1"), ("report", "-o", "-")):
        change(cli, "DELETE FROM sums WHERE grp = (SELECT id FROM groups WHERE model LIKE 'claude%')",
               "UPDATE sums SET counted = exact WHERE level = 2", "DELETE FROM requests WHERE model LIKE 'claude%'")
        assert "estimated" not in cli(*args).stdout.decode(), args


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
    age(recorded, 1)
    recorded.record(body("own-model"))
    days = recorded.json("stats", "--by", "day", "--json", TZ="UTC")["groups"]
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert [d["requests"]["total"] for d in days] == [4, 1] and days[1]["name"] == today
    assert b"RESULTS" in recorded("stats", "--by", "tool").stdout and today.encode() in recorded("stats", "--by", "day", TZ="UTC").stdout


def test_money_names_how_many_requests_have_a_price(recorded):
    want = money(rows(recorded))
    assert want["requests"] == 2 and want["total_cost_usd"] == pytest.approx(2 * (750 * 2.5 + 250 * 1.25 + 40 * 10) / 10**6)
    cost = recorded.json("stats", "--json")["cost"]
    assert cost == {k: want[k] for k in ("total_cost_usd", "total_savings_usd")}
    text = recorded("stats").stdout.decode()
    assert f"cost       ${want['total_cost_usd']:.4f} for 2 of 4 requests, those that have a price\n" in text
    share = 100 * want["total_savings_usd"] / (want["total_cost_usd"] + want["total_savings_usd"])
    net = re.search(r"^net +\S+ saved, (-?[\d.]+) % of the \S+ that these would have cost \(cache effects included\)$", text, re.M)
    assert float(net[1]) == pytest.approx(share, abs=0.06)
    groups = {g["name"]: g["cost"] for g in recorded.json("stats", "--by", "model", "--json")["groups"]}
    assert groups["gpt-4o"] == want and groups["own-model"] is None
    assert "(2 of 4)" in recorded("stats", "--by", "model").stdout.decode()


def test_where_nothing_has_a_price_cost_is_unknown_not_nothing(cli):
    cli.record(body("own-model"), answer=ANSWER)
    assert cli.json("stats", "--json")["cost"] is None
    assert b"cost       unknown: none of 1 requests has a price\n" in cli("stats").stdout


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_tables_fit_the_terminal(recorded, columns):
    recorded.record(body("a-model-with-a-name-that-nobody-can-read-at-one-glance"))
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
