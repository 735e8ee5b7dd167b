"""The anthropic SDK as it is: sync or async, whole answers or streams."""
import asyncio

import anthropic

import client


def options(args):
    return {"base_url": args.base_url, "api_key": "test", "default_headers": args.headers, "max_retries": 1}


def sync(args):
    with anthropic.Anthropic(**options(args)) as api:
        for body in client.bodies(args):
            if args.stream:
                with api.messages.stream(**body) as stream:
                    answer = "".join(stream.text_stream)
                    usage = stream.get_final_message().usage
            else:
                message = api.messages.create(**body)
                answer, usage = message.content[0].text, message.usage
            client.say(answer, usage.model_dump())


async def asynchronous(args):
    async with anthropic.AsyncAnthropic(**options(args)) as api:
        for body in client.bodies(args):
            if args.stream:
                async with api.messages.stream(**body) as stream:
                    answer = "".join([t async for t in stream.text_stream])
                    usage = (await stream.get_final_message()).usage
            else:
                message = await api.messages.create(**body)
                answer, usage = message.content[0].text, message.usage
            client.say(answer, usage.model_dump())


if __name__ == "__main__":
    arguments = client.arguments()
    if arguments.asynchronous:
        asyncio.run(asynchronous(arguments))
    else:
        sync(arguments)
    client.finish(arguments)
