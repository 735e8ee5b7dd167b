"""Faults of ours: a conversation that loses the provider's cache through a rewrite, a refusal that names one; and the breaker that they open."""
import json
import sqlite3

import pytest

import conftest
import conversations
from test_transparency import CHAT, MESSAGES, c

pytestmark = pytest.mark.usefixtures("needs_library")


@pytest.fixture
def ask(server, certs, run, body_file):
    """ask(body, ...): one process, one request; the row of it."""
    def one(body, path=MESSAGES, program="ssl_write", env=None, **more):
        env = {"HEADROOM_MAX_ITEMS_AFTER_CRUSH": "100", **(env or {})}  # what is sent of a result is worth caching
        done = run(c(program, repeat=1, path=path)(server, certs, body_file(body)), preload=True, env=env, **more)
        assert done.returncode == 0, done
        return run.log()[-1]
    return one


@pytest.fixture
def breaker(run):
    return lambda *words: json.loads(run.headroom("breaker", *words, "--json"))


QUESTIONS = ("What are the top 3?", "Is Tutorial 321 any good?", "And Tutorial 77?", "Which has a score of 12?")


def question(n, call="toolu_123"):
    return conversations.quickstart_anthropic(call=call, question=QUESTIONS[n])


def test_a_conversation_that_is_replayed_is_healthy(server, ask, breaker):
    for body in conversations.anthropic_turns():
        ask(body)
    assert all(b.cached_tokens >= a.prompt_tokens for a, b in zip(server.requests, server.requests[1:]))
    assert breaker() == {"open": [], "faults": []}


def test_what_the_provider_forgets_is_not_our_fault(server, ask, breaker):
    for body in conversations.anthropic_turns(3):
        ask(body)
    server.begin()  # its cache is empty now
    ask(conversations.anthropic_turns(4)[-1])
    assert server.requests[-1].cached_tokens == 0 and breaker()["faults"] == []


def test_what_the_client_changes_is_not_our_fault(server, ask, breaker):
    ask(question(0))
    changed = question(1)
    changed["system"] = "You find other things."
    ask(changed)
    assert server.requests[-1].cached_tokens == 0 and breaker()["faults"] == []


def test_another_question_that_gets_another_selection_loses_the_cache_and_twice_opens_the_breaker(server, run, ask, breaker):
    """The same result, sent in other bytes because the question is another: known, and still what was to be found out."""
    for n in range(2):
        ask(question(n))
    held = server.requests[0].prompt_tokens
    assert server.requests[1].cached_tokens < held / 2
    fault, = breaker()["faults"]
    assert (fault["kind"], fault["dialect"], fault["program"]) == ("cache", "anthropic", "ssl_write")
    assert fault["held_tokens"] == held // 2 and fault["cached_tokens"] == server.requests[1].cached_tokens, "half is written"
    assert breaker()["open"] == []
    ask(question(2))
    opened, = breaker()["open"]
    assert (opened["program"], opened["dialect"], opened["kind"]) == ("ssl_write", "anthropic", "cache")

    row = ask(question(3))
    assert row["skipped"] == "breaker" and row["tokens_after"] == row["tokens_before"], "nothing new"
    row = ask(question(0))
    assert row["skipped"] is None and row["tokens_after"] < row["tokens_before"], "what was decided goes on"
    row = ask(question(3), program="ssl_write_ex")
    assert row["skipped"] is None, "another program decides as ever"
    openai = conversations.quickstart_openai()
    assert ask(openai, path=CHAT)["skipped"] is None, "and so does another dialect"

    doctor = json.loads(run([conftest.COMMAND, "doctor", "--json"]).stdout)["checks"]
    assert [x["text"].split(": ")[0] for x in doctor if x["check"] == "breaker"][0].startswith("ssl_write, anthropic")
    log = (run.state / "headroom.log").read_text()
    assert "our fault" in log and "'headroom breaker reset ssl_write' allows them again" in log
    assert run.headroom("breaker", "reset", "nobody") == b"0 breakers were open; new rewrites are allowed\n"
    assert run.headroom("breaker", "reset", "ssl_write") == b"1 breaker was open; new rewrites are allowed\n"
    assert breaker()["open"] == [] and all(f["settled"] == (f["program"] == "ssl_write") for f in breaker()["faults"])
    assert run.headroom("breaker").startswith(b"none is open")
    assert ask(question(3, call="toolu_9"))["skipped"] is None


def test_decisions_that_are_lost_break_the_prefix_and_that_is_told(server, run, ask, breaker):
    first, second = conversations.anthropic_turns(2)
    ask(first)
    with sqlite3.connect(run.state / "headroom.db") as db:
        db.execute("DELETE FROM decisions")
    ask(second, env={"HEADROOM_ADOPT": "never"})
    assert server.requests[1].cached_tokens < server.requests[0].prompt_tokens
    assert [f["kind"] for f in breaker()["faults"]] == ["cache"]


def test_a_mode_that_sends_originals_is_the_users_choice(ask, breaker):
    first, second, third = conversations.anthropic_turns(3)
    ask(first)
    ask(second, mode="audit")
    ask(third)
    assert breaker()["faults"] == []


def refusing(sentence, status=400):
    return {"REQUEST_HEADERS": f"X-Test-Status: {status}\nX-Test-Sentence: {sentence}\n"}


def test_a_refusal_that_names_a_rewritten_block_opens_the_breaker_at_once(run, ask, breaker):
    for sentence in ("messages.0.content: Input should be a valid string", "prompt is too long", "messages.2.content.1: nothing of ours"):
        ask(question(0), env=refusing(sentence))
    ask(question(0), env=refusing("messages.2.content.0: Input should be", status=529))
    assert breaker() == {"open": [], "faults": []}
    ask(question(0), env=refusing("messages.2.content.0: the rest of this sentence is private"))
    fault, = breaker()["faults"]
    assert (fault["kind"], fault["place"]) == ("refused", "messages.2.content.0")
    assert [b["kind"] for b in breaker()["open"]] == ["refused"]
    for path in run.state.iterdir():
        assert b"is private" not in path.read_bytes(), "of an error only the place is kept"
    row = ask(question(1))
    assert row["skipped"] == "breaker"


def test_a_refused_signature_behind_a_rewrite_is_ours(ask, breaker):
    ask(question(0), env=refusing("messages.1.content.0: Invalid `signature` in `thinking` block"))
    assert breaker()["faults"] == [], "it stands before the rewrite"
    ask(question(0), env=refusing("messages.3.content.0: Invalid `signature` in `thinking` block"))
    assert [f["place"] for f in breaker()["faults"]] == ["messages.3.content.0"]


def test_the_command_says_what_it_does_not_understand(run):
    assert run([conftest.COMMAND, "breaker", "open"]).returncode == 64
    assert run([conftest.COMMAND, "breaker", "reset", "a", "b"]).returncode == 64
    assert b"headroom breaker reset claude" in run([conftest.COMMAND, "breaker", "--help"]).stdout
    assert run([conftest.COMMAND, "breaker"]).stdout == b"none is open: new rewrites are allowed\n"


def test_doctor_tells_how_far_token_counts_are_off(server, certs, run, body_file):
    run(c("ssl_write", repeat=24, path=MESSAGES)(server, certs, body_file(question(0))), preload=True)
    line, = [x["text"] for x in json.loads(run([conftest.COMMAND, "doctor", "--json"]).stdout)["checks"] if x["text"].startswith("claude: ")]
    assert line.startswith("claude: the provider counts ") and "over 24 requests" in line
    factor = float(line.split("counts ")[1].split(" ")[0])
    assert 0.5 < factor < 1.5
