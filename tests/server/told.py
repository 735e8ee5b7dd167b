"""What an answer told of its usage, from the bytes that left: the figures that a bill would hold, read as each API's pages say.

told(api, kind, coding, body) is {"input", "output", "cached", "written"}, -1 for what was not said, or None where nothing was; `body` may
end anywhere. input: all tokens of the prompt; output: reasoning included.
"""
import base64
import json
import zlib

import frames

UNKNOWN = -1


def plain(coding, body):
    """Without its content coding; of a cut gzip body what can be read."""
    if not coding:
        return body
    assert coding == "gzip", coding
    return zlib.decompressobj(31).decompress(body)


def _json(data):
    try:
        return json.loads(data)
    except ValueError:
        return None


def _events(kind, body):
    """Everything of a body that is a JSON value of its own."""
    if kind.startswith("text/event-stream"):
        blocks = body.replace(b"\r\n", b"\n").split(b"\n\n")
        data = [b"\n".join(line[5:] for line in b.split(b"\n") if line.startswith(b"data:")) for b in blocks]
        return [v for v in map(_json, data) if isinstance(v, dict)]
    if kind == frames.KIND:
        values = [_json(p) for p in frames.payloads(body)]
        return [_json(base64.b64decode(v["bytes"])) if "bytes" in v else v for v in values]
    if "ndjson" in kind:
        return [v for v in map(_json, body.split(b"\n")) if isinstance(v, dict)]
    value = _json(body)
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list) or not body.startswith(b"["):
        return value or []
    whole, decoder, at = [], json.JSONDecoder(), 1
    text = body.decode("utf-8", "ignore")
    while at < len(text):  # an array that was cut
        try:
            v, at = decoder.raw_decode(text, at)
        except ValueError:
            break
        whole.append(v)
        at += len(text[at:]) - len(text[at:].lstrip(",\r\n "))
    return whole


def _figures(input_=UNKNOWN, output=UNKNOWN, cached=UNKNOWN, written=UNKNOWN):
    return {"input": input_, "output": output, "cached": cached, "written": written}


def _anthropic(events):
    usage, final = {}, False
    for e in events:
        if "message" in e and "usage" in e["message"]:
            usage.update(e["message"]["usage"])
        elif "usage" in e:
            usage.update({k: v for k, v in e["usage"].items() if v is not None})
            final = True
    if not usage:
        return None
    read, written = usage.get("cache_read_input_tokens", UNKNOWN), usage.get("cache_creation_input_tokens", UNKNOWN)
    return _figures(usage["input_tokens"] + max(read, 0) + max(written, 0), usage["output_tokens"] if final else UNKNOWN, read, written)


def _last(events, of):
    return next((u for u in map(of, reversed(events)) if u), None)


def _chat(events):
    u = _last(events, lambda e: e.get("usage"))
    details = u and u.get("prompt_tokens_details") or {}
    return u and _figures(u["prompt_tokens"], u["completion_tokens"], details.get("cached_tokens", UNKNOWN),
                          details.get("cache_write_tokens", UNKNOWN))


def _responses(events):
    u = _last(events, lambda e: e.get("usage") or (e.get("response") or {}).get("usage"))
    details = u and u["input_tokens_details"]
    return u and _figures(u["input_tokens"], u["output_tokens"], details["cached_tokens"], details["cache_write_tokens"])


def _gemini(events):
    u = _last(events, lambda e: e.get("response", e).get("usageMetadata"))
    return u and _figures(u["promptTokenCount"], u["candidatesTokenCount"], u.get("cachedContentTokenCount", UNKNOWN))


def _cohere(events):
    u = _last(events, lambda e: e.get("usage") or (e.get("delta") or {}).get("usage"))
    return u and _figures(u["tokens"]["input_tokens"], u["tokens"]["output_tokens"], u["cached_tokens"])


def _ollama(events):
    u = _last(events, lambda e: e if "prompt_eval_count" in e else None)
    return u and _figures(u["prompt_eval_count"], u["eval_count"])


def _bedrock(events):
    u = _last(events, lambda e: e.get("usage"))
    read, written = (u["cacheReadInputTokens"], u["cacheWriteInputTokens"]) if u else (0, 0)
    return u and _figures(u["inputTokens"] + read + written, u["outputTokens"], read, written)


_READERS = {"anthropic": _anthropic, "openai_chat": _chat, "openai_responses": _responses, "gemini": _gemini,
            "cohere": _cohere, "ollama": _ollama, "bedrock": _bedrock}


def told(api, kind, coding, body):
    return _READERS[api](_events(kind, plain(coding, body)))
