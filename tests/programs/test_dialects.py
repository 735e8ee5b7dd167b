"""Every dialect: the results are found and paired, nothing else changes, and what was sent stays as it was sent."""
import contextlib
import json
import pathlib
import re
import sqlite3

import pytest

import answers
import dialect_turns
import dialects
import prompt_cache
from cli_user import Cli
from test_transparency import python

pytestmark = pytest.mark.usefixtures("needs_library")

DIALECTS = dialect_turns.DIALECTS
SENT_TURNS = 6


def without_results(value, texts):
    """The value with every string that is one of these texts, or that holds one as JSON, taken away."""
    if isinstance(value, dict):
        return {k: without_results(v, texts) for k, v in value.items()}
    if isinstance(value, list):
        return [without_results(v, texts) for v in value]
    return None if isinstance(value, str) and value in texts else value


def tokens(api, body):
    return [prompt_cache.count_tokens(text) for _, text in api.results(body)]


@pytest.mark.parametrize("name", DIALECTS)
def test_forty_turns_keep_the_bytes_that_were_sent(name, tmp_path):
    d, cli = DIALECTS[name], Cli(tmp_path)
    api, _ = dialects.find(d.path)
    before = None
    for k, body in enumerate(d.bodies):
        source, target = tmp_path / "in.json", tmp_path / "out.json"
        source.write_text(json.dumps(body, separators=(",", ":"), ensure_ascii=False))
        done = cli("simulate", "--state", "--json", "--path", d.path, "-o", str(target), str(source))
        assert done.returncode == 0, done
        said, sent = json.loads(done.stdout), target.read_text()
        assert (said["dialect"], said["model"], said["skipped"]) == (d.api, d.model, None)
        assert sent.endswith(d.closing)
        assert before is None or sent.startswith(before), f"turn {k} broke the bytes of turn {k - 1}"
        before = sent[:-len(d.closing)]
        assert api.check(json.loads(sent), False) is None
        full, now = tokens(api, body), tokens(api, json.loads(sent))
        assert len(full) == len(now) == len(api.results(body)) > k
        assert all(n < f / 2 for f, n in zip(full, now)), (k, full, now)
        called = {r["call_id"] for r in said["results"] if r["transform"]}
        assert len([r for r in said["results"] if r["transform"]]) >= len(full) and len(called) in (1, len(full))


@pytest.mark.parametrize("name", DIALECTS)
def test_other_transforms_change_new_results_only(name, tmp_path):
    """What an upgrade does: from the fourth turn on the transforms give other bytes for the same text."""
    d, cli = DIALECTS[name], Cli(tmp_path)
    api, _ = dialects.find(d.path)
    source, target, sent = tmp_path / "in.json", tmp_path / "out.json", []
    for k, body in enumerate(d.bodies[:8]):
        source.write_text(json.dumps(body, separators=(",", ":"), ensure_ascii=False))
        other = {"HEADROOM_LEVEL": "lossless"} if k > 3 else {}
        assert cli("simulate", "--state", "--path", d.path, "-o", str(target), str(source), **other).returncode == 0
        sent.append(target.read_text())
        assert k == 0 or sent[k].startswith(sent[k - 1][:-len(d.closing)])
        full, now = tokens(api, body), tokens(api, json.loads(sent[k]))
        assert k != 5 or now[-1] > full[-1] / 4, "the newest result is whole"
        assert now[0] < full[0] / 4, "the first is what it was"


@pytest.mark.parametrize("name", DIALECTS)
def test_what_was_sent_is_restored_without_being_told_the_dialect(name, tmp_path):
    d, cli = DIALECTS[name], Cli(tmp_path)
    raw = json.dumps(d.bodies[0]).encode()
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_bytes(raw)
    assert cli("simulate", "--state", "--path", d.path, "-o", str(target), str(source)).returncode == 0
    assert target.read_bytes() != raw
    assert cli("restore", "--state", str(target)).stdout == raw


@pytest.mark.parametrize("name", DIALECTS)
def test_nothing_but_results_changes(name, tmp_path):
    d, cli = DIALECTS[name], Cli(tmp_path)
    api, _ = dialects.find(d.path)
    body = d.bodies[-1]
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(body))
    assert cli("simulate", "--path", d.path, "-o", str(target), str(source), HEADROOM_ADOPT="always").returncode == 0
    sent = json.loads(target.read_text())
    changed = [s for s in strings(sent) if s not in set(strings(body))]
    assert changed, "the results are rewritten"
    assert without_results(sent, set(changed)) == without_results(body, {s for s in strings(body) if s not in set(strings(sent))})
    assert api.check(sent, False) is None


def strings(value):
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [s for v in inner for s in strings(v)]


@pytest.mark.parametrize("name", DIALECTS)
def test_a_client_under_the_library_sends_less_and_keeps_its_prompt_cache(name, server, certs, run, body_file):
    d = DIALECTS[name]
    api, _ = dialects.find(d.path)
    turns = d.bodies[:SENT_TURNS]
    done = run(python("client_httpclient.py", "--path", d.path)(server, certs, body_file(turns)), preload=True)
    assert done.returncode == 0, done
    assert [r.status for r in server.requests] == [200] * SENT_TURNS, [r.error for r in server.requests]
    for a, b in zip(server.requests, server.requests[1:]):
        assert b.cached_tokens >= a.prompt_tokens, f"turn {b.number} broke the prefix of turn {a.number}"
    assert all(n < f / 2 for f, n in zip(tokens(api, turns[-1]), tokens(api, server.requests[-1].json)))
    rows = run.log()
    assert [(r["dialect"], r["model"], r["skipped"]) for r in rows] == [(d.api, d.model, None)] * SENT_TURNS
    with contextlib.closing(sqlite3.connect(run.state / "headroom.db")) as db:
        counted = db.execute("SELECT input_tokens, cached_tokens FROM requests ORDER BY id").fetchall()
    assert [n for n, _ in counted] == [r.prompt_tokens for r in server.requests], "the provider's own count"
    reports_cache = d.api != "ollama"
    assert [max(n, 0) for _, n in counted] == [r.cached_tokens if reports_cache else 0 for r in server.requests]


@pytest.mark.parametrize("stream", [False, True])
def test_the_openai_sdk_speaks_responses_under_the_library(stream, server, certs, run, body_file):
    d = DIALECTS["openai_responses"]
    words = ["--stream"] if stream else []
    done = run(python("client_openai_responses.py", *words, base="/v1")(server, certs, body_file(d.bodies[:SENT_TURNS])), preload=True)
    assert done.returncode == 0 and done.stdout.count(b"answer: I see") == SENT_TURNS, done
    for a, b in zip(server.requests, server.requests[1:]):
        assert b.status == 200 and b.cached_tokens >= a.prompt_tokens
    assert [(r["dialect"], r["stream"], r["usage"]["input_tokens"]) for r in run.log()] == [
        ("openai_responses", stream, r.prompt_tokens) for r in server.requests]


def test_a_batch_decides_for_each_request_as_if_it_came_alone(server, certs, run, body_file):
    alone = [b for b in dialect_turns.claude(2)] + dialect_turns.claude(1)
    alone[2]["messages"][0]["content"] = "Which service is slow?"
    batch = {"requests": [{"custom_id": f"r{n}", "params": b} for n, b in enumerate(alone)]}
    send = "client_httpclient.py"
    done = run(python(send, "--path", "/v1/messages/batches")(server, certs, body_file(batch)), preload=True)
    assert done.returncode == 0 and server.requests[0].status == 200, (done, server.requests[0].error)
    run(python(send, "--path", "/v1/messages")(server, certs, body_file(alone)), preload=True)
    sent = [r["params"] for r in server.requests[0].json["requests"]]
    assert sent == [r.json for r in server.requests[1:]] and [r.status for r in server.requests] == [200] * 4
    full = [prompt_cache.count_tokens(text) for b in alone for _, text in answers.tool_results(b)]
    now = [prompt_cache.count_tokens(text) for b in sent for _, text in answers.tool_results(b)]
    assert all(n < f / 2 for f, n in zip(full, now))


FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "sdk"
CAPTURED = json.loads((FIXTURES / "index.json").read_text())


@pytest.mark.parametrize("name", CAPTURED)
def test_what_the_sdks_send_is_understood(name, tmp_path):
    known, cli = CAPTURED[name], Cli(tmp_path)
    api, _ = dialects.find(known["target"])
    source, target = FIXTURES / f"{name}.json", tmp_path / "out.json"
    done = cli("simulate", "--json", "--path", known["target"], "-o", str(target), str(source), HEADROOM_ADOPT="always")
    said = json.loads(done.stdout)
    assert (said["dialect"], said["skipped"]) == (known["dialect"], None) and said["model"]
    assert [r["tool"] for r in said["results"]] == ["query_services"] * known["results"]
    # Encrypted reasoning and thought signatures stand behind the first result: met late, it stays.
    sealed = name in ("openai_responses", "gemini")
    assert [r["reason"] == "first_met_late" for r in said["results"]] == [sealed, False] and said["results"][1]["transform"]
    body, sent = json.loads(source.read_bytes()), json.loads(target.read_bytes())
    assert api.check(body, False) is None and api.check(sent, False) is None
    assert all("connection refused" in text for _, text in api.results(sent)), "the one row that failed is kept"
    mine = set(strings(sent)) - set(strings(body))
    assert mine and without_results(sent, mine) == without_results(body, set(strings(body)) - set(strings(sent)))


@pytest.mark.parametrize("name", CAPTURED)
def test_the_sdks_bytes_outside_of_results_are_kept(name, tmp_path):
    known, cli = CAPTURED[name], Cli(tmp_path)
    raw, target = (FIXTURES / f"{name}.json").read_bytes(), tmp_path / "out.json"
    cli("simulate", "--path", known["target"], "-o", str(target), str(FIXTURES / f"{name}.json"), HEADROOM_ADOPT="always")
    for a, b in zip(re.split(rb'"(?:[^"\\]|\\.)*"', raw), re.split(rb'"(?:[^"\\]|\\.)*"', target.read_bytes()), strict=True):
        assert a == b
