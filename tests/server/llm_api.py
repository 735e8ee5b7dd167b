#!/usr/bin/env python3
"""An HTTPS LLM API on 127.0.0.1 for tests: checks, answers, accounts a prompt cache and records the very bytes it got.

    with LlmApi(certs) as api:          # a thread a connection; port 0: any free one
        api.begin("captures/a")         # numbering, prompt cache, records start anew
        ... https://127.0.0.1:{api.port}/v1/messages ...
        api.requests[0].body

Of request N (from 1, in the order in which heads were complete) `captures/NNNN.head` and `NNNN.body` hold the bytes as they
came, and `NNNN.error` the reason where the request was cut short or no HTTP. A header `X-Test-Capture: NAME` names the files
instead, for clients with several connections at once; X-Test-Cache: NAME gives a request a prompt cache of that name.

POST paths of an LLM API (dialects.py) are checked and answered as that API does; any other path
answers {"path", "sha256", "bytes"} of what came. GET /__requests tells all records, POST /__begin {"captures": DIR} is begin().
/files/ serves the directory `files`, /git/ runs `git http-backend` over the directory `git_root`.

Options of a request (header X-Test-NAME or test-NAME in the query): gzip, coding=NAME,NAME (gzip, deflate, bare, br, zstd; the first
one is applied first), usage=PROMPT,CACHED,OUTPUT (what the answer says of its tokens), chunked, until-close, close, trickle (one byte a
write), pace=MS (between writes), delay=MS (before the answer), abort (close in mid-answer), interim=100|103, status=CODE,
status-once=CODE (the first time since begin), sentence=TEXT (what it then says), redirect=CODE (to the same path without a query), read-delay=MS, read-pace=MS
(slow reading), say=TEXT (the answer's words), expect=never (no 100 Continue) or refuse (417 before the body),
context=N (the model takes N tokens of prompt), call=NAME ARGUMENTS (the model calls this tool), call-times=N (until so many results are there).
"""
import argparse
import dataclasses
import hashlib
import itertools
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time

import answers
import dialects
import prompt_cache
import provider_rules
import wire

IDLE_SECONDS = 60


@dataclasses.dataclass
class Request:
    number: int
    connection: int
    head: bytes = b""
    method: str = ""
    target: str = ""
    fields: list = dataclasses.field(default_factory=list)
    raw_body: bytes = b""  # as received, chunk lines included
    body: bytes = b""  # without transfer and content coding
    json: object = None
    dialect: str = ""
    status: int = 0
    error: str = ""
    recorded: bool = False  # everything here and the files are final
    prompt_tokens: int = 0
    cached_tokens: int = 0
    out: object = None  # the wire.Writer of its answer
    results: dict = dataclasses.field(default_factory=dict)  # call id -> SHA-256 of its text
    result_tokens: dict = dataclasses.field(default_factory=dict)

    def header(self, name):
        return next((v for n, v in self.fields if n == name.lower()), None)

    def summary(self):
        return {k: getattr(self, k) for k in ("number", "connection", "method", "target", "dialect", "status", "error",
                                              "prompt_tokens", "cached_tokens", "results", "result_tokens")
                } | {"bytes": len(self.body), "sha256": hashlib.sha256(self.raw_body).hexdigest()}


class LlmApi:
    http2 = False  # front.Front has another answer

    def __init__(self, certs=None, captures=None, port=0, files=None, git_root=None, log=None):
        """certs: a certs.Certs, or None for plain HTTP. log: called with one line a request."""
        self._context = None
        if certs:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certs.cert, certs.key)
            self._context.set_alpn_protocols(["http/1.1"])
        self._files, self._git_root, self._log = files, git_root, log
        self._lock = threading.Lock()
        self._open = set()
        self._connections = itertools.count(1)
        self._stopping = False
        self.script = None  # a script.Script, whose turns are the answers to requests that offer tools
        self.spoken = set()  # (User-Agent, protocol that a server before this one saw) of all requests; begin() keeps it
        self.begin(captures)
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if certs else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def begin(self, captures=None):
        with self._lock:
            self.requests = []
            self.failures = []  # connections that ended without a whole request: sentences
            self.cache = prompt_cache.PromptCache()
            self._once = set()
            self._captures = pathlib.Path(captures) if captures else None
            if self._captures:
                self._captures.mkdir(parents=True, exist_ok=True)

    def stop(self):
        self._stopping = True
        for s in [self._listener, *self._open]:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()

    # ------------------------------------------------------------------------------------ looking back
    def hashes(self):
        """call id -> set of SHA-256 of all the texts that ever arrived for it."""
        seen = {}
        for r in list(self.requests):
            for call, digest in r.results.items():
                seen.setdefault(call, set()).add(digest)
        return seen

    def wait_for(self, n, seconds=20):
        """Until n requests are recorded (whole or cut short); False if they are not in time."""
        end = time.monotonic() + seconds
        while sum(1 for r in list(self.requests) if r.recorded) < n:
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    # ------------------------------------------------------------------------------------ connections
    def _accept(self):
        while not self._stopping:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(sock, next(self._connections)), daemon=True).start()

    def _connection(self, raw, number):
        sock = raw
        self._open.add(raw)
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.settimeout(IDLE_SECONDS)
            if self._context:
                sock = self._context.wrap_socket(raw, server_side=True)
                self._open.discard(raw)
                self._open.add(sock)
            reader = wire.Reader(sock)
            while self._one(sock, reader, number):
                pass
        except (OSError, ValueError) as e:
            if not self._stopping:
                self.failures.append(f"connection {number}: {type(e).__name__}: {e}")
        finally:
            self._open.discard(sock)
            try:
                sock.close()
            except OSError:
                pass

    def _one(self, sock, reader, connection):
        """One request and its answer; False: the connection is at its end."""
        try:
            raw = reader.head()
        except wire.WireError as e:
            self._record(Request(0, connection, head=reader.rest(), error=str(e)))
            return False
        if not raw:
            return False
        try:
            head = wire.Head(raw)
        except wire.WireError as e:
            self._record(Request(0, connection, head=raw + reader.rest(), status=400, error=str(e)))
            sock.sendall(wire.status_line(400) + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        r = Request(0, connection, head=raw, method=head.method, target=head.target, fields=head.fields)
        out = r.out = wire.Writer(sock, head)
        control = head.path in ("/__requests", "/__begin")
        if not control:
            self._number(r)
        if (head.get("expect") or "").lower() == "100-continue" and head.option("expect") != "never":
            if head.option("expect") == "refuse":
                self._record(r, head.option("capture"))
                sock.sendall(wire.status_line(417) + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
                return False
            sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(head.number("read-delay") / 1000)
        reader.pace = head.number("read-pace") / 1000
        raw_body = bytearray()
        try:
            r.body = reader.body(head, raw_body)
        except (wire.WireError, ValueError, OSError) as e:
            r.raw_body, r.status, r.error = bytes(raw_body), 400, str(e)
            self._record(r, head.option("capture"))
            sock.sendall(wire.status_line(400) + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        reader.pace = 0
        r.raw_body = bytes(raw_body)
        if control:
            return self._control(head, r, out)
        if head.get("content-encoding"):
            try:
                r.body = wire.decode(head.get("content-encoding"), r.body)
            except (wire.WireError, ValueError, OSError) as e:
                r.status, r.error = 415, str(e)
        status, fields, pieces, stream = self._answer(head, r)
        r.status = status
        self._record(r, head.option("capture"))
        interim = head.option("interim")
        if interim:
            out.send(f"HTTP/1.1 {interim} Interim\r\n".encode() + (b"Link: </a>; rel=preload\r\n" if interim == "103" else
                                                                   b"") + b"\r\n")
        time.sleep(head.number("delay") / 1000)
        out.answer(status, fields, pieces, stream, no_body=head.method == "HEAD" or status in (204, 304))
        if head.option("abort") is not None:
            return False
        if out.close:
            self._close_notify(sock)
        return not out.close

    def _close_notify(self, sock):
        """An answer that ends with the connection ends well: without this OpenSSL 3 tells its client of a truncation."""
        if self._context:
            try:
                sock.settimeout(1)
                sock.unwrap()
            except (OSError, ValueError):
                pass

    # ------------------------------------------------------------------------------------ records
    def _number(self, r):
        with self._lock:
            self.requests.append(r)
            r.number = len(self.requests)
            self.spoken.add((r.header("user-agent") or "", r.header("x-test-protocol")))

    def _record(self, r, name=None):
        if r.number == 0:
            if not r.head and not r.status:
                self.failures.append(r.error)
                return
            self._number(r)
        if self._captures:
            stem = self._captures / (pathlib.Path(name).name if name else f"{r.number:04d}")
            stem.with_name(stem.name + ".head").write_bytes(r.head)
            stem.with_name(stem.name + ".body").write_bytes(r.raw_body)
            if r.error:
                stem.with_name(stem.name + ".error").write_text(r.error + "\n")
        r.recorded = True
        if self._log:
            calls = "".join(f" {c}={h[:16]}" for c, h in r.results.items())
            self._log(f"{r.number} {r.method} {r.target} {r.status} prompt {r.prompt_tokens} cached {r.cached_tokens}{calls}"
                      + (f" ({r.error})" if r.error else ""))

    def _control(self, head, r, out):
        if head.path == "/__begin":
            self.begin((json.loads(r.body) if r.body else {}).get("captures"))
        data = answers.dump([x.summary() for x in list(self.requests)])
        out.answer(200, [("Content-Type", "application/json")], [data], False)
        return not out.close

    # ------------------------------------------------------------------------------------ answers
    def _answer(self, head, r):
        """(status, header fields, pieces of the body, stream?)"""
        api, count_only = dialects.find(head.path) if head.method == "POST" else (None, False)
        r.dialect = api.NAME if api else ""
        if head.option("redirect"):
            return int(head.option("redirect")), [("Location", head.path)], [b""], False
        forced = head.option("status")
        once = head.option("status-once")
        with self._lock:
            if once and head.target not in self._once:
                self._once.add(head.target)
                forced = once
        if forced:
            r.error = r.error or "asked for by the test"
            return self._refusal(r, int(forced), head.option("sentence") or "this answer was asked for", api)
        if r.status == 415:
            return self._refusal(r, 415, r.error, api)
        if not api:
            return self._other(head, r)
        body, wrong = provider_rules.parse(r.body)
        if not wrong:
            r.json = body
            wrong = api.check(body, count_only)
        if wrong:
            r.error = wrong
            return self._refusal(r, 400, wrong, api)
        results = api.results(body)
        for call, text in results:
            r.results[call] = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
            r.result_tokens[call] = prompt_cache.count_tokens(text)
        model, stream = api.model(body, head.target), api.stream(body, head.target)
        key = "\0".join((r.dialect, model, head.get("x-api-key") or head.get("authorization") or "", head.option("cache") or ""))
        limit = head.number("context")
        tokens = self.cache.account(key, api.blocks(body), keep=False)[0] if limit > 0 else 0
        if tokens > limit > 0 and not count_only:
            r.error = api.too_long(tokens, int(limit))
            return self._refusal(r, 400, r.error, api)
        r.prompt_tokens, r.cached_tokens = self.cache.account(key, api.blocks(body), keep=not count_only)
        name = head.option("capture") or f"{r.number:06d}"
        request_id = ("Request-Id", "req_" + name)
        if count_only:
            return 200, [("Content-Type", "application/json"), request_id], [answers.dump(api.count(r.prompt_tokens))], False
        played = self.script and self.script.answer(head.path, name, body, r.prompt_tokens, r.cached_tokens)
        if played:
            return played
        text = head.option("say") or answers.describe(api.turns(body), results)
        figures = r.prompt_tokens, r.cached_tokens, prompt_cache.count_tokens(text)
        if head.option("usage"):
            figures = tuple(int(n) for n in head.option("usage").split(","))
        call = tuple(head.option("call").split(" ", 1)) if head.option("call") else None
        if len(results) >= head.number("call-times") > 0:
            call = None
        kind, made = api.answer(name, model, text, figures, stream, body, call)
        return 200, [("Content-Type", kind), *([("Cache-Control", "no-cache")] if stream else []), request_id], made, bool(stream)

    def _refusal(self, r, status, sentence, api):
        fields = [("Content-Type", "application/json"), ("Request-Id", f"req_{r.number:06d}")]
        if status in (429, 500, 529):
            fields.append(("Retry-After-Ms", "1"))
        if api and api.NAME == "bedrock":
            fields.append(("x-amzn-ErrorType", "ThrottlingException:http://internal.amazon.com/coral/"))
        error = (api or dialects.OpenAIChat).error(status, sentence, r.number)
        return status, fields, [answers.dump(error)], False

    def _other(self, head, r):
        body, wrong = provider_rules.parse(r.body)
        played = None if wrong or not self.script else self.script.answer(head.path, f"{r.number:06d}", body, 0, 0)
        if played:
            return played
        if head.path.startswith("/git/") and self._git_root:
            return self._git(head, r)
        if head.path.startswith("/files/") and self._files:
            root = pathlib.Path(self._files).resolve()
            target = (root / head.path[len("/files/"):]).resolve()
            if root not in target.parents or not target.is_file():
                return 404, [("Content-Type", "text/plain")], [b"no such file\n"], False
            return 200, [("Content-Type", "application/octet-stream")], [target.read_bytes()], False
        seen = {"path": head.target, "sha256": hashlib.sha256(r.body).hexdigest(), "bytes": len(r.body)}
        return 200, [("Content-Type", "application/json")], [answers.dump(seen)], False

    def _git(self, head, r):
        """The smart protocol, by git's own CGI program."""
        env = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self._git_root), "GIT_HTTP_EXPORT_ALL": "1",
               "PATH_INFO": head.path[len("/git"):], "QUERY_STRING": head.query, "REQUEST_METHOD": head.method,
               "CONTENT_TYPE": head.get("content-type") or "", "REMOTE_USER": "tester", "REMOTE_ADDR": "127.0.0.1",
               "GIT_PROTOCOL": head.get("git-protocol") or "", "HOME": "/nonexistent"}
        done = subprocess.run(["git", "http-backend"], input=r.body, env=env, capture_output=True)
        cgi, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = [tuple(line.split(": ", 1)) for line in cgi.decode().split("\r\n") if ": " in line]
        status = next((int(v.split()[0]) for n, v in fields if n == "Status"), 200 if fields else 500)
        return status, [f for f in fields if f[0] not in ("Status", "Content-Length")], [body], False


def main():
    p = argparse.ArgumentParser(description="An LLM API on 127.0.0.1 for tests.")
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--cert")
    p.add_argument("--key")
    p.add_argument("--certs-dir", help="make certificates there (and use them), instead of --cert and --key")
    p.add_argument("--captures", help="directory for the raw bytes of each request")
    p.add_argument("--files", help="directory to serve below /files/")
    p.add_argument("--plain", action="store_true", help="HTTP without TLS")
    p.add_argument("--port-file", help="write the port there once it is open")
    args = p.parse_args()
    made = None
    if not args.plain:
        import certs
        if args.certs_dir:
            made = certs.make(args.certs_dir)
        elif args.cert and args.key:
            made = certs.Certs("", args.cert, args.key)
        else:
            p.error("--cert and --key, --certs-dir, or --plain")
    api = LlmApi(made, args.captures, args.port, files=args.files, log=lambda line: print(line, flush=True))
    print(f"listening {api.url}", flush=True)
    if args.port_file:
        temporary = pathlib.Path(args.port_file + ".part")
        temporary.write_text(f"{api.port}\n")
        temporary.rename(args.port_file)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        api.stop()


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    main()
