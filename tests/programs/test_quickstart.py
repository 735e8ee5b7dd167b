"""The quickstart: 500 results, "What are the top 3?", at most 20 of them arrive, the best among them, and the reports are true."""
import json
import re

import pytest

import conftest
import conversations
from test_transparency import ANTHROPIC, CHAT, MESSAGES, OPENAI, c, curl, python

pytestmark = pytest.mark.usefixtures("needs_library")

CLIENTS = {
    "openai SDK": (python("client_openai.py", base="/v1"), OPENAI),
    "openai SDK async stream": (python("client_openai.py", "--async", "--stream", base="/v1"), OPENAI),
    "anthropic SDK": (python("client_anthropic.py"), ANTHROPIC),
    "anthropic SDK, list of blocks": (python("client_anthropic.py"), conversations.quickstart_anthropic(as_list=True)),
    "requests": (python("client_requests.py", "--path", CHAT), OPENAI),
    "aiohttp": (python("client_aiohttp.py", "--path", CHAT), OPENAI),
    "http.client": (python("client_httpclient.py", "--path", CHAT), OPENAI),
    "curl": (curl("--data-binary", "@BODY"), OPENAI),
    "ssl_write": (c("ssl_write", repeat=1, path=MESSAGES), ANTHROPIC),
    "ssl_write_ex": (c("ssl_write_ex", repeat=1), OPENAI),
    "ssl_bio": (c("ssl_bio", repeat=1), OPENAI),
    "ssl_nonblocking": (c("ssl_nonblocking", repeat=1), OPENAI),
}
ORIGINAL = [{"title": f"Tutorial {i}", "score": 100 - i} for i in range(500)]


def arrived(server):
    """(text of the one tool result, its items without our note, the note)"""
    text = next(m["content"] if m["role"] == "tool" else m["content"][0]["content"] for m in server.requests[-1].json["messages"]
                if m["role"] == "tool" or (m["role"] == "user" and isinstance(m["content"], list)))
    if isinstance(text, list):
        assert [p["type"] for p in text] == ["text"]
        text = text[0]["text"]
    items = json.loads(text)["results"]
    return text, [i for i in items if "title" in i], [i for i in items if "title" not in i]


@pytest.mark.parametrize("name", CLIENTS)
def test_quickstart(name, server, certs, run, body_file):
    program, body = CLIENTS[name]
    done = run(program(server, certs, body_file(body)), preload=True)
    assert done.returncode == 0, done
    assert [r.status for r in server.requests] == [200]
    assert b"the top 3: Tutorial 0 (100), Tutorial 1 (99), Tutorial 2 (98)" in done.stdout, "the answer came back"
    text, items, notes = arrived(server)
    assert 3 <= len(items) <= 20
    assert items[:3] == ORIGINAL[:3] and all(i in ORIGINAL for i in items)
    assert len(notes) == 1 and f"{500 - len(items)} of 500 items omitted" in json.dumps(notes)

    # headroom log, stats and show tell the truth about it
    row, = run.log()
    assert row["bytes_after"] == len(server.requests[0].body) and row["bytes_before"] > row["bytes_after"]
    assert (row["status"], row["mode"], row["skipped"]) == (200, "optimize", None)
    assert row["tokens_before"] - row["tokens_after"] > 2000
    assert row["usage"], "what the provider reported"
    stats = json.loads(run.headroom("stats", "--json"))
    assert stats["requests"]["total"] == 1 and stats["requests"]["failed"] == 0
    assert stats["tokens"]["input"] == row["tokens_after"] or stats["tokens"]["input"] == row["tokens_before"]
    assert stats["tokens"]["saved"] == row["tokens_before"] - row["tokens_after"]
    identity = re.search(r"\b[0-9a-f]{20}\b", json.dumps(notes)).group()
    shown = run.headroom("show", identity).decode()
    assert conversations.quickstart_results() in shown, "the original can be read back"


def test_the_note_names_the_positions_that_are_missing(server, certs, run, body_file):
    program, body = CLIENTS["ssl_write_ex"]
    run(program(server, certs, body_file(body)), preload=True)
    _, items, notes = arrived(server)
    kept = {ORIGINAL.index(i) for i in items}
    said = re.search(r"omitted: ([0-9,-]+);", json.dumps(notes)).group(1)
    missing = set()
    for part in said.split(","):
        first, _, last = part.partition("-")
        missing |= set(range(int(first), int(last or first) + 1))
    assert missing == set(range(500)) - kept


def test_the_body_to_another_path_arrives_unchanged(server, certs, run, body_file):
    program = c("ssl_write", repeat=1, path="/api/conversations")
    run(program(server, certs, body_file(OPENAI)), preload=True)
    assert server.requests[0].raw_body == json.dumps(OPENAI).encode()


@pytest.mark.parametrize("header", ["Authorization: AWS4-HMAC-SHA256 Credential=x", "Content-MD5: x", "Signature: sig1=:x:",
                                    "Content-Digest: sha-256=:x:"])
def test_a_signed_body_arrives_unchanged(header, server, certs, run, body_file):
    run(c("ssl_write", repeat=1)(server, certs, body_file(OPENAI)), preload=True, env={"REQUEST_HEADERS": header + "\n"})
    assert server.requests[0].raw_body == json.dumps(OPENAI).encode()


def test_a_header_of_ours_is_obeyed_and_removed(server, certs, run, body_file):
    run(c("ssl_write", repeat=1)(server, certs, body_file(OPENAI)), preload=True, env={"REQUEST_HEADERS": "X-Headroom-Mode: audit\n"})
    assert server.requests[0].raw_body == json.dumps(OPENAI).encode()
    assert b"headroom" not in server.requests[0].head.lower()


def test_headroom_run_does_the_same(server, certs, run, body_file):
    program, body = CLIENTS["http.client"]
    done = run([conftest.COMMAND, "run", "--", *program(server, certs, body_file(body))])
    assert done.returncode == 0 and len(arrived(server)[1]) <= 20
