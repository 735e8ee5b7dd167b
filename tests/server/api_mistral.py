"""Mistral's chat and agents, below /mistral/ at the stand-in: Chat Completions that are judged more strictly. See dialects.py."""
import re

import answers
import prompt_cache
from provider_rules import checked, refuse

NAME = "openai_chat"
FIELDS = frozenset("""model agent_id messages temperature top_p max_tokens stream stop random_seed metadata response_format tools tool_choice
    presence_penalty frequency_penalty n prediction parallel_tool_calls prompt_mode reasoning_effort safe_prompt guardrails
    prompt_cache_key""".split())
MESSAGE = {"system": ("content",), "user": ("content",), "assistant": ("content", "tool_calls", "prefix"),
           "tool": ("content", "tool_call_id", "name")}
CHUNKS = ("text", "image_url", "reference", "document_url", "file", "thinking", "input_audio")


def _content(m, where):
    content = m.get("content")
    if content is None or isinstance(content, str):
        return
    if not isinstance(content, list):
        refuse(f"{where}.content: Input should be a valid string")
    for j, p in enumerate(content):
        if not isinstance(p, dict) or p.get("type") not in CHUNKS:
            refuse(f"{where}.content.{j}: Input tag found using 'type' does not match any of the expected tags")
        if p["type"] == "text" and not isinstance(p.get("text"), str):
            refuse(f"{where}.content.{j}.text: Input should be a valid string")


@checked
def check(body, count_only):
    for k in body:
        if k not in FIELDS:
            refuse(f"body.{k}: Extra inputs are not permitted")
    if not isinstance(body.get("model") or body.get("agent_id"), str):
        refuse("body.model: Field required")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        refuse("body.messages: Field required")
    open_calls, before = [], None
    for i, m in enumerate(messages):
        role, where = m.get("role"), f"body.messages.{i}"
        if role not in MESSAGE:
            refuse(f"{where}: Input tag '{role}' found using 'role' does not match any of the expected tags")
        for k in m:
            if k != "role" and k not in MESSAGE[role]:
                refuse(f"{where}.{role}.{k}: Extra inputs are not permitted")
        _content(m, where)
        if role == "tool":
            if m.get("tool_call_id") not in open_calls:
                refuse("Unexpected tool call id in tool results")
            open_calls.remove(m["tool_call_id"])
        elif open_calls:
            refuse("Not the same number of function calls and responses")
        elif role == "user" and before == "tool":
            refuse("Unexpected role 'user' after role 'tool'")
        if role == "assistant":
            calls = m.get("tool_calls") or []
            for c in calls:
                if not re.fullmatch("[a-zA-Z0-9]{9}", c.get("id", "")):
                    refuse(f"Tool call id was {c.get('id')} but must be a-z, A-Z, 0-9, with a length of 9.")
            open_calls = [c["id"] for c in calls]
            if not calls and not m.get("content"):
                refuse("Assistant message must have either content or tool_calls, but not none.")
        before = role
    if open_calls:
        refuse("Not the same number of function calls and responses")
    if before == "assistant" and not messages[-1].get("prefix"):
        refuse("Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant")


results = answers.tool_results
blocks = prompt_cache.render


def turns(body):
    return len(body["messages"])


def model(body, target):
    return body.get("model") or body["agent_id"]


def stream(body, target):
    return body.get("stream") is True


def error(status, sentence, number):
    return {"object": "error", "message": sentence, "type": "invalid_request_error", "param": None, "code": str(status)}


def too_long(tokens, limit):
    return f"Prompt contains {tokens} tokens, too large for model with {limit} maximum context length"


def answer(name, model_name, text, figures, stream, body, call):
    prompt, cached, made = figures
    usage = {"prompt_tokens": prompt, "completion_tokens": made, "total_tokens": prompt + made,
             "prompt_tokens_details": {"cached_tokens": cached}}
    head = {"id": name, "created": 1700000000, "model": model_name}
    message = {"role": "assistant", "content": text, "tool_calls": None}
    if call:
        message = {"role": "assistant", "content": "", "tool_calls": [
            {"id": f"{int(re.sub('[^0-9]', '', name) or 0):09d}", "type": "function", "index": 0,
             "function": {"name": call[0], "arguments": call[1]}}]}
    finish = "tool_calls" if call else "stop"
    if not stream:
        return "application/json", [answers.dump({**head, "object": "chat.completion", "usage": usage, "choices": [
            {"index": 0, "message": message, "finish_reason": finish}]})]
    chunks = [] if call else [{"choices": [{"index": 0, "delta": {"content": p}, "finish_reason": None}]} for p in answers.pieces(text)]
    chunks.append({"choices": [{"index": 0, "delta": message if call else {"content": ""}, "finish_reason": finish}], "usage": usage})
    return "text/event-stream", [b"data: " + answers.dump({**head, "object": "chat.completion.chunk", **c}) + b"\n\n" for c in chunks] + [
        b"data: [DONE]\n\n"]
