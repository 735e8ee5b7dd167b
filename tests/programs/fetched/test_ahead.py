"""Bodies that a program begins to send before it knows their end: held until it does, or gone with the connection."""
import json
import pathlib

import pytest

import conftest
import conversations

SCRIPT = pathlib.Path(__file__).with_name("client_ahead.js")


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("name", ["bun-1.2.23", "bun-1.4.5", "node-20", "node-26"])
def test_a_body_that_was_begun_ahead_of_time_shrinks_and_one_that_was_given_up_never_leaves(name, run, server, body_file):
    program = conftest.BUILD / "programs" / name / "bin" / name.split("-")[0]
    body = json.dumps(conversations.anthropic_turns(1)[0], separators=(",", ":"))
    argv = [program, SCRIPT, server.url + "/v1/messages", body_file(body)]
    bare = run(argv)
    assert bare == (0, b"AbortError\n200 answered\n", b"")
    as_written = next(r for r in server.requests if r.status == 200).body
    assert as_written == body.replace('"messages":[', '"messages":[   ', 1).encode()
    server.begin()
    assert run(argv, preload=True) == bare
    (sent,) = server.requests
    assert (sent.status, sent.error, sent.header("transfer-encoding"), sent.header("content-encoding")) == (200, "", "chunked", "gzip")
    assert len(sent.body) < len(as_written) / 4 and b'"messages":[   {' in sent.body
    (row,) = run.log()
    assert (row["skipped"], row["status"], row["bytes_before"], row["bytes_after"]) == (None, 200, len(as_written), len(sent.body))
