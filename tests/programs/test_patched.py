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
FETCHED = ["bun-1.2.23", "bun-1.4.5", "node-18", "node-20", "node-22", "node-24", "node-26"]
PROGRAMS = ["node", *FETCHED]


@pytest.fixture(params=PROGRAMS)
def program(request):
    """Paths of unmodified programs; `make test-programs` fetches what Debian does not have."""
    if request.param == "node":
        return conftest.need("node", "nodejs")
    path = conftest.BUILD / "programs" / request.param / "bin" / request.param.split("-")[0]
    if not path.exists():
        pytest.fail(f"{path} is missing: run tools/fetch-programs.sh {conftest.BUILD}")
    return str(path)


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
        assert row["status"] == 200 and row["usage"]["output_tokens"] > 0, row
    for a, b in zip(server.requests, server.requests[1:]):
        assert b.cached_tokens >= a.prompt_tokens, "the prefix broke"
