#!/usr/bin/env python3
"""Certificates of the LLM API stand-in, made anew for every test run with the openssl command.

make(directory) writes ca.pem, ca.key, server.pem, server.key and returns a Certs of absolute paths. The server's
certificate is good for localhost, 127.0.0.1 and ::1 and for the names in `hosts`. Nothing is kept in the repository: a
certificate there would expire some day and fail every test at once.
"""
import argparse
import pathlib
import subprocess
import sys
from typing import NamedTuple

DAYS = "30"


class Certs(NamedTuple):
    ca: str
    cert: str
    key: str


def _openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, stdin=subprocess.DEVNULL, capture_output=True)


def make(directory, hosts=()):
    d = pathlib.Path(directory).absolute()
    d.mkdir(parents=True, exist_ok=True)
    d.chmod(0o755)  # a program under another user (setuid tests) must be able to read the authority
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl("req", "-x509", *curve, "-days", DAYS, "-subj", "/CN=Test authority", "-keyout", d / "ca.key", "-out",
             d / "ca.pem", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl("req", *curve, "-subj", "/CN=localhost", "-keyout", d / "server.key", "-out", d / "server.csr")
    names = ",".join(["DNS:localhost", "IP:127.0.0.1", "IP:::1", *("DNS:" + h for h in hosts)])
    (d / "server.ext").write_text(f"subjectAltName={names}\nbasicConstraints=critical,CA:FALSE\n"
                                  "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n")
    _openssl("x509", "-req", "-in", d / "server.csr", "-CA", d / "ca.pem", "-CAkey", d / "ca.key", "-CAcreateserial",
             "-days", DAYS, "-extfile", d / "server.ext", "-out", d / "server.pem")
    return Certs(str(d / "ca.pem"), str(d / "server.pem"), str(d / "server.key"))


def main():
    p = argparse.ArgumentParser(description="Make a test authority and a server certificate for localhost.")
    p.add_argument("directory")
    p.add_argument("hosts", nargs="*", help="further host names for the server's certificate")
    args = p.parse_args()
    try:
        print(*make(args.directory, args.hosts), sep="\n")
    except FileNotFoundError:
        sys.exit("certs.py: the openssl command is missing (Debian package openssl)")
    except subprocess.CalledProcessError as e:
        sys.exit("certs.py: " + e.stderr.decode(errors="replace"))


if __name__ == "__main__":
    main()
