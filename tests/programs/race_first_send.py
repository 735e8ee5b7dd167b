"""race_first_send.py BASE_URL ROUNDS BARRIER_FILE ME - one of two processes that first-send the same results at the same moments.

The barrier is a file of two 8-byte counters, mapped by both: each process writes only its own and waits for the other's, so no
atomic operation is needed. Round n sends call id race_n with a result of its own. Exit status 0: every answer was 200.
"""
import http.client
import json
import mmap
import os
import ssl
import struct
import sys
import time
import urllib.parse

import conversations


def main(base_url, rounds, barrier, me):
    url = urllib.parse.urlsplit(base_url)
    template = json.dumps(conversations.quickstart_openai(250, call="race_ROUND")).replace("Tutorial", "Tutorial ROUND part").encode()
    with open(barrier, "r+b") as f:
        shared = mmap.mmap(f.fileno(), 16)

    def meet(n):
        shared[8 * me:8 * me + 8] = struct.pack("=Q", n)
        end = time.monotonic() + 60
        while struct.unpack("=Q", shared[8 * (1 - me):16 - 8 * me])[0] < n:
            if time.monotonic() > end:
                os._exit(3)
            time.sleep(0)

    connection = http.client.HTTPSConnection(url.hostname, url.port, context=ssl.create_default_context())
    connection.connect()
    for n in range(1, rounds + 1):
        body = template.replace(b"ROUND", b"%d" % n)
        meet(n)
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
