"""What the Python client programs share: arguments, bodies, and what they print.

    client_NAME.py BASE_URL FILE [--turn K] [--stream] [--async] [--repeat N] [--header 'Name: value'] [--kill]

FILE holds one request body, or a list of them (the turns of a conversation), as JSON. Without --turn all are sent, in order, over
one client object. Printed per request, and nothing else: `answer:` with the text and `usage:` with the provider's figures; raw
clients print `status:` and `body:`. With --kill the process kills itself with SIGKILL after the last answer.
"""
import argparse
import json
import os
import signal
import sys


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("base_url")
    p.add_argument("file")
    p.add_argument("--path", default=None, help="raw clients: request target")
    p.add_argument("--turn", type=int, default=None)
    p.add_argument("--repeat", type=int, default=1)
    p.add_argument("--stream", action="store_true")
    p.add_argument("--async", dest="asynchronous", action="store_true")
    p.add_argument("--chunked", action="store_true", help="http.client only: a body of unknown length")
    p.add_argument("--header", action="append", default=[])
    p.add_argument("--kill", action="store_true")
    args = p.parse_args()
    args.headers = dict(h.split(": ", 1) for h in args.header)
    return args


def bodies(args):
    """The bodies to send, as Python values."""
    with open(args.file, encoding="utf-8") as f:
        found = json.load(f)
    found = found if isinstance(found, list) else [found]
    return ([found[args.turn]] if args.turn is not None else found) * args.repeat


def raw_bodies(args):
    """The bodies to send, as bytes: a file with one body goes out as it is."""
    with open(args.file, "rb") as f:
        data = f.read()
    if not data.lstrip().startswith(b"["):
        return [data] * args.repeat
    return [json.dumps(b).encode() for b in bodies(args)]


def say(answer, usage):
    print("answer:", answer)
    print("usage:", json.dumps(usage, sort_keys=True))
    sys.stdout.flush()


def say_raw(status, body):
    print("status:", status)
    print("body:", body.decode("utf-8", "backslashreplace"))
    sys.stdout.flush()


def finish(args):
    if args.kill:
        os.kill(os.getpid(), signal.SIGKILL)
