"""TLS that is linked into the program: node, which exports SSL_write and calls it directly, and Bun, which is stripped."""
import json
import os
import pathlib
import re

import pytest

import conftest
import conversations

SCRIPT = pathlib.Path(__file__).with_name("client_fetch.js")
MESSAGES = "/v1/messages"
PROGRAMS = {"node": lambda: conftest.need("node", "nodejs")}


@pytest.fixture(params=list(PROGRAMS))
def program(request):
    return PROGRAMS[request.param]()


def client(program, server, body, *words):
    return [program, SCRIPT, server.url, MESSAGES, body, *words]


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("way", ["fetch", "https"])
@pytest.mark.parametrize("stream", [False, True])
def test_results_shrink_and_replay(program, way, stream, run, server, body_file):
    turns = conversations.anthropic_turns()
    words = [way] + (["stream"] if stream else [])
    done = run(client(program, server, body_file(turns), *words), preload=True, mode="optimize")
    assert done.returncode == 0 and done.stdout == b"200 answered\n" * len(turns), done
    assert server.failures == [] and [r.status for r in server.requests] == [200] * len(turns)
    rows = run.log()
    assert len(rows) == len(turns)
    for row in rows:
        assert row["mode"] == "optimize" and row["skipped"] is None and row["tokens_after"] < row["tokens_before"] / 2, row
        assert row["status"] == 200 and row["complete"] and row["output_tokens"] > 0, row
    for a, b in zip(server.requests, server.requests[1:]):
        assert b.cached_tokens >= a.prompt_tokens, "the prefix broke"
