#!/usr/bin/env python3
"""What the preload library adds to a request of 1 MB with a new result of 50 KB, and what a proxy adds that parses and prints the
body with Python's json: the least that a rewriting proxy does.

usage: bench_proxy.py PRELOAD DIRECTORY

One process each for the server, the proxy (asyncio, TLS in and out, kept connections, whole body buffered) and three clients
(http.client, TLS, keep-alive): direct, through the proxy, with the preload. They take turns in shuffled order, request by request.
Prints rows as the C programs do.
"""
import asyncio
import http.client
import json
import os
import pathlib
import random
import ssl
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROUNDS, WARM = 60, 6
WORDS = ("buffer record stream worker request session ledger token header cursor segment index parser handler").split()


# ------------------------------------------------------------------ server and proxy
async def read_message(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return head, await reader.readexactly(length)


async def serve(answer, certs):
    """Answer requests on a TLS port until the standard input ends; the port is printed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certs / "server.pem", certs / "server.key")

    async def connection(reader, writer):
        state = {}
        try:
            while True:
                head, body = await read_message(reader)
                writer.write(await answer(head, body, state))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, ssl=context, limit=4 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def api(head, body, state):
    """The number of bytes that came, as a body."""
    text = str(len(body)).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)


def proxy_to(port, certs):
    context = ssl.create_default_context(cafile=certs / "ca.pem")

    async def forward(head, body, state):
        if not state:
            state["up"] = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost", limit=4 << 20)
        reader, writer = state["up"]
        body = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
        lines = [line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"content-length:")]
        writer.write(b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", b""]) + body)
        await writer.drain()
        answer, text = await read_message(reader)
        return answer + text
    return forward


# ------------------------------------------------------------------ client
def result(seed, size):
    r = random.Random(seed)
    rows, n = [], 0
    while n < size:
        row = {"id": len(rows), "name": f"{r.choice(WORDS)}-{r.randrange(10000)}", "status": "ok",
               "latency_ms": round(r.uniform(20, 60), 1), "owner": r.choice(WORDS), "path": f"/v1/{r.choice(WORDS)}/{r.randrange(99999)}"}
        rows.append(row)
        n += len(json.dumps(row)) + 2
    return json.dumps(rows)


def text(seed, size):
    r = random.Random(seed)
    return "".join(f'{r.randrange(10**6)}: "{r.choice(WORDS)}" {r.choice(WORDS)} {r.choice(WORDS)};\n' for _ in range(size // 34))


def turn(number, content):
    call = f"toolu_{number:016d}"
    return [{"role": "assistant", "content": [{"type": "tool_use", "id": call, "name": "search", "input": {"q": number}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call, "content": content}]}]


def client(port, certs):
    """One request for each number on the standard input: its milliseconds, what was sent and what arrived."""
    messages = [{"role": "user", "content": "Find the slow one."}]
    for i in range(106):
        messages += turn(i, text(i, 9200))
    connection = http.client.HTTPSConnection("localhost", port, context=ssl.create_default_context(cafile=certs / "ca.pem"))
    for line in sys.stdin:
        fresh = turn(1000 + int(line), result(int(line), 50 << 10))
        body = json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": messages + fresh}, separators=(",", ":")).encode()
        start = time.perf_counter()
        connection.request("POST", "/v1/messages", body, {"Content-Type": "application/json"})
        arrived = int(connection.getresponse().read())
        print((time.perf_counter() - start) * 1000, len(body), arrived, flush=True)


# ------------------------------------------------------------------ the measurement
def start(role, *args, **env):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HEADROOM_") and k != "LD_PRELOAD"}
    return subprocess.Popen([sys.executable, __file__, role, *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                            env={**clean, **env})


def ask(process, number):
    process.stdin.write(f"{number}\n")
    process.stdin.flush()
    took, sent, arrived = process.stdout.readline().split()
    return float(took), int(sent), int(arrived)


def measure(preload, directory):
    sys.path.insert(0, str(HERE.parent / "server"))
    import certs
    certs.make(directory)
    processes = []
    try:
        processes.append(start("api", directory))
        port = int(processes[0].stdout.readline())
        processes.append(start("proxy", directory, port))
        proxy_port = int(processes[1].stdout.readline())
        clients = {"direct": start("client", directory, port), "proxy": start("client", directory, proxy_port),
                   "preload": start("client", directory, port, LD_PRELOAD=preload, HEADROOM_MODE="optimize", HOME=directory,
                                    XDG_STATE_HOME=directory, XDG_CONFIG_HOME=directory)}
        processes += clients.values()
        times = {name: [] for name in clients}
        order, r = list(clients), random.Random(4)
        for i in range(ROUNDS + WARM):
            r.shuffle(order)
            for name in order:
                took, sent, arrived = ask(clients[name], i)
                shrunk = arrived < sent - (25 << 10)
                assert sent > 1 << 20 and shrunk == (name == "preload") and (shrunk or arrived == sent), (name, sent, arrived)
                if i >= WARM:
                    times[name].append(took * 1e6)
    finally:
        for p in reversed(processes):
            p.stdin.close()
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                p.kill()
    p50 = {name: statistics.median(t) for name, t in times.items()}
    # below nothing is nothing: the smaller body can make up for the work
    print(json.dumps({"row": "proxy.added", "ours": max(p50["preload"] - p50["direct"], 0), "peer": p50["proxy"] - p50["direct"]}))
    print(json.dumps({"row": "proxy.direct", "ours": p50["direct"]}))


def main():
    if sys.argv[1] == "api":
        asyncio.run(serve(api, pathlib.Path(sys.argv[2])))
    elif sys.argv[1] == "proxy":
        asyncio.run(serve(proxy_to(int(sys.argv[3]), pathlib.Path(sys.argv[2])), pathlib.Path(sys.argv[2])))
    elif sys.argv[1] == "client":
        client(int(sys.argv[3]), pathlib.Path(sys.argv[2]))
    else:
        measure(sys.argv[1], sys.argv[2])


if __name__ == "__main__":
    main()
