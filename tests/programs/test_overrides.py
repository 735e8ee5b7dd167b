"""What a request says for itself by lines X-Headroom-*, and what settings say of tools and paths: obeyed on every road, and never sent.

The roads: Python over OpenSSL (a body with its length, in chunks, by asyncio's memory BIO), an SDK, and the curl command by the libcurl
hook; straight to the API, and through nginx, where curl speaks HTTP/2.
"""
import json
import re

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


@pytest.fixture
def kept(run):
    """kept(body) -> number of search results that arrived, notes not counted."""
    return lambda body: len(json.loads(run.headroom("restore", "--kept", "-", input=json.dumps(body).encode()))[0]["items"])


@pytest.mark.parametrize("name", CLIENTS)
def test_the_lines_are_obeyed_and_not_sent(name, send, kept):
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
def test_a_value_that_cannot_be_used_is_ignored_removed_and_told_in_the_log(name, send, run, kept):
    body, head, row = send(name, "X-Headroom-Keep-Turns: many", "X-Headroom-Bypass: perhaps", "X-Headroom-Mode: fast",
                           'X-Headroom-Tool-Profiles: {"search": {"max_items": 50}, "other": {"lvl": 1}}', "X-Headroom-Colour: red")
    assert kept(body) == 50 and row["skipped"] is None and row["mode"] == "optimize" and "x-headroom" not in head
    log = (run.state / "headroom.log").read_text()
    for part in ('X-Headroom-Keep-Turns: "many" is not a whole number up to 1000', 'X-Headroom-Bypass: "perhaps" is not one of',
                 'X-Headroom-Mode: "fast" is not one of', 'other: "lvl" is no key of a profile', "X-Headroom-Colour: no line of this name"):
        assert part in log, part


@pytest.mark.parametrize("name", ["http.client", "curl"])
def test_the_lines_stay_where_nothing_of_a_request_is_changed(name, send):
    for mode in ("off", "audit", "simulate"):
        body, head, row = send(name, "X-Headroom-Bypass: 1", mode=mode)
        assert body == BODY and "x-headroom-bypass: 1" in head and (mode == "off") == (row is None)
    body, head, row = send(name, "X-Headroom-Bypass: 1", "Content-MD5: x")
    assert body == BODY and "x-headroom-bypass: 1" in head and row["skipped"] == "signed"


@pytest.mark.parametrize("name", ["http.client", "curl"])
def test_a_request_can_be_off_or_audited_alone(name, send):
    for mode in ("audit", "off"):
        body, head, row = send(name, f"X-Headroom-Mode: {mode}")
        assert body == BODY and "x-headroom" not in head and row["mode"] == "audit", "off writes no row"


def documented(language):
    """The example of README.md."""
    return re.search(rf"^```{language}\n(.*?)^```", (conftest.HERE.parents[1] / "README.md").read_text(), re.M | re.S)[1]


def test_the_lines_that_the_readme_shows_are_understood(send, run):
    lines = documented("http").splitlines()
    assert len(lines) == 6
    body, head, row = send("http.client", *lines)
    assert body == BODY and row["mode"] == "audit" and "x-headroom" not in head
    send("http.client", *lines[1:])
    assert run.log()[-1]["skipped"] == "bypass"
    log = run.state / "headroom.log"
    assert not log.exists() or "ignored" not in log.read_text()


def test_the_settings_that_the_readme_shows_are_right(run):
    (run.home / "config" / "headroom").mkdir()
    (run.home / "config" / "headroom" / "config.ini").write_text(documented("ini"))
    assert run.headroom("config", "check").startswith(b"all ")
    settings = json.loads(run.headroom("config", "--json"))
    changed = {n for n, s in settings.items() if s["origin"] != "default"}
    assert changed == {"min_tokens_to_crush", "max_items_after_crush", "protected_tools", "protected_paths", "tool_profiles",
                       "model_context_limits"}


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
    if what == "wrong lines beside":
        log = (run.state / "headroom.log").read_text()
        for line in ('config.ini:1: not "name = value"; ignored', 'config.ini:2: protected_tools: "[a" is no pattern',
                     'config.ini:4: tool_profiles: x: "y" is no word of a profile'):
            assert log.count(line) == 1, log
    assert f"{reason} " in run.headroom("show", str(json.loads(run.headroom("log", "--json").splitlines()[-1])["id"])).decode()


def test_a_profile_of_the_request_goes_before_one_of_the_settings(send, run, kept):
    (run.home / "config" / "headroom").mkdir()
    (run.home / "config" / "headroom" / "config.ini").write_text("[tool_profiles]\nsearch = skip\n* = max_items:30\n")
    body, _, row = send("http.client", 'X-Headroom-Tool-Profiles: {"search": {"skip": false}}')
    assert kept(body) == 30 and row["skipped"] is None
