"""What the real APIs refuse: Anthropic Messages and OpenAI Chat Completions.

check_anthropic(body) and check_openai(body) return None for an acceptable body, else the sentence of the 400 answer;
parse(raw) gives (body, None) or (None, sentence). Only rules that a rewriting layer could break, or that tell a wrong test
from a right one, are here; prices of models, limits and features are not.
"""
import json
import re

NOT_JSON = "The request body is not valid JSON"

ANTHROPIC_FIELDS = frozenset("""
    model messages max_tokens system tools tool_choice metadata stop_sequences stream temperature top_k top_p thinking
    service_tier container context_management mcp_servers betas output_config output_format inference_geo cache_control
    speed thread diagnostics anthropic_version fallbacks
    """.split())
# Fields of the Messages API that count_tokens takes as well.
COUNT_FIELDS = frozenset("""model messages system tools tool_choice thinking mcp_servers context_management output_config
    output_format cache_control betas speed thread""".split())

_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_BREAKPOINTS = 4


def parse(raw):
    if not raw:
        return None, NOT_JSON + ": empty body"
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        return None, f"{NOT_JSON}: invalid UTF-8 at byte {e.start}"

    def no_constant(name):
        raise ValueError(name)

    try:
        body = json.loads(text, parse_constant=no_constant)
    except (ValueError, RecursionError) as e:
        return None, f"{NOT_JSON}: {e}"
    # Only \u escapes can have brought lone surrogates in: raw ones were refused as UTF-8.
    if "\\u" in text and _has_surrogate(body):
        return None, NOT_JSON + ": no low surrogate in string"
    if not isinstance(body, dict):
        return None, "Input should be a valid dictionary"
    return body, None


def _has_surrogate(value):
    stack = [value]
    while stack:
        v = stack.pop()
        if isinstance(v, str):
            if _SURROGATE.search(v):
                return True
        elif isinstance(v, list):
            stack += v
        elif isinstance(v, dict):
            stack += v.keys()
            stack += v.values()
    return False


class _Refused(Exception):
    pass


def refuse(sentence):
    raise _Refused(sentence)


def checked(rules):
    def check(*args, **kwargs):
        try:
            rules(*args, **kwargs)
        except _Refused as e:
            return str(e)
        return None
    check.__doc__ = rules.__doc__
    return check


def _need_messages(body):
    messages = body.get("messages")
    if messages is None:
        refuse("messages: Field required")
    if not isinstance(messages, list):
        refuse("messages: Input should be a valid list")
    if not messages:
        refuse("messages: at least one message is required")
    for i, m in enumerate(messages):
        if not isinstance(m, dict):
            refuse(f"messages.{i}: Input should be a valid dictionary")
    return messages


# ---------------------------------------------------------------------------------------------------- Anthropic
def _text_block(block, where):
    text = block.get("text")
    if not isinstance(text, str):
        refuse(f"{where}.text: Input should be a valid string")
    if text == "":
        refuse(f"{where}: text content blocks must be non-empty")
    if not text.strip():
        refuse(f"{where}: text content blocks must contain non-whitespace text")


def _tool_result(block, where):
    if not isinstance(block.get("tool_use_id"), str):
        refuse(f"{where}.tool_use_id: Field required")
    if "is_error" in block and not isinstance(block["is_error"], (bool, type(None))):
        refuse(f"{where}.is_error: Input should be a valid boolean")
    for k in block:
        if k not in ("type", "tool_use_id", "content", "is_error", "cache_control", "toolset_name"):
            refuse(f"{where}.{k}: Extra inputs are not permitted")
    content = block.get("content")
    if content is None or isinstance(content, str):
        return
    if not isinstance(content, list):
        refuse(f"{where}.content: Input should be a valid string or list")
    for j, part in enumerate(content):
        at = f"{where}.content.{j}"
        if not isinstance(part, dict) or part.get("type") not in ("text", "image", "document", "search_result",
                                                                  "tool_reference"):
            refuse(f"{at}: Input tag is not one of the expected tags")
        if part["type"] == "text":
            _text_block(part, at)


def _blocks(message, where):
    content = message.get("content")
    if isinstance(content, str):
        if content:
            _text_block({"text": content}, where)
        return [{"type": "text", "text": content}] if content else []
    if not isinstance(content, list):
        refuse(f"{where}.content: Input should be a valid string or list")
    for j, b in enumerate(content):
        at = f"{where}.content.{j}"
        if not isinstance(b, dict) or not isinstance(b.get("type"), str):
            refuse(f"{at}.type: Field required")
        if b["type"] == "text":
            _text_block(b, at)
        elif b["type"] == "tool_result":
            if message["role"] != "user":
                refuse(f"{at}: `tool_result` blocks can only be in `user` messages")
            _tool_result(b, at)
        elif b["type"] == "tool_use":
            if message["role"] != "assistant":
                refuse(f"{at}: `tool_use` blocks can only be in `assistant` messages")
            if not isinstance(b.get("id"), str) or not isinstance(b.get("name"), str):
                refuse(f"{at}.id: Field required")
            if not isinstance(b.get("input"), dict):
                refuse(f"{at}.input: Input should be a valid dictionary")
    return content


def _anthropic_pairing(messages, blocks, continued):
    seen = set()
    for i, m in enumerate(messages):
        uses = [b["id"] for b in blocks[i] if b["type"] == "tool_use"]
        for u in uses:
            if u in seen:
                refuse(f"messages.{i}: `tool_use` ids must be unique")
            seen.add(u)
        results = [b["tool_use_id"] for b in blocks[i] if b["type"] == "tool_result"]
        if results:
            before = [b["id"] for b in blocks[i - 1] if b["type"] == "tool_use"] if i else []
            if not (continued and i == 0):
                for r in results:
                    if r not in before:
                        refuse(f"messages.{i}.content: unexpected `tool_use_id` found in `tool_result` blocks: {r}. Each "
                                "`tool_result` block must have a corresponding `tool_use` block in the previous message.")
            for r in results:
                if results.count(r) > 1:
                    refuse(f"messages.{i}.content: each tool_use must have a single result. Found multiple "
                            f"`tool_result` blocks with id: {r}")
            last = max(j for j, b in enumerate(blocks[i]) if b["type"] == "tool_result")
            if any(b["type"] == "text" for b in blocks[i][:last]):
                refuse(f"messages.{i}.content: `tool_result` blocks must come before any text")
        if uses:
            after = messages[i + 1] if i + 1 < len(messages) else None
            got = [b.get("tool_use_id") for b in blocks[i + 1]] if after else []
            missing = [u for u in uses if u not in got]
            if missing:
                refuse(f"messages.{i}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                        f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the "
                        "next message.")


def _breakpoints(value):
    stack, n = [value], 0
    while stack:
        v = stack.pop()
        if isinstance(v, dict):
            n += v.get("cache_control") is not None
            stack += [x for k, x in v.items() if k not in ("cache_control", "input", "input_schema")]
        elif isinstance(v, list):
            stack += v
    return n


@checked
def check_anthropic(body, count_only=False):
    """POST /v1/messages, or count_tokens with count_only."""
    for k in body:
        if k not in (COUNT_FIELDS if count_only else ANTHROPIC_FIELDS):
            refuse(f"{k}: Extra inputs are not permitted")
    if not isinstance(body.get("model"), str):
        refuse("model: Field required")
    if not count_only and (not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1):
        refuse("max_tokens: Field required")
    messages = _need_messages(body)
    thread = body.get("thread")
    continued = isinstance(thread, dict) and thread.get("type") == "continue"
    system = body.get("system")
    if isinstance(system, list):
        for i, b in enumerate(system):
            if not isinstance(b, dict) or b.get("type") != "text":
                refuse(f"system.{i}: Input should be a text block")
            _text_block(b, f"system.{i}")
    elif system is not None and not isinstance(system, str):
        refuse("system: Input should be a valid string or list")
    blocks = []
    for i, m in enumerate(messages):
        if m.get("role") not in ("user", "assistant", "system"):
            refuse(f"messages.{i}.role: Input should be 'user' or 'assistant'")
        for k in m:
            if k not in ("role", "content") and (m["role"], k) != ("system", "output_config"):
                refuse(f"messages.{i}.{k}: Extra inputs are not permitted")
        blocks.append(_blocks(m, f"messages.{i}"))
        if not blocks[-1] and not (m["role"] == "assistant" and i == len(messages) - 1):
            refuse(f"messages.{i}: all messages must have non-empty content except for the optional final assistant message")
    if messages[0]["role"] != "user" and not continued:
        refuse("messages: first message must use the \"user\" role")
    _anthropic_pairing(messages, blocks, continued)
    n = _breakpoints([body.get("tools"), system, messages]) + (body.get("cache_control") is not None)
    if n > _MAX_BREAKPOINTS:
        refuse(f"A maximum of {_MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {n}.")


# ---------------------------------------------------------------------------------------------------- OpenAI
def _openai_content(m, where, kinds, nullable):
    content = m.get("content")
    if content is None:
        if not nullable:
            refuse(f"Invalid value for '{where}.content': expected a string, got null.")
        return
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        refuse(f"Invalid type for '{where}.content': expected one of a string or array of objects.")
    if not content:
        refuse(f"Invalid '{where}.content': empty array.")
    for j, p in enumerate(content):
        if not isinstance(p, dict) or p.get("type") not in kinds:
            refuse(f"Invalid value for '{where}.content[{j}].type'.")
        if p["type"] == "text" and not isinstance(p.get("text"), str):
            refuse(f"Missing required parameter: '{where}.content[{j}].text'.")


def _openai_assistant(m, i, seen):
    calls = m.get("tool_calls")
    _openai_content(m, f"messages[{i}]", ("text", "refusal"), calls is not None or m.get("function_call") is not None)
    if calls is None:
        return []
    if not isinstance(calls, list) or not calls:
        refuse(f"Invalid 'messages[{i}].tool_calls': empty array.")
    ids = []
    for j, c in enumerate(calls):
        kind = c.get("type") if isinstance(c, dict) else None
        if kind not in ("function", "custom") or not isinstance(c.get("id"), str):
            refuse(f"Missing required parameter: 'messages[{i}].tool_calls[{j}].id'.")
        text = c.get("function", {}).get("arguments") if kind == "function" else c.get("custom", {}).get("input")
        if not isinstance(text, str):
            refuse(f"Invalid type for 'messages[{i}].tool_calls[{j}]': expected a string of arguments.")
        if c["id"] in ids or c["id"] in seen:
            refuse(f"Duplicate tool call id '{c['id']}' in 'messages[{i}]'.")
        ids.append(c["id"])
    seen.update(ids)
    return ids


@checked
def check_openai(body):
    """POST /v1/chat/completions."""
    if not isinstance(body.get("model"), str):
        refuse("you must provide a model parameter")
    messages = _need_messages(body)
    seen, open_calls, asked_at, function = set(), [], 0, None
    for i, m in enumerate(messages):
        role, where = m.get("role"), f"messages[{i}]"
        if role not in ("system", "developer", "user", "assistant", "tool", "function"):
            refuse(f"Invalid value: '{role}'. Supported values are: 'system', 'developer', 'user', 'assistant', 'tool', "
                    "'function'.")
        if role == "tool":
            _openai_content(m, where, ("text", "image_url"), False)
            call = m.get("tool_call_id")
            if not isinstance(call, str):
                refuse(f"Missing required parameter: '{where}.tool_call_id'.")
            if call not in open_calls:
                if call in seen:
                    refuse(f"Duplicate or misplaced tool message for '{call}' at '{where}'.")
                refuse("messages with role 'tool' must be a response to a preceding message with 'tool_calls'.")
            open_calls.remove(call)
            continue
        if open_calls:
            break
        if role == "assistant":
            open_calls, asked_at = _openai_assistant(m, i, seen), i
            function = (m.get("function_call") or {}).get("name", function)
        elif role == "function":
            _openai_content(m, where, ("text",), False)
            if not isinstance(m.get("name"), str):
                refuse(f"Missing required parameter: '{where}.name'.")
            if m["name"] != function:
                refuse(f"'{where}': a function message without a preceding function_call.")
        else:
            _openai_content(m, where, ("text", "image_url", "input_audio", "file"), False)
    if open_calls:
        refuse("An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
                f"The following tool_call_ids did not have response messages: {', '.join(open_calls)} "
                f"(messages[{asked_at}])")
