"""OpenAI Responses as the stand-in speaks it: what is refused, what the prompt is, what is answered. See dialects.py."""
import hashlib
import json

import answers
import prompt_cache
from provider_rules import checked, refuse

NAME = "openai_responses"

FIELDS = frozenset("""
    model input instructions tools tool_choice stream stream_options store previous_response_id conversation include reasoning
    text temperature top_p max_output_tokens max_tool_calls parallel_tool_calls metadata truncation user service_tier prompt
    prompt_cache_key prompt_cache_retention prompt_cache_options safety_identifier background context_management client_metadata
    top_logprobs
    """.split())
CALLS = {"function_call": ("call_id", "name", "arguments"), "custom_tool_call": ("call_id", "name", "input"),
         "local_shell_call": ("id", "call_id", "action"), "shell_call": ("call_id", "action"),
         "apply_patch_call": ("call_id", "operation")}
RESULTS = {"function_call_output": "function_call", "custom_tool_call_output": "custom_tool_call",
           "local_shell_call_output": "local_shell_call", "shell_call_output": "shell_call",
           "apply_patch_call_output": "apply_patch_call"}
RESULT_FIELDS = frozenset("type id call_id output status caller name namespace max_output_length".split())
OTHERS = frozenset("""reasoning compaction item_reference mcp_call mcp_list_tools mcp_approval_request mcp_approval_response
    web_search_call file_search_call code_interpreter_call image_generation_call computer_call computer_call_output tool_search_call
    tool_search_output additional_tools program program_output compaction_trigger""".split())
PARTS = {"user": ("input_text", "input_image", "input_file"), "system": ("input_text",), "developer": ("input_text",),
         "assistant": ("output_text", "refusal")}


def seal(item_id):
    """The encrypted reasoning of an item, as the provider would know it again."""
    return "gAAAA" + hashlib.sha256(item_id.encode()).hexdigest()


def _parts(content, where, kinds):
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        refuse(f"Invalid type for '{where}': expected one of a string or array of objects.")
    for j, p in enumerate(content):
        if not isinstance(p, dict) or p.get("type") not in kinds:
            refuse(f"Invalid value for '{where}[{j}].type'.")
        if p["type"].endswith("_text") and not isinstance(p.get("text"), str):
            refuse(f"Missing required parameter: '{where}[{j}].text'.")


def _output(item, kind, where):
    output = item.get("output")
    for k in item:
        if k not in RESULT_FIELDS:
            refuse(f"Unknown parameter: '{where}.{k}'.")
    if kind == "shell_call":
        if not isinstance(output, list) or not output:
            refuse(f"Invalid type for '{where}.output': expected an array of objects.")
        for j, p in enumerate(output):
            if not isinstance(p, dict) or not isinstance(p.get("stdout"), str) or not isinstance(p.get("stderr"), str) or \
                    not isinstance(p.get("outcome"), dict):
                refuse(f"Missing required parameter: '{where}.output[{j}]'.")
    elif kind == "local_shell_call":
        try:
            json.loads(output)
        except (TypeError, ValueError):
            refuse(f"Invalid '{where}.output': expected a JSON string.")
    elif kind == "apply_patch_call":
        if not isinstance(output, (str, type(None))) or item.get("status") not in ("completed", "failed"):
            refuse(f"Invalid value for '{where}.status'.")
    else:
        _parts(output, where + ".output", ("input_text", "input_image", "input_file"))
        if output == []:
            refuse(f"Invalid '{where}.output': empty array.")


def _message(item, where):
    role = item.get("role")
    if role not in PARTS:
        refuse(f"Invalid value: '{role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.")
    _parts(item.get("content"), where + ".content", PARTS[role])


def _items(items, continued):
    """Items in order; calls and results must match one to one, but for calls that the provider holds."""
    calls, answered, ids, thought = {}, set(), set(), None
    for i, item in enumerate(items):
        where = f"input[{i}]"
        if not isinstance(item, dict):
            refuse(f"Invalid type for '{where}': expected an object.")
        kind = item.get("type") or ("message" if "role" in item else "item_reference")
        if item.get("id") and kind != "local_shell_call_output":
            if item["id"] in ids:
                refuse(f"Duplicate item found with id {item['id']}. Remove duplicate items from your input and try again.")
            ids.add(item["id"])
        if thought and (kind in RESULTS or item.get("role") in ("user", "system", "developer")):
            refuse(f"Item '{thought}' of type 'reasoning' was provided without its required following item.")
        thought = None
        if kind == "message":
            _message(item, where)
        elif kind in CALLS:
            for k in CALLS[kind]:
                if k not in item:
                    refuse(f"Missing required parameter: '{where}.{k}'.")
            if kind in ("function_call", "custom_tool_call") and not isinstance(item[CALLS[kind][2]], str):
                refuse(f"Invalid type for '{where}.{CALLS[kind][2]}': expected a string.")
            calls[item["call_id"]] = kind
        elif kind in RESULTS:
            call = item.get("call_id") or item.get("id")
            if not isinstance(call, str):
                refuse(f"Missing required parameter: '{where}.call_id'.")
            if calls.get(call) != RESULTS[kind] and not (continued and call not in calls):
                refuse(f"No tool call found for {RESULTS[kind].replace('_', ' ')} output with call_id {call}.")
            if call in answered:
                refuse(f"Duplicate tool output found for call_id {call}.")
            answered.add(call)
            _output(item, RESULTS[kind], where)
        elif kind not in OTHERS:
            refuse(f"Invalid value: '{kind}'. Supported values are: 'message', ... ")
        elif kind in ("reasoning", "compaction"):
            thought = item.get("id") if kind == "reasoning" else None
            secret = item.get("encrypted_content")
            if secret is not None and secret != seal(item.get("id", "")):
                refuse("The encrypted content could not be verified. Reason: Encrypted content could not be decrypted or parsed.")
    if thought:
        refuse(f"Item '{thought}' of type 'reasoning' was provided without its required following item.")
    for call in calls:
        if call not in answered:
            refuse(f"No tool output found for function call {call}.")


@checked
def check(body, count_only):
    for k in body:
        if k not in FIELDS:
            refuse(f"Unknown parameter: '{k}'.")
    if not isinstance(body.get("model"), str):
        refuse("Missing required parameter: 'model'.")
    entered = body.get("input")
    if isinstance(entered, str):
        return
    if not isinstance(entered, list):
        refuse("Invalid type for 'input': expected one of a string or array of objects.")
    reference = any(isinstance(x, dict) and x.get("type") == "item_reference" for x in entered)
    _items(entered, reference or body.get("previous_response_id") is not None or body.get("conversation") is not None)


def _text(output):
    if isinstance(output, str):
        return output
    found = []
    for p in output or []:
        found += [p[k] for k in ("text", "stdout", "stderr") if isinstance(p.get(k), str)]
    return "".join(found)


def results(body):
    entered = body.get("input")
    return [(i.get("call_id") or i.get("id"), _text(i.get("output"))) for i in (entered if isinstance(entered, list) else [])
            if i.get("type") in RESULTS]


def turns(body):
    return len(body["input"]) if isinstance(body.get("input"), list) else 1


def blocks(body):
    entered = body.get("input")
    items = entered if isinstance(entered, list) else [{"role": "user", "content": entered}]
    found = [prompt_cache.block("tool", t) for t in body.get("tools") or []]
    found.append(prompt_cache.block("instructions", body.get("instructions")))
    return found + [prompt_cache.block("item", i) for i in items]


def model(body, target):
    return body.get("model") or target


def stream(body, target):
    return body.get("stream") is True


def count(tokens):
    return {"object": "response.input_tokens", "input_tokens": tokens}


def error(status, sentence, number):
    return answers.openai_error(status, sentence)


def _response(name, model_name, output, usage, status):
    return {"id": "resp_" + name, "object": "response", "created_at": 1700000000, "status": status, "background": False, "error": None,
            "incomplete_details": None, "instructions": None, "max_output_tokens": None, "metadata": {}, "model": model_name,
            "output": output, "parallel_tool_calls": True, "previous_response_id": None, "reasoning": {"effort": None, "summary": None},
            "store": False, "temperature": 1.0, "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "top_p": 1.0,
            "truncation": "disabled", "usage": usage, "user": None}


def _events(name, model_name, output, usage):
    yield {"type": "response.created", "response": _response(name, model_name, [], None, "in_progress")}
    for at, item in enumerate(output):
        yield {"type": "response.output_item.added", "output_index": at, "item": {**item, "status": "in_progress"}}
        if item["type"] == "message":
            text = item["content"][0]["text"]
            where = {"item_id": item["id"], "output_index": at, "content_index": 0}
            yield {"type": "response.content_part.added", **where, "part": {"type": "output_text", "text": "", "annotations": []}}
            for piece in answers.pieces(text):
                yield {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []}
            yield {"type": "response.output_text.done", **where, "text": text, "logprobs": []}
            yield {"type": "response.content_part.done", **where, "part": item["content"][0]}
        yield {"type": "response.output_item.done", "output_index": at, "item": item}
    yield {"type": "response.completed", "response": _response(name, model_name, output, usage, "completed")}


def too_long(tokens, limit):
    return "Your input exceeds the context window of this model. Please adjust your input and try again."


def answer(name, model_name, text, figures, stream, body, call):
    prompt, cached, made = figures
    usage = {"input_tokens": prompt, "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0}, "output_tokens": made,
             "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": prompt + made}
    output = [{"id": "msg_" + name, "type": "message", "status": "completed", "role": "assistant",
               "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]}]
    if call:
        output = [{"id": "rs_" + name, "type": "reasoning", "summary": [], "encrypted_content": seal("rs_" + name)},
                  {"id": "fc_" + name, "type": "function_call", "status": "completed", "call_id": "call_" + name, "name": call[0],
                   "arguments": call[1]}]
    if not stream:
        return "application/json", [answers.dump(_response(name, model_name, output, usage, "completed"))]
    return "text/event-stream; charset=utf-8", [f"event: {e['type']}\ndata: ".encode() + answers.dump({**e, "sequence_number": n}) +
                                                b"\n\n" for n, e in enumerate(_events(name, model_name, output, usage))]
