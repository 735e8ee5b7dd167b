"""`headroom audit`: whom programs talked to, and what left, without ever telling a secret."""
import json
import random
import re

import pytest

import dialect_turns
from cli_user import USAGE, Cli, quickstart

ON = {"HEADROOM_CAPTURE": "on"}
noise = random.Random(11)


def letters(n, of="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"):
    return "".join(noise.choice(of) for _ in range(n))


UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SECRETS = {
    "aws_access_key": "AKIA" + letters(16, UPPER),
    "anthropic_key": "sk-ant-api03-" + letters(90),
    "openai_key": "sk-proj-" + letters(60),
    "github_token": "ghp_" + letters(36),
    "gitlab_token": "glpat-" + letters(20),
    "slack_token": "xoxb-" + letters(12, "0123456789") + "-" + letters(24),
    "google_api_key": "AIza" + letters(35),
    "stripe_key": "sk_live_" + letters(24),
    "npm_token": "npm_" + letters(36),
    "huggingface_token": "hf_" + letters(34),
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + letters(43),
    "private_key": "-----BEGIN RSA PRIVATE KEY-----\n" + letters(64) + "\n" + letters(64) + "\n-----END RSA PRIVATE KEY-----",
    "setting": "DB_PASSWORD=" + letters(20),
}


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def talk(*calls, system="You help.", question="What is wrong?"):
    """An Anthropic request: (tool, input, result) one after the other."""
    messages = [{"role": "user", "content": question}]
    for i, (tool, arguments, result) in enumerate(calls):
        messages += [{"role": "assistant", "content": [{"type": "tool_use", "id": f"toolu_{i}", "name": tool, "input": arguments}]},
                     {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"toolu_{i}", "content": result}]}]
    return json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 9, "system": system, "messages": messages}).encode()


def test_hosts_are_told_without_any_capture(cli):
    cli.record(quickstart(), times=3)
    cli.record(b"{}", status=500)
    told = cli.json("audit", "--json")
    (host,) = told["hosts"]
    rows = [json.loads(line) for line in cli("log", "--json").stdout.splitlines()]
    assert (host["host"], host["requests"], host["failed"]) == ("api.example.com", 4, 1)
    assert host["bytes"] == sum(r["bytes_after"] for r in rows) and (host["first"], host["last"]) == (rows[0]["time"], rows[3]["time"])
    assert (told["captured"], told["tools"], told["files"], told["secrets"]) == (0, [], [], [])
    assert b"is not known" in cli("audit").stdout and b"headroom capture on" in cli("audit").stdout


def test_tools_and_files_are_those_of_the_calls_each_once(cli):
    calls = [("Read", {"file_path": "/home/u/app/.env"}, "A=1"),
             ("Bash", {"command": "cd /srv/app && cat ./conf/db.yaml | sed 's/a/b/' > out.txt; curl https://x.example/y"}, "ok"),
             ("Edit", {"file_path": "/home/u/app/main.c", "old_string": "/not/a/path", "new_string": "b"}, "ok"),
             ("apply_patch", {"input": "*** Begin Patch\n*** Update File: src/lib.rs\n@@\n-a\n+b\n*** End Patch"}, "ok")]
    for n in range(1, len(calls) + 1):
        cli.record(talk(*calls[:n]), path="/v1/messages", **ON)
    told = cli.json("audit", "--json")
    assert {t["tool"]: t["calls"] for t in told["tools"]} == {"Read": 1, "Bash": 1, "Edit": 1, "apply_patch": 1}
    files = {f["path"]: (f["tool"], f["calls"], f["request"]) for f in told["files"]}
    assert files == {"/home/u/app/.env": ("Read", 1, 1), "/srv/app": ("Bash", 1, 2), "./conf/db.yaml": ("Bash", 1, 2),
                     "out.txt": ("Bash", 1, 2), "/home/u/app/main.c": ("Edit", 1, 3), "src/lib.rs": ("apply_patch", 1, 4)}
    text = cli("audit", "--files", "2").stdout.decode()
    assert "from the bodies of 4 of 4 requests" in text and ".. and 4 more; --json lists all" in text


@pytest.mark.parametrize("name", dialect_turns.DIALECTS)
def test_every_dialect_tells_its_calls(cli, name):
    d = dialect_turns.DIALECTS[name]
    cli.record(json.dumps(d.bodies[2]).encode(), path=d.path, **ON)
    told = cli.json("audit", "--json")
    assert (told["captured"], told["unread"]) == (1, 0)
    assert sum(t["calls"] for t in told["tools"]) >= 2 and all(t["tool"] for t in told["tools"])


@pytest.mark.parametrize("around", ["{}", "before\n{}\nafter", "key: '{}',", '{{"inner": "{}"}}', "x={} y"])
def test_each_shape_is_found_and_never_told(cli, around):
    calls = []
    for kind, value in SECRETS.items():
        inner = json.dumps(value)[1:-1] if around.startswith("{{") else value
        calls.append(("Read " + kind, {"file_path": ".env"}, value if kind == "setting" and around[0] == "x" else around.format(inner)))
    cli.record(talk(*calls), path="/v1/messages", **ON)
    p, text = cli("audit", "--json"), cli("audit").stdout
    found = {s["where"]: s for s in json.loads(p.stdout)["secrets"]}
    assert len(found) == len(SECRETS) == len(json.loads(p.stdout)["secrets"])
    for kind, value in SECRETS.items():
        secret = {"setting": value.split("=")[-1], "private_key": value.split("\n", 1)[-1]}.get(kind, value)
        got = found["result of Read " + kind]
        assert (got["kind"], got["first"], got["requests"], got["request"]) == (kind, secret[:4], 1, 1)
        assert got["length"] >= len(secret.split("\n---")[0]) - 1
        assert secret[4:12].encode() not in p.stdout + text and kind.encode() in text


def test_where_a_secret_stood_and_in_how_many_requests(cli):
    key, other, third = ("AKIA" + letters(16, UPPER) for _ in range(3))
    body = talk(("Bash", {"command": f"aws configure set {other}"}, "ok"), system=f"Use {third}.", question=f"My key is {key}.")
    cli.record(body, path="/v1/messages", times=3, **ON)
    cli.record(body, path="/v1/messages")
    told = cli.json("audit", "--json")
    assert (told["requests"], told["captured"]) == (4, 3)
    where = {s["where"]: s["requests"] for s in told["secrets"]}
    assert where == {"human text": 3, "call of Bash": 3, "system text, tools or the assistant's words": 3}
    text = cli("audit").stdout.decode()
    assert re.search(r"^aws_access_key +AKIA\.\. +20 +3  request 1, human text$", text, re.M)


HARMLESS = ["AKIA" + "a" * 16, "AKIASHORT", "xAKIA" + "A" * 16, "AKIA" + "A" * 17, "sk-learn is a library",
                                  "sk-proj-", "the ghp_ prefix", "eyJhbGciOiJIUzI1NiJ9.only", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END",
                                  "PASSWORD=$SECRET_FROM_ELSEWHERE", "API_KEY=<your key here>", "TOKEN=short", "TOKENS=many",
                                  "PATH=/usr/local/bin:/usr/bin", "-----BEGIN RSA PRIVATE KEY----- only named"]


def test_what_only_resembles_a_secret_is_none(cli):
    cli.record(talk(*[("Read", {"file_path": "x"}, text) for text in HARMLESS]), path="/v1/messages", **ON)
    assert cli.json("audit", "--json")["secrets"] == []
    assert b"Nothing in 1 bodies has the shape" in cli("audit").stdout


def test_what_rewriting_left_out_did_not_leave(cli):
    rows = [{"id": i, "note": "plain text of a row"} for i in range(400)]
    rows[200]["note"] = "AKIA" + letters(16, UPPER)
    body = talk(("query", {"q": "x"}, json.dumps(rows)))
    sent = cli.record(body, path="/v1/messages", **ON)
    assert (rows[200]["note"].encode() in sent) == (len(cli.json("audit", "--json")["secrets"]) == 1)


def test_filters_and_a_damaged_capture(cli):
    cli.record(talk(("Read", {"file_path": "a.txt"}, "x")), path="/v1/messages", **ON)
    cli.record(quickstart(), **ON)
    assert [f["path"] for f in cli.json("audit", "--json", "--dialect", "anthropic")["files"]] == ["a.txt"]
    assert cli.json("audit", "--json", "--program", "nothing")["requests"] == 0
    assert cli("audit", "--program", "nothing").stdout == b"No request is recorded.\n"
    for f in (cli.state / "headroom" / "captures").iterdir():
        f.write_bytes(b"HRC1" + bytes(100))
    assert cli.json("audit", "--json")["captured"] == 0
    for wrong in (["x"], ["--files", "many"], ["--since", "never"]):
        assert cli("audit", *wrong).returncode == USAGE
