"""A request by http.client, then what a Python program can see of its own process. Arguments as client_httpclient.py."""
import locale
import os
import signal
import sys
import threading

import client
import client_httpclient

arguments = client.arguments()
client_httpclient.main(arguments)
files = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
print("files opened as", files)
print("descriptors", [fd for fd in map(int, os.listdir("/proc/self/fd")) if fd < 512])
print("threads", len(os.listdir("/proc/self/task")), threading.active_count())
print("locale", locale.setlocale(locale.LC_ALL))
print("signals", [(s.name, signal.getsignal(s)) for s in signal.valid_signals() if isinstance(s, signal.Signals)])
with open("/proc/self/status") as status:
    print([line.strip() for line in status if line.startswith(("SigBlk", "SigIgn", "SigCgt", "Umask"))])
print("environment", {k: v for k, v in os.environ.items() if k != "LD_PRELOAD" and not k.startswith("HEADROOM_")})
sys.stdout.flush()  # before the child writes, or the order of the lines is chance
child = os.fork()
if child == 0:
    os.write(1, b"the child\n")
    os._exit(7)
print("child", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), "directory", os.getcwd())
