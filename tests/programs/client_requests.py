"""requests (urllib3 over Python's ssl): one session, keep-alive."""
import requests

import client


def main(args):
    with requests.Session() as session:
        for body in client.raw_bodies(args):
            with session.post(args.base_url + args.path, data=body, stream=args.stream,
                              headers={"Content-Type": "application/json", "x-api-key": "test", **args.headers}) as r:
                client.say_raw(r.status_code, b"".join(r.iter_content(1000)) if args.stream else r.content)


if __name__ == "__main__":
    arguments = client.arguments()
    main(arguments)
    client.finish(arguments)
