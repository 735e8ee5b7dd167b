"""Run by vendor_host.py inside of a new network and mount namespace, before the program that is tested.

    enter_namespace.py FD N FILE PLACE .. COMMAND ..      N pairs: FILE is to be seen at PLACE

The loopback device is brought up, 127.0.0.1:443 opened and sent over the socket FD to the server outside, which answers there for as long
as the program runs; then COMMAND takes the place of this process.
"""
import fcntl
import os
import socket
import struct
import subprocess
import sys

SIOCSIFFLAGS, IFF_UP = 0x8914, 1

channel, pairs, rest = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
for file, place in zip(rest[:2 * pairs:2], rest[1:2 * pairs:2]):
    subprocess.run(["mount", "--bind", file, place], check=True)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
with socket.create_server(("127.0.0.1", 443), backlog=128) as listener, socket.socket(fileno=channel) as out:
    socket.send_fds(out, [b"443"], [listener.fileno()])
command = rest[2 * pairs:]
os.execvp(command[0], command)
