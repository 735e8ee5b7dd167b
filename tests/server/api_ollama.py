"""Ollama's own /api/chat as the stand-in speaks it: JSON lines unless `stream` is false. See dialects.py."""
import json

import answers
import prompt_cache
from provider_rules import checked, refuse

NAME = "ollama"


@checked
def check(body, count_only):
    """What Go's decoder refuses; members that it does not know are none of its business."""
    if not isinstance(body.get("model"), str) or not body["model"]:
        refuse("model is required")
    for k, kinds in (("stream", (bool,)), ("messages", (list,)), ("tools", (list,)), ("options", (dict,))):
        if body.get(k) is not None and not isinstance(body[k], kinds):
            refuse(f"json: cannot unmarshal into Go struct field ChatRequest.{k}")
    for m in body.get("messages") or []:
        for k in ("role", "content", "thinking", "tool_name", "tool_call_id"):
            if not isinstance(m.get(k, ""), str):
                refuse(f"json: cannot unmarshal into Go struct field Message.messages.{k} of type string")
        if m.get("role") not in ("system", "user", "assistant", "tool"):
            refuse(f"invalid role: {m.get('role')}")
        for c in m.get("tool_calls") or []:
            if not isinstance(c.get("function", {}).get("arguments"), dict):
                refuse("json: cannot unmarshal into Go struct field ToolCallFunction.messages.tool_calls.function.arguments")


def results(body):
    """Without an id a result is named by its tool and its place."""
    tools = [m for m in body.get("messages") or [] if m["role"] == "tool"]
    return [(m.get("tool_call_id") or f"{m.get('tool_name', '')}#{n}", m["content"]) for n, m in enumerate(tools)]


blocks = prompt_cache.render


def turns(body):
    return len(body.get("messages") or [])


def model(body, target):
    return body["model"]


def stream(body, target):
    return body.get("stream", True) is not False


def error(status, sentence, number):
    return {"error": sentence}


def too_long(tokens, limit):
    return "the input length exceeds the context length"


def answer(name, model_name, text, figures, stream, body, call):
    prompt, _, made = figures
    head = {"model": model_name, "created_at": "2026-11-21T10:00:00Z"}
    calls = {"tool_calls": [{"function": {"name": call[0], "arguments": json.loads(call[1])}}]} if call else {}
    last = {"done_reason": "stop", "done": True, "total_duration": 9, "load_duration": 1, "prompt_eval_count": prompt,
            "prompt_eval_duration": 5, "eval_count": made, "eval_duration": 3}
    if not stream:
        return "application/json; charset=utf-8", [answers.dump({**head, "message": {
            "role": "assistant", "content": "" if call else text, **calls}, **last})]
    said = [{"message": {"role": "assistant", "content": "", **calls}}] if call else [
        {"message": {"role": "assistant", "content": p}} for p in answers.pieces(text)]
    lines = [{**head, **s, "done": False} for s in said] + [{**head, "message": {"role": "assistant", "content": ""}, **last}]
    return "application/x-ndjson", [answers.dump(line) + b"\n" for line in lines]
