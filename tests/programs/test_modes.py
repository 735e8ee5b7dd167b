"""What each mode records: figures must be of what was really sent."""
import json

import conftest
import conversations
import pytest

pytestmark = pytest.mark.usefixtures("needs_library")


def send(run, server, body_file, mode, path="/v1/messages"):
    body = body_file(conversations.quickstart_anthropic())
    done = run([*conftest.python_program("client_httpclient.py"), f"https://127.0.0.1:{server.port}", body, "--path", path],
               preload=True, mode=mode)
    assert done.returncode == 0, done


def stats(run):
    return json.loads(run.headroom("stats", "--json"))


@pytest.mark.parametrize("mode", ["audit", "simulate"])
def test_modes_that_send_originals_save_nothing_and_store_no_decision(run, server, body_file, mode):
    send(run, server, body_file, mode)
    (row,) = run.log()
    assert row["mode"] == mode and row["bytes_before"] == row["bytes_after"]
    assert (row["tokens_after"] < row["tokens_before"] / 4) == (mode == "simulate"), "simulate says what would have been sent"
    s = stats(run)
    assert s["requests"]["total"] == 1 and s["tokens"]["saved"] == 0 and s["cache"]["entries"] == 0


def test_mode_off_leaves_no_trace(run, server, body_file):
    send(run, server, body_file, "off")
    assert not run.state.exists()


def test_counting_tokens_is_no_traffic(run, server, body_file):
    send(run, server, body_file, "optimize", "/v1/messages/count_tokens")
    s = stats(run)
    assert s["requests"]["total"] == 1 and s["tokens"]["input"] == 0 and s["cache"]["entries"] == 0
    send(run, server, body_file, "optimize")
    assert server.requests[0].body == server.requests[1].body, "what was counted is what is sent"
    assert stats(run)["tokens"]["savings_percent"] > 75
