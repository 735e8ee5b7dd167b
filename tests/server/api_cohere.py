"""Cohere's /v2/chat as the stand-in speaks it. See dialects.py."""
import answers
import prompt_cache
from provider_rules import checked, refuse

NAME = "cohere"
FIELDS = frozenset("""model messages tools strict_tools documents citation_options response_format safety_mode max_tokens stop_sequences
    temperature seed frequency_penalty presence_penalty k p logprobs tool_choice thinking priority stream return_prompt
    return_prompt_cache_id reasoning_effort""".split())
PARTS = {"system": ("text",), "user": ("text", "image_url"), "assistant": ("text", "thinking"), "tool": ("text", "document")}


def _content(m, where, required):
    content = m.get("content")
    if content is None and not required:
        return
    if isinstance(content, str) and (content or not required):
        return
    if not isinstance(content, list) or not content:
        refuse(f"invalid request: {where}.content must be a non-empty string or list")
    for p in content:
        kind = p.get("type")
        if kind not in PARTS[m["role"]]:
            refuse(f"invalid request: {where}.content has an unsupported type '{kind}'")
        if kind == "text" and (not isinstance(p.get("text"), str) or not p["text"]):
            refuse(f"invalid request: {where}.content text must be non-empty")
        if kind == "document" and not isinstance((p.get("document") or {}).get("data"), dict):
            refuse(f"invalid request: {where}.content document must have data")


@checked
def check(body, count_only):
    for k in body:
        if k not in FIELDS:
            refuse(f"unknown field: parameter '{k}' is not a valid field")
    if not isinstance(body.get("model"), str):
        refuse("invalid request: model is required")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        refuse("invalid request: messages must not be empty")
    open_calls = []
    for i, m in enumerate(messages):
        where = f"messages[{i}]"
        if m.get("role") not in PARTS:
            refuse(f"invalid role in {where}: must be one of 'user', 'assistant', 'system', 'tool'")
        if m["role"] == "tool":
            if m.get("tool_call_id") not in open_calls:
                refuse(f"invalid request: tool call id {m.get('tool_call_id')} not found in previous tool calls")
            open_calls.remove(m["tool_call_id"])
        elif open_calls:
            refuse("invalid request: tool call ids must each have a tool message directly behind them")
        _content(m, where, m["role"] != "assistant")
        if m["role"] == "assistant":
            open_calls = [c["id"] for c in m.get("tool_calls") or []]
            if any(not isinstance(c.get("function", {}).get("arguments"), str) for c in m.get("tool_calls") or []):
                refuse(f"invalid request: {where}.tool_calls need arguments")
    if open_calls:
        refuse("invalid request: tool call ids must each have a tool message directly behind them")


def _strings(value):
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [s for v in inner for s in _strings(v)]


def results(body):
    found = []
    for m in body["messages"]:
        if m["role"] == "tool":
            parts = m["content"] if isinstance(m["content"], list) else [{"text": m["content"]}]
            found.append((m["tool_call_id"], "".join(p.get("text") or "".join(_strings(p.get("document", {}).get("data"))) for p in parts)))
    return found


def blocks(body):
    return prompt_cache.render(body) + [prompt_cache.block("document", d) for d in body.get("documents") or []]


def turns(body):
    return len(body["messages"])


def model(body, target):
    return body["model"]


def stream(body, target):
    return body.get("stream") is True


def error(status, sentence, number):
    return {"id": str(number), "message": sentence}


def too_long(tokens, limit):
    return f"too many tokens: total number of tokens in the prompt cannot exceed {limit} - received {tokens}."


def answer(name, model_name, text, figures, stream, body, call):
    prompt, cached, made = figures
    usage = {"billed_units": {"input_tokens": prompt - cached, "output_tokens": made},
             "tokens": {"input_tokens": prompt, "output_tokens": made}, "cached_tokens": cached}
    calls = [{"id": "call_" + name, "type": "function", "function": {"name": call[0], "arguments": call[1]}}] if call else []
    finish = "TOOL_CALL" if call else "COMPLETE"
    message = {"role": "assistant", "tool_plan": "I will look.", "tool_calls": calls} if call else {
        "role": "assistant", "content": [{"type": "text", "text": text}]}
    if not stream:
        return "application/json", [answers.dump({"id": name, "finish_reason": finish, "message": message, "usage": usage})]
    events = [{"type": "message-start", "id": name, "delta": {"message": {"role": "assistant"}}}]
    if call:
        events += [{"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": calls[0]}}},
                   {"type": "tool-call-end", "index": 0}]
    else:
        events.append({"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}})
        events += [{"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": p}}}} for p in answers.pieces(text)]
        events.append({"type": "content-end", "index": 0})
    events.append({"type": "message-end", "delta": {"finish_reason": finish, "usage": usage}})
    return "text/event-stream", [f"event: {e['type']}\ndata: ".encode() + answers.dump(e) + b"\n\n" for e in events]
