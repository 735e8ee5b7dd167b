"""client.py [OPTION...] HOST PORT CA PATH FILE...: posts each file over one connection, by ctypes on libssl.

--late      connects, and opens libssl then
--named     a request there, and the same over another connection by Python's ssl, which is linked with libssl; and so on
--implicit  the first SSL_write does the handshake
--deep      libssl is opened with RTLD_DEEPBIND
--library   another libssl

Per request: by which way, the status, whether the answer came whole.
"""
import argparse
import ctypes
import os
import re
import socket

parser = argparse.ArgumentParser()
parser.add_argument("--late", action="store_true")
parser.add_argument("--named", action="store_true")
parser.add_argument("--implicit", action="store_true")
parser.add_argument("--deep", action="store_true")
parser.add_argument("--library", default="libssl.so.3")
for name in ("host", "port", "ca", "path"):
    parser.add_argument(name)
parser.add_argument("files", nargs="+")
args = parser.parse_args()
if args.named:
    import ssl

SET_TLSEXT_HOST_NAME, VERIFY_PEER = 55, 1  # openssl/ssl.h, openssl/tls1.h


def opened():
    lib = ctypes.CDLL(args.library, mode=os.RTLD_NOW | (os.RTLD_DEEPBIND if args.deep else 0))
    for function in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
        getattr(lib, function).restype = ctypes.c_void_p
    return lib


def connected():
    return socket.create_connection((args.host, int(args.port)))


class Pointers:
    """SSL_write for the head, SSL_write_ex (where there is one) for the body."""

    def __init__(self, lib, sock):
        self.lib, self.sock = lib, sock
        context = ctypes.c_void_p(lib.SSL_CTX_new(ctypes.c_void_p(lib.TLS_client_method())))
        assert lib.SSL_CTX_load_verify_locations(context, args.ca.encode(), None) == 1
        lib.SSL_CTX_set_verify(context, VERIFY_PEER, None)
        self.ssl = ctypes.c_void_p(lib.SSL_new(context))
        assert lib.SSL_set_fd(self.ssl, sock.fileno()) == 1
        if args.implicit:
            lib.SSL_set_connect_state(self.ssl)
            return
        r = lib.SSL_connect(self.ssl)
        assert r == 1, lib.SSL_get_error(self.ssl, r)

    def send(self, head, body):
        assert self.lib.SSL_write(self.ssl, head, len(head)) == len(head)
        if hasattr(self.lib, "SSL_write_ex"):
            done = ctypes.c_size_t()
            assert self.lib.SSL_write_ex(self.ssl, body, ctypes.c_size_t(len(body)), ctypes.byref(done)) == 1
            assert done.value == len(body)
        else:
            assert self.lib.SSL_write(self.ssl, body, len(body)) == len(body)

    def receive(self):
        buffer = ctypes.create_string_buffer(16384)
        n = self.lib.SSL_read(self.ssl, buffer, len(buffer))
        return buffer.raw[:max(n, 0)]

    def close(self):
        self.lib.SSL_shutdown(self.ssl)
        self.lib.SSL_free(self.ssl)


class Named:
    def __init__(self, sock):
        self.tls = ssl.create_default_context(cafile=args.ca).wrap_socket(sock, server_hostname=args.host)

    def send(self, head, body):
        self.tls.sendall(head)
        self.tls.sendall(body)

    def receive(self):
        return self.tls.recv(16384)

    def close(self):
        self.tls.close()


def whole(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return body.endswith(b"0\r\n\r\n") if b"chunked" in head else bool(length) and len(body) >= int(length[1])


def post(way, connection, path):
    body = open(path, "rb").read()
    head = (f"POST {args.path} HTTP/1.1\r\nHost: {args.host}:{args.port}\r\nContent-Type: application/json\r\nx-api-key: test\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    connection.send(head.encode(), body)
    answer = b""
    while not whole(answer):
        piece = connection.receive()
        if not piece:
            break
        answer += piece
    print(way, answer[9:12].decode(), "whole" if whole(answer) else "cut short", flush=True)


def main():
    if args.late:
        sock = connected()
        connections = {"pointers": Pointers(opened(), sock)}
    else:
        lib = opened()
        connections = {"pointers": Pointers(lib, connected())}
    if args.named:
        connections["named"] = Named(connected())
    for path in args.files:
        for way, connection in connections.items():
            post(way, connection, path)
    for connection in connections.values():
        connection.close()


main()
