"""client_many.py BASE_URL FILE [PIECE]: sends the requests of a file one after the other over one connection as long as it holds, each
answer read to its end, PIECE bytes a read at most (65536); what is refused for the moment (429, 5xx) is sent again, once.

A line of the file: {"path", "fields": {name: value}, "body": text, "cut": N or null}. cut: the connection is dropped once N bytes of the
answer's body are there. On stdout a line an answer, when it has ended: number of the request, status, bytes of its body (chunk lines
taken away), 1 if it came to its end.
"""
import json
import socket
import ssl
import sys
import urllib.parse


class Connection:
    def __init__(self, url, piece):
        self.url, self.piece = urllib.parse.urlsplit(url), piece
        self.context = ssl.create_default_context()
        self.tls = None

    def close(self):
        if self.tls:
            self.tls.close()
        self.tls, self.data = None, b""

    def send(self, path, fields, body):
        if not self.tls:
            raw = socket.create_connection((self.url.hostname, self.url.port))
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.tls, self.data = self.context.wrap_socket(raw, server_hostname=self.url.hostname), b""
        lines = [f"POST {path} HTTP/1.1", f"Host: {self.url.netloc}", "Content-Type: application/json", f"Content-Length: {len(body)}",
                 *(f"{n}: {v}" for n, v in fields.items())]
        self.tls.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def more(self):
        try:
            got = self.tls.recv(self.piece)
        except OSError:
            got = b""
        self.data += got
        return bool(got)

    def answer(self, cut):
        """(status, bytes of the body, did it come to its end?)"""
        while b"\r\n\r\n" not in self.data:
            if not self.more():
                return 0, 0, False
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        status, lower = int(head[9:12]), head.lower()
        if b"transfer-encoding: chunked" in lower:
            n, whole = self.chunks(cut)
        else:
            length = int(lower.partition(b"content-length:")[2].split(b"\r\n")[0])
            while len(self.data) < min(length, cut) and self.more():
                pass
            n, whole = min(length, len(self.data)), len(self.data) >= length
            self.data = self.data[n:]
        if not whole or b"connection: close" in lower:
            self.close()
        return status, n, whole

    def chunks(self, cut):
        n = 0
        while True:
            while b"\r\n" not in self.data:
                if not self.more():
                    return n, False
            line, _, self.data = self.data.partition(b"\r\n")
            size = int(line, 16)
            if size == 0:
                while len(self.data) < 2 and self.more():
                    pass
                self.data = self.data[2:]
                return n, True
            while len(self.data) < size + 2 and self.more():
                pass
            n += min(size, len(self.data))
            if len(self.data) < size + 2:
                return n, False
            self.data = self.data[size + 2:]
            if n >= cut and not self.data:
                return n, False


def main():
    connection = Connection(sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 65536)
    with open(sys.argv[2], encoding="utf-8") as f:
        for i, line in enumerate(f):
            r = json.loads(line)
            cut = r["cut"] or 1 << 60
            for _ in range(2):
                connection.send(r["path"], r["fields"], r["body"].encode())
                status, n, whole = connection.answer(cut)
                sys.stdout.write(f"{i} {status} {n} {int(whole)}\n")
                sys.stdout.flush()
                if status not in (429, 500, 529):
                    break
    connection.close()


if __name__ == "__main__":
    main()
