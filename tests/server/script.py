"""A model that plays a script: a text and tool calls, turn by turn. For tests whose clients carry the calls out.

    api.script = script.Script(("Let me see.", [("bash", {"command": "ls"})]), ("All is well.", []))

The turn that is played is the first one with a call whose result the request does not hold; one without calls is the last. So the
answer is a function of the request, sent again it gets the same again. Requests that offer no tools (titles, summaries) are
not the agent's and get what they get without a script. Dialects: Messages, Chat Completions, Responses.
"""
import itertools
import json

import answers

_PIECE = 24  # characters of an event


def _pieces(text):
    return [text[i:i + _PIECE] for i in range(0, len(text), _PIECE)]


def call_id(turn, i):
    """Of call i of a turn, both counted from 0: in the form that all providers' clients accept."""
    return f"toolu_{turn:02d}{i:02d}"


class Script:
    def __init__(self, *turns):
        self.turns = [(text, [(call_id(n, i), name, values) for i, (name, values) in enumerate(calls)])
                      for n, (text, calls) in enumerate(turns)]

    def _turn(self, done):
        return next((t for t in self.turns if not t[1] or any(call not in done for call, _, _ in t[1])), self.turns[-1])

    def answer(self, path, name, body, prompt, cached):
        """(status, header fields, pieces of the body, stream?), or None: not the script's. prompt, cached: tokens."""
        make = next((m for end, m in _DIALECTS.items() if path.rstrip("/").endswith(end)), None)
        if not make or not body.get("tools"):
            return None
        done = {call for call, _ in answers.tool_results(body)} | {
            i.get("call_id") for i in body.get("input") or [] if isinstance(i, dict) and i.get("type") == "function_call_output"}
        text, calls = self._turn(done)
        stream = body.get("stream") is True
        made = make(name, body, text, calls, prompt, cached)
        kind = "text/event-stream; charset=utf-8" if stream else "application/json"
        return 200, [("Content-Type", kind), ("Request-Id", "req_" + name)], made if stream else [answers.dump(made)], stream


def _event(kind, **data):
    return f"event: {kind}\ndata: ".encode() + answers.dump({"type": kind, **data}) + b"\n\n"


def _arguments(values):
    return json.dumps(values)


def _output_tokens(text, calls):
    return len(text) // 4 + 20 * len(calls) + 1


# ------------------------------------------------------------------------------------------- Messages
def _messages(name, body, text, calls, prompt, cached):
    usage = answers.anthropic_usage(prompt, cached, _output_tokens(text, calls))
    message = answers.anthropic_message(name, body["model"], text, usage)
    message["content"] += [{"type": "tool_use", "id": c, "name": n, "input": v} for c, n, v in calls]
    message["stop_reason"] = "tool_use" if calls else "end_turn"
    if body.get("stream") is not True:
        return message
    events = [_event("message_start", message={**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}})]
    for i, block in enumerate(message["content"]):
        if block["type"] == "text":
            start = {"type": "text", "text": ""}
            deltas = [{"type": "text_delta", "text": p} for p in _pieces(text)]
        else:
            start = {**block, "input": {}}
            deltas = [{"type": "input_json_delta", "partial_json": p} for p in _pieces(_arguments(block["input"]))]
        events.append(_event("content_block_start", index=i, content_block=start))
        events += [_event("content_block_delta", index=i, delta=d) for d in deltas]
        events.append(_event("content_block_stop", index=i))
    return events + [_event("message_delta", delta={"stop_reason": message["stop_reason"], "stop_sequence": None}, usage=usage),
                     _event("message_stop")]


# ------------------------------------------------------------------------------------------- Chat Completions
def _chat(name, body, text, calls, prompt, cached):
    usage = answers.openai_usage(prompt, cached, _output_tokens(text, calls))
    made = answers.openai_completion(name, body["model"], text, usage)
    tool_calls = [{"id": c, "type": "function", "function": {"name": n, "arguments": _arguments(v)}} for c, n, v in calls]
    finish = "tool_calls" if calls else "stop"
    choice = made["choices"][0]
    choice["finish_reason"] = finish
    if calls:
        choice["message"]["tool_calls"] = tool_calls
    if body.get("stream") is not True:
        return made
    deltas = [{"role": "assistant", "content": ""}, *({"content": p} for p in _pieces(text))]
    for i, call in enumerate(tool_calls):
        deltas.append({"tool_calls": [{"index": i, **call, "function": {**call["function"], "arguments": ""}}]})
        deltas += [{"tool_calls": [{"index": i, "function": {"arguments": p}}]} for p in _pieces(call["function"]["arguments"])]
    head = {"id": made["id"], "object": "chat.completion.chunk", "created": made["created"], "model": made["model"]}
    chunks = [{**head, "choices": [{"index": 0, "delta": d, "logprobs": None, "finish_reason": None}]} for d in deltas]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": finish}]})
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({**head, "choices": [], "usage": usage})
    return [b"data: " + answers.dump(c) + b"\n\n" for c in chunks] + [b"data: [DONE]\n\n"]


# ------------------------------------------------------------------------------------------- Responses
def _responses(name, body, text, calls, prompt, cached):
    output = _output_tokens(text, calls)
    usage = {"input_tokens": prompt, "input_tokens_details": {"cached_tokens": cached}, "output_tokens": output,
             "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": prompt + output}
    items = [{"type": "message", "id": "msg_" + name, "status": "completed", "role": "assistant",
              "content": [{"type": "output_text", "text": text, "annotations": []}]}]
    items += [{"type": "function_call", "id": f"fc_{name}_{c}", "call_id": c, "name": n, "arguments": _arguments(v),
               "status": "completed"} for c, n, v in calls]
    made = {"id": "resp_" + name, "object": "response", "created_at": 1700000000, "status": "completed", "model": body["model"],
            "error": None, "incomplete_details": None, "instructions": None, "output": items, "tools": body["tools"],
            "tool_choice": "auto", "parallel_tool_calls": True, "usage": usage}
    if body.get("stream") is not True:
        return made
    number = itertools.count()

    def event(kind, **data):
        return _event(kind, sequence_number=next(number), **data)

    events = [event("response.created", response={**made, "status": "in_progress", "output": [], "usage": None})]
    for i, item in enumerate(items):
        at = {"output_index": i, "item_id": item["id"]}
        if item["type"] == "message":
            part = {**at, "content_index": 0}
            events.append(event("response.output_item.added", output_index=i, item={**item, "status": "in_progress", "content": []}))
            events.append(event("response.content_part.added", **part, part={"type": "output_text", "text": "", "annotations": []}))
            events += [event("response.output_text.delta", **part, delta=p, logprobs=[]) for p in _pieces(text)]
            events.append(event("response.output_text.done", **part, text=text, logprobs=[]))
            events.append(event("response.content_part.done", **part, part=item["content"][0]))
        else:
            events.append(event("response.output_item.added", output_index=i, item={**item, "status": "in_progress", "arguments": ""}))
            events += [event("response.function_call_arguments.delta", **at, delta=p) for p in _pieces(item["arguments"])]
            events.append(event("response.function_call_arguments.done", **at, name=item["name"], arguments=item["arguments"]))
        events.append(event("response.output_item.done", output_index=i, item=item))
    return events + [event("response.completed", response=made)]


_DIALECTS = {"/v1/messages": _messages, "/chat/completions": _chat, "/responses": _responses}
