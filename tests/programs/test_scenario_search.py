"""Point 9 beside the scores of tests/bench: what was left out can be read back, and what was kept is what the note says."""
import json
import re
import subprocess
import sys

import conftest
import pytest

pytestmark = pytest.mark.usefixtures("needs_library")
GEN = conftest.HERE.parent / "bench" / "gen.py"


def tool_text(body):
    for m in body["messages"]:
        if m["role"] == "tool":
            return m["content"]
        for block in m["content"] if isinstance(m["content"], list) else []:
            if block["type"] == "tool_result":
                c = block["content"]
                return c if isinstance(c, str) else c[0]["text"]
    raise AssertionError("no tool result")


def left_out(note):
    """n, m, id and positions of a note, read by its grammar in core/transform/note.h."""
    n, m, ranges, ident = re.fullmatch(r"(\d+) of (\d+) items omitted: ([\d,-]+); (?:headroom show|id) ([0-9a-f]{20})", note).groups()
    gone = []
    for r in ranges.split(","):
        a, _, b = r.partition("-")
        gone += range(int(a), int(b or a) + 1)
    return int(n), int(m), ident, gone


@pytest.mark.parametrize("seed", [1, 7])
@pytest.mark.parametrize("form", ["openai", "anthropic", "anthblk"])
def test_search_is_restored_byte_for_byte_and_its_note_tells_the_truth(run, tmp_path, form, seed):
    subprocess.run([sys.executable, GEN, tmp_path, str(seed)], check=True)
    original, sent = tmp_path / f"a_search.{form}.json", tmp_path / "sent.json"
    run.headroom("simulate", "--state", "-o", sent, original)
    assert sent.stat().st_size < original.stat().st_size // 10
    assert run.headroom("restore", "--state", sent) == original.read_bytes()

    items = json.loads(tool_text(json.loads(original.read_text())))["results"]
    (note,) = re.findall(r'\{"_headroom":"([^"]*)"\}$', tool_text(json.loads(sent.read_text())), re.M)
    n, m, ident, gone = left_out(note)
    assert m == len(items) and n == len(gone) == len(set(gone))
    (kept,) = json.loads(run.headroom("restore", "--kept", sent))
    assert kept["id"] == ident and kept["of"] == m
    assert kept["kept"] == sorted(set(range(m)) - set(gone))
    assert kept["items"] == [items[i] for i in kept["kept"]]
    assert json.loads(run.headroom("show", "--original", ident)) == json.loads(tool_text(json.loads(original.read_text())))
