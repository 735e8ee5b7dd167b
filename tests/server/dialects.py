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
"""
import answers
import api_cohere
import api_gemini
import api_mistral
import api_ollama
import api_responses
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
    def answer(name, model, text, figures, stream, body, call):
        usage = answers.anthropic_usage(*figures)
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
    def answer(name, model, text, figures, stream, body, call):
        usage = answers.openai_usage(*figures)
        if stream:
            include = (body.get("stream_options") or {}).get("include_usage") is True
            return EVENTS, answers.openai_events(name, model, text, usage, include)
        return JSON, [answers.dump(answers.openai_completion(name, model, text, usage))]


_ENDS = (
    ("/v1/messages", Anthropic, False),
    ("/v1/messages/count_tokens", Anthropic, True),
    ("/mistral/v1/chat/completions", api_mistral, False),
    ("/v1/agents/completions", api_mistral, False),
    ("/chat/completions", OpenAIChat, False),
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
    return next(((api, count_only) for end, api, count_only in _ENDS if path.endswith(end)), (None, False))
