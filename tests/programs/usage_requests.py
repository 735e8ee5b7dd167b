"""Requests of each dialect with figures that the test chooses, for client_many.py; and what the database must hold of them.

WAYS[name](stream) -> (path, body without its model). The figures themselves are asked for by X-Test-Usage.
"""
import json
import sqlite3

import told

_SAY = {"role": "user", "content": "How many?"}


def _chat(stream, usage=True):
    return {"messages": [_SAY], **({"stream": True, **({"stream_options": {"include_usage": True}} if usage else {})} if stream else {})}


WAYS = {
    "anthropic": lambda s: ("/v1/messages", {"max_tokens": 9, "messages": [_SAY], "stream": s}),
    "vertex": lambda s: (f"/v1/projects/p/locations/l/publishers/anthropic/models/{{model}}:{'streamRawPredict' if s else 'rawPredict'}",
                         {"anthropic_version": "vertex-2023-10-16", "max_tokens": 9, "messages": [_SAY], "stream": s}),
    "invoke": lambda s: (f"/model/{{model}}/{'invoke-with-response-stream' if s else 'invoke'}",
                         {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [_SAY]}),
    "openai_chat": lambda s: ("/v1/chat/completions", _chat(s)),
    "openai_chat_silent": lambda s: ("/v1/chat/completions", _chat(s, usage=False)),
    "azure": lambda s: ("/openai/deployments/{model}/chat/completions?api-version=1", _chat(s)),
    "mistral": lambda s: ("/mistral/v1/chat/completions", {"messages": [_SAY], "stream": s}),
    "openai_responses": lambda s: ("/v1/responses", {"input": "How many?", "stream": s}),
    "gemini": lambda s: (f"/v1beta/models/{{model}}:{'streamGenerateContent?alt=sse' if s else 'generateContent'}",
                         {"contents": [{"role": "user", "parts": [{"text": "How many?"}]}]}),
    "gemini_array": lambda s: (f"/v1beta/models/{{model}}:{'streamGenerateContent' if s else 'generateContent'}",
                               {"contents": [{"role": "user", "parts": [{"text": "How many?"}]}]}),
    "cohere": lambda s: ("/v2/chat", {"messages": [_SAY], "stream": s}),
    "ollama": lambda s: ("/api/chat", {"messages": [_SAY], "stream": s}),
    "bedrock": lambda s: (f"/model/{{model}}/{'converse-stream' if s else 'converse'}",
                          {"messages": [{"role": "user", "content": [{"text": "How many?"}]}]}),
}


def made(way, model, stream, fields, cut=None):
    """A line for client_many.py."""
    path, body = WAYS[way](stream)
    if "{model}" not in path:
        body = {"model": model, **body}
    return {"path": path.replace("{model}", model), "fields": fields, "body": json.dumps(body), "cut": cut}


def _word(api, error):
    """How the API names this error."""
    if api == "bedrock":
        return "ThrottlingException"
    inner = error.get("error")
    if isinstance(inner, dict):
        return inner.get("code") if isinstance(inner.get("code"), str) else inner.get("type") or inner.get("status")
    return error.get("type") if error.get("object") == "error" else None


def expected(r, model, n, whole):
    """(model, status, complete, input, output, cached, written, error) of a request as the server answered it, n bytes of
    its body read."""
    if r.status >= 400:
        return model, r.status, int(whole), -1, -1, -1, -1, _word(r.dialect, json.loads(b"".join(r.out.plain)))
    if whole:
        figures = told.told(r.dialect, r.out.kind, "", b"".join(r.out.plain))
    else:
        figures = told.told(r.dialect, r.out.kind, "".join(r.out.codings), b"".join(r.out.sent)[:n])
    figures = figures or {"input": -1, "output": -1, "cached": -1, "written": -1}
    return model, r.status, int(whole), figures["input"], figures["output"], figures["cached"], figures["written"], None


def rows(state):
    """The same of the database, sorted."""
    with sqlite3.connect(f"file:{state}/headroom.db?mode=ro", uri=True) as db:
        return sorted(db.execute("SELECT model, status, complete, input_tokens, output_tokens, cached_tokens, cache_written, error FROM requests"),
                      key=str)
