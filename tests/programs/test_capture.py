"""`headroom capture`: whole bodies while it is on, of programs that run already too, and nothing else, nowhere else."""
import gzip
import json
import os
import random
import stat
import subprocess
import sys
import time

import conftest
import conversations
import pytest

from cli_user import BUILD, RECORD, UNAVAILABLE, USAGE, Cli, conversation, quickstart

ANSWER = b'{"choices": [{"message": {"content": "three"}}], "usage": {"prompt_tokens": 9}}'


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def captures(cli):
    directory = cli.state / "headroom" / "captures"
    return sorted(directory.iterdir()) if directory.exists() else []


def rows(cli):
    return [json.loads(line) for line in cli("log", "--json").stdout.splitlines()]


def test_off_stores_no_body(cli):
    cli.record(quickstart(), answer=ANSWER)
    assert captures(cli) == [] and cli.json("capture", "--json")["on"] is False
    p = cli("show", "1", "--request")
    assert p.returncode == UNAVAILABLE and p.stdout == b"" and b"headroom capture on" in p.stderr


def test_what_was_captured_is_what_was_made_sent_and_answered(cli):
    sent = cli.record(quickstart(), answer=ANSWER, HEADROOM_CAPTURE="on")
    assert sent != quickstart()
    for option, want in (("--original", quickstart()), ("--request", sent), ("--sent", sent), ("--response", ANSWER)):
        p = cli("show", "1", option)
        assert (p.returncode, p.stdout) == (0, want), option
    (file,) = captures(cli)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_body_that_went_out_unchanged_is_kept_once(cli):
    noise = "".join(chr(33 + (i * i * 7919 >> 3) % 90) for i in range(60000))
    body = conversation(noise)
    cli.record(body, HEADROOM_CAPTURE="on", HEADROOM_LEVEL="replay")
    assert cli("show", "1", "--request").stdout == cli("show", "1", "--original").stdout == body
    assert captures(cli)[0].stat().st_size < len(gzip.compress(body)) * 1.2


def test_the_sent_body_costs_little_beside_the_made_one(cli):
    noise = random.Random(3)
    body = json.loads(quickstart())
    body["messages"].insert(0, {"role": "system", "content": f"{noise.getrandbits(8 * 400000):x}"})
    body = json.dumps(body).encode()
    sent = cli.record(body, HEADROOM_CAPTURE="on")
    assert sent != body and cli("show", "1", "--sent").stdout == sent and cli("show", "1", "--original").stdout == body
    assert captures(cli)[0].stat().st_size < len(gzip.compress(body)) * 1.2


# ------------------------------------------------------------------ the switch
def test_on_for_a_time_ends_by_itself(cli):
    p = cli("capture", "on", "--for", "2s", "--max-mb", "64")
    assert p.returncode == 0 and b"secrets" in p.stdout
    state = cli.json("capture", "status", "--json")
    assert state["on"] is True and state["until"] is not None and state["cap_bytes"] == 64 << 20
    cli.record(quickstart())
    assert len(captures(cli)) == 1
    time.sleep(2.1)
    cli.record(quickstart())
    assert len(captures(cli)) == 1 and cli.json("capture", "--json")["on"] is False


def test_off_leaves_the_file_of_settings_as_it_was_but_for_the_switch(cli):
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text("; mine\nlevel = crush\n[capture]\nmb = 9 ; small\n")
    assert cli("capture", "on", "--for", "1h").returncode == 0
    assert cli("capture", "off").returncode == 0
    assert cli.config.read_text() == "; mine\nlevel = crush\ncapture = off\n[capture]\nmb = 9 ; small\n"


@pytest.mark.parametrize("wrong", ["maybe", "on off", "off --for 1h", "on --for soon", "on --for 0s", "on --max-mb many", "status --max-mb 1"])
def test_wrong_usage_changes_nothing(cli, wrong):
    p = cli("capture", *wrong.split())
    assert p.returncode == USAGE and p.stdout == b"" and not cli.config.exists()


def test_run_and_doctor_say_that_it_is_on(cli):
    cli.run("true")
    assert cli.run("true").stderr == b""
    cli("capture", "on")
    assert b"capture is on until it is switched off" in cli.run("true").stderr
    cli.record(quickstart())
    (line,) = (x for x in cli("doctor").stdout.decode().splitlines() if "whole bodies are stored" in x)
    assert "1 requests" in line
    cli("capture", "off")
    assert cli.run("true").stderr == b""


def test_mode_off_and_simulate_capture_nothing(cli):
    cli("simulate", "--state", "-", input=quickstart(), HEADROOM_CAPTURE="on")
    cli.record(quickstart(), HEADROOM_CAPTURE="on", HEADROOM_MODE="off")
    assert captures(cli) == []


# ------------------------------------------------------------------ caps
def test_the_oldest_go_when_the_cap_is_reached(cli):
    noise = random.Random(5)
    for n in range(6):
        body = conversation(f"{noise.getrandbits(8 * 300000):x}")
        cli.record(body, HEADROOM_CAPTURE="on", HEADROOM_CAPTURE_MB="1", HEADROOM_LEVEL="replay")
    left = captures(cli)
    assert 2 <= len(left) < 6 and sum(f.stat().st_size for f in left) <= 1 << 20
    assert cli("show", "6", "--request").stdout == body, "the newest stays"
    assert cli("show", "1", "--request").returncode == UNAVAILABLE


def test_the_aged_go(cli):
    cli.record(quickstart(), HEADROOM_CAPTURE="on")
    (old,) = captures(cli)
    time_us = int(old.name[:16], 16) - 8 * 86400 * 1000000
    old.rename(old.with_name(f"{time_us:016x}{old.name[16:]}"))
    (old.parent / "not-a-capture").write_text("mine")
    cli.record(quickstart(), HEADROOM_CAPTURE="on")
    names = [f.name for f in captures(cli)]
    assert len(names) == 2 and "not-a-capture" in names and f"{time_us:016x}{old.name[16:]}" not in names


def test_purge_deletes_them_and_says_so(cli):
    cli.record(quickstart(), times=3, HEADROOM_CAPTURE="on")
    size = sum(f.stat().st_size for f in captures(cli))
    assert cli.json("purge", "--dry-run", "--json")["captures"] == {"rows": 3, "bytes": size}
    assert cli.json("purge", "--originals", "--yes", "--json")["captures"] is None and len(captures(cli)) == 3
    assert b"captures              3" in cli("purge", "--captures", "--yes").stdout
    assert captures(cli) == [] and len(rows(cli)) == 3
    cli.record(quickstart(), HEADROOM_CAPTURE="on")
    assert cli("purge", "--yes").returncode == 0 and captures(cli) == []


# ------------------------------------------------------------------ what goes wrong
def test_a_damaged_file_is_said(cli):
    cli.record(quickstart(), answer=ANSWER, HEADROOM_CAPTURE="on")
    (file,) = captures(cli)
    whole = file.read_bytes()
    file.write_bytes(whole[:-5])
    assert cli("show", "1", "--request").returncode == 0 and cli("show", "1", "--response").returncode == UNAVAILABLE
    made = whole.index(b"HRC1\x01")
    file.write_bytes(whole[:made + 200] + bytes(40) + whole[made + 240:])
    p = cli("show", "1", "--request")
    assert p.returncode == 65 and p.stdout == b"" and b"capture" in p.stderr


def test_a_link_in_its_place_is_not_followed(cli):
    target = cli.home / "elsewhere"
    target.mkdir()
    cli.record(quickstart())
    (cli.state / "headroom" / "captures").symlink_to(target)
    sent = cli.record(quickstart(), HEADROOM_CAPTURE="on")
    assert sent != quickstart() and list(target.iterdir()) == []


def test_a_limit_on_files_costs_the_capture_and_nothing_else(cli):
    """RLIMIT_FSIZE: a write beyond it would end the program by SIGXFSZ."""
    cli.record(quickstart())  # the database is there, and is small
    limit = (cli.state / "headroom" / "headroom.db").stat().st_size + (1 << 20)
    body = conversation("x" * 1000 + os.urandom(2 * limit).hex())
    record = cli.env | {"HEADROOM_CAPTURE": "on", "HEADROOM_LEVEL": "replay"}
    head = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
    p = subprocess.run([sys.executable, "-c", head + RECORD, str(BUILD / "libheadroom.so"), "/v1/chat/completions", "200", "{}", "1"],
                       input=body, capture_output=True, env=record, timeout=60)
    assert (p.returncode, p.stdout) == (0, body) and captures(cli) == []


# ------------------------------------------------------------------ real programs
@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("client", ["client_httpclient.py", "client_requests.py"])
def test_a_real_client_is_captured_as_the_server_saw_it(run, server, body_file, client):
    body = body_file(conversations.quickstart_anthropic())
    argv = [*conftest.python_program(client), f"https://127.0.0.1:{server.port}", body, "--path", "/v1/messages"]
    done = run(argv, preload=True, env={"HEADROOM_CAPTURE": "on"}, mode="optimize")
    assert done.returncode == 0, done
    (row,) = run.log()
    number = str(row["id"])
    with open(body, "rb") as f:
        made = f.read()
    assert run.headroom("show", number, "--request") == server.requests[0].body
    assert json.loads(run.headroom("show", number, "--original")) == json.loads(made)
    answer = json.loads(run.headroom("show", number, "--response"))
    assert answer["usage"] == row["usage"]
    held = b"".join(f.read_bytes() for f in (run.state / "captures").iterdir())
    assert b"Authorization" not in held and b"x-api-key" not in held


@pytest.mark.usefixtures("needs_library")
def test_switching_on_and_off_reaches_a_program_that_runs(run, server, body_file):
    body = body_file(conversations.quickstart_anthropic())
    program = run.start([sys.executable, "-c", TALK, str(server.port), body], preload=True, mode="optimize", stdin=subprocess.PIPE, bufsize=0)

    def send():
        program.stdin.write(b"go\n")
        assert program.stdout.readline() == b"200\n"
        return len(list((run.state / "captures").glob("*"))) if (run.state / "captures").exists() else 0

    try:
        assert send() == 0
        run.headroom("capture", "on")
        assert send() == 1
        run.headroom("capture", "off")
        assert send() == 1
    finally:
        program.stdin.close()
        program.wait(timeout=30)
        program.stdout.close()
        program.stderr.close()


TALK = """
import http.client, os, ssl, sys
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
body = open(sys.argv[2], "rb").read()
for line in sys.stdin:
    c = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=context)
    c.request("POST", "/v1/messages", body, {"Content-Type": "application/json", "x-api-key": "k", "anthropic-version": "2023-06-01"})
    r = c.getresponse()
    r.read()
    c.close()
    print(r.status, flush=True)
"""
