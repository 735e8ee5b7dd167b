"""The faults of forced.py on programs as they are published."""
import pytest

import conftest
import conversations
import test_patched
from forced import *  # noqa: F401,F403 - its tests
from forced import HEADER, Program


def argv(path, server, ca, body):
    return test_patched.client(path, server, body, "header=" + ":".join(HEADER))


def rigid(path, server, ca, body):
    """node compiles fetch's parser of HTTP, even so."""
    return [path, *(["--jitless"] if path.name == "node" else []), *argv(path, server, ca, body)[1:], "https"]


@pytest.fixture(params=["bun-1.2.23", "bun-1.4.5", "node-24"])
def program(request):
    path = conftest.BUILD / "programs" / request.param / "bin" / request.param.split("-")[0]
    if not path.exists():
        pytest.fail(f"{path} is missing: run tools/fetch-programs.sh {conftest.BUILD}")
    return Program(path, argv, conversations.anthropic_turns(2), rigid)
