"""The openai SDK as it is (Responses): whole answers or streams."""
import openai

import client


def main(args):
    with openai.OpenAI(base_url=args.base_url, api_key="test", default_headers=args.headers, max_retries=1) as api:
        for body in client.bodies(args):
            if args.stream:
                with api.responses.create(**{**body, "stream": True}) as events:
                    *_, last = events
                done = last.response
            else:
                done = api.responses.create(**body)
            client.say(done.output_text, done.usage.model_dump())


if __name__ == "__main__":
    arguments = client.arguments()
    main(arguments)
    client.finish(arguments)
