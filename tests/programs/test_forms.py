"""The lossless forms on what programs and APIs really print: the tokens that they save, and that each body comes back byte for byte.

Tokens are o200k_base, counted by tiktoken; its vocabulary lies in build/tiktoken.
"""
import json
import os
import subprocess
import sys

import conftest
import pytest

os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(conftest.BUILD / "tiktoken"))
import tiktoken  # noqa: E402

sys.path.insert(0, str(conftest.HERE.parent / "bench"))
import gen_api  # noqa: E402

pytestmark = pytest.mark.usefixtures("needs_library")
ROOT = conftest.HERE.parent.parent
LEAST = {"pulls": 80, "issues": 75, "runs": 80, "twitter": 75, "pods": 80, "events": 55}  # percent; few objects of events stand again


def tokens(text):
    return len(tiktoken.get_encoding("o200k_base").encode(text, disallowed_special=()))


def body_of(text):
    return json.dumps({"model": "gpt-4o", "messages": [
        {"role": "user", "content": "Look at this."},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "run", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": text}]}, ensure_ascii=False).encode()


def headroom(run, *argv):
    done = run([conftest.COMMAND, *argv], level="lossless")
    assert done.returncode == 0, done
    return done.stdout


def sent(run, tmp_path, text):
    """What stands for the text at level lossless; the body that goes out reads back without any state."""
    original, out = tmp_path / "original.json", tmp_path / "sent.json"
    original.write_bytes(body_of(text))
    headroom(run, "simulate", "-o", out, original)
    assert headroom(run, "restore", out) == original.read_bytes()
    return json.loads(out.read_bytes())["messages"][2]["content"]


@pytest.mark.parametrize("seed", [1, 4])
@pytest.mark.parametrize("name", LEAST)
def test_objects_that_stand_again_in_an_api_payload_are_said_once(run, tmp_path, name, seed):
    text = gen_api.payloads(seed)[name]
    form = sent(run, tmp_path, text)
    assert tokens(form) * 100 <= tokens(text) * (100 - LEAST[name])


def tracebacks():
    source = "import json\ndef load(n):\n    return json.loads('[' * n)\nload(3)\n"
    return "".join(subprocess.run([sys.executable, "-c", source], stderr=subprocess.PIPE, text=True, check=False).stderr
                   for _ in range(4))


def history(tmp_path):
    git = ["git", "-c", "user.name=Mia of the Storage Team", "-c", "user.email=mia@mail.example.net", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    for k in range(12):
        day = "2026-11-21T10:00:00Z"  # else the hashes, and with them what is shorter, are others each time
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", f"Say why for the {k}th time"], check=True,
                       env={**os.environ, "GIT_AUTHOR_DATE": day, "GIT_COMMITTER_DATE": day})
    return subprocess.run([*git, "log"], stdout=subprocess.PIPE, text=True, check=True).stdout


def listing(*command):
    return "".join(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines(True)[:300])


PRINTED = {  # what prints it, least percent saved, form
    "tracebacks": (lambda t: tracebacks(), 30, "repeats"),
    "git log": (history, 30, "rows"),
    "du -a": (lambda t: listing("du", "-a", "/usr/lib/python3/dist-packages", "/usr/share/doc"), 10, "repeats"),
    "find -ls": (lambda t: listing("find", "/usr/share/doc", "-ls"), 10, "rows"),
    "readelf -sW": (lambda t: listing("readelf", "-sW", str(conftest.BUILD / "libheadroom.so")), 10, "rows"),
}


@pytest.mark.parametrize("name", PRINTED)
def test_what_programs_print_is_said_in_fewer_tokens(run, tmp_path, name):
    prints, least, form = PRINTED[name]
    text = prints(tmp_path)
    out = sent(run, tmp_path, text)
    assert out.startswith(f"[headroom {form}: ")
    assert tokens(out) * 100 <= tokens(text) * (100 - least)


def test_sources_and_diffs_are_not_touched(run, tmp_path):
    texts = [p.read_text() for pattern in ("core/**/*.[ch]", "tests/**/*.py", "tools/*.c", "tests/*.sh", "Makefile")
             for p in ROOT.glob(pattern)]
    texts.append(subprocess.run(["diff", "-u", ROOT / "core" / "arena.c", ROOT / "core" / "request.c"],
                                stdout=subprocess.PIPE, text=True, check=False).stdout)
    assert len(texts) > 150
    messages = [{"role": "user", "content": "Look at these."}]
    for k, text in enumerate(texts):
        messages += [{"role": "assistant", "content": None, "tool_calls": [
            {"id": f"c{k}", "type": "function", "function": {"name": "run", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": f"c{k}", "content": text}]
    for k in range(0, len(texts), 40):  # not all at once: the deadline
        some = {"model": "gpt-4o", "messages": messages[:1] + messages[1 + 2 * k:1 + 2 * (k + 40)]}
        (tmp_path / "original.json").write_text(json.dumps(some))
        out = json.loads(headroom(run, "simulate", "--json", "-o", tmp_path / "sent.json", tmp_path / "original.json"))
        assert {r["transform"] for r in out["results"]} <= {None, "again"}
