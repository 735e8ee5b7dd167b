"""aiohttp: TLS over memory BIOs of asyncio, so that SSL_write never sees a socket."""
import asyncio
import ssl

import aiohttp

import client


async def main(args):
    trust = aiohttp.TCPConnector(ssl=ssl.create_default_context())
    async with aiohttp.ClientSession(connector=trust) as session:
        for body in client.raw_bodies(args):
            headers = {"Content-Type": "application/json", "x-api-key": "test", **args.headers}
            async with session.post(args.base_url + args.path, data=body, headers=headers) as r:
                client.say_raw(r.status, await r.read())


if __name__ == "__main__":
    arguments = client.arguments()
    asyncio.run(main(arguments))
    client.finish(arguments)
