"""What a request says for itself by lines X-Headroom-*, and what settings say of tools and paths: obeyed on every road, and never sent.

The roads: Python over OpenSSL (a body with its length, in chunks, by asyncio's memory BIO), an SDK, and the curl command by the libcurl
hook; straight to the API, and through nginx, where curl speaks HTTP/2.
"""
import json

import pytest

import conftest
import conversations
from test_transparency import CHAT

pytestmark = pytest.mark.usefixtures("needs_library")

BODY = conversations.quickstart_openai()
ORIGINAL = json.dumps(BODY).encode()


def python(name, *words, base=""):
    def argv(server, certs, body, lines):
        return [*conftest.python_program(name), server.url + base, body, *words, *(w for line in lines for w in ("--header", line))]
    return argv


def curl(*words):
    def argv(server, certs, body, lines):
        return [conftest.need("curl", "curl"), "-sS", "-i", "--cacert", certs.ca, *(w for line in ("Content-Type: application/json", *lines)
                for w in ("-H", line)), *words, "--data-binary", f"@{body}", server.url + CHAT]
    return argv


CLIENTS = {
    "http.client": python("client_httpclient.py", "--path", CHAT),
    "http.client chunked": python("client_httpclient.py", "--path", CHAT, "--chunked"),
    "aiohttp": python("client_aiohttp.py", "--path", CHAT),
    "openai": python("client_openai.py", base="/v1"),
    "curl": curl(),
    "curl chunked": curl("-H", "Transfer-Encoding: chunked"),
    "curl Expect": curl("--http1.1", "-H", "Expect: 100-continue"),
}


@pytest.fixture
def protocol(request):
    """As everywhere, but for the one curl that asks for HTTP/1.1."""
    name = request.node.callspec.params.get("name", "curl")
    return lambda agent: {"HTTP/2.0" if agent.startswith("curl/") and name != "curl Expect" else "HTTP/1.1"}


@pytest.fixture
def send(server, certs, run, body_file):
    """send(name, lines, ...) -> (what the API got as a value, its head in lower case, the row)"""
    body = body_file(ORIGINAL)

    def one(name, *lines, **more):
        done = run(CLIENTS[name](server, certs, body, lines), preload=True, **more)
        assert done.returncode == 0, done
        request = server.requests[-1]
        assert request.status == 200
        rows = run.log()
        return json.loads(request.body), request.head.decode("latin-1").lower(), rows[-1] if rows else None
    return one


def kept(body):
    """Search results that arrived, notes not counted."""
    return sum("title" in r for r in json.loads(body["messages"][2]["content"])["results"])


@pytest.mark.parametrize("name", CLIENTS)
def test_the_lines_are_obeyed_and_not_sent(name, send):
    body, head, row = send(name, 'X-Headroom-Tool-Profiles: {"sea*": {"max_items": 50}}', "X-Headroom-Keep-Turns: 5",
                           "x-headroom-output-buffer-tokens: 8000", "X-Headroom-Level: CRUSH", "X-Headroom-Bypass: no")
    assert "x-headroom" not in head
    assert kept(body) == 50 and row["skipped"] is None and row["transforms"] == ["smart_crusher"]


@pytest.mark.parametrize("name", CLIENTS)
def test_bypass_sends_the_original_and_says_why(name, send):
    body, head, row = send(name, "X-Headroom-Bypass: true")
    assert body == BODY and "x-headroom" not in head
    assert (row["mode"], row["skipped"], row["tokens_before"]) == ("optimize", "bypass", row["tokens_after"])


@pytest.mark.parametrize("name", ["http.client", "curl"])
def test_a_stored_decision_is_replayed_whatever_later_requests_say(name, send, server):
    send(name)
    first = server.requests[-1].body
    assert len(first) < len(ORIGINAL) / 3
    for line in ("X-Headroom-Bypass: 1", 'X-Headroom-Tool-Profiles: {"search": {"skip_compression": true}}',
                 'X-Headroom-Tool-Profiles: {"search": {"max_items": 50}}'):
        send(name, line)
        assert server.requests[-1].body == first, line
    send(name, env={"HEADROOM_PROTECTED_TOOLS": "search"})
    assert server.requests[-1].body == first


@pytest.mark.parametrize("name", ["http.client", "curl"])
def test_a_value_that_cannot_be_used_is_ignored_removed_and_told_in_the_log(name, send, run):
    body, head, row = send(name, "X-Headroom-Keep-Turns: many", "X-Headroom-Bypass: perhaps", "X-Headroom-Mode: fast",
                           'X-Headroom-Tool-Profiles: {"search": {"max_items": 50}, "other": {"lvl": 1}}', "X-Headroom-Colour: red")
    assert kept(body) == 50 and row["skipped"] is None and row["mode"] == "optimize" and "x-headroom" not in head
    log = (run.state / "headroom.log").read_text()
    for part in ('X-Headroom-Keep-Turns: "many" is not a whole number up to 1000', 'X-Headroom-Bypass: "perhaps" is not one of',
                 'X-Headroom-Mode: "fast" is not one of', 'other: "lvl" is no key of a profile', "X-Headroom-Colour: no line of this name"):
        assert part in log, part


@pytest.mark.parametrize("name", ["http.client", "curl"])
def test_in_mode_off_the_lines_stay(name, send):
    body, head, row = send(name, "X-Headroom-Bypass: 1", mode="off")
    assert body == BODY and "x-headroom-bypass: 1" in head and row is None


@pytest.mark.parametrize("name", ["http.client", "curl"])
def test_a_request_can_be_off_or_audited_alone(name, send):
    for mode in ("audit", "off"):
        body, head, row = send(name, f"X-Headroom-Mode: {mode}")
        assert body == BODY and "x-headroom" not in head and row["mode"] == "audit", "off writes no row"


SETTINGS = {
    "protected tool": ("protected_tools = read_*, sea*\n", "protected"),
    "protected path": ("protected_paths = .env\n    pyth?n\n", "protected"),
    "skipped tool": ("[tool_profiles]\nsearch = skip\n", "tool_profile"),
    "wrong lines beside": ("nonsense\nprotected_tools = [a, search\n[tool_profiles]\nx = y\n", "protected"),
}


@pytest.mark.parametrize("what", SETTINGS)
def test_settings_of_tools_and_paths_hold_in_a_program(what, send, run):
    text, reason = SETTINGS[what]
    (run.home / "config" / "headroom").mkdir()
    (run.home / "config" / "headroom" / "config.ini").write_text(text)
    body, _, row = send("http.client")
    assert body == BODY and row["skipped"] == reason
    assert f"{reason} " in run.headroom("show", str(json.loads(run.headroom("log", "--json").splitlines()[-1])["id"])).decode()


def test_a_profile_of_the_request_goes_before_one_of_the_settings(send, run):
    (run.home / "config" / "headroom").mkdir()
    (run.home / "config" / "headroom" / "config.ini").write_text("[tool_profiles]\nsearch = skip\n* = max_items:30\n")
    body, _, row = send("http.client", 'X-Headroom-Tool-Profiles: {"search": {"skip": false}}')
    assert kept(body) == 30 and row["skipped"] is None
