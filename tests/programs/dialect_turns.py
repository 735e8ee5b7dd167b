"""Conversations of forty turns in each dialect: agents whose history comes again with every request, in the shapes that SDKs send.

DIALECTS[name] is a Dialect. bodies: turn 1, 2, .. as Python values, the messages last, so that the bytes of one request up to the end of
its last message can be looked for in the next. Results of some 4,000 tokens each. All of it is deterministic.
"""
import json
from typing import NamedTuple

import api_bedrock
import api_gemini
import api_responses
import conversations

TURNS = 40


class Dialect(NamedTuple):
    api: str  # the dialect that the library and the stand-in name
    path: str
    model: str
    closing: str  # what stands behind the last message
    bodies: list


def _question(t):
    return conversations.QUESTIONS[t % len(conversations.QUESTIONS)]


# ------------------------------------------------------------------------------------------- OpenAI Responses
def _responses_call(t, call, text):
    """One call item and its result item, in one of the forms that tools of this API have."""
    function = {"type": "function_call", "id": f"fc_{t}", "call_id": call, "name": "query_services", "arguments": json.dumps({"day": t})}
    forms = (
        lambda: (function, {"type": "function_call_output", "call_id": call, "output": text}),
        lambda: (function, {"type": "function_call_output", "call_id": call, "output": [
            {"type": "input_text", "text": text}, {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}]}),
        lambda: ({"type": "custom_tool_call", "id": f"ctc_{t}", "call_id": call, "name": "exec", "input": f"await services({t})"},
                 {"output": text, "call_id": call, "type": "custom_tool_call_output"}),
        lambda: ({"type": "shell_call", "id": f"sc_{t}", "call_id": call, "status": "completed",
                  "action": {"commands": [f"services --day {t} --json"], "timeout_ms": 1000, "max_output_length": None}},
                 {"type": "shell_call_output", "call_id": call, "output": [
                     {"stdout": text, "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]}),
        lambda: ({"type": "local_shell_call", "id": f"lsh_{t}", "call_id": call, "status": "completed",
                  "action": {"type": "exec", "command": ["services", "--day", str(t)], "env": {}}},
                 {"type": "local_shell_call_output", "id": call, "output": json.dumps({"output": text, "metadata": {"exit_code": 0}})}),
    )
    return forms[t % len(forms)]()


def responses(turns):
    items = [{"role": "developer", "content": "You watch over services."},
             {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What is wrong today?"}]}]
    bodies = []
    for t in range(turns):
        if t and t % 3 == 0:
            items = items + [{"type": "message", "id": f"msg_{t}", "role": "assistant", "status": "completed", "content": [
                {"type": "output_text", "text": f"Day {t - 1} is done.", "annotations": []}]}, {"role": "user", "content": _question(t)}]
        calls = [_responses_call(t, f"call_{t}", conversations.result_text(t))]
        if t % 6 == 5:  # two at once: both calls stand before both results
            calls.append(({"type": "function_call", "id": f"fc_{t}_b", "call_id": f"call_{t}_b", "name": "query_services",
                           "arguments": "{}"}, {"type": "function_call_output", "call_id": f"call_{t}_b",
                                                "output": conversations.result_text(t + 100)}))
        thought = {"type": "reasoning", "id": f"rs_{t}", "summary": [], "encrypted_content": api_responses.seal(f"rs_{t}")}
        items = items + [thought] + [c for c, _ in calls] + [r for _, r in calls]
        bodies.append({"model": "gpt-5.6-sol", "instructions": "Be brief.", "store": False, "include": ["reasoning.encrypted_content"],
                       "tools": [{"type": "function", "name": "query_services", "parameters": {"type": "object", "properties": {}},
                                  "strict": False}, {"type": "custom", "name": "exec"}], "stream": False, "input": items})
    return bodies


# ------------------------------------------------------------------------------------------- Gemini
def _gemini_response(t, text):
    """The result of a call, in one of the forms that programs give it: always an object."""
    forms = ({"output": text}, {"result": {"rows": text, "count": 160}}, {"content": [{"type": "text", "text": text}], "isError": False})
    return forms[t % len(forms)]


def gemini_contents(turns, ids=False):
    """contents of turn 1, 2, ..; without ids two calls of one tool are told apart by their order."""
    contents = [{"role": "user", "parts": [{"text": "What is wrong today?"}]}]
    grown = []
    for t in range(turns):
        if t and t % 3 == 0:
            contents = contents + [{"role": "model", "parts": [{"text": f"Day {t - 1} is done."}]},
                                   {"role": "user", "parts": [{"text": _question(t)}]}]
        named = [{"id": f"call_{t}_{n}"} if ids else {} for n in range(1 + t % 2)]
        contents = contents + [
            {"role": "model", "parts": [{"functionCall": {**call, "name": "query_services", "args": {"day": t + 100 * n}},
                                         **({} if n else {"thoughtSignature": api_gemini.SIGNATURE})} for n, call in enumerate(named)]},
            {"role": "user", "parts": [{"functionResponse": {**call, "name": "query_services", "response": _gemini_response(
                t, conversations.result_text(t + 100 * n))}} for n, call in enumerate(named)]}]
        grown.append(contents)
    return grown


TOOLS = [{"functionDeclarations": [{"name": "query_services", "description": "Rows of one day."}]}]
SYSTEM = {"parts": [{"text": "You watch over services."}]}


def gemini_api(turns):
    return [{"systemInstruction": SYSTEM, "tools": TOOLS, "contents": c} for c in gemini_contents(turns)]


def gemini_snake_case(turns):
    def snake(value):
        if isinstance(value, list):
            return [snake(v) for v in value]
        if not isinstance(value, dict):
            return value
        names = {"functionCall": "function_call", "functionResponse": "function_response", "thoughtSignature": "thought_signature"}
        return {names.get(k, k): snake(v) for k, v in value.items()}

    return [{"system_instruction": SYSTEM, "contents": snake(c)} for c in gemini_contents(turns, ids=True)]


def code_assist(turns):
    return [{"model": "gemini-3-pro-preview", "project": "p", "user_prompt_id": "u", "request": {
        "session_id": "s", "systemInstruction": SYSTEM, "tools": TOOLS, "contents": c}} for c in gemini_contents(turns, ids=True)]


# ------------------------------------------------------------------------------------------- after Chat Completions
def chat_messages(turns, call, result):
    """messages of turn 1, 2, ..: call(t) is the assistant's message, result(t, text) the messages of the tool."""
    messages = [{"role": "system", "content": "You watch over services."}, {"role": "user", "content": "What is wrong today?"}]
    grown = []
    for t in range(turns):
        if t and t % 3 == 0:
            messages = messages + [{"role": "assistant", "content": f"Day {t - 1} is done."}, {"role": "user", "content": _question(t)}]
        messages = messages + [call(t), *result(t, conversations.result_text(t))]
        grown.append(messages)
    return grown


def cohere(turns):
    def call(t):
        return {"role": "assistant", "tool_plan": "I will look.", "tool_calls": [
            {"id": f"call_{t}", "type": "function", "function": {"name": "query_services", "arguments": json.dumps({"day": t})}}]}

    def result(t, text):
        contents = (text, [{"type": "text", "text": text}],
                    [{"type": "document", "document": {"id": "d", "data": {"rows": text, "source": "services"}}}])
        return [{"role": "tool", "tool_call_id": f"call_{t}", "content": contents[t % len(contents)]}]

    return [{"model": "command-a-03-2025", "stream": False, "messages": m} for m in chat_messages(turns, call, result)]


def mistral(turns):
    def call(t):
        return {"role": "assistant", "content": "", "tool_calls": [
            {"id": f"call{t:05d}", "type": "function", "function": {"name": "query_services", "arguments": json.dumps({"day": t})}}]}

    def result(t, text):
        content = [{"type": "text", "text": text}, {"type": "reference", "reference_ids": [1]}] if t % 2 else text
        return [{"role": "tool", "name": "query_services", "tool_call_id": f"call{t:05d}", "content": content}]

    return [{"model": "mistral-medium-3-5", "messages": m} for m in chat_messages(turns, call, result)]


def ollama(turns):
    """Two calls of one tool in every other turn; no ids."""
    def call(t):
        return {"role": "assistant", "content": "", "thinking": "Let me see.", "tool_calls": [
            {"function": {"index": n, "name": "query_services", "arguments": {"day": t + 100 * n}}} for n in range(1 + t % 2)]}

    def result(t, text):
        texts = [text, conversations.result_text(t + 100)][:1 + t % 2]
        return [{"role": "tool", "content": x, "tool_name": "query_services"} for x in texts]

    return [{"model": "qwen3:8b", "options": {"temperature": 0}, "messages": m} for m in chat_messages(turns, call, result)]


# ------------------------------------------------------------------------------------------- Claude elsewhere, and Converse
def claude(turns, **top):
    """As Anthropic's SDK sends it, without marks for the cache: those move on with each turn."""
    def plain(value):
        if isinstance(value, list):
            return [plain(v) for v in value]
        return {k: plain(v) for k, v in value.items() if k != "cache_control"} if isinstance(value, dict) else value

    bodies = [plain(b) for b in conversations.anthropic_turns(turns)]
    for b in bodies:
        if top:
            del b["model"]
    return [{**top, **b} for b in bodies]


def converse(turns):
    bodies, messages = [], [{"role": "user", "content": [{"text": "What is wrong today?"}, {"cachePoint": {"type": "default"}}]}]
    for t in range(turns):
        text = conversations.result_text(t)
        content = ({"text": text}, {"json": {"rows": text, "source": "services"}})[t % 2]
        thought = f"Day {t} is next."
        messages = messages + [
            {"role": "assistant", "content": [
                {"reasoningContent": {"reasoningText": {"text": thought, "signature": api_bedrock.seal(thought)}}},
                {"toolUse": {"toolUseId": f"tooluse_{t}", "name": "query_services", "input": {"day": t}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": f"tooluse_{t}", "content": [content], "status": "success"}},
                                         *([{"text": _question(t)}] if t % 3 == 0 else [])]}]
        bodies.append({"system": [{"text": "You watch over services."}], "inferenceConfig": {"maxTokens": 256}, "toolConfig": {"tools": [
            {"toolSpec": {"name": "query_services", "inputSchema": {"json": {"type": "object"}}}}]}, "messages": messages})
    return bodies


DIALECTS = {
    "anthropic": Dialect("anthropic", "/v1/messages", conversations.ANTHROPIC_MODEL, "]}", claude(TURNS)),
    "vertex": Dialect("anthropic", "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict",
                      "claude-sonnet-4-5@20250929", "]}", claude(TURNS, anthropic_version="vertex-2023-10-16")),
    "bedrock invoke": Dialect("anthropic", "/model/eu.anthropic.claude-sonnet-4-5-v1%3A0/invoke", "eu.anthropic.claude-sonnet-4-5-v1:0",
                              "]}", claude(TURNS, anthropic_version="bedrock-2023-05-31")),
    "bedrock converse": Dialect("bedrock", "/model/eu.anthropic.claude-sonnet-4-5-v1%3A0/converse",
                                "eu.anthropic.claude-sonnet-4-5-v1:0", "]}", converse(TURNS)),
    "openai_chat": Dialect("openai_chat", "/v1/chat/completions", conversations.OPENAI_MODEL, "]}", conversations.openai_turns(TURNS)),
    "azure": Dialect("openai_chat", "/openai/deployments/gpt-west/chat/completions?api-version=2025-04-01", "gpt-west", "]}",
                     [{k: v for k, v in b.items() if k != "model"} for b in conversations.openai_turns(TURNS)]),
    "openrouter": Dialect("openai_chat", "/api/v1/chat/completions", conversations.OPENAI_MODEL, "]}", conversations.openai_turns(TURNS)),
    "foundry": Dialect("anthropic", "/anthropic/v1/messages", conversations.ANTHROPIC_MODEL, "]}", claude(TURNS)),
    "copilot": Dialect("openai_chat", "/chat/completions", conversations.OPENAI_MODEL, "]}", conversations.openai_turns(TURNS)),
    "openai_responses": Dialect("openai_responses", "/v1/responses", "gpt-5.6-sol", "]}", responses(TURNS)),
    "gemini": Dialect("gemini", "/v1beta/models/gemini-3-pro-preview:generateContent", "gemini-3-pro-preview", "]}", gemini_api(TURNS)),
    "gemini snake_case": Dialect("gemini", "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:streamGenerateContent",
                                 "gemini-2.5-pro", "]}", gemini_snake_case(TURNS)),
    "code assist": Dialect("gemini", "/v1internal:streamGenerateContent?alt=sse", "gemini-3-pro-preview", "]}}", code_assist(TURNS)),
    "cohere": Dialect("cohere", "/v2/chat", "command-a-03-2025", "]}", cohere(TURNS)),
    "mistral": Dialect("openai_chat", "/mistral/v1/chat/completions", "mistral-medium-3-5", "]}", mistral(TURNS)),
    "ollama": Dialect("ollama", "/api/chat", "qwen3:8b", "]}", ollama(TURNS)),
}
