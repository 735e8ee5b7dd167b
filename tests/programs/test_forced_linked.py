"""The faults of forced.py on C clients with OpenSSL linked in, and those that only such a client can meet."""
import resource
import subprocess

import pytest

import conftest
import conversations
from forced import *  # noqa: F401,F403 - its tests
from forced import MESSAGES, Program


def argv(path, server, ca, body):
    return [path, "127.0.0.1", server.port, ca, MESSAGES, body, 2]


@pytest.fixture(params=["linked_ssl_write", "linkedpie_ssl_write"])
def program(request):
    return Program(conftest.c_program(request.param), argv, conversations.quickstart_anthropic())
