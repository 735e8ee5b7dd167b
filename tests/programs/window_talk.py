"""Conversations for the tests of the rolling window, made at random or by hand, in each dialect's own form.

A conversation is a list of turns; make(dialect, turns) gives a Python body, its messages last. A turn is
(question, [[result text, ..] of parallel calls, ..], answer or None, joined): joined puts the next question into the message of the last
results, where the dialect has such messages. kept(dialect, body) names what stands in a body: ids of calls, ids of results, questions.
"""
import json
import random

import api_bedrock
import api_gemini
import api_responses

WORDS = "river stone lamp paper wheel door light grain copper cloud field glass mirror needle orchard pepper quarry ribbon".split()


def words(rng, n):
    return " ".join(rng.choice(WORDS) for _ in range(n))


def turns(seed, n):
    rng = random.Random(seed)
    made = []
    for t in range(n):
        units = [[words(rng, rng.randint(5, 260)) for _ in range(rng.choice((1, 1, 1, 2, 3)))] for _ in range(rng.choice((0, 1, 1, 2, 4)))]
        last = t == n - 1
        answer = None if last and units else f"Answer {t}: " + words(rng, rng.randint(3, 60))
        joined = bool(units) and not last and rng.random() < 0.3
        made.append((f"Question {t}: {words(rng, rng.randint(2, 50))}?", units, None if joined else answer, joined))
    if made[-1][2]:  # the model is to speak next
        made[-1] = (*made[-1][:2], None, False)
    return made


def _units(turn, t):
    return [[(f"c{t:03d}u{u}n{n:02d}", text) for n, text in enumerate(unit)] for u, unit in enumerate(turn[1])]


def _messages(talk, human, call, results, answer, join=None):
    """Messages by what a dialect makes of a question, the calls of a unit, its results, an answer; join adds a question to results."""
    made, joined = [], False
    for t, turn in enumerate(talk):
        if joined:
            made[-1] = join(made[-1], turn[0])
        else:
            made.append(human(turn[0]))
        for unit in _units(turn, t):
            made.append(call(unit))
            made += results(unit)
        joined = turn[3] and join is not None
        if turn[2] or (turn[3] and not joined):
            made.append(answer(turn[2] or f"Answer {t}."))
    return made


def anthropic(talk):
    return {"model": "claude-sonnet-4-5", "max_tokens": 256, "system": "Be brief.", "messages": _messages(
        talk, lambda q: {"role": "user", "content": q},
        lambda unit: {"role": "assistant", "content": [{"type": "tool_use", "id": c, "name": "look", "input": {}} for c, _ in unit]},
        lambda unit: [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": c, "content": x} for c, x in unit]}],
        lambda a: {"role": "assistant", "content": [{"type": "text", "text": a}]},
        lambda m, q: {**m, "content": m["content"] + [{"type": "text", "text": q}]})}


def bedrock(talk):
    def call(unit):
        thought = "Next: " + unit[0][0]
        return {"role": "assistant", "content": [
            {"reasoningContent": {"reasoningText": {"text": thought, "signature": api_bedrock.seal(thought)}}},
            *({"toolUse": {"toolUseId": c, "name": "look", "input": {}}} for c, _ in unit)]}

    return {"system": [{"text": "Be brief."}], "messages": _messages(
        talk, lambda q: {"role": "user", "content": [{"text": q}]}, call,
        lambda unit: [{"role": "user", "content": [{"toolResult": {"toolUseId": c, "content": [{"text": x}]}} for c, x in unit]}],
        lambda a: {"role": "assistant", "content": [{"text": a}]},
        lambda m, q: {**m, "content": m["content"] + [{"text": q}]})}


def _chat(talk, **top):
    system = [{"role": "system", "content": "Be brief."}]
    return {**top, "messages": system + _messages(
        talk, lambda q: {"role": "user", "content": q},
        lambda unit: {"role": "assistant", "content": "", "tool_calls": [
            {"id": c, "type": "function", "function": {"name": "look", "arguments": "{}"}} for c, _ in unit]},
        lambda unit: [{"role": "tool", "tool_call_id": c, "content": x} for c, x in unit],
        lambda a: {"role": "assistant", "content": a})}


def openai_chat(talk):
    return _chat(talk, model="gpt-4o")


def cohere(talk):
    return _chat(talk, model="command-a")


def mistral(talk):
    """Its ids have nine letters, and no question comes right behind a tool's result."""
    body = _chat(talk, model="mistral-medium-3-5")
    text = json.dumps(body)
    for t, turn in enumerate(talk):
        for unit in _units(turn, t):
            for c, _ in unit:
                text = text.replace(c, c.ljust(9, "0"))
    return json.loads(text)


def ollama(talk):
    system = [{"role": "system", "content": "Be brief."}]
    return {"model": "qwen3:8b", "messages": system + _messages(
        talk, lambda q: {"role": "user", "content": q},
        lambda unit: {"role": "assistant", "content": "", "tool_calls": [
            {"function": {"name": "look", "arguments": {"id": c}}} for c, _ in unit]},
        lambda unit: [{"role": "tool", "tool_name": "look", "content": c + " " + x} for c, x in unit],
        lambda a: {"role": "assistant", "content": a})}


def openai_responses(talk):
    items = [{"role": "developer", "content": "Be brief."}]
    for t, turn in enumerate(talk):
        items.append({"role": "user", "content": [{"type": "input_text", "text": turn[0]}]})
        for u, unit in enumerate(_units(turn, t)):
            if t % 2:
                items.append({"type": "reasoning", "id": f"rs_{t}_{u}", "summary": [], "encrypted_content": api_responses.seal(f"rs_{t}_{u}")})
            items += [{"type": "function_call", "call_id": c, "name": "look", "arguments": "{}"} for c, _ in unit]
            items += [{"type": "function_call_output", "call_id": c, "output": x} for c, x in unit]
        if turn[2] or turn[3]:
            items.append({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": turn[2] or f"Answer {t}."}]})
    return {"model": "gpt-5.6-sol", "store": False, "input": items}


def gemini(talk):
    return {"systemInstruction": {"parts": [{"text": "Be brief."}]}, "contents": _messages(
        talk, lambda q: {"role": "user", "parts": [{"text": q}]},
        lambda unit: {"role": "model", "parts": [{"functionCall": {"id": c, "name": "look", "args": {}},
                                                  **({} if n else {"thoughtSignature": api_gemini.SIGNATURE})} for n, (c, _) in enumerate(unit)]},
        lambda unit: [{"role": "user", "parts": [{"functionResponse": {"id": c, "name": "look", "response": {"output": x}}} for c, x in unit]}],
        lambda a: {"role": "model", "parts": [{"text": a}]})}


MAKERS = {"anthropic": (anthropic, "/v1/messages"), "bedrock": (bedrock, "/model/eu.anthropic.claude-sonnet-4-5-v1%3A0/converse"),
          "openai_chat": (openai_chat, "/v1/chat/completions"), "cohere": (cohere, "/v2/chat"),
          "mistral": (mistral, "/mistral/v1/chat/completions"), "ollama": (ollama, "/api/chat"),
          "openai_responses": (openai_responses, "/v1/responses"), "gemini": (gemini, "/v1beta/models/gemini-3-pro-preview:generateContent")}


def messages(body):
    return next(body[k] for k in ("messages", "input", "contents") if k in body)
