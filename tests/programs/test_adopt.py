"""adopt = net with a real client against an API that accounts a prompt cache: a conversation that began without us, at prices of which
it pays, and of which it does not; and what the rows say it cost, against the API's own figures."""
import json
import random
import sqlite3

import pytest

import cli_user
import conversations
from test_transparency import python

pytestmark = pytest.mark.usefixtures("needs_library")

IN, OUT, READ, WRITE = 3.0, 15.0, 0.3, 3.75   # $ for a million tokens
PAYS = f"* = {IN} {OUT} {READ} {WRITE}"
DOES_NOT = f"* = {IN} {OUT} 0.001 {WRITE}"    # reading is nearly free: no rewriting can be cheaper


def resumed(server, certs, run, body_file, **env):
    """Three turns without us, three with us; the rows of the latter."""
    turns = conversations.anthropic_turns()
    for k in range(6):
        done = run(python("client_anthropic.py", "--turn", str(k))(server, certs, body_file(turns)), preload=k >= 3, env=env)
        assert done.returncode == 0, done
    db = sqlite3.connect(run.state / "headroom.db")
    rows = db.execute("SELECT input_tokens, cached_tokens, cache_written, output_tokens, cost, saved FROM requests ORDER BY id").fetchall()
    db.close()
    assert len(rows) == 3
    return rows


def adopted(server):
    """Which of the results of the first three turns went out shorter at the end."""
    return [t for t in range(3) if server.requests[-1].result_tokens[f"toolu_{t}"] < server.requests[2].result_tokens[f"toolu_{t}"]
            ] if len(server.requests[2].result_tokens) >= 3 else None


def test_what_pays_is_rewritten_once_and_the_rows_say_what_it_cost_and_saves(server, certs, run, body_file):
    rows = resumed(server, certs, run, body_file, HEADROOM_PRICES=PAYS)
    assert adopted(server) == [0, 1, 2]
    first, second, third = server.requests[3:]
    assert first.cached_tokens < server.requests[2].prompt_tokens, "the prefix changed"
    assert second.cached_tokens >= first.prompt_tokens and third.cached_tokens >= second.prompt_tokens, "and holds from then on"
    for tokens, cached, written, output, cost, _ in rows:
        cached, written = max(cached, 0), max(written, 0)
        want = (tokens - cached - written) * IN + cached * READ + written * WRITE + output * OUT
        assert cost == round(want * 1000), "billionths of a dollar, of the usage that the API reported"
    saved = [r[5] for r in rows]
    assert saved[0] < saved[1] and saved[1] > 0 and saved[2] > 0, "the turn of the change gives less than the next"
    assert sum(saved) + 7 * saved[2] > 0, "ten turns that read all of it are cheaper"


def test_what_does_not_pay_stays(server, certs, run, body_file):
    resumed(server, certs, run, body_file, HEADROOM_PRICES=DOES_NOT)
    assert adopted(server) == []
    for a, b in zip(server.requests, server.requests[1:]):
        assert b.cached_tokens >= a.prompt_tokens


def chat(old, fresh):
    """A conversation with old results behind which the model has spoken, and a new one."""
    messages = [{"role": "user", "content": "Find the slow one."}]
    for i, text in enumerate([*old, fresh]):
        call = {"id": f"call_{i}", "type": "function", "function": {"name": "search", "arguments": json.dumps({"n": i})}}
        messages += [{"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "tool", "tool_call_id": f"call_{i}", "content": text}]
    return {"model": "gpt-4o-mini", "messages": messages}


def test_old_results_take_no_time_from_a_new_one_and_are_judged_together_or_never(tmp_path):
    """3 MB of old results cannot be judged in 50 ms: they stay, also in the next turn, and the new result is decided all the same."""
    random_words, cli = random.Random(7), cli_user.Cli(tmp_path)
    old = ["".join(f"{random_words.getrandbits(64):x} {random_words.getrandbits(40)} of {i}\n" for i in range(2500)) for _ in range(30)]
    fresh = json.dumps([{"title": f"Tutorial {i}", "score": 100 - i} for i in range(500)])
    first = chat(old, fresh)
    sent = json.loads(cli.record(json.dumps(first).encode()))
    assert sent["messages"][:-1] == first["messages"][:-1] and len(sent["messages"][-1]["content"]) < len(fresh) / 5
    second = dict(first, messages=first["messages"] + [{"role": "assistant", "content": "The first."}, {"role": "user", "content": "And then?"}])
    again = json.loads(cli.record(json.dumps(second).encode()))
    assert again["messages"][:-2] == sent["messages"]
    assert cli.json("stats", "--json")["cache"] == {"entries": 31, "total_hits": 1}
