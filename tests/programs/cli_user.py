"""One user of the command line, with a home of its own, for test_cli.py and test_cli_run.py.

Requests are recorded through the public C API in a process of its own: no network and no preload is needed.
"""
import errno
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HEADROOM_BUILD", ROOT / "build"))
USAGE, DATAERR, NOINPUT, UNAVAILABLE, CANTCREAT, IOERR, CONFIG = 64, 65, 66, 69, 73, 74, 78  # sysexits


class Cli:
    """One user: a home, a state and a configuration directory of its own."""

    def __init__(self, home):
        self.home = home
        self.state = home / "state"
        self.config = home / "config" / "headroom" / "config.ini"
        ours = ("HEADROOM_", "XDG_", "LD_", "ASAN_", "CLAUDE_", "ANTHROPIC_")
        keep = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        self.env = {**keep, "HOME": str(home), "XDG_STATE_HOME": str(self.state),
                    "XDG_CONFIG_HOME": str(home / "config")}

    def __call__(self, *args, input=b"", stdout=subprocess.PIPE, **env):
        return subprocess.run([BUILD / "headroom", *map(str, args)], input=input, stdout=stdout,
                              stderr=subprocess.PIPE, env={**self.env, **env}, cwd=self.home, timeout=60)

    def terminal(self, *args, columns=100, input=b"", **env):
        """The same in a terminal of so many columns, input typed in; exit code and all that the terminal got."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        p = subprocess.Popen([BUILD / "headroom", *map(str, args)], stdin=theirs, stdout=theirs, stderr=theirs,
                             env={**self.env, "TERM": "xterm", **env}, cwd=self.home, start_new_session=True)
        os.close(theirs)
        os.write(ours, input)
        got = b""
        try:
            while piece := os.read(ours, 65536):
                got += piece
        except OSError as e:  # Linux says EIO where the last user of the other end is gone
            assert e.errno == errno.EIO
        os.close(ours)
        return p.wait(timeout=60), got.replace(b"\r\n", b"\n")

    def json(self, *args, **more):
        p = self(*args, **more)
        assert p.returncode == 0, p.stderr
        return json.loads(p.stdout)

    def run(self, *args, **env):
        """`headroom run` after the notice of the first run was given."""
        self("run", "true")
        return self("run", *args, **env)

    def record(self, body, path="/v1/chat/completions", status=200, answer=b"{}", times=1, python=sys.executable,
               **env):
        """Send body through the library as a program's request, with a response; the bytes that leave."""
        p = subprocess.run([python, "-c", RECORD, str(BUILD / "libheadroom.so"), path, str(status),
                            answer.decode(), str(times)], input=body, capture_output=True,
                           env={**self.env, **env}, timeout=60)
        assert p.returncode == 0, p.stderr
        return p.stdout


RECORD = textwrap.dedent("""
    import ctypes as c, sys
    lib, path, status, answer, times = sys.argv[1:]
    class Head(c.Structure):
        _fields_ = [("host", c.c_char_p), ("host_len", c.c_size_t), ("path", c.c_char_p),
                    ("path_len", c.c_size_t), ("dialect", c.c_char_p), ("skip", c.c_char_p),
                    ("count_only", c.c_bool), ("encoding", c.c_char_p), ("encoding_len", c.c_size_t),
                    ("override", c.c_void_p * 14)]
    so = c.CDLL(lib)
    P, S = c.c_void_p, c.c_size_t
    so.headroom_open.restype = so.headroom_request_new.restype = P
    so.headroom_request_new.argtypes = [P, c.POINTER(Head), c.c_int]
    so.headroom_request_body.argtypes = [P, c.c_char_p, S, c.POINTER(P), c.POINTER(S)]
    so.headroom_request_sent.argtypes = so.headroom_close.argtypes = so.headroom_at_exit.argtypes = [P]
    so.headroom_get_mode.argtypes = [P]
    so.headroom_response_head.argtypes = [P, c.c_int, c.c_char_p, S, c.c_char_p, S]
    so.headroom_response_body.argtypes = [P, c.c_char_p, S]
    so.headroom_request_end.argtypes = [P, c.c_bool]
    body, path, answer = sys.stdin.buffer.read(), path.encode(), answer.encode()
    h = so.headroom_open(0)
    for _ in range(int(times)):
        head = Head(b"api.example.com", 15, path, len(path), None, None, False, None, 0)
        r = so.headroom_request_new(h, c.byref(head), so.headroom_get_mode(h))
        out, n = P(), S()
        sent = body
        if so.headroom_request_body(r, body, len(body), c.byref(out), c.byref(n)) == 1:
            sent = c.string_at(out.value, n.value)
        so.headroom_request_sent(r)
        so.headroom_response_head(r, int(status), b"application/json", 16, b"", 0)
        so.headroom_response_body(r, answer, len(answer))
        so.headroom_request_end(r, True)
    so.headroom_at_exit(h)
    so.headroom_close(h)
    sys.stdout.buffer.write(sent)
""")


def quickstart():
    """500 results, then the question behind them."""
    return conversation(json.dumps({"results": [{"title": f"Tutorial {i}", "score": 100 - i} for i in range(500)]}))


def conversation(results):
    """One call, its results, then the question behind them."""
    function = {"name": "search", "arguments": '{"q": "python"}'}
    call = {"id": "call_123", "type": "function", "function": function}
    return json.dumps({"model": "gpt-4o-mini", "messages": [
        {"role": "user", "content": "Search for Python tutorials"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_123", "content": results},
        {"role": "user", "content": "What are the top 3?"}]}).encode()
