"""Bedrock's Converse and ConverseStream as the stand-in speaks them. See dialects.py."""
import hashlib
import json
import urllib.parse

import answers
import frames
import prompt_cache
from provider_rules import checked, refuse

NAME = "bedrock"
FIELDS = frozenset("""messages system inferenceConfig toolConfig guardrailConfig additionalModelRequestFields promptVariables
    additionalModelResponseFieldPaths requestMetadata performanceConfig serviceTier outputConfig""".split())
BLOCKS = frozenset("text image document video audio toolUse toolResult guardContent cachePoint reasoningContent citationsContent searchResult"
                   .split())
RESULT = frozenset("text json image document video searchResult".split())


def seal(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _tool_result(b, where):
    if set(b) - {"toolUseId", "content", "status", "type"} or b.get("status", "success") not in ("success", "error"):
        refuse(f"{where}.toolResult: extraneous key is not permitted")
    if not isinstance(b.get("content"), list):
        refuse(f"{where}.toolResult.content: expected type: JSONArray")
    for j, p in enumerate(b["content"]):
        if not isinstance(p, dict) or len(p) != 1 or not RESULT & set(p):
            refuse(f"{where}.toolResult.content.{j}: exactly one member of the union must be set")
        if "text" in p and not isinstance(p["text"], str):
            refuse(f"{where}.toolResult.content.{j}.text: expected type: String")


def _block(b, where):
    if not isinstance(b, dict) or len(b) != 1 or not BLOCKS & set(b):
        refuse(f"{where}: exactly one member of the union must be set")
    if "text" in b and (not isinstance(b["text"], str) or not b["text"].strip()):
        refuse(f"The text field in the ContentBlock object at {where} is blank. Add text to the text field, and try again.")
    if "toolResult" in b:
        _tool_result(b["toolResult"], where)
    thought = b.get("reasoningContent", {}).get("reasoningText")
    if thought and thought.get("signature") != seal(thought["text"]):
        refuse(f"{where}: Invalid `signature` in `thinking` block")


@checked
def check(body, count_only):
    for k in body:
        if k not in FIELDS:
            refuse(f"#: extraneous key [{k}] is not permitted")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        refuse("The messages field is required.")
    before, uses = "assistant", []
    for i, m in enumerate(messages):
        if m.get("role") not in ("user", "assistant") or m["role"] == before:
            refuse("A conversation must alternate between user and assistant roles.")
        before = m["role"]
        for j, b in enumerate(m.get("content") or []):
            _block(b, f"messages.{i}.content.{j}")
        results = [b["toolResult"]["toolUseId"] for b in m["content"] if "toolResult" in b]
        missing = [u for u in uses if u not in results]
        if missing:
            refuse(f"Expected toolResult blocks at messages.{i}.content for the following Ids: {', '.join(missing)}")
        if len(results) > len(uses):
            refuse(f"The number of toolResult blocks at messages.{i}.content exceeds the number of toolUse blocks of previous turn.")
        uses = [b["toolUse"]["toolUseId"] for b in m["content"] if "toolUse" in b]
    if uses:
        refuse(f"Expected toolResult blocks at messages.{len(messages)}.content for the following Ids: {', '.join(uses)}")


def _text(result):
    return "".join(p.get("text") or json.dumps(p.get("json")) for p in result["content"])


def results(body):
    return [(b["toolResult"]["toolUseId"], _text(b["toolResult"])) for m in body["messages"] for b in m["content"] if "toolResult" in b]


def turns(body):
    return len(body["messages"])


def blocks(body):
    found = [prompt_cache.block("tool", t) for t in (body.get("toolConfig") or {}).get("tools", [])]
    found += [prompt_cache.block("system", b) for b in body.get("system") or []]
    return found + [prompt_cache.block(m["role"], b) for m in body["messages"] for b in m["content"] if "cachePoint" not in b]


def model(body, target):
    return urllib.parse.unquote(target.partition("/model/")[2].partition("/")[0])


def stream(body, target):
    return target.partition("?")[0].endswith("-stream")


def error(status, sentence, number):
    return {"message": sentence}


def too_long(tokens, limit):
    return "Input is too long for requested model."


def answer(name, model_name, text, figures, stream, body, call):
    prompt, cached, made = figures
    usage = {"inputTokens": prompt - cached, "outputTokens": made, "totalTokens": prompt + made, "cacheReadInputTokens": cached,
             "cacheWriteInputTokens": 0}
    if stream:
        events = [("messageStart", {"role": "assistant"})]
        events += [("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": p}}) for p in answers.pieces(text)]
        events += [("contentBlockStop", {"contentBlockIndex": 0}), ("messageStop", {"stopReason": "end_turn"}),
                   ("metadata", {"usage": usage, "metrics": {"latencyMs": 1}})]
        return frames.KIND, [frames.frame(answers.dump({**v, "p": "abcdefgh"}), event_type=n) for n, v in events]
    content = [{"toolUse": {"toolUseId": "tooluse_" + name, "name": call[0], "input": json.loads(call[1])}}] if call else [{"text": text}]
    return "application/json", [answers.dump({"output": {"message": {"role": "assistant", "content": content}},
                                              "stopReason": "tool_use" if call else "end_turn", "usage": usage, "metrics": {"latencyMs": 1}})]
