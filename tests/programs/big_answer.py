"""A TLS server with answers of any size that keeps none of them: BigAnswer(certs, head, first, piece, times, last).

Of each connection one request is read, and answered by `head` and the bytes first, piece * times, last.
"""
import socket
import ssl
import threading

import wire


class BigAnswer:
    def __init__(self, certs, head, first, piece, times, last):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certs.cert, certs.key)
        self._parts = head, first, piece, times, last
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                raw, _ = self._listener.accept()
                with self._context.wrap_socket(raw, server_side=True) as sock:
                    self._answer(sock)
            except OSError:
                if self._listener.fileno() < 0:
                    return

    def _answer(self, sock):
        reader = wire.Reader(sock)
        reader.body(wire.Head(reader.head()), bytearray())
        head, first, piece, times, last = self._parts
        sock.sendall(head + first)
        for _ in range(times):
            sock.sendall(piece)
        sock.sendall(last)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._listener.close()
