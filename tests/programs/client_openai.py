"""The openai SDK as it is (Chat Completions): sync or async, whole answers or streams."""
import asyncio

import openai

import client


def options(args):
    return {"base_url": args.base_url, "api_key": "test", "default_headers": args.headers, "max_retries": 1}


class Chunks:
    """Text and usage out of a stream's chunks; usage stands in the last one, which has no choices."""

    def __init__(self):
        self.text, self.usage = "", None

    def add(self, chunk):
        if chunk.choices:
            self.text += chunk.choices[0].delta.content or ""
        self.usage = chunk.usage or self.usage


def sync(args):
    with openai.OpenAI(**options(args)) as api:
        for body in client.bodies(args):
            if args.stream:
                seen = Chunks()
                for chunk in api.chat.completions.create(**body, stream=True, stream_options={"include_usage": True}):
                    seen.add(chunk)
                answer, usage = seen.text, seen.usage
            else:
                done = api.chat.completions.create(**body)
                answer, usage = done.choices[0].message.content, done.usage
            client.say(answer, usage.model_dump())


async def asynchronous(args):
    async with openai.AsyncOpenAI(**options(args)) as api:
        for body in client.bodies(args):
            if args.stream:
                seen = Chunks()
                chunks = await api.chat.completions.create(**body, stream=True, stream_options={"include_usage": True})
                async for chunk in chunks:
                    seen.add(chunk)
                answer, usage = seen.text, seen.usage
            else:
                done = await api.chat.completions.create(**body)
                answer, usage = done.choices[0].message.content, done.usage
            client.say(answer, usage.model_dump())


if __name__ == "__main__":
    arguments = client.arguments()
    if arguments.asynchronous:
        asyncio.run(asynchronous(arguments))
    else:
        sync(arguments)
    client.finish(arguments)
