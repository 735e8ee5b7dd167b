#!/usr/bin/env python3
"""nginx in front of the LLM API stand-in: the same API over HTTP/2, as the real ones stand behind their own front servers.

    with LlmApi(None) as api, Front(api, certs, directory) as front:
        front.begin("captures/a")       # everything of the API but these: port, url
        ... https://127.0.0.1:{front.port}/v1/messages ...
        front.requests[0].header("x-test-protocol")     # "HTTP/2.0": what nginx spoke with the client; x-test-alpn: what was agreed on

ALPN offers h2 and http/1.1 (http2=False: http/1.1). nginx ends TLS and frames, and passes each request on by HTTP/1.1 on plain TCP:
bodies whole and with a Content-Length, whatever their framing was; field names as HTTP/2 has them or as the client wrote them. A
request that is not whole never arrives, the interim answers of the API (1xx) and `Connection: close` do not come through, and an
answer until close comes in chunks or frames. Needs nginx in PATH (Debian package nginx-light), no root, no directory but `directory`.
"""
import argparse
import os
import pathlib
import pwd
import socket
import subprocess
import tempfile
import threading

SECONDS_TO_END = 10

CONFIGURATION = """\
daemon off; worker_processes 1; pid nginx.pid; {user}
error_log error.log notice;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 1000000; client_max_body_size 0; client_header_timeout 5s;
    client_body_temp_path client_body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    upstream api {{ server 127.0.0.1:{api}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port} ssl{http2};
        ssl_certificate {cert}; ssl_certificate_key {key};
        location / {{
            proxy_pass http://api;
            proxy_http_version 1.1; proxy_buffering off; proxy_next_upstream off;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_set_header X-Test-Protocol $server_protocol;
            proxy_set_header X-Test-Alpn $ssl_alpn_protocol;
            proxy_pass_header Date;  # the API's, which has none: a Date of nginx would differ from run to run
        }}
    }}
}}
"""


class Front:
    """An nginx of its own before `api`, until stop(). directory: for its files, made if it is not there."""

    def __init__(self, api, certs, directory, http2=True, port=0):
        self._api, self.http2 = api, http2
        directory = pathlib.Path(directory).absolute()
        directory.mkdir(parents=True, exist_ok=True)
        self.error_log = directory / "error.log"
        # nginx takes no port 0. It takes over a socket that is already open, as its own upgrades do: no port is lost to another
        # process in between, and connections wait in the backlog until it is up.
        with socket.create_server(("127.0.0.1", port), backlog=128) as listener:
            self.port = listener.getsockname()[1]
            user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""  # else the worker cannot enter our directories
            (directory / "nginx.conf").write_text(CONFIGURATION.format(
                user=user, api=api.port, port=self.port, http2=" http2" if http2 else "", cert=certs.cert, key=certs.key))
            self._nginx = subprocess.Popen(
                ["nginx", "-p", directory, "-c", "nginx.conf", "-e", "error.log"], pass_fds=[listener.fileno()],
                env={**os.environ, "NGINX": f"{listener.fileno()};"}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.url = f"https://127.0.0.1:{self.port}"

    def __getattr__(self, name):
        return getattr(self._api, name)

    def stop(self):
        self._nginx.terminate()
        try:
            self._nginx.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._nginx.kill()
            self._nginx.wait()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()


def main():
    import certs
    import llm_api
    p = argparse.ArgumentParser(description="The LLM API of the tests behind nginx, on 127.0.0.1.")
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--captures", help="directory for the raw bytes of each request, as nginx passes it on")
    p.add_argument("--http1", action="store_true", help="offer http/1.1 only")
    args = p.parse_args()
    with tempfile.TemporaryDirectory() as d:
        made = certs.make(d)
        with llm_api.LlmApi(None, args.captures, log=lambda line: print(line, flush=True)) as api, \
                Front(api, made, pathlib.Path(d) / "nginx", not args.http1, args.port) as front:
            print(f"listening {front.url}, authority {made.ca}", flush=True)
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                pass


if __name__ == "__main__":
    main()
