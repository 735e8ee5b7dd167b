"""Request bodies of the tests: the quickstart, and conversations that grow by a tool call a turn. All of it is deterministic."""
import json
import random

OPENAI_MODEL = "gpt-4o-mini"
ANTHROPIC_MODEL = "claude-sonnet-4-5"
WORDS = ("alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo sierra "
         "tango uniform victor whiskey").split()


def quickstart_results(n=500):
    return json.dumps({"results": [{"title": f"Tutorial {i}", "score": 100 - i} for i in range(n)]})


def openai_call(call, name, arguments):
    return {"role": "assistant", "content": None,
            "tool_calls": [{"id": call, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}]}


def quickstart_openai(n=500, call="call_123", question="What are the top 3?"):
    """500 results, and the question behind them."""
    return {"model": OPENAI_MODEL, "messages": [
        {"role": "user", "content": "Search for Python tutorials"},
        openai_call(call, "search", {"q": "python"}),
        {"role": "tool", "tool_call_id": call, "content": quickstart_results(n)},
        {"role": "user", "content": question}]}


def quickstart_anthropic(n=500, call="toolu_123", question="What are the top 3?", as_list=False):
    text = quickstart_results(n)
    return {"model": ANTHROPIC_MODEL, "max_tokens": 256, "system": "You find tutorials.", "messages": [
        {"role": "user", "content": "Search for Python tutorials"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": call, "name": "search", "input": {"q": "python"}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": call, "content": [{"type": "text", "text": text}] if as_list else text},
            {"type": "text", "text": question}]}]}


def records(seed, n=160):
    """A service's answer: ordinary rows, a few errors, one outlier."""
    rng = random.Random(seed)
    rows = []
    for i in range(n):
        rows.append({"id": f"{seed:02d}-{i:04d}", "service": rng.choice(WORDS), "status": 200,
                     "duration_ms": rng.randint(20, 60), "note": " ".join(rng.choice(WORDS) for _ in range(6))})
    rows[n // 3].update(status=503, error="connection refused by upstream")
    rows[n // 2].update(duration_ms=9000)
    return rows


def _log(rows):
    return "".join(f"2026-11-21T10:{i // 60:02}:{i % 60:02}Z {'ERROR' if 'error' in r else 'INFO'} [{r['service']}] request {r['id']} "
                   f"{r.get('error', 'served')} in {r['duration_ms']}ms\n" for i, r in enumerate(rows))


def _csv(rows):
    return "id,service,status,duration_ms,error\n" + "".join(
        f"{r['id']},{r['service']},{r['status']},{r['duration_ms']},{r.get('error', '')}\n" for r in rows)


def _aligned(rows):
    return "ID        SERVICE    STATUS  DURATION  NOTE\n" + "".join(
        f"{r['id']:<10}{r['service']:<11}{r['status']:<8}{r['duration_ms']:<10}{r.get('error', r['note'])}\n" for r in rows)


def result_text(turn):
    """Over 2,000 tokens each, in several of the shapes that tools give."""
    rows = records(turn, 160 if turn % 8 < 4 else 420)
    shapes = (lambda: json.dumps({"results": rows}), lambda: json.dumps(rows), lambda: json.dumps({"data": {"items": rows}}, indent=2),
              lambda: json.dumps({"total": len(rows), "rows": rows, "next": None}, ensure_ascii=False),
              lambda: _log(rows), lambda: _csv(rows), lambda: "\n".join(json.dumps(r) for r in rows), lambda: _aligned(rows))
    return shapes[turn % len(shapes)]()


QUESTIONS = ("Which service failed?", "Is anything slow?", "Compare that with the other region.", "And yesterday?",
             "Now the week before.", "What should we look at first?")


def openai_turns(turns=6, prefix="call", parts=False):
    """Bodies of turn 1..turns, each with the whole history: an agent loop whose assistant speaks before it calls."""
    messages = [{"role": "system", "content": "You watch over services."}, {"role": "user", "content": "What is wrong today?"}]
    bodies = []
    for t in range(turns):
        text = result_text(t)
        call = openai_call(f"{prefix}_{t}", "query_services", {"day": t})
        if t:
            call["content"] = f"I will look at day {t}."
        messages = messages + [call, {"role": "tool", "tool_call_id": f"{prefix}_{t}",
                                      "content": [{"type": "text", "text": text}] if parts else text}]
        if t % 2:
            messages = messages + [{"role": "user", "content": QUESTIONS[t % len(QUESTIONS)]}]
        bodies.append({"model": OPENAI_MODEL, "messages": messages})
    return bodies


def anthropic_turns(turns=6, prefix="toolu", parts=False):
    """The same over the other dialect; as Claude Code does, cache_control moves to the newest message each turn."""
    messages = [{"role": "user", "content": "What is wrong today?"}]
    bodies = []
    tools = [{"name": "query_services", "description": "Rows of one day.",
              "input_schema": {"type": "object", "properties": {"day": {"type": "integer"}}}}]
    for t in range(turns):
        text = result_text(t)
        call = [{"type": "tool_use", "id": f"{prefix}_{t}", "name": "query_services", "input": {"day": t}}]
        if t:
            call.insert(0, {"type": "text", "text": f"I will look at day {t}."})
        result = [{"type": "tool_result", "tool_use_id": f"{prefix}_{t}",
                   "content": [{"type": "text", "text": text}] if parts else text}]
        if t % 2:
            result.append({"type": "text", "text": QUESTIONS[t % len(QUESTIONS)]})
        messages = messages + [{"role": "assistant", "content": call}, {"role": "user", "content": result}]
        marked = messages[:-1] + [{"role": "user", "content": result[:-1] + [
            {**result[-1], "cache_control": {"type": "ephemeral"}}]}]
        bodies.append({"model": ANTHROPIC_MODEL, "max_tokens": 256, "system": "You watch over services.", "tools": tools,
                       "messages": marked})
    return bodies
