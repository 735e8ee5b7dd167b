"""api.anthropic.com on this machine: a network namespace in which that name is 127.0.0.1, and the stand-in API on its port 443.

    with VendorHost(certs, play) as host:
        run(host.argv([program, ..]), **host.popen)     # the host sees nothing but what this program sends

Programs are told no base URL, so they do what they do for the vendor's own host. Needs unshare, as root or where users may make
namespaces; a namespace is made per program, and gone with it.
"""
import os
import pathlib
import socket
import subprocess
import sys
import threading
import warnings

import pytest

import answers
import dialects
import llm_api

NAME = "api.anthropic.com"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
ENTER = pathlib.Path(__file__).with_name("enter_namespace.py")


def _prefix():
    """The command that may make what is needed; None: nothing may."""
    # In a chroot the root is no mount point whose propagation could be changed.
    for user in ([], ["-r"]):
        for propagation in ([], ["--propagation", "unchanged"]):
            argv = ["unshare", *user, "-n", "-m", *propagation]
            try_it = [*argv, "mount", "--bind", "/etc/hosts", "/etc/hosts"]
            if subprocess.run(try_it, capture_output=True, check=False).returncode == 0:
                return argv
    return None


def need_namespaces():
    """The prefix. Where namespaces are not permitted that is a failure in CI, and a loud skip elsewhere."""
    argv = _prefix()
    if argv is None:
        said = "network and mount namespaces are not permitted here (unshare -n -m): Claude Code is NOT tested"
        if os.environ.get("CI"):
            pytest.fail(said)
        warnings.warn(said)
        pytest.skip(said)
    return argv


def tool_events(name, model, blocks, usage):
    """An answer that calls tools: blocks are text, thinking and tool_use blocks, streamed as the real API does."""
    end = "tool_use" if any(b["type"] == "tool_use" for b in blocks) else "end_turn"
    start = answers.anthropic_message(name, model, "", {**usage, "output_tokens": 1})
    start.update(content=[], stop_reason=None)
    events = [("message_start", {"message": start})]
    for i, b in enumerate(blocks):
        if b["type"] == "tool_use":
            empty, text = {**b, "input": {}}, answers.dump(b["input"]).decode()
            deltas = [{"type": "input_json_delta", "partial_json": text[k:k + 40]} for k in range(0, len(text), 40)]
        elif b["type"] == "thinking":
            empty = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": b["thinking"]}, {"type": "signature_delta", "signature": b["signature"]}]
        else:
            empty, deltas = {"type": "text", "text": ""}, [{"type": "text_delta", "text": b["text"]}]
        events.append(("content_block_start", {"index": i, "content_block": empty}))
        events += [("content_block_delta", {"index": i, "delta": d}) for d in deltas]
        events.append(("content_block_stop", {"index": i}))
    total = {k: usage[k] for k in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")}
    events += [("message_delta", {"delta": {"stop_reason": end, "stop_sequence": None}, "usage": total}), ("message_stop", {})]
    return [f"event: {kind}\ndata: ".encode() + answers.dump({"type": kind, **data}) + b"\n\n" for kind, data in events]


class VendorHost(llm_api.LlmApi):
    def __init__(self, certs, play, directory, system_bundle=False):
        """play(body): the content blocks of the answer to a Messages request, a status to refuse it with, or None for the API's own
        answer. system_bundle: the test authority stands in the system's file of authorities too."""
        super().__init__(certs)
        self.play = play
        self._prefix = need_namespaces()
        hosts = directory / "hosts"
        hosts.write_text(f"127.0.0.1 localhost {NAME}\n")
        self._files = [str(hosts), "/etc/hosts"]
        if system_bundle:
            bundle = directory / "bundle.crt"
            bundle.write_bytes(pathlib.Path(BUNDLE).read_bytes() + pathlib.Path(certs.ca).read_bytes())
            self._files += [str(bundle), BUNDLE]
        self._ours, self._theirs = socket.socketpair()
        self.popen = {"pass_fds": [self._theirs.fileno()]}
        threading.Thread(target=self._take_listeners, daemon=True).start()

    def argv(self, command):
        return [*self._prefix, sys.executable, ENTER, self._theirs.fileno(), len(self._files) // 2, *self._files, *command]

    def stop(self):
        super().stop()
        self._theirs.close()
        self._ours.close()

    def _take_listeners(self):
        while True:
            try:
                word, fds, _, _ = socket.recv_fds(self._ours, 3, 1)
            except OSError:
                return
            if not word:
                return
            threading.Thread(target=self._accept_from, args=(socket.socket(fileno=fds[0]),), daemon=True).start()

    def _accept_from(self, listener):
        self._open.add(listener)
        while not self._stopping:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(sock, next(self._connections)), daemon=True).start()

    def _answer(self, head, r):
        status, fields, pieces, stream = super()._answer(head, r)
        if status == 200 and stream and r.dialect == "anthropic":
            blocks = self.play(r.json)
            if isinstance(blocks, int):
                return self._refusal(r, blocks, "this answer was asked for", dialects.Anthropic)
            if blocks:
                usage = answers.anthropic_usage(r.prompt_tokens, r.cached_tokens, 9)
                pieces = tool_events(f"{r.number:06d}", r.json["model"], blocks, usage)
        return status, fields, pieces, stream

    def _other(self, head, r):
        """Settings and policies of an account: there are none, and a program need not ask again."""
        if head.path.startswith(("/api/claude_code", "/api/claude_cli")):
            return 404, [("Content-Type", "application/json")], [b"{}"], False
        return super()._other(head, r)
