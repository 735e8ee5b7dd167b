"""The stand-in itself: a test tool that accepts anything proves nothing."""
import copy
import gzip
import hashlib
import json
import socket
import ssl

import pytest
import zstandard

import conversations
import prompt_cache
import provider_rules


def exchange(server, certs, data, ends=True):
    """Raw bytes to the server and back until it closes."""
    context = ssl.create_default_context(cafile=certs.ca)
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        with context.wrap_socket(raw, server_hostname="localhost") as s:
            s.sendall(data)
            if ends:
                socket.socket.shutdown(s, socket.SHUT_WR)  # SSLSocket.shutdown would drop TLS
            got = b""
            while True:
                try:
                    more = s.recv(65536)
                except OSError:
                    return got
                if not more:
                    return got
                got += more


def post(path, body, *fields):
    head = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(head).encode() + body


def anthropic(change=None, **top):
    body = copy.deepcopy(conversations.quickstart_anthropic(3))
    if change:
        change(body["messages"])
    return {**body, **top}


def openai(change=None, **top):
    body = copy.deepcopy(conversations.quickstart_openai(3))
    if change:
        change(body["messages"])
    return {**body, **top}


def put(path, value):
    """A change that sets messages[path...] = value."""
    def change(messages):
        where = messages
        for p in path[:-1]:
            where = where[p]
        where[path[-1]] = value
    return change


RESULT = {"type": "tool_result", "tool_use_id": "toolu_123", "content": "x"}
EPHEMERAL = {"cache_control": {"type": "ephemeral"}}


@pytest.mark.parametrize("body, sentence", [
    (anthropic(), None),
    (anthropic(put([2, "content", 0, "content"], "")), None),
    (anthropic(lambda m: m[2]["content"][0].pop("content")), None),
    (anthropic(put([2, "content", 0, "content"], [{"type": "text", "text": "y"}])), None),
    (anthropic(unknown=1), "unknown: Extra inputs are not permitted"),
    (anthropic(put([2, "content", 0, "extra"], 1)), "Extra inputs are not permitted"),
    (anthropic(max_tokens=None), "max_tokens"),
    (anthropic(messages=[]), "at least one message"),
    (anthropic(lambda m: m.pop(0)), "first message must use"),
    (anthropic(put([0, "role"], "human")), "role"),
    (anthropic(put([0, "content"], "")), "non-empty content"),
    (anthropic(put([0, "content"], " \n")), "non-whitespace"),
    (anthropic(put([2, "content", 1, "text"], "")), "must be non-empty"),
    (anthropic(put([2, "content", 0, "content"], [{"type": "text", "text": ""}])), "must be non-empty"),
    (anthropic(put([2, "content", 0, "content"], [{"type": "text", "text": "\t "}])), "non-whitespace"),
    (anthropic(put([2, "content", 0, "content"], {"a": 1})), "valid string or list"),
    (anthropic(lambda m: m.pop()), "without `tool_result` blocks immediately after"),
    (anthropic(lambda m: m[2]["content"].pop(0)), "without `tool_result` blocks immediately after"),
    (anthropic(lambda m: m.insert(2, {"role": "user", "content": "wait"})), "without `tool_result`"),
    (anthropic(put([2, "content", 0, "tool_use_id"], "toolu_9")), "without `tool_result`"),
    (anthropic(lambda m: m[2]["content"].insert(0, {**RESULT, "tool_use_id": "toolu_9"})), "unexpected `tool_use_id`"),
    (anthropic(lambda m: m[2]["content"].insert(0, RESULT)), "single result"),
    (anthropic(lambda m: m[2]["content"].reverse()), "before any text"),
    (anthropic(lambda m: m[1]["content"].append(m[1]["content"][0])), "ids must be unique"),
    (anthropic(put([1, "content", 0, "input"], "{}")), "valid dictionary"),
    (anthropic(system=[{"type": "text", "text": str(i), **EPHEMERAL} for i in range(4)]), None),
    (anthropic(system=[{"type": "text", "text": str(i), **EPHEMERAL} for i in range(5)]), "maximum of 4"),
    (anthropic(lambda m: (m.pop(0), m.pop(0)), thread={"type": "continue", "previous_message_id": "msg_1"}), None),
])
def test_anthropic_bodies_are_judged_as_the_provider_does(body, sentence):
    said = provider_rules.check_anthropic(body)
    assert said is None if sentence is None else sentence in (said or "")


@pytest.mark.parametrize("body, sentence", [
    (openai(), None),
    (openai(put([2, "content"], "")), None),
    (openai(put([2, "content"], [{"type": "text", "text": "y"}])), None),
    (openai(put([2, "content"], None)), "got null"),
    (openai(lambda m: m.pop(2)), "must be followed by tool messages"),
    (openai(lambda m: m.pop(1)), "must be a response to a preceding message"),
    (openai(put([2, "tool_call_id"], "call_9")), "must be a response to a preceding message"),
    (openai(lambda m: m.insert(3, m[2])), "Duplicate"),
    (openai(lambda m: m[1]["tool_calls"].append({**m[1]["tool_calls"][0], "id": "call_2"})), "call_2"),
    (openai(messages=[]), "at least one message"),
    (openai(put([3, "role"], "human")), "Supported values"),
    (openai(put([3, "content"], None)), "got null"),
    (openai(lambda m: m.__setitem__(slice(1, 3), [
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "x"}])), None),
])
def test_openai_bodies_are_judged_as_the_provider_does(body, sentence):
    said = provider_rules.check_openai(body)
    assert said is None if sentence is None else sentence in (said or "")


@pytest.mark.parametrize("raw", [b"", b"{", b"[1,]", b'{"a":NaN}', b'{"a":"\xff"}', b'{"a":"\\ud83d"}', b'{"a":"\\ude00x"}',
                                 b'{"a":"\xed\xa0\x80"}', b"[]", b'{"a":1}x', b'{"a":"\n"}'])
def test_broken_json_is_refused(raw):
    assert provider_rules.parse(raw)[1]


def test_a_surrogate_pair_is_accepted():
    assert provider_rules.parse(b'{"a":"\\ud83d\\ude00"}') == ({"a": "\U0001f600"}, None)


def test_recorded_bytes_are_the_bytes_sent(server, certs, tmp_path):
    server.begin(tmp_path / "c")
    one = post("/v1/chat/completions", json.dumps(openai()).encode(), "x-odd:  spaced ", "X-Odd: twice")
    two = b"POST /x HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    exchange(server, certs, one + two)
    files = {p.name: p.read_bytes() for p in (tmp_path / "c").iterdir()}
    assert files["0001.head"] + files["0001.body"] == one
    assert files["0002.head"] + files["0002.body"] == two
    assert len(files) == 4 and server.requests[1].body == b"abcde"


def test_a_short_body_is_recorded_and_refused(server, certs, tmp_path):
    server.begin(tmp_path / "c")
    exchange(server, certs, b"POST /x HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
    assert server.wait_for(1)  # no answer can be waited for: OpenSSL 3 writes nothing after the peer's EOF
    assert (tmp_path / "c" / "0001.body").read_bytes() == b"abc"
    assert "3 of 10" in (tmp_path / "c" / "0001.error").read_text()
    assert server.requests[0].status == 400


def test_bytes_behind_a_body_are_refused_as_a_request(server, certs, tmp_path):
    got = exchange(server, certs, post("/x", b"abc") + b"defg\r\n\r\n")
    assert got.count(b"HTTP/1.1 ") == 2 and b"HTTP/1.1 400" in got
    assert [r.status for r in server.requests] == [200, 400]


def test_hashes_and_prompt_cache_of_a_growing_conversation(server, certs):
    for turns in (conversations.anthropic_turns(), conversations.openai_turns(parts=True)):
        server.begin()
        path = "/v1/messages" if "max_tokens" in turns[0] else "/v1/chat/completions"
        exchange(server, certs, b"".join(post(path, json.dumps(b).encode()) for b in turns))
        assert [r.status for r in server.requests] == [200] * 6
        for a, b in zip(server.requests, server.requests[1:]):
            assert b.cached_tokens == a.prompt_tokens < b.prompt_tokens
        assert all(len(h) == 1 for h in server.hashes().values()) and len(server.hashes()) == 6
        text = conversations.result_text(3)
        assert list(server.hashes().values())[3] == {hashlib.sha256(text.encode()).hexdigest()}
        assert all(n > 2000 for n in server.requests[-1].result_tokens.values())


def test_a_changed_old_result_shortens_the_cached_prefix():
    a, b = conversations.anthropic_turns(2)
    cache = prompt_cache.PromptCache()
    prompt, _ = cache.account("", prompt_cache.render(a))
    changed = copy.deepcopy(b)
    changed["messages"][2]["content"][0]["content"] += " "
    assert cache.account("", prompt_cache.render(b), keep=False)[1] == prompt
    assert cache.account("", prompt_cache.render(changed), keep=False)[1] < prompt


def test_string_content_equals_a_list_with_one_text_block():
    a = {"messages": [{"role": "user", "content": "x"}], "system": "s"}
    b = {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", **EPHEMERAL}]}],
         "system": [{"type": "text", "text": "s"}], "temperature": 1}
    assert prompt_cache.render(a) == prompt_cache.render(b)


@pytest.mark.parametrize("coding, coded, status", [
    ("zstd", zstandard.compress(json.dumps(anthropic()).encode()), 200),
    ("zstd", zstandard.compress(json.dumps(anthropic()).encode())[:-1], 415),
    ("zstd", b"{}", 415),
    ("gzip", b"{}", 415),
    ("gzip", gzip.compress(b"{}")[:-1], 415),
    ("br", b"{}", 415)], ids=["zstd", "zstd cut", "no zstd", "no gzip", "gzip cut", "br"])
def test_a_coded_body_is_decoded_or_refused(server, certs, coding, coded, status):
    exchange(server, certs, post("/v1/messages", coded, "Content-Type: application/json", "Content-Encoding: " + coding,
                                 "Connection: close"), ends=False)
    assert server.requests[0].status == status
    if status == 200:
        assert json.loads(server.requests[0].body) == anthropic()


def test_a_refused_expectation_gets_417_and_no_body(server, certs):
    got = exchange(server, certs, post("/v1/messages", b"{}", "Expect: 100-continue", "X-Test-Expect: refuse")[:-2], ends=False)
    assert got.startswith(b"HTTP/1.1 417 ") and server.requests[0].raw_body == b""
