"""A spent budget where TLS is linked into the program: node and Bun are told of a broken connection, and nothing leaves."""
import pytest

import conftest
import conversations
from test_budget import REFUSE, spend  # noqa: F401 (a fixture)
from test_patched import MESSAGES, client, program  # noqa: F401 (a fixture)


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("way", ["fetch", "https"])
def test_a_spent_budget_breaks_the_write_and_nothing_leaves(program, way, run, server, body_file, spend):  # noqa: F811
    spend("claude", "10")
    done = run(client(program, server, body_file(conversations.quickstart_anthropic()), way), preload=True, env=REFUSE)
    assert done.returncode == 1 and done.stdout.startswith(b"failed "), done
    assert server.requests == [] and conftest.LIBRARY.exists()
    rows = [r for r in run.log() if r["program"] != "claude"]
    assert rows and {(r["skipped"], r["status"], r["path"]) for r in rows} == {("budget", 0, MESSAGES)}
