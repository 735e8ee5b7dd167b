"""opencode, an agent on Bun with BoringSSL inside: its own bash and read tools run, the model plays a script. Name servers are out of its
reach: it would look for a newer plugin on the net, and the test may not depend on what it finds."""
import json

import pytest

import agent_work
import answers
import conftest
import script

OPENCODE = conftest.BUILD / "programs" / "opencode-1.18.34" / "bin" / "opencode"
SECONDS = 90  # for one run; it takes 5 where nothing else runs
ROWS = 250  # what opencode's bash gives to the model uncut: less than 50 KB
PROVIDERS = {"anthropic": ("anthropic", "/v1/messages"), "openai-compatible": ("openai_chat", "/v1/chat/completions")}


def played(work):
    def bash(command):
        return "bash", {"command": command, "description": "Look"}

    # One call a turn: opencode says which of two tools came to its end first.
    return script.Script(("I will look at the records first.", [bash("sh print-records")]),
                         ("Three errors. Now the services.", [("read", {"filePath": str(work / "services.json")})]),
                         ("And the log.", [bash("sh print-log")]),
                         ("Once more, from the start.", [bash("sh print-records")]),
                         ("The ledger database refused a connection; \u201cpayments\u201d timed out.", []))


RECORDS, SERVICES, LOG, AGAIN = (script.call_id(turn, 0) for turn in range(4))
REQUESTS = 5


@pytest.fixture
def opencode(run, server, tmp_path):
    """opencode(provider, word.., preload=) -> (Done, requests of the agent). All runs of a test share opencode's sessions."""
    if not OPENCODE.exists():
        pytest.fail(f"{OPENCODE} is missing: run make test-programs")
    work, nowhere = tmp_path / "work", tmp_path / "resolv.conf"
    work.mkdir()
    agent_work.make(work, ROWS)
    nowhere.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    server.script = played(work)

    def ask(provider, *words, **how):
        config = {"model": "stand-in/the-model", "small_model": "stand-in/the-model", "share": "disabled", "autoupdate": False,
                  "permission": {"*": "allow"}, "enabled_providers": ["stand-in"],
                  "provider": {"stand-in": {"npm": f"@ai-sdk/{provider}", "options": {"baseURL": server.url + "/v1", "apiKey": "test"},
                                            "models": {"the-model": {"tool_call": True, "limit": {"context": 1000000, "output": 4096}}}}}}
        env = {"OPENCODE_CONFIG_CONTENT": json.dumps(config), "OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1",
               "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        server.begin()
        done = run([*conftest.mount_namespace(), "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', nowhere, OPENCODE, "run", "--pure",
                    *words], cwd=work, env=env, timeout=SECONDS, **how)
        return done, [r for r in server.requests if (r.json or {}).get("tools")]  # the one without makes a title

    return ask


def results(request):
    return dict(answers.tool_results(request.json))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_opencode_works_as_without_the_library_on_fewer_tokens(provider, opencode, run):
    dialect, path = PROVIDERS[provider]
    bare, plain = opencode(provider, "What is wrong with the services?")
    assert bare.returncode == 0 and bare.stdout.count(b"\n") >= REQUESTS and len(plain) == REQUESTS, bare
    done, sent = opencode(provider, "What is wrong with the services?", preload=True, mode="optimize")
    assert done == bare
    assert [(r.status, r.target) for r in sent] == [(200, path)] * REQUESTS
    goes_on, more = opencode(provider, "--continue", "Is that all?", preload=True, mode="optimize")
    assert goes_on.returncode == 0 and len(more) == 1, goes_on

    # The tools did the same, and what they found is there.
    full, last = results(plain[-1]), results(sent[-1])
    assert list(full) == list(last) == [RECORDS, SERVICES, LOG, AGAIN]
    assert all(text in last[call] for _, text in agent_work.ERRORS for call in (RECORDS, LOG, AGAIN))
    assert agent_work.FAILED in last[SERVICES]
    if conftest.BARE:
        return
    assert all(len(last[call]) < len(full[call]) / 10 for call in (RECORDS, AGAIN))
    assert all(len(last[call]) <= len(full[call]) for call in (SERVICES, LOG))
    # What was sent once is sent again, also by the process that goes on with the session.
    for a, b in zip(sent, [*sent[1:], *more]):
        assert results(a).items() <= results(b).items()
    for a, b in zip(sent, sent[1:]):
        assert b.cached_tokens >= a.prompt_tokens, "the prefix broke"
    rows = run.log()
    assert {(r["program"], r["dialect"], r["status"], r["skipped"]) for r in rows} == {("opencode", dialect, 200, None)}
    told = [r["bytes_after"] for r in rows]  # and that of the title that it asks for
    assert [len(r.raw_body) for r in [*sent, *more]] == [n for n in told if n != told[0]] and len(told) == len(sent) + len(more) + 1
