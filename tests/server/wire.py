"""HTTP/1.1 as bytes: reads requests off a socket without losing or changing one, writes answers in awkward ways.

The framing is read here and not by http.server, since a test compares the very bytes that a client sent: spelling and order
of header lines, chunk sizes, what followed a body. A Reader belongs to one thread.
"""
import time
import zlib

import coding

HEAD_LIMIT = 256 * 1024
BODY_LIMIT = 256 * 1024 * 1024


class WireError(Exception):
    """The peer broke HTTP; the sentence goes into the record and a 400 answer."""


class Head:
    """raw: the bytes as received, the blank line included. fields: (name, value) in order, names in lower case."""

    def __init__(self, raw):
        self.raw = raw
        lines = raw.decode("latin-1").split("\r\n")
        parts = lines[0].split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1.") or not parts[0].isalpha():
            raise WireError(f"not a request line: {lines[0][:80]!r}")
        self.method, self.target, self.version = parts
        self.path, _, self.query = self.target.partition("?")
        self.fields = []
        for line in lines[1:]:
            if line:
                name, colon, value = line.partition(":")
                if not colon or name != name.strip() or not name:
                    raise WireError(f"not a header line: {line[:80]!r}")
                self.fields.append((name.lower(), value.strip()))

    def get(self, name, default=None):
        return next((v for n, v in self.fields if n == name), default)

    def option(self, name):
        """What a test asks for: header X-Test-NAME, or test-NAME in the query. None, or its text."""
        value = self.get("x-test-" + name)
        if value is None:
            for pair in self.query.split("&"):
                k, _, v = pair.partition("=")
                if k == "test-" + name:
                    value = v
        return value

    def number(self, name):
        return float(self.option(name) or 0)

    def keep_alive(self):
        tokens = (self.get("connection") or "").lower()
        return "close" not in tokens if self.version == "HTTP/1.1" else "keep-alive" in tokens


class Reader:
    def __init__(self, sock):
        self._sock = sock
        self._data = bytearray()
        self.pace = 0.0  # seconds of sleep before each read: a slow server

    def _more(self):
        if self.pace:
            time.sleep(self.pace)
        got = self._sock.recv(65536 if not self.pace else 4096)
        self._data += got
        return len(got) > 0

    def _take(self, n):
        out = bytes(self._data[:n])
        del self._data[:n]
        return out

    def rest(self):
        return self._take(len(self._data))

    def head(self):
        """Bytes of the next head, or b"" where the peer closed between requests. WireError: closed inside of one."""
        start = 0
        while True:
            end = self._data.find(b"\r\n\r\n", start)
            if end >= 0:
                return self._take(end + 4)
            if len(self._data) > HEAD_LIMIT:
                raise WireError("head too long")
            start = max(0, len(self._data) - 3)
            if not self._more():
                if self._data:
                    raise WireError(f"connection closed after {len(self._data)} bytes of a head")
                return b""

    def exactly(self, n, raw):
        """n bytes, appended to raw as they come (so that a short body is recorded too)."""
        while len(self._data) < n:
            before = len(self._data)
            if not self._more():
                raw += self.rest()
                raise WireError(f"connection closed after {before} of {n} bytes of a body")
        got = self._take(n)
        raw += got
        return got

    def _line(self, raw):
        while b"\n" not in self._data:
            if not self._more():
                raw += self.rest()
                raise WireError("connection closed inside a chunk line")
        line = self._take(self._data.find(b"\n") + 1)
        raw += line
        if not line.endswith(b"\r\n"):
            raise WireError("a chunk line ends without CR")
        return line[:-2]

    def body(self, head, raw):
        """The body with its transfer coding removed; raw (a bytearray) gets the bytes as received."""
        lengths = {v for n, v in head.fields if n == "content-length"}
        if head.get("transfer-encoding"):
            if head.get("transfer-encoding").lower() != "chunked" or lengths:
                raise WireError("transfer-encoding not understood, or together with content-length")
            out = bytearray()
            while True:
                size = int(self._line(raw).split(b";")[0], 16)
                if size == 0:
                    break
                out += self.exactly(size, raw)
                if self.exactly(2, raw) != b"\r\n":
                    raise WireError("a chunk is longer than its size")
            while self._line(raw):
                pass
            return bytes(out)
        if not lengths:
            return b""
        if len(lengths) > 1 or not next(iter(lengths)).isdigit():
            raise WireError("content-length not understood")
        n = int(lengths.pop())
        if n > BODY_LIMIT:
            raise WireError("body too long")
        return self.exactly(n, raw)


def decode(coding, data):
    """A body without its content coding."""
    if coding.lower() == "gzip":
        return _members(data, lambda: zlib.decompressobj(31), zlib.error)
    if coding.lower() == "zstd":
        import zstandard  # only where a client uses it: the server itself needs nothing beside Python
        return _members(data, zstandard.ZstdDecompressor().decompressobj, zstandard.ZstdError)
    raise WireError("content-encoding not understood")


def _members(data, begin, error):
    """All gzip members or zstd frames of a body."""
    out = bytearray()
    while data:
        d = begin()
        try:
            out += d.decompress(data)
        except error as e:
            raise WireError(f"coded body: {e}") from e
        if not d.eof:
            raise WireError("coded body ends early")
        data = d.unused_data
    return bytes(out)


_REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 404: "Not Found", 415: "Unsupported Media Type",
            417: "Expectation Failed",            429: "Too Many Requests", 500: "Internal Server Error", 529: "Overloaded"}


def status_line(status):
    return f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}\r\n".encode()


class Writer:
    """Sends one answer as the request's options ask for: coded, chunked, until-close, one byte a write, slowly, cut short. kind, plain and
    sent: the type of the answer, its pieces before any coding, and those that left, without chunk lines."""

    def __init__(self, sock, head):
        self._sock = sock
        self._trickle = head.option("trickle") is not None
        self._pace = head.number("pace") / 1000
        self.codings = ["gzip"] if head.option("gzip") is not None else [n.strip() for n in (head.option("coding") or "").split(",") if n]
        self.kind, self.plain, self.sent = "", [], []
        self.chunked = head.option("chunked") is not None
        self.until_close = head.option("until-close") is not None
        self.close = head.option("close") is not None or self.until_close or not head.keep_alive()
        self._abort = head.option("abort") is not None

    def send(self, data):
        if not self._trickle:
            self._sock.sendall(data)
            return
        for i in range(len(data)):
            self._sock.sendall(data[i:i + 1])

    def answer(self, status, fields, pieces, stream, no_body=False):
        pieces = list(pieces)
        fields = list(fields)
        self.plain = pieces
        if self.codings and not no_body:
            pieces = coding.encode(self.codings, pieces)
            fields.append(("Content-Encoding", coding.header(self.codings)))
        chunked = (stream or self.chunked) and not self.until_close and not no_body
        if chunked:
            fields.append(("Transfer-Encoding", "chunked"))
        elif not self.until_close and status not in (204, 304):
            fields.append(("Content-Length", str(sum(map(len, pieces)))))
        if self.close:
            fields.append(("Connection", "close"))
        head = status_line(status) + b"".join(f"{n}: {v}\r\n".encode() for n, v in fields) + b"\r\n"
        if no_body:
            self.send(head)
            return
        if stream:  # small writes, none of them at the border of an event
            pieces = [part for p in pieces for part in (p[:len(p) // 2], p[len(p) // 2:]) if part]
        if self._abort:
            pieces = pieces[:len(pieces) // 2] if len(pieces) > 1 else [pieces[0][:len(pieces[0]) // 2]]
        self.kind, self.sent = next((v for n, v in fields if n == "Content-Type"), ""), pieces
        if not stream:
            head, pieces = head + (b"" if chunked else b"".join(pieces)), pieces if chunked else []
        self.send(head)
        for p in pieces:
            if self._pace:
                time.sleep(self._pace)
            self.send(b"%x\r\n%s\r\n" % (len(p), p) if chunked else p)
        if chunked and not self._abort:
            self.send(b"0\r\n\r\n")
