"""client_raw.py BASE_URL FILE...: writes each file's bytes with one SSL_write on one connection and shuts it down; what comes back goes
to stdout. For requests that no HTTP library would make."""
import socket
import ssl
import sys
import urllib.parse


def main():
    url = urllib.parse.urlsplit(sys.argv[1])
    context = ssl.create_default_context()
    with socket.create_connection((url.hostname, url.port)) as raw, \
            context.wrap_socket(raw, server_hostname=url.hostname) as tls:
        for name in sys.argv[2:]:
            with open(name, "rb") as f:
                tls.sendall(f.read())
        tls.settimeout(3)
        try:
            while data := tls.recv(65536):
                sys.stdout.buffer.write(data)
        except TimeoutError:
            pass


if __name__ == "__main__":
    main()
