"""The quickstart, with the unmodified OpenAI SDK: 500 search results, "What are the top 3?". Knows nothing of Headroom."""
import json
import sys

from openai import OpenAI

messages = [
    {"role": "user", "content": "Search for Python tutorials"},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "call_123", "type": "function", "function": {"name": "search", "arguments": '{"q": "python"}'}}]},
    {"role": "tool", "tool_call_id": "call_123", "content": json.dumps(
        {"results": [{"title": f"Tutorial {i}", "score": 100 - i} for i in range(500)]})},
    {"role": "user", "content": "What are the top 3?"},
]
if "--print" in sys.argv:  # the same body for curl
    print(json.dumps({"model": "gpt-4o-mini", "messages": messages}))
else:
    answer = OpenAI().chat.completions.create(model="gpt-4o-mini", messages=messages)
    print(answer.choices[0].message.content)
