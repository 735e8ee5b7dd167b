"""Answers of the stand-in: what a model would say, in each provider's JSON and event-stream form.

All of it is a function of the request and of the name that it has in the server's records: two equal runs get equal bytes.
"""
import json

_CREATED = 1700000000


def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


# ------------------------------------------------------------------------------------------- reading a body
def _text(content):
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(p.get("text", "") for p in content if isinstance(p, dict) and isinstance(p.get("text"), str))
    return ""


def tool_results(body):
    """[(call id, text)] of every tool result of an accepted Anthropic or OpenAI body, in order."""
    found = []
    for m in body.get("messages", []):
        if m.get("role") == "tool":
            found.append((m.get("tool_call_id", ""), _text(m.get("content"))))
        elif m.get("role") == "function":
            found.append((m.get("name", ""), _text(m.get("content"))))
        elif isinstance(m.get("content"), list):
            found += [(b.get("tool_use_id", ""), _text(b.get("content"))) for b in m["content"]
                      if isinstance(b, dict) and b.get("type") == "tool_result"]
    return found


def items_of(text):
    """The longest array of objects in a JSON text, at any depth; None where the text is not JSON or holds none."""
    try:
        stack = [json.loads(text)]
    except (ValueError, RecursionError):
        return None
    best = None
    while stack:
        v = stack.pop()
        if isinstance(v, dict):
            stack += v.values()
        elif isinstance(v, list):
            if v and all(isinstance(x, dict) for x in v) and (best is None or len(v) > len(best)):
                best = v
            stack += v
    return best


def describe(turns, results):
    """One sentence about what arrived: a test reads it where it cannot see the server."""
    said = f"I see {turns} messages and {len(results)} tool results"
    if not results:
        return said + "."
    text = results[-1][1]
    said += f"; the last holds {len(text.encode('utf-8', 'replace'))} bytes"
    items = items_of(text)
    if items is None:
        return said + "."
    said += f" and {len(items)} items"
    scored = [x for x in items if isinstance(x.get("score"), (int, float)) and not isinstance(x["score"], bool)]
    if scored:
        top = sorted(scored, key=lambda x: -x["score"])[:3]
        names = (str(x.get("title", x.get("name", x.get("id", "?")))) for x in top)
        said += "; the top 3: " + ", ".join(f"{n} ({x['score']})" for n, x in zip(names, top))
    return said + "."


def pieces(text, size=24):
    return [text[i:i + size] for i in range(0, len(text), size)]


# ------------------------------------------------------------------------------------------- Anthropic
def anthropic_usage(prompt, cached, output):
    """Half of what is not cached is reported as written: both fields of the provider must be summed by a reader."""
    fresh = prompt - cached
    written = fresh // 2
    return {"input_tokens": fresh - written, "cache_creation_input_tokens": written, "cache_read_input_tokens": cached,
            "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
            "output_tokens": output, "service_tier": "standard"}


def anthropic_message(name, model, text, usage):
    return {"id": "msg_" + name, "type": "message", "role": "assistant", "model": model,
            "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}


def anthropic_events(name, model, text, usage):
    start = anthropic_message(name, model, text, {**usage, "output_tokens": 1})
    start.update(content=[], stop_reason=None)
    events = [("message_start", {"message": start}),
              ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}), ("ping", {})]
    events += [("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": p}}) for p in pieces(text)]
    total = {k: usage[k] for k in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
                                   "output_tokens")}
    events += [("content_block_stop", {"index": 0}),
               ("message_delta", {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": total}),
               ("message_stop", {})]
    return [f"event: {kind}\ndata: ".encode() + dump({"type": kind, **data}) + b"\n\n" for kind, data in events]


def anthropic_error(status, message, number):
    kind = {400: "invalid_request_error", 404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error",
            529: "overloaded_error"}.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": f"req_{number:06d}"}


# ------------------------------------------------------------------------------------------- OpenAI
def openai_usage(prompt, cached, output):
    return {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output,
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0}}


def openai_completion(name, model, text, usage):
    return {"id": "chatcmpl-" + name, "object": "chat.completion", "created": _CREATED, "model": model,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "refusal": None},
                         "logprobs": None, "finish_reason": "stop"}], "usage": usage}


def openai_events(name, model, text, usage, include_usage):
    head = {"id": "chatcmpl-" + name, "object": "chat.completion.chunk", "created": _CREATED, "model": model}

    def chunk(delta, finish=None):
        data = {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}
        return {**data, "usage": None} if include_usage else data

    events = [chunk({"role": "assistant", "content": ""})]
    events += [chunk({"content": p}) for p in pieces(text)] + [chunk({}, "stop")]
    if include_usage:
        events.append({**head, "choices": [], "usage": usage})
    return [b"data: " + dump(e) + b"\n\n" for e in events] + [b"data: [DONE]\n\n"]


def openai_error(status, message):
    kind = {429: "rate_limit_exceeded"}.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}
