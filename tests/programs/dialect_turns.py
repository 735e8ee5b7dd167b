"""Conversations of twenty turns in each dialect: agents whose history comes again with every request, in the shapes that SDKs send.

DIALECTS[name] is a Dialect. bodies: turn 1, 2, .. as Python values, the messages last, so that the bytes of one request up to the end of
its last message can be looked for in the next. Results of some 4,000 tokens each. All of it is deterministic.
"""
import json
from typing import NamedTuple

import conversations
import openai_responses

TURNS = 20


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
        thought = {"type": "reasoning", "id": f"rs_{t}", "summary": [], "encrypted_content": openai_responses.seal(f"rs_{t}")}
        items = items + [thought] + [c for c, _ in calls] + [r for _, r in calls]
        bodies.append({"model": "gpt-5.6-sol", "instructions": "Be brief.", "store": False, "include": ["reasoning.encrypted_content"],
                       "tools": [{"type": "function", "name": "query_services", "parameters": {"type": "object", "properties": {}},
                                  "strict": False}, {"type": "custom", "name": "exec"}], "stream": False, "input": items})
    return bodies


DIALECTS = {
    "openai_responses": Dialect("openai_responses", "/v1/responses", "gpt-5.6-sol", "]}", responses(TURNS)),
}
