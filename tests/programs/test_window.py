"""The rolling window: what is left out of a conversation that is too long for its model, in every dialect.

What a shortened body must be is asked of the stand-in's own rules and of the original body: nothing here reads the library's plan.
"""
import json
import re

import pytest

import conversations
import dialect_turns
import dialects
import prompt_cache
import window_talk
from cli_user import UNAVAILABLE, Cli
from test_transparency import python

pytestmark = pytest.mark.usefixtures("needs_library")

LIMIT, BUFFER, KEEP = 6000, 500, 4
SETTINGS = {"HEADROOM_MODEL_CONTEXT_LIMITS": f"*={LIMIT}", "HEADROOM_OUTPUT_BUFFER_TOKENS": str(BUFFER), "HEADROOM_WINDOW": "on"}
MARKER = re.compile(r"\[headroom: (\d+) earlier messages, with (\d+) tool calls and their results among them, are left out of this "
                    r"conversation to fit the model's limit\]")
SHAPES = {  # the message of ours in each dialect's form
    "anthropic": lambda t: {"role": "user", "content": t}, "openai_chat": lambda t: {"role": "user", "content": t},
    "mistral": lambda t: {"role": "user", "content": t}, "cohere": lambda t: {"role": "user", "content": t},
    "ollama": lambda t: {"role": "user", "content": t}, "gemini": lambda t: {"role": "user", "parts": [{"text": t}]},
    "bedrock": lambda t: {"role": "user", "content": [{"text": t}]},
    "openai_responses": lambda t: {"type": "message", "role": "user", "content": [{"type": "input_text", "text": t}]}}


def simulate(cli, tmp_path, path, body, *words, **env):
    """(what --json says, the text that goes out) for a body as Python value or text."""
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    done = cli("simulate", "--json", *words, "--path", path, "-o", str(target), str(source), **{**SETTINGS, **env})
    assert done.returncode == 0, done
    return json.loads(done.stdout), target.read_text(encoding="utf-8")


def count(dialect, messages):
    return sum(json.dumps(m).count({"openai_responses": '"type": "function_call"', "gemini": '"functionCall"', "bedrock": '"toolUse"',
                                    "anthropic": '"tool_use"'}.get(dialect, '"function": {')) for m in messages)


def tokens(api, body):
    return sum(prompt_cache.count_tokens(b) for b in api.blocks(body))


def is_ours(name, message):
    found = MARKER.search(json.dumps(message))
    return bool(found) and message == SHAPES[name](found[0])


def judge(name, api, body, sent, talk):
    """What must hold of a shortened body."""
    assert api.check(sent, False) is None
    whole, left = window_talk.messages(body), window_talk.messages(sent)
    assert {k: v for k, v in body.items() if v is not whole} == {k: v for k, v in sent.items() if v is not left}
    system = [m for m in whole if m.get("role") in ("system", "developer")]
    assert left[:len(system)] == system
    assert is_ours(name, left[len(system)]), "the first message is ours"
    rest, at = left[len(system) + 1:], len(system)
    kept = set(range(len(system)))
    for m in rest:  # the others are of the body, unchanged and in order
        at = next(i for i in range(at, len(whole)) if whole[i] == m) + 1
        kept.add(at - 1)
    last = [t[0] for t in talk[-KEEP:]]
    first = next(i for i, m in enumerate(whole) if last[0] in json.dumps(m))
    assert kept >= set(range(first, len(whole))), "the last turns are whole"
    gone = [m for i, m in enumerate(whole) if i not in kept]
    found = MARKER.search(json.dumps(left[len(system)]))
    assert (int(found[1]), int(found[2])) == (len(gone), count(name, gone))
    assert tokens(api, sent) <= LIMIT - BUFFER
    return gone


@pytest.mark.parametrize("name", window_talk.MAKERS)
def test_whatever_the_conversation_the_shortened_one_is_accepted_and_says_what_it_lacks(name, tmp_path):
    make, path = window_talk.MAKERS[name]
    api, _ = dialects.find(path)
    cli, cuts, wholes = Cli(tmp_path), 0, 0
    for seed in range(40):
        talk = window_talk.turns(f"{name}/{seed}", 5 + seed % 17)
        body = make(talk)
        assert api.check(body, False) is None, "the test's own conversation"
        said, sent = simulate(cli, tmp_path, path, body, HEADROOM_LEVEL="lossless", HEADROOM_MIN_TOKENS_TO_CRUSH="9999999")
        window = said.get("window")
        if window and window["action"] == "cut":
            cuts += 1
            gone = judge(name, api, body, json.loads(sent), talk)
            assert (window["messages"], window["limit"]) == (len(gone), LIMIT)
            assert said["tokens"]["after"] < said["tokens"]["before"] and "window" in said["transforms"]
        else:
            wholes += 1
            assert sent == json.dumps(body)
            if window:
                assert window["reason"] == "window_too_small"
            else:
                assert tokens(api, body) < (LIMIT - BUFFER) * 1.1
    assert cuts >= 8 and wholes >= 4, (cuts, wholes)


@pytest.mark.parametrize("name", window_talk.MAKERS)
def test_the_api_refuses_the_whole_conversation_and_accepts_the_shortened_one(name, server, certs, run, body_file):
    make, path = window_talk.MAKERS[name]
    api, _ = dialects.find(path)
    body = make(window_talk.turns("long", 30))
    assert tokens(api, body) > LIMIT
    argv = python("client_httpclient.py", "--path", f"{path}?test-context={LIMIT}")(server, certs, body_file(body))
    for preload in (False, True):
        assert run(argv, preload=preload, env=SETTINGS).returncode in (0, 1)
    refused, accepted = server.requests
    assert refused.status == 400 and refused.error == api.too_long(tokens(api, body), LIMIT)
    assert accepted.status == 200, accepted.error
    first = next(m for m in window_talk.messages(accepted.json) if m.get("role") not in ("system", "developer"))
    assert is_ours(name, first)
    row = run.log()[0]
    assert row["window"]["action"] == "cut" and "window" in row["transforms"] and row["skipped"] is None
    shown = run.headroom("show", "1").decode()
    assert f"window: {row['window']['messages']} messages left out" in shown


TURNS = 40
LONG = {"anthropic": dialect_turns.claude, "bedrock converse": dialect_turns.converse, "openai_chat": conversations.openai_turns,
        "openai_responses": dialect_turns.responses, "gemini": dialect_turns.gemini_api, "code assist": dialect_turns.code_assist,
        "cohere": dialect_turns.cohere, "mistral": dialect_turns.mistral, "ollama": dialect_turns.ollama}


@pytest.mark.parametrize("name", LONG)
def test_between_two_cuts_each_request_goes_on_from_the_bytes_before(name, tmp_path):
    d, cli = dialect_turns.DIALECTS[name], Cli(tmp_path)
    api, _ = dialects.find(d.path)
    before, cuts = None, []
    for k, body in enumerate(LONG[name](TURNS)):
        said, sent = simulate(cli, tmp_path, d.path, json.dumps(body, separators=(",", ":"), ensure_ascii=False), "--state",
                              HEADROOM_MODEL_CONTEXT_LIMITS="*=10000", HEADROOM_KEEP_TURNS="2")
        assert api.check(json.loads(sent), False) is None
        action = (said.get("window") or {}).get("action")
        assert action == "cut" or before is None or sent.startswith(before), f"turn {k} broke the bytes of turn {k - 1}"
        if action == "cut":
            cuts.append(k)
        assert action in (("cut", "replayed") if cuts else (None,))
        assert said["tokens"]["after"] <= 9500
        before = sent[:-len(d.closing)]
    assert 2 <= len(cuts) <= TURNS // 5, cuts


def thirteen(joined):
    """An agent's 13 messages over Messages: from the product before this one, two refusals for certain."""
    messages = [{"role": "user", "content": "Look at the services."}]
    for t in range(1, 6):
        result = [{"type": "tool_result", "tool_use_id": f"t{t}", "content": window_talk.words(window_talk.random.Random(t), 700)}]
        if joined and t in (2, 4):
            result.append({"type": "text", "text": f"And then {t}?"})
        messages += [{"role": "assistant", "content": [{"type": "tool_use", "id": f"t{t}", "name": "look", "input": {"day": t}}]},
                     {"role": "user", "content": result}]
    messages += [{"role": "assistant", "content": "All is well."}, {"role": "user", "content": "Thanks. And tomorrow?"}]
    return {"model": "claude-sonnet-4-5", "max_tokens": 256, "messages": messages}


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("limit", [2000, 3000, 4000])
def test_thirteen_messages_are_cut_without_orphans(joined, limit, tmp_path):
    body = thirteen(joined)
    assert len(body["messages"]) == 13
    said, sent = simulate(Cli(tmp_path), tmp_path, "/v1/messages", body, HEADROOM_KEEP_TURNS="1",
                          HEADROOM_MODEL_CONTEXT_LIMITS=f"*={limit}")
    assert dialects.Anthropic.check(json.loads(sent), False) is None
    left = json.loads(sent)["messages"]
    assert said["window"]["action"] == "cut" and left[-1] == body["messages"][-1] and is_ours("anthropic", left[0])
    ids = [[b.get("id") or b.get("tool_use_id") for m in left if isinstance(m["content"], list) for b in m["content"]
            if b["type"] == kind] for kind in ("tool_use", "tool_result")]
    assert ids[0] == ids[1] and len(ids[0]) < 5


def test_an_unknown_model_is_not_cut_and_the_reason_is_recorded(tmp_path):
    body = {**window_talk.openai_chat(window_talk.turns("long", 60)), "model": "some-model"}
    said, sent = simulate(Cli(tmp_path), tmp_path, "/v1/chat/completions", body, HEADROOM_MODEL_CONTEXT_LIMITS="other*=5",
                          HEADROOM_LEVEL="lossless", HEADROOM_MIN_TOKENS_TO_CRUSH="9999999")
    assert sent == json.dumps(body)
    assert (said["window"]["action"], said["window"]["reason"]) == ("none", "unknown_model") and said["skipped"] is None


@pytest.mark.parametrize("window, cut", [("auto", False), ("on", True)])
def test_auto_leaves_it_to_a_provider_that_makes_room_itself(window, cut, tmp_path):
    body = {**window_talk.openai_responses(window_talk.turns("long", 30)), "truncation": "auto"}
    said, _ = simulate(Cli(tmp_path), tmp_path, "/v1/responses", body, HEADROOM_WINDOW=window)
    assert (said["window"]["action"] == "cut") == cut


def test_auto_acts_at_the_limit_of_the_table_and_leaves_the_room_that_the_request_asks_for(tmp_path):
    """gpt-4o takes 128,000 tokens of prompt and answer together."""
    talk = window_talk.turns("huge", 260)
    body = window_talk.openai_chat(talk)
    api, _ = dialects.find("/v1/chat/completions")
    held = tokens(api, body)
    while held < 119000:
        talk = window_talk.turns(f"huge{held}", 60) + talk
        body = window_talk.openai_chat(talk)
        held = tokens(api, body)
    wanted = {"HEADROOM_MODEL_CONTEXT_LIMITS": "", "HEADROOM_WINDOW": "auto", "HEADROOM_LEVEL": "lossless",
              "HEADROOM_MIN_TOKENS_TO_CRUSH": "9999999"}
    small = {**body, "messages": body["messages"][:1] + body["messages"][-(len(body["messages"]) // 2):]}
    while small["messages"][1]["role"] != "user":
        del small["messages"][1]
    for asked, given, cut in ((body, {}, True), (small, {}, False), (small, {"max_tokens": 100000}, True)):
        said, sent = simulate(Cli(tmp_path), tmp_path, "/v1/chat/completions", {**given, **asked}, **wanted)
        assert bool(said.get("window")) == cut, (tokens(api, asked), said.get("window"))
        assert tokens(api, json.loads(sent)) + given.get("max_tokens", 0) < 128000


def test_images_do_not_count_as_the_text_that_they_are_written_as(tmp_path):
    body = {"model": "claude-opus-4-5", "max_tokens": 10, "messages": [{"role": "user", "content": [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo" * 100000}},
        {"type": "text", "text": "What is it?"}]}]}
    for _ in range(5):
        body["messages"] += [{"role": "assistant", "content": "A lamp."}, {"role": "user", "content": "Are you sure?"}]
    said, sent = simulate(Cli(tmp_path), tmp_path, "/v1/messages", body, HEADROOM_MODEL_CONTEXT_LIMITS="", HEADROOM_WINDOW="auto")
    assert "window" not in said and sent == json.dumps(body)


def test_restore_says_that_what_was_left_out_is_stored_nowhere(tmp_path):
    cli = Cli(tmp_path)
    simulate(cli, tmp_path, "/v1/chat/completions", window_talk.openai_chat(window_talk.turns("long", 30)), "--state")
    done = cli("restore", "--state", str(tmp_path / "out.json"))
    assert done.returncode == UNAVAILABLE and b"messages were left out of this body by the rolling window" in done.stderr
    assert json.loads(done.stdout)["messages"], "all else is restored and printed"


def test_what_simulate_prints_names_the_cut(tmp_path):
    source = tmp_path / "in.json"
    source.write_text(json.dumps(window_talk.openai_chat(window_talk.turns("long", 30))))
    said = Cli(tmp_path)("simulate", str(source), **SETTINGS).stdout.decode()
    assert re.search(r"(?m)^window   [\d,]+ messages left out, with [\d,]+ tool calls, [\d,]+ tokens; the model takes 6,000$", said), said


def test_keep_turns_0_shortens_a_turn_of_many_calls(tmp_path):
    talk = [("What is wrong?", [[window_talk.words(window_talk.random.Random(n), 300)] for n in range(20)], None, False)]
    body = window_talk.openai_chat(talk)
    said, sent = simulate(Cli(tmp_path), tmp_path, "/v1/chat/completions", body)
    assert said["window"]["reason"] == "window_too_small" and sent == json.dumps(body)
    said, sent = simulate(Cli(tmp_path), tmp_path, "/v1/chat/completions", body, HEADROOM_KEEP_TURNS="0")
    left = json.loads(sent)["messages"]
    assert said["window"]["action"] == "cut" and dialects.OpenAIChat.check(json.loads(sent), False) is None
    assert left[0] == body["messages"][0] and left[2:3] == body["messages"][1:2] and left[-2:] == body["messages"][-2:]
