"""Agents on the packages that the providers publish for JavaScript, under each node and Bun: tools that really run, a model that plays a script."""
import json
import pathlib

import pytest

import agent_work
import answers
import conftest
import script

CLIENT = pathlib.Path(__file__).with_name("client_sdk.js")
PACKAGES = conftest.BUILD / "programs" / "sdk"
PROGRAMS = ["node", "node-18", "node-20", "node-22", "node-24", "node-25", "node-26", "bun-1.2.23", "bun-1.4.5"]
# The 4 of OpenAI and the 0 of Anthropic send by https.request under node, the others by fetch. openai 7 wants node 22.
MODERN = ["node-22", "node-24", "node-25", "node-26", "bun-1.2.23", "bun-1.4.5"]
CASES = [(p, package, api) for package, api, programs in (
    ("openai-4", "chat", PROGRAMS), ("openai-6", "chat", PROGRAMS), ("openai-7", "chat", MODERN), ("openai-6", "responses", PROGRAMS),
    ("openai-7", "responses", MODERN), ("anthropic-0", "messages", PROGRAMS), ("anthropic-1", "messages", PROGRAMS)) for p in programs]
OUTPUT = {"chat": "completion_tokens", "messages": "output_tokens", "responses": "output_tokens"}
DIALECT = {"chat": "openai_chat", "messages": "anthropic", "responses": "openai_responses"}
PLAYED = script.Script(
    ("I will look at the records first.", [("bash", {"command": "sh print-records"})]),
    ("Three errors. Now the services, and the log.", [("read_file", {"path": "services.json"}), ("bash", {"command": "sh print-log"})]),
    ("Once more, from the start.", [("bash", {"command": "sh print-records"})]),
    ("The ledger database refused a connection; \u201cpayments\u201d timed out.", []))
RECORDS, SERVICES, LOG, AGAIN = (script.call_id(*x) for x in ((0, 0), (1, 0), (1, 1), (2, 0)))
REQUESTS = len(PLAYED.turns)


def program_path(name):
    if name == "node":
        return conftest.need("node", "nodejs")
    path = conftest.BUILD / "programs" / name / "bin" / name.split("-")[0]
    if not path.exists():
        pytest.fail(f"{path} is missing: run make test-programs")
    return str(path)


@pytest.fixture
def agent(run, server, tmp_path):
    """agent(program, package, api, mode.., preload=) -> (Done, requests). The tools work in a directory of this test."""
    if not PACKAGES.exists():
        pytest.fail(f"{PACKAGES} is missing: run make test-programs")
    agent_work.make(tmp_path)
    server.script = PLAYED

    def converse(program, package, api, *modes, **how):
        server.begin()
        done = run([program_path(program), CLIENT, server.url, PACKAGES, package, api, *modes], cwd=tmp_path, timeout=60, **how)
        return done, list(server.requests)

    return converse


def results(request):
    """call id -> text of each tool result of a request."""
    body = request.json or json.loads(request.body)
    outputs = {x["call_id"]: x["output"] for x in body.get("input", []) if x.get("type") == "function_call_output"}
    return dict(answers.tool_results(body)) | outputs


def check_conversation(requests, shrunk):
    """A turn more each time, what was sent once is sent again, and what is planted is there."""
    seen = {}
    for request in requests:
        now = results(request)
        assert {c: now[c] for c in seen} == seen, "a result changed after it was sent"
        seen = now
    assert set(seen) == {RECORDS, SERVICES, LOG, AGAIN}
    for call in (RECORDS, LOG, AGAIN):
        assert all(text in seen[call] for _, text in agent_work.ERRORS), call
    assert agent_work.FAILED in seen[SERVICES]
    assert (len(seen[RECORDS]) < 40000 and len(seen[SERVICES]) < 20000 and len(seen[AGAIN]) < 40000) == shrunk
    for a, b in zip(requests, requests[1:]):
        assert b.cached_tokens >= a.prompt_tokens, "the prefix broke"


@pytest.mark.parametrize("program,package,api", CASES)
def test_an_agent_gets_the_same_answers_for_fewer_tokens(program, package, api, agent, run):
    bare, plain = agent(program, package, api, "whole", "stream")
    assert bare.returncode == 0 and bare.stdout.count(b"model ") == 2 * REQUESTS == len(plain), bare
    done, sent = agent(program, package, api, "whole", "stream", preload=True, mode="optimize")
    assert done == bare and [r.status for r in sent] == [200] * len(plain)
    shrunk = not conftest.BARE
    for half in (plain[:REQUESTS], plain[REQUESTS:]):
        check_conversation(half, False)
    for half in (sent[:REQUESTS], sent[REQUESTS:]):
        check_conversation(half, shrunk)
    if not shrunk:
        assert [(r.head, r.raw_body) for r in sent] == [(r.head, r.raw_body) for r in plain]
    if conftest.BARE:
        return
    rows = run.log()
    assert [r["dialect"] for r in rows] == [DIALECT[api]] * len(sent)
    assert all(r["skipped"] is None and r["status"] == 200 and r["usage"][OUTPUT[api]] > 0 for r in rows), rows
    assert all(r["tokens_after"] < r["tokens_before"] * 0.6 for r in rows if r["transforms"]), rows


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("program", ["node-20", "node-26", "bun-1.2.23", "bun-1.4.5"])
@pytest.mark.parametrize("package,api", [("openai-6", "chat"), ("anthropic-1", "messages")])
def test_compressed_bodies_are_compressed_again(program, package, api, agent):
    """By a fetch of the program's own, which both packages take: they compress nothing themselves."""
    bare, plain = agent(program, package, api, "whole+gzip", "stream+gzip")
    assert bare.returncode == 0 and len(plain) == 2 * REQUESTS, bare
    done, sent = agent(program, package, api, "whole+gzip", "stream+gzip", preload=True, mode="optimize")
    assert done == bare and [(r.status, r.header("content-encoding")) for r in sent] == [(200, "gzip")] * len(plain)
    for half in (sent[:REQUESTS], sent[REQUESTS:]):
        check_conversation(half, True)
    assert len(sent[-1].raw_body) < len(plain[-1].raw_body) * 0.8


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("program", ["node-20", "node-26", "bun-1.2.23", "bun-1.4.5"])
@pytest.mark.parametrize("package,api", [("openai-4", "chat"), ("openai-6", "chat"), ("anthropic-1", "messages")])
def test_a_request_that_the_package_sends_again_has_the_same_bytes(program, package, api, agent):
    bare, plain = agent(program, package, api, "stream+retry")
    done, sent = agent(program, package, api, "stream+retry", preload=True, mode="optimize")
    statuses = [200, 200, 429, 200, 200]
    assert done == bare and done.returncode == 0 and [r.status for r in plain] == [r.status for r in sent] == statuses
    assert sent[2].raw_body == sent[3].raw_body and len(sent[2].raw_body) < len(plain[2].raw_body) / 2
    check_conversation([r for r in sent if r.status == 200], True)
