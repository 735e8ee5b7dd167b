"""A program of .NET, which opens libssl itself and looks its functions up: the Azure MCP server, when it asks for a token.

What it posts is a form and no LLM request. Its path is named as one, so that a row tells that the request and the status of its answer
were seen; what is done with a JSON body is shown with other users of pointers (test_pointers.py).
"""
import pytest

import conftest

PROGRAM = conftest.BUILD / "programs" / "azmcp-2.0.5" / "dist" / "azmcp"
TOKEN = "/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token"


def ask(run, server, mode=None):
    if not PROGRAM.exists():
        pytest.fail(f"{PROGRAM} is missing: run make test-programs")
    env = {"AZURE_TENANT_ID": TOKEN.split("/")[1], "AZURE_CLIENT_ID": "22222222-2222-2222-2222-222222222222", "AZURE_CLIENT_SECRET": "secret",
           "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential", "AZURE_MCP_COLLECT_TELEMETRY": "false",
           "AZURE_AUTHORITY_HOST": f"https://localhost:{server.port}/", "HEADROOM_ENDPOINTS_ADD": f"localhost{TOKEN} openai_chat"}
    done = run([PROGRAM, "subscription", "list", "--retry-max-retries", 0], preload=mode is not None, mode=mode, env=env)
    return done.returncode, b"does not contain the token_type parameter" in done.stdout, [(r.target, r.raw_body) for r in server.requests]


@pytest.mark.usefixtures("needs_library")
def test_its_request_is_seen_and_goes_out_as_it_is(run, server):
    without = ask(run, server)
    assert without[1] and [target for target, _ in without[2]] == [TOKEN], without
    server.begin()
    assert ask(run, server, "optimize") == without
    assert [(r["program"], r["path"], r["status"], r["skipped"]) for r in run.log()] == [("azmcp", TOKEN, 200, "content_type")]
