"""The cache aligner: what a system text says of today moves to its end, once and for all in a conversation."""
import copy
import json
import os

import pytest

import dialect_turns
import dialects
from cli_user import Cli
from test_transparency import python

pytestmark = pytest.mark.usefixtures("needs_library")

DIALECTS = dialect_turns.DIALECTS
CHAT, CLAUDE = "/v1/chat/completions", "/v1/messages"
STABLE = "You watch over services.\n" + "".join(f"Rule {n}: look at service {n * 7} before service {n * 3}.\n" for n in range(400))


def prompt(day):
    return f"Today is January {day}, 2025. {STABLE}"


def aligned(day):
    return f"{STABLE.rstrip()}\n\nCurrent date: January {day}, 2025\n"


def with_system(name, body, text):
    """The body with this last system literal, in the form that its dialect has for one."""
    body = copy.deepcopy(body)
    if name == "openai_responses":
        body["input"][0]["content"] = text
    elif "messages" in body and body["messages"][0]["role"] == "system":
        body["messages"][0]["content"] = text
    elif name == "bedrock converse":
        body["system"] = [{"text": text}, {"cachePoint": {"type": "default"}}]
    elif "messages" in body:
        body["system"] = [{"type": "text", "text": "You are kind."}, {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]
    else:
        inner = body.get("request", body)
        inner["system_instruction" if "system_instruction" in inner else "systemInstruction"] = {"parts": [{"text": text}]}
    return body


def conversation(name, text):
    """All requests of a conversation, the first one without an answer in it."""
    bodies = [with_system(name, b, text) for b in DIALECTS[name].bodies]
    first = copy.deepcopy(bodies[0])
    inner = first.get("request", first)
    key = next(k for k in ("messages", "input", "contents") if k in inner)
    human = next(i for i, m in enumerate(inner[key]) if m.get("role") == "user")
    inner[key] = inner[key][:human + 1]
    return [first] + bodies


def dump(body):
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


class Sender:
    """Sends bodies down the road with the state of one user."""

    def __init__(self, home, path=None, state=True):
        self.cli, self.path, self.state = Cli(home), path, state

    def __call__(self, body, **env):
        source, target = self.cli.home / "in.json", self.cli.home / "out.json"
        source.write_text(body if isinstance(body, str) else dump(body))
        words = (["--state"] if self.state else []) + (["--path", self.path] if self.path else [])
        done = self.cli("simulate", *words, "--json", "-o", target, source, **{f"HEADROOM_{k}": v for k, v in env.items()})
        assert done.returncode == 0, done
        self.said = json.loads(done.stdout)
        return target.read_text()


def chat(text, **more):
    return {"model": "gpt-4o", **more, "messages": [{"role": "system", "content": text}, {"role": "user", "content": "Hello"}]}


def test_the_first_example_works_as_shown(tmp_path):
    send = Sender(tmp_path, state=False)
    sent = json.loads(send(chat("You are helpful. Today is January 7, 2025."), ALIGNER="on"))
    assert sent == chat("You are helpful.\n\nCurrent date: January 7, 2025")
    assert send.said["transforms"] == ["cache_aligner"]
    assert [(r["tool"], r["transform"], r["lossless"]) for r in send.said["results"]] == [("system", "cache_aligner", True)]
    for setting in ("auto", "off"):
        body = dump(chat("You are helpful. Today is January 7, 2025."))
        assert send(body, ALIGNER=setting) == body, "nothing stable stands behind it"


@pytest.mark.parametrize("name", DIALECTS)
def test_every_request_begins_with_the_bytes_of_the_one_before(name, tmp_path):
    d = DIALECTS[name]
    api, _ = dialects.find(d.path)
    send, before = Sender(tmp_path, d.path), None
    for k, body in enumerate(conversation(name, prompt(7))):
        sent = send(body, ALIGNER="on")
        assert sent.endswith(d.closing)
        assert before is None or sent.startswith(before), f"request {k} broke the bytes of request {k - 1}"
        before = sent[:-len(d.closing)]
        assert json.dumps(aligned(7), ensure_ascii=False) in sent and "Today is" not in sent
        assert "cache_aligner" in send.said["transforms"]
        assert api.check(json.loads(sent), False) is None
        system = [r for r in send.said["results"] if r["transform"] == "cache_aligner"]
        assert len(system) == 1


@pytest.mark.parametrize("name", DIALECTS)
def test_a_conversation_goes_on_as_it_began(name, tmp_path):
    d = DIALECTS[name]
    first, second, third = conversation(name, prompt(7))[:3]
    moved, kept = json.dumps(aligned(7)), json.dumps(prompt(7))
    for begun, later, expected in (("off", "on", kept), ("on", "off", moved), ("on", "auto", moved)):
        home = tmp_path / f"{begun}-{later}"
        home.mkdir()
        send = Sender(home, d.path)
        assert [expected in send(b, ALIGNER=s) for b, s in ((first, begun), (second, later), (third, later))] == [True] * 3
        if begun == "on":  # law 4: nothing but another mode stops a replay
            assert expected in send(third, ALIGNER="off", LEVEL="replay")


@pytest.mark.parametrize("name", DIALECTS)
def test_what_was_sent_is_restored_without_being_told_the_dialect(name, tmp_path):
    d = DIALECTS[name]
    send = Sender(tmp_path, d.path)
    for k, body in enumerate(conversation(name, prompt(7))[:3]):
        sent = send(body, ALIGNER="on")
        assert sent != dump(body)
        assert send.cli("restore", "--state", tmp_path / "out.json").stdout.decode() == dump(body), f"request {k}"


# Where a cached prefix gets longer by it, and where it does not: aligner.h gives the reasons.
ACTS = dict([
    ("anthropic", False), ("vertex", False), ("bedrock invoke", False), ("bedrock converse", False), ("foundry", False),
    ("openai_chat", True), ("azure", True), ("openrouter", True), ("copilot", True), ("openai_responses", False), ("gemini", True), ("gemini snake_case", True), ("code assist", True), ("cohere", False),
    ("mistral", True), ("ollama", True)])


@pytest.mark.parametrize("name", DIALECTS)
def test_auto_acts_where_a_cached_prefix_gets_longer(name, tmp_path):
    d = DIALECTS[name]
    body = conversation(name, prompt(7))[0]
    sent = Sender(tmp_path, d.path)(body)
    assert (json.dumps(aligned(7)) in sent, sent == dump(body)) == (ACTS[name], not ACTS[name])


def test_auto_asks_the_model_and_the_length(tmp_path):
    send = Sender(tmp_path, CHAT, state=False)
    for body, acts in [
            (chat(prompt(7)), True), (chat(prompt(7), model="gpt-5.4"), True), (chat(prompt(7), model="gpt-5.6-sol"), False),
            (chat(prompt(7), model="gpt-6.1"), False), (chat(prompt(7), model="anthropic/claude-sonnet-4.5"), False),
            (chat(prompt(7), model="deepseek-chat"), True), (chat(prompt(7), model="google/gemini-2.0-flash"), False),
            (chat(prompt(7)[:2000]), False), (chat(STABLE + "Today is January 7, 2025. Be kind."), False),
            (chat(prompt(7)[:2000], tools=[{"type": "function", "function": {"name": "f", "description": STABLE}}]), True)]:
        assert ("cache_aligner" in (send(body) and send.said["transforms"])) == acts, body["model"]
    send = Sender(tmp_path, "/v1/responses", state=False)
    for more, acts in (({}, False), ({"store": False}, True), ({"store": False, "previous_response_id": "resp_1"}, False)):
        send({"model": "gpt-4.1", **more, "instructions": prompt(7), "input": "Hello"})
        assert ("cache_aligner" in send.said["transforms"]) == acts, more


def test_nothing_new_where_the_history_lies_elsewhere_or_is_not_one(tmp_path):
    send = Sender(tmp_path, CLAUDE)
    body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "system": prompt(7), "messages": [{"role": "user", "content": "Hello"}]}
    batch = {"requests": [{"custom_id": "a", "params": body}, {"custom_id": "b", "params": body}]}
    attested = {**body, "system": [{"type": "text", "text": "x-anthropic-billing-header: cch=00000;"}, {"type": "text", "text": prompt(7)}]}
    answered = {**body, "messages": body["messages"] + [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Go on"}]}
    wordless = {**body, "messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://x/y.png"}}]}]}
    for other in ({**body, "thread": {"type": "create"}}, attested, answered, wordless):
        assert send(other, ALIGNER="on") == dump(other)
    assert Sender(tmp_path, "/v1/messages/batches")(batch, ALIGNER="on") == dump(batch)
    for env in ({"LEVEL": "replay"}, {"ALIGNER": "off"}):
        assert send(body, **{"ALIGNER": "on", **env}) == dump(body)
    (tmp_path / "in.json").write_text(dump(body))
    done = send.cli("simulate", "--state", "--bypass", "-o", "-", tmp_path / "in.json", HEADROOM_ALIGNER="on")
    assert done.stdout.decode() == dump(body)
    bound = {**body, "model": "claude-opus-5-5"}
    assert send(bound, ALIGNER="on", BOUND="leave") == dump(bound)
    assert send(bound, ALIGNER="on") != dump(bound)


def test_a_conversation_that_is_taken_up_again_under_another_name_is_known(tmp_path):
    send = Sender(tmp_path, CLAUDE)

    def body(user, *turns):
        return {"model": "claude-sonnet-4-5", "metadata": {"user_id": user}, "system": prompt(7),
                "messages": [{"role": "user", "content": "Hello"}, *turns]}

    turns = {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Go on"}
    send(body("session_1"), ALIGNER="on")
    assert aligned(7) == json.loads(send(body("session_2", *turns), ALIGNER="on"))["system"]
    send(body("session_3"), ALIGNER="on")  # now two of them have these words: nothing tells which one is meant
    assert prompt(7) == json.loads(send(body("session_2", *turns), ALIGNER="on"))["system"]
    assert aligned(7) == json.loads(send(body("session_3", *turns), ALIGNER="on"))["system"]


def test_conversations_with_the_same_words_are_one(tmp_path):
    send = Sender(tmp_path, CHAT)
    assert send(chat(prompt(7)), ALIGNER="on") == send(chat(prompt(7)), ALIGNER="off")
    for other in (chat(prompt(8)), chat(prompt(7), prompt_cache_key="another")):
        assert send(other, ALIGNER="off") == dump(other)


def test_a_history_at_the_provider_is_not_known_again(tmp_path):
    send = Sender(tmp_path, "/v1/responses")
    first = {"model": "gpt-4.1", "instructions": prompt(7), "input": "Hello"}
    later = {**first, "previous_response_id": "resp_1"}  # the same words, somewhere in another conversation
    assert json.loads(send(first, ALIGNER="on"))["instructions"] == aligned(7)
    assert send(later, ALIGNER="on") == dump(later)


def test_the_original_can_be_read_back_where_it_may_be_stored(tmp_path):
    send = Sender(tmp_path, CHAT)
    send(chat(prompt(7)), ALIGNER="on")
    shown = send.cli("show", send.said["results"][0]["id"])
    assert shown.returncode == 0 and prompt(7).splitlines()[0].encode() in shown.stdout
    assert b"Current date: January 7, 2025" in send.cli("diff", send.said["results"][0]["id"]).stdout
    body = chat(prompt(8))
    assert json.loads(send(body, ALIGNER="on", ORIGINALS="off"))["messages"][0]["content"] == aligned(8)
    assert send.cli("restore", "--state", tmp_path / "out.json").stdout.decode() != dump(body)


@pytest.mark.parametrize("client, base, make", [
    ("client_openai.py", "/v1", lambda text, words: {"model": "gpt-4o", "messages": [
        {"role": "system", "content": text}, {"role": "user", "content": words}]}),
    ("client_anthropic.py", "", lambda text, words: {"model": "claude-sonnet-4-5", "max_tokens": 64, "system": text,
                                                     "messages": [{"role": "user", "content": words}]})])
def test_tomorrow_a_real_client_sends_the_same_prefix(client, base, make, server, certs, run, body_file):
    bodies = [make(prompt(day), "Hello") for day in (7, 8)]
    for body in bodies:
        done = run(python(client, base=base)(server, certs, body_file(body)), preload=True, env={"HEADROOM_ALIGNER": "on"})
        assert done.returncode == 0 and done.stdout.startswith(b"answer:"), done
    assert os.path.commonprefix([system_of(b) for b in bodies]) == "Today is January "
    sent = os.path.commonprefix([system_of(r.json) for r in server.requests])
    assert sent == STABLE.rstrip() + "\n\nCurrent date: January "
    assert [r["transforms"] for r in run.log()] == [["cache_aligner"]] * 2


def system_of(body):
    return body["system"] if "system" in body else body["messages"][0]["content"]
