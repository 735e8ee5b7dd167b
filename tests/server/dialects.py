"""The dialects of the stand-in: which API a path belongs to, and what each of them says about itself.

find(target) gives (dialect, count_only), or (None, False). A dialect is a module or object with

    NAME                            as the library names it
    check(body, count_only)         None, or the sentence of the 400 answer
    results(body)                   [(call id, text)] of the tool results of an accepted body, in order
    turns(body)                     how many messages it has
    blocks(body)                    the prompt as canonical blocks, for the prompt cache
    model(body, target)             its name, from the body or the request's target
    stream(body, target)            false where the answer is to be whole
    count(tokens)                   the answer to a request that counts
    answer(name, model, text, figures, stream, body, call)
                                    (content type, pieces); figures: (prompt, cached, output) tokens; call: (tool's name, arguments) or
                                    None, what the model asks for beside its text
    error(status, sentence, number)
    too_long(tokens, limit)         the sentence of the 400 answer to a prompt above the model's limit
"""
import base64
import json
import urllib.parse

import answers
import api_bedrock
import api_cohere
import api_gemini
import api_mistral
import api_ollama
import api_responses
import frames
import prompt_cache
import provider_rules

JSON, EVENTS = "application/json", "text/event-stream; charset=utf-8"


class _Messages:
    """What Anthropic Messages and OpenAI Chat have in common."""

    results = staticmethod(answers.tool_results)
    blocks = staticmethod(prompt_cache.render)

    @staticmethod
    def turns(body):
        return len(body.get("messages", []))

    @staticmethod
    def model(body, target):
        return body.get("model") or target

    @staticmethod
    def stream(body, target):
        return body.get("stream") is True

    @staticmethod
    def count(tokens):
        return {"input_tokens": tokens}


class Anthropic(_Messages):
    NAME = "anthropic"
    check = staticmethod(provider_rules.check_anthropic)
    error = staticmethod(answers.anthropic_error)

    @staticmethod
    def too_long(tokens, limit):
        return f"prompt is too long: {tokens} tokens > {limit} maximum"

    @staticmethod
    def answer(name, model, text, figures, stream, body, call):
        usage = answers.anthropic_usage(*figures)
        if call:
            made = answers.anthropic_message(name, model, text, usage)
            return JSON, [answers.dump({**made, "stop_reason": "tool_use", "content": [
                {"type": "tool_use", "id": "toolu_" + name, "name": call[0], "input": json.loads(call[1])}]})]
        if stream:
            return EVENTS, answers.anthropic_events(name, model, text, usage)
        return JSON, [answers.dump(answers.anthropic_message(name, model, text, usage))]


class OpenAIChat(_Messages):
    NAME = "openai_chat"

    @staticmethod
    def check(body, count_only):
        return provider_rules.check_openai(body)

    @staticmethod
    def error(status, sentence, number):
        return answers.openai_error(status, sentence)

    @staticmethod
    def too_long(tokens, limit):
        return (f"This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens} tokens. Please reduce "
                "the length of the messages.")

    @staticmethod
    def answer(name, model, text, figures, stream, body, call):
        usage = answers.openai_usage(*figures)
        if call:
            made = answers.openai_completion(name, model, None, usage)
            made["choices"][0]["finish_reason"] = "tool_calls"
            made["choices"][0]["message"]["tool_calls"] = [
                {"id": "call_" + name, "type": "function", "function": {"name": call[0], "arguments": call[1]}}]
            return JSON, [answers.dump(made)]
        if stream:
            include = (body.get("stream_options") or {}).get("include_usage") is True
            return EVENTS, answers.openai_events(name, model, text, usage, include)
        return JSON, [answers.dump(answers.openai_completion(name, model, text, usage))]


def _hosted(version, named):
    """Claude at another host: no model in the body, the version in its place. The newest SDKs name the date of the API itself."""
    class Hosted(Anthropic):
        @staticmethod
        def check(body, count_only):
            if "model" in body and not count_only:
                return "model: Extra inputs are not permitted"
            if body.get("anthropic_version") not in (version, "2026-10-21"):
                return "anthropic_version: Field required"
            return provider_rules.check_anthropic({"model": "m", **{k: v for k, v in body.items() if k != "anthropic_version"}}, count_only)

        @staticmethod
        def model(body, target):
            return named(target)

        @staticmethod
        def stream(body, target):
            return ":stream" in target

    return Hosted


VERTEX = _hosted("vertex-2023-10-16", lambda target: target.partition("/models/")[2].partition(":")[0])
class Invoke(_hosted("bedrock-2023-05-31", lambda target: urllib.parse.unquote(target.partition("/model/")[2].partition("/")[0]))):
    """Claude at Bedrock; a stream is its own events in frames."""

    @staticmethod
    def stream(body, target):
        return target.partition("?")[0].endswith("-stream")

    @staticmethod
    def answer(name, model, text, figures, stream, body, call):
        kind, made = Anthropic.answer(name, model, text, figures, stream, body, call)
        if kind != EVENTS:
            return kind, made
        events = [m.partition(b"data: ")[2].strip() for m in made]
        return frames.KIND, [frames.frame(answers.dump({"bytes": base64.b64encode(e).decode(), "p": "abc"}), event_type="chunk") for e in events]


class Batches(Anthropic):
    """Several bodies in one request, each with a name."""

    @staticmethod
    def check(body, count_only):
        requests = body.get("requests")
        if not isinstance(requests, list) or not requests:
            return "requests: List should have at least 1 item"
        names = [r.get("custom_id") for r in requests]
        if len(set(names)) < len(names) or not all(isinstance(n, str) and 0 < len(n) <= 64 for n in names):
            return "requests: custom_id must be unique"
        wrong = (provider_rules.check_anthropic(r.get("params") or {}) for r in requests)
        return next((f"requests.{n}.params.{w}" for n, w in enumerate(wrong) if w), None)

    @staticmethod
    def results(body):
        return [(f"{r['custom_id']}/{call}", text) for r in body["requests"] for call, text in answers.tool_results(r["params"])]

    @staticmethod
    def blocks(body):
        return [b for r in body["requests"] for b in prompt_cache.render(r["params"])]

    @staticmethod
    def turns(body):
        return sum(len(r["params"]["messages"]) for r in body["requests"])

    @staticmethod
    def model(body, target):
        return body["requests"][0]["params"]["model"]

    @staticmethod
    def answer(name, model, text, figures, stream, body, call):
        return JSON, [answers.dump({"id": "msgbatch_" + name, "type": "message_batch", "processing_status": "in_progress", "request_counts": {
            "processing": len(body["requests"]), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}})]


class Azure(OpenAIChat):
    """The deployment in the path is the model."""

    @staticmethod
    def check(body, count_only):
        return provider_rules.check_openai({"model": "deployment", **body})

    @staticmethod
    def model(body, target):
        return target.partition("/deployments/")[2].partition("/")[0]


_ENDS = (
    ("/v1/messages", Anthropic, False),
    ("/v1/messages/count_tokens", Anthropic, True),
    ("/v1/messages/batches", Batches, False),
    ("/mistral/v1/chat/completions", api_mistral, False),
    ("/v1/agents/completions", api_mistral, False),
    ("/chat/completions", OpenAIChat, False),
    ("/converse", api_bedrock, False),
    ("/converse-stream", api_bedrock, False),
    ("/invoke", Invoke, False),
    ("/invoke-with-response-stream", Invoke, False),
    ("/count-tokens:rawPredict", VERTEX, True),
    (":rawPredict", VERTEX, False),
    (":streamRawPredict", VERTEX, False),
    ("/v2/chat", api_cohere, False),
    ("/api/chat", api_ollama, False),
    ("/responses", api_responses, False),
    ("/responses/input_tokens", api_responses, True),
    (":generateContent", api_gemini, False),
    (":streamGenerateContent", api_gemini, False),
    (":countTokens", api_gemini, True),
)


def find(target):
    path = target.partition("?")[0].rstrip("/")
    if "/deployments/" in path and path.endswith("/chat/completions"):
        return Azure, False
    return next(((api, count_only) for end, api, count_only in _ENDS if path.endswith(end)), (None, False))
