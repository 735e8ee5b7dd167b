"""Gemini generateContent as the stand-in speaks it, at Google's API, Vertex and in the envelope of Code Assist. See dialects.py."""
import json
import re
from collections import Counter

import answers
import prompt_cache
from provider_rules import checked, refuse

NAME = "gemini"

FIELDS = frozenset("""contents systemInstruction tools toolConfig safetySettings generationConfig cachedContent model labels session_id
    serviceTier""".split())
ENVELOPE = frozenset("model project user_prompt_id request enabled_credit_types".split())
PART = frozenset("""text thought thoughtSignature inlineData fileData functionCall functionResponse executableCode codeExecutionResult
    toolCall toolResponse videoMetadata mediaResolution partMetadata""".split())
DATA = frozenset("text inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall toolResponse".split())
CALL = frozenset("id name args partialArgs willContinue".split())
RESPONSE = frozenset("id name response willContinue scheduling parts".split())
SIGNATURE = "c2lnbmVkIGJ5IHRoZSBtb2RlbA=="  # what the model signs with, whatever it says


def camel(name):
    """Both spellings are one: proto3 JSON."""
    return re.sub("_([a-z])", lambda m: m[1].upper(), name) if name not in ("session_id", "user_prompt_id") else name


def spelled(value):
    """A message in camelCase; what a struct holds (args, response) and schemas stays."""
    if isinstance(value, list):
        return [spelled(v) for v in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for k, v in value.items():
        name = camel(k)
        out[name] = v if name in ("args", "response", "parameters", "parametersJsonSchema", "labels") else spelled(v)
    return out


def request_of(body):
    for k in ("request", "generateContentRequest", "generate_content_request"):
        if isinstance(body.get(k), dict):
            return spelled(body[k])
    return spelled(body)


def _known(value, fields, where):
    for k in value:
        if k not in fields:
            refuse(f'Invalid JSON payload received. Unknown name "{k}" at \'{where}\': Cannot find field.')


def _part(p, where, role):
    if not isinstance(p, dict):
        refuse(f"Invalid value at '{where}'.")
    _known(p, PART, where)
    if len(DATA & p.keys()) != 1:
        refuse(f"{where}: required oneof field 'data' must have one initialized field")
    if "text" in p and not isinstance(p["text"], str):
        refuse(f"Invalid value at '{where}.text' (TYPE_STRING)")
    if "functionCall" in p:
        _known(p["functionCall"], CALL, where + ".function_call")
        if role != "model" or not p["functionCall"].get("name") or not isinstance(p["functionCall"].get("args", {}), dict):
            refuse(f"{where}.function_call.name: Name cannot be empty.")
    if "functionResponse" in p:
        _known(p["functionResponse"], RESPONSE, where + ".function_response")
        if role == "model" or not p["functionResponse"].get("name"):
            refuse(f"{where}.function_response.name: Name cannot be empty.")
        if not isinstance(p["functionResponse"].get("response"), dict):
            refuse(f"Invalid value at '{where}.function_response.response' (type.googleapis.com/google.protobuf.Struct)")
    if p.get("thoughtSignature") not in (None, SIGNATURE):
        refuse("Corrupted thought signature.")


def _pairing(contents, model_name, cached):
    for i, c in enumerate(contents):
        calls = [p["functionCall"] for p in c["parts"] if "functionCall" in p]
        responses = [p["functionResponse"] for p in c["parts"] if "functionResponse" in p]
        before = [p["functionCall"] for p in contents[i - 1]["parts"] if "functionCall" in p] if i else []
        if responses and not (cached and i == 0):
            if not before:
                refuse("Please ensure that function response turn comes immediately after a function call turn.")
            if len(before) != len(responses):
                refuse("Please ensure that the number of function response parts is equal to the number of function call parts of the "
                       "function call turn.")
            if Counter((f.get("id"), f["name"]) for f in before) != Counter((f.get("id"), f["name"]) for f in responses):
                refuse("Function responses do not match the function calls before them.")
        if calls and i + 1 < len(contents) and not any("functionResponse" in p for p in contents[i + 1]["parts"]):
            refuse("Please ensure that function call turn comes immediately before a function response turn.")
        if calls and model_name.startswith("gemini-3"):
            first = next(p for p in c["parts"] if "functionCall" in p)
            if "thoughtSignature" not in first:
                refuse("Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly.")
        said = contents[i - 1] if i else c
        if i and (c.get("role") == "model") == (said.get("role") == "model") and not any("functionResponse" in p for p in said["parts"]):
            refuse("Please ensure that multiturn requests alternate between user and model.")


@checked
def check(body, count_only):
    name = body.get("model", "")
    if "request" in body:
        _known(body, ENVELOPE, "")
    request = request_of(body)
    _known(request, FIELDS, "")
    contents = request.get("contents")
    if not isinstance(contents, list) or not contents:
        refuse("* GenerateContentRequest.contents: contents is not specified")
    for i, c in enumerate(contents):
        where = f"contents[{i}]"
        _known(c, ("role", "parts"), where)
        if c.get("role", "user") not in ("user", "model", "function"):
            refuse("Please use a valid role: user, model.")
        if not isinstance(c.get("parts"), list) or not c["parts"]:
            refuse(f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty.")
        for j, p in enumerate(c["parts"]):
            _part(p, f"{where}.parts[{j}]", c.get("role", "user"))
    _pairing(contents, name, request.get("cachedContent"))


def _strings(value):
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [s for v in inner for s in _strings(v)]


def _parts(body):
    return [p for c in request_of(body).get("contents", []) for p in c["parts"]]


def results(body):
    """Without an id a response is named by its tool and its place."""
    found = [p["functionResponse"] for p in _parts(body) if "functionResponse" in p]
    return [(f.get("id") or f"{f['name']}#{n}", "".join(_strings(f["response"]))) for n, f in enumerate(found)]


def turns(body):
    return len(request_of(body).get("contents", []))


def blocks(body):
    request = request_of(body)
    found = [prompt_cache.block("tool", t) for t in request.get("tools") or []]
    found.append(prompt_cache.block("system", request.get("systemInstruction")))
    return found + [prompt_cache.block(c.get("role", "user"), p) for c in request.get("contents", []) for p in c["parts"]]


def model(body, target):
    named = re.search("/models/([^:/]+):", target)
    return named[1] if named else body.get("model", "")


def stream(body, target):
    """"sse", "array" or ""."""
    if ":stream" not in target:
        return ""
    return "sse" if "alt=sse" in target else "array"


def count(tokens):
    return {"totalTokens": tokens}


def error(status, sentence, number):
    word = {400: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED"}.get(status, "INTERNAL")
    return {"error": {"code": status, "message": sentence, "status": word}}


def too_long(tokens, limit):
    return f"The input token count ({tokens}) exceeds the maximum number of tokens allowed ({limit})."


def answer(name, model_name, text, figures, stream, body, call):
    prompt, cached, made = figures

    def piece(parts, done, output):
        candidate = {"content": {"parts": parts, "role": "model"}, "index": 0, **({"finishReason": "STOP"} if done else {})}
        usage = {"promptTokenCount": prompt, "candidatesTokenCount": output, "totalTokenCount": prompt + output,
                 "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}]}
        if cached:
            usage["cachedContentTokenCount"] = cached
        value = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model_name, "responseId": name}
        return {"response": value, "traceId": name} if "request" in body else value

    last = [{"functionCall": {"name": call[0], "args": json.loads(call[1])}, "thoughtSignature": SIGNATURE}] if call else [{"text": ""}]
    if not stream:
        return "application/json", [answers.dump(piece(last if call else [{"text": text}], True, made))]
    pieces = [] if call else [piece([{"text": p}], False, n) for n, p in enumerate(answers.pieces(text))]
    pieces.append(piece(last, True, made))
    if stream == "sse":
        return "text/event-stream", [b"data: " + answers.dump(p) + b"\r\n\r\n" for p in pieces]
    return "application/json", [b"[" + answers.dump(pieces[0]), *(b",\r\n" + answers.dump(p) for p in pieces[1:]), b"]"]
