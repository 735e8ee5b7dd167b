"""Decide once, replay for ever: what the provider's prompt cache sees of a conversation that is resent in full each turn."""
import copy
import json
import signal

import pytest

import conversations
import prompt_cache
from test_transparency import c, python

pytestmark = pytest.mark.usefixtures("needs_library")

ROUNDS = 1000
DIALECTS = {
    "anthropic": ("client_anthropic.py", "", conversations.anthropic_turns()),
    "anthropic, lists of blocks": ("client_anthropic.py", "", conversations.anthropic_turns(parts=True)),
    "openai": ("client_openai.py", "/v1", conversations.openai_turns()),
    "openai, lists of parts": ("client_openai.py", "/v1", conversations.openai_turns(parts=True)),
}


def assert_prefix_held(server, turns=6):
    assert [r.status for r in server.requests] == [200] * turns, [r.error for r in server.requests]
    for a, b in zip(server.requests, server.requests[1:]):
        assert b.cached_tokens >= a.prompt_tokens, f"turn {b.number} broke the prefix of turn {a.number}"
    assert all(len(h) == 1 for h in server.hashes().values())


def assert_results_halved(server, calls=range(6)):
    last = server.requests[-1].result_tokens
    for t, (call, n) in enumerate(last.items()):
        before = prompt_cache.count_tokens(conversations.result_text(t))
        assert before > 2000
        if t in calls:
            assert n < before / 2, f"{call}: {before} -> {n}"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_one_process_replays_every_turn(dialect, stream, server, certs, run, body_file):
    script, base, turns = DIALECTS[dialect]
    words = ["--stream"] if stream else []
    done = run(python(script, *words, base=base)(server, certs, body_file(turns)), preload=True)
    assert done.returncode == 0, done
    assert_prefix_held(server)
    assert_results_halved(server)


@pytest.mark.parametrize("dialect", ["anthropic", "openai"])
def test_a_process_killed_after_each_turn_is_continued_by_the_next(dialect, server, certs, run, body_file):
    script, base, turns = DIALECTS[dialect]
    for k in range(6):
        done = run(python(script, "--turn", str(k), "--kill", base=base)(server, certs, body_file(turns)), preload=True)
        assert done.returncode == -signal.SIGKILL and done.stdout.startswith(b"answer:")
    assert_prefix_held(server)
    assert_results_halved(server)


def test_a_process_killed_while_it_waits_for_the_answer_is_continued_by_the_next(server, certs, run, body_file):
    turns = DIALECTS["openai"][2]
    for k in range(6):
        p = run.start(python("client_httpclient.py", "--path", "/v1/chat/completions", "--turn", str(k), "--header",
                             "X-Test-Delay: 3000")(server, certs, body_file(turns)), preload=True)
        assert server.wait_for(k + 1), "the request did not arrive"
        p.kill()
        p.communicate()
    assert_prefix_held(server)
    assert_results_halved(server)


def test_level_replay_keeps_what_was_decided_and_decides_nothing_new(server, certs, run, body_file):
    turns = DIALECTS["openai"][2]
    for k in range(6):
        run(python("client_openai.py", "--turn", str(k), base="/v1")(server, certs, body_file(turns)), preload=True,
            level=None if k < 3 else "replay")
    assert_prefix_held(server)
    assert_results_halved(server, calls=range(3))
    last = server.requests[-1].result_tokens
    for t in range(3, 6):
        assert last[f"call_{t}"] == prompt_cache.count_tokens(conversations.result_text(t)), "new results go out as they were"


def test_a_conversation_that_began_without_us_is_left_alone_behind_the_tail(server, certs, run, body_file):
    """adopt = never: old results stay verbatim, only the newest is decided."""
    turns = DIALECTS["anthropic"][2]
    for k in range(6):
        run(python("client_anthropic.py", "--turn", str(k))(server, certs, body_file(turns)), preload=k >= 3, env={"HEADROOM_ADOPT": "never"})
    assert_prefix_held(server)
    last = server.requests[-1].result_tokens
    for t in range(6):
        before = prompt_cache.count_tokens(conversations.result_text(t))
        assert last[f"toolu_{t}"] == before if t < 3 else last[f"toolu_{t}"] < before / 2


def test_another_question_about_the_same_call_is_a_new_decision(server, certs, run, body_file):
    for question in ("What are the top 3?", "Is Tutorial 321 any good?", "What are the top 3?"):
        run(c("ssl_write", repeat=1)(server, certs, body_file(conversations.quickstart_openai(question=question))), preload=True)
    texts = [r.json["messages"][2]["content"] for r in server.requests]
    assert "Tutorial 321" not in texts[0] and "Tutorial 321" in texts[1] and texts[2] == texts[0]
    stats = json.loads(run.headroom("stats", "--json"))
    assert stats["cache"]["entries"] == 2 and stats["cache"]["total_hits"] == 1


def test_count_tokens_computes_the_same_and_stores_nothing(server, certs, run, body_file):
    body = conversations.quickstart_anthropic()
    counted = {k: v for k, v in body.items() if k != "max_tokens"}
    run(c("ssl_write", repeat=1, path="/v1/messages/count_tokens")(server, certs, body_file(counted)), preload=True)
    assert json.loads(run.headroom("stats", "--json"))["cache"]["entries"] == 0
    run(c("ssl_write", repeat=1, path="/v1/messages")(server, certs, body_file(body)), preload=True)
    assert [r.status for r in server.requests] == [200, 200]
    assert all(len(h) == 1 for h in server.hashes().values())
    assert server.requests[0].result_tokens["toolu_123"] < 2000


def test_count_tokens_replays_what_is_stored(server, certs, run, body_file):
    turns = conversations.anthropic_turns(3)
    for body in turns:
        run(c("ssl_write", repeat=1, path="/v1/messages")(server, certs, body_file(body)), preload=True)
    entries = json.loads(run.headroom("stats", "--json"))["cache"]["entries"]
    counted = {k: v for k, v in turns[-1].items() if k != "max_tokens"}
    for level in ("crush", "replay"):
        run(c("ssl_write", repeat=1, path="/v1/messages/count_tokens")(server, certs, body_file(counted)), preload=True, level=level)
    assert [r.status for r in server.requests] == [200] * 5
    assert [r.results for r in server.requests[3:]] == [server.requests[2].results] * 2
    assert [r.prompt_tokens for r in server.requests[3:]] == [server.requests[2].prompt_tokens] * 2
    assert json.loads(run.headroom("stats", "--json"))["cache"]["entries"] == entries == 3


def test_simulate_sends_originals_and_says_what_it_would_have_saved(server, certs, run, body_file):
    body = conversations.quickstart_openai()
    run(c("ssl_write", repeat=2)(server, certs, body_file(body)), preload=True, mode="simulate")
    assert {r.raw_body for r in server.requests} == {json.dumps(body).encode()}
    rows = run.log()
    assert [r["mode"] for r in rows] == ["simulate"] * 2 and all(r["tokens_after"] < r["tokens_before"] / 2 for r in rows)


def test_two_processes_that_first_send_the_same_result_send_the_same_bytes(server, run, tmp_path):
    server.begin()  # no files: the server must not be what the two wait for
    barrier = tmp_path / "barrier"
    barrier.write_bytes(bytes(16))
    both = [run.start(python("race_first_send.py")(server, None, str(ROUNDS)) + [str(barrier), str(me)], preload=True)
            for me in (0, 1)]
    for p in both:
        out, err = p.communicate(timeout=300)
        assert (p.returncode, out, err) == (0, b"", b"")
    seen = server.hashes()
    assert len(seen) == ROUNDS and len(server.requests) == 2 * ROUNDS
    torn = [call for call, hashes in seen.items() if len(hashes) != 1]
    assert torn == [], f"{len(torn)} of {ROUNDS} calls arrived in two forms"
    full = prompt_cache.count_tokens(conversations.quickstart_results(250))
    small = sum(1 for r in server.requests for n in r.result_tokens.values() if n < full / 2)
    assert small >= 2 * ROUNDS * 0.99, "the race must be about rewrites"

    # a later turn, in a third process, replays what the two sent
    later = []
    for n in (1, ROUNDS // 2, ROUNDS):
        body = copy.deepcopy(conversations.quickstart_openai(250, call=f"race_{n}"))
        body["messages"][2]["content"] = body["messages"][2]["content"].replace("Tutorial", f"Tutorial {n} part")
        body["messages"] += [{"role": "assistant", "content": "Those three."}, {"role": "user", "content": "Thanks. And the rest?"}]
        later.append(body)
    path = tmp_path / "later.json"
    path.write_text(json.dumps(later))
    run(python("client_openai.py", base="/v1")(server, None, str(path)), preload=True)
    assert all(len(h) == 1 for h in server.hashes().values())
