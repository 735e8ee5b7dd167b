"""The stand-in's further dialects: what the real APIs refuse is refused here, too."""
import copy

import pytest

import dialect_turns
import dialects


def of(name, turn=5):
    """(check, body) of a conversation that is right."""
    d = dialect_turns.DIALECTS[name]
    return dialects.find(d.path)[0].check, copy.deepcopy(d.bodies[turn])


@pytest.mark.parametrize("name", dialect_turns.DIALECTS)
def test_each_turn_of_each_dialect_is_accepted(name):
    d = dialect_turns.DIALECTS[name]
    api, count_only = dialects.find(d.path)
    assert api.NAME == d.api and not count_only
    assert [api.check(b, False) for b in d.bodies] == [None] * dialect_turns.TURNS
    blocks = [api.blocks(b) for b in d.bodies]
    assert all(after[:len(before)] == before for before, after in zip(blocks, blocks[1:]))


def message(role, nth=0):
    return lambda body: [m for m in body["messages"] if m["role"] == role][nth]


def item(kind, nth=0):
    return lambda body: [i for i in body["input"] if i.get("type") == kind][nth]


def set_in(where, key, value):
    return lambda body: where(body).__setitem__(key, value)


def without(where):
    return lambda body: body["input"].remove(where(body))


@pytest.mark.parametrize("change, sentence", [
    (set_in(item("function_call_output"), "output", ""), None),
    (set_in(item("function_call_output"), "output", None), "expected one of a string or array"),
    (set_in(item("function_call_output"), "output", []), "empty array"),
    (set_in(item("function_call_output"), "output", [{"type": "text", "text": "x"}]), "output[0].type"),
    (set_in(item("function_call_output"), "output", [{"type": "input_text", "text": None}]), "output[0].text"),
    (set_in(item("function_call_output"), "note", 1), "Unknown parameter"),
    (set_in(item("local_shell_call_output"), "output", "{"), "expected a JSON string"),
    (set_in(item("shell_call_output"), "output", "x"), "expected an array"),
    (set_in(item("shell_call_output"), "output", [{"stdout": "x"}]), "output[0]"),
    (set_in(item("reasoning"), "encrypted_content", "gAAAAx"), "could not be verified"),
    (without(item("function_call", 3)), "No tool call found for function call output with call_id call_5_b"),
    (without(item("function_call_output")), "No tool output found for function call call_0"),
    (lambda b: b["input"].append(item("function_call_output")(b)), "Duplicate tool output"),
    (lambda b: b["input"].append(item("function_call")(b)), "Duplicate item found"),
    (lambda b: b["input"].append({"type": "reasoning", "id": "rs_x", "summary": []}), "without its required following item"),
    (lambda b: b["input"].insert(4, {"type": "unheard_of"}), "Invalid value"),
    (lambda b: b["input"].insert(0, {"role": "tool", "content": "x"}), "Supported values"),
    (lambda b: b.update(messages=[]), "Unknown parameter: 'messages'"),
    (lambda b: b.pop("model"), "Missing required parameter: 'model'"),
    (lambda b: b.update(input=3), "Invalid type for 'input'"),
    (lambda b: (without(item("function_call", 3))(b), b.update(previous_response_id="resp_1")), None),
])
def test_responses_bodies_are_judged_as_the_provider_does(change, sentence):
    check, body = of("openai_responses")
    change(body)
    said = check(body, False)
    assert said is None if sentence is None else sentence in (said or ""), said


def function(kind, nth=0):
    return lambda body: [p[kind] for c in body["contents"] for p in c["parts"] if kind in p][nth]


def content(nth):
    return lambda body: body["contents"][nth]


@pytest.mark.parametrize("change, sentence", [
    (set_in(function("functionResponse"), "response", {}), None),
    (set_in(function("functionResponse"), "response", {"output": ""}), None),
    (set_in(function("functionResponse"), "response", "x"), "google.protobuf.Struct"),
    (set_in(function("functionResponse"), "response", [1]), "google.protobuf.Struct"),
    (set_in(function("functionResponse"), "name", ""), "Name cannot be empty"),
    (set_in(function("functionResponse"), "name", "other"), "do not match"),
    (set_in(function("functionResponse"), "note", 1), "Unknown name"),
    (lambda b: b["contents"].pop(2), "comes immediately before a function response"),
    (lambda b: b["contents"].pop(1), "comes immediately after a function call turn"),
    (lambda b: b["contents"].insert(1, {"role": "user", "parts": [{"text": "x"}]}), "alternate between user and model"),
    (lambda b: content(2)(b)["parts"].append(content(2)(b)["parts"][0]), "number of function response parts"),
    (lambda b: content(1)(b)["parts"][0].pop("thoughtSignature"), "missing a thought_signature"),
    (lambda b: content(1)(b)["parts"][0].update(thoughtSignature="x"), "Corrupted thought signature"),
    (set_in(content(0), "role", "assistant"), "valid role"),
    (set_in(content(0), "parts", []), "must not be empty"),
    (set_in(content(0), "parts", [{}]), "one initialized field"),
    (lambda b: b.update(contents=[]), "contents is not specified"),
    (lambda b: b.update(messages=[]), 'Unknown name "messages"'),
])
def test_gemini_bodies_are_judged_as_the_provider_does(change, sentence):
    check, body = of("gemini")
    body["model"] = "gemini-3-pro"
    change(body)
    said = check(body, False)
    assert said is None if sentence is None else sentence in (said or ""), said


@pytest.mark.parametrize("change, sentence", [
    (set_in(message("tool"), "content", ""), "non-empty string or list"),
    (set_in(message("tool"), "content", []), "non-empty string or list"),
    (set_in(message("tool"), "content", [{"type": "text", "text": ""}]), "non-empty"),
    (set_in(message("tool"), "content", [{"type": "image_url"}]), "unsupported type"),
    (set_in(message("tool"), "content", [{"type": "document", "document": {"data": "x"}}]), "must have data"),
    (set_in(message("tool"), "tool_call_id", "call_9"), "not found in previous tool calls"),
    (lambda b: b["messages"].remove(message("tool")(b)), "must each have a tool message"),
    (lambda b: b.update(input=[]), "unknown field"),
    (lambda b: b["messages"][0].update(role="developer"), "invalid role"),
])
def test_cohere_bodies_are_judged_as_the_provider_does(change, sentence):
    check, body = of("cohere")
    change(body)
    assert sentence in (check(body, False) or "")


@pytest.mark.parametrize("change, sentence", [
    (set_in(message("tool"), "content", ""), None),
    (set_in(message("tool"), "content", None), None),
    (set_in(message("tool"), "content", {"a": 1}), "valid string"),
    (set_in(message("tool"), "content", [{"type": "input_text", "text": "x"}]), "expected tags"),
    (set_in(message("tool"), "extra", 1), "Extra inputs are not permitted"),
    (set_in(message("tool"), "tool_call_id", "call99999"), "Unexpected tool call id"),
    (lambda b: b["messages"].remove(message("tool")(b)), "Not the same number"),
    (lambda b: message("assistant")(b)["tool_calls"][0].update(id="call_0"), "length of 9"),
    (lambda b: b["messages"].append({"role": "user", "content": "x"}), "after role 'tool'"),
    (lambda b: b["messages"].append({"role": "assistant", "content": "x"}), "Expected last role"),
])
def test_mistral_bodies_are_judged_as_the_provider_does(change, sentence):
    check, body = of("mistral")
    change(body)
    said = check(body, False)
    assert said is None if sentence is None else sentence in (said or ""), said


@pytest.mark.parametrize("change, sentence", [
    (set_in(message("tool"), "content", ""), None),
    (set_in(message("tool"), "content", ["x"]), "cannot unmarshal"),
    (set_in(message("tool"), "extra", 1), None),
    (set_in(message("tool"), "role", "function"), "invalid role"),
    (lambda b: message("assistant")(b)["tool_calls"][0]["function"].update(arguments="{}"), "cannot unmarshal"),
    (lambda b: b.pop("model"), "model is required"),
])
def test_ollama_bodies_are_judged_as_the_server_does(change, sentence):
    check, body = of("ollama")
    change(body)
    said = check(body, False)
    assert said is None if sentence is None else sentence in (said or ""), said


def block(kind, nth=0):
    return lambda body: [b[kind] for m in body["messages"] for b in m["content"] if kind in b][nth]


@pytest.mark.parametrize("change, sentence", [
    (set_in(block("toolResult"), "content", []), None),
    (set_in(block("toolResult"), "content", [{"text": "x", "json": {}}]), "exactly one member"),
    (set_in(block("toolResult"), "content", [{"text": 1}]), "expected type: String"),
    (set_in(block("toolResult"), "content", "x"), "expected type: JSONArray"),
    (set_in(block("toolResult"), "status", "failed"), "not permitted"),
    (set_in(block("toolResult"), "toolUseId", "tooluse_9"), "for the following Ids: tooluse_0"),
    (lambda b: b["messages"][2]["content"].append({"toolResult": block("toolResult")(b)}), "exceeds the number"),
    (lambda b: block("reasoningContent")(b)["reasoningText"].update(text="other"), "Invalid `signature`"),
    (lambda b: b["messages"].pop(2), "must alternate"),
    (lambda b: b["messages"].pop(), "for the following Ids"),
    (lambda b: b["messages"][0]["content"][0].update(text=" "), "is blank"),
    (lambda b: b.update(model="m"), "extraneous key"),
])
def test_converse_bodies_are_judged_as_the_provider_does(change, sentence):
    check, body = of("bedrock converse")
    change(body)
    said = check(body, False)
    assert said is None if sentence is None else sentence in (said or ""), said


@pytest.mark.parametrize("name", ["vertex", "bedrock invoke"])
def test_claude_elsewhere_has_a_version_and_no_model(name):
    check, body = of(name)
    assert "Extra inputs" in check({**body, "model": "m"}, False)
    assert "anthropic_version" in check({k: v for k, v in body.items() if k != "anthropic_version"}, False)
    body["messages"].pop()
    assert "without `tool_result`" in check(body, False)


@pytest.mark.parametrize("change, sentence", [
    (lambda b: b.update(requests=[]), "at least 1 item"),
    (lambda b: b["requests"].append(b["requests"][0]), "custom_id must be unique"),
    (lambda b: b["requests"][1]["params"].pop("model"), "requests.1.params.model"),
    (lambda b: b["requests"][1]["params"]["messages"].pop(), "requests.1.params.messages"),
])
def test_batches_are_judged_request_by_request(change, sentence):
    d = dialect_turns.DIALECTS["anthropic"]
    body = {"requests": [{"custom_id": f"r{n}", "params": copy.deepcopy(d.bodies[n])} for n in range(2)]}
    check = dialects.find("/v1/messages/batches")[0].check
    assert check(body, False) is None
    change(body)
    assert sentence in (check(body, False) or "")
