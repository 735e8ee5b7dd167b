"""TLS that is linked into the program: node, which exports SSL_write and calls it directly, and Bun, which is stripped."""
import hashlib
import json
import os
import pathlib
import re

import pytest

import answers
import conftest
import conversations
import prompt_cache

SCRIPT = pathlib.Path(__file__).with_name("client_fetch.js")
MESSAGES = "/v1/messages"
FETCHED = ["bun-1.2.23", "bun-1.4.5", "node-18", "node-20", "node-22", "node-24", "node-25", "node-26"]
PROGRAMS = ["node", *FETCHED]


@pytest.fixture(params=PROGRAMS)
def program(request):
    """Paths of unmodified programs; `make test-programs` fetches what Debian does not have."""
    if request.param == "node":
        return conftest.need("node", "nodejs")
    path = conftest.BUILD / "programs" / request.param / "bin" / request.param.split("-")[0]
    if not path.exists():
        pytest.fail(f"{path} is missing: run tools/fetch-programs.sh {conftest.BUILD}")
    return str(path)


def client(program, server, body, *words):
    return [program, SCRIPT, server.url, MESSAGES, body, *words]


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("way", ["fetch", "https"])
@pytest.mark.parametrize("stream", [False, True])
def test_results_shrink_and_replay(program, way, stream, run, server, body_file):
    turns = conversations.anthropic_turns()
    words = [way] + (["stream"] if stream else [])
    done = run(client(program, server, body_file(turns), *words), preload=True, mode="optimize")
    assert done.returncode == 0 and done.stdout == b"200 answered\n" * len(turns), done
    assert server.failures == [] and [r.status for r in server.requests] == [200] * len(turns)
    rows = run.log()
    assert len(rows) == len(turns)
    for row in rows:
        assert row["mode"] == "optimize" and row["skipped"] is None and row["tokens_after"] < row["tokens_before"] / 2, row
        assert row["status"] == 200 and row["usage"]["output_tokens"] > 0, row
    for a, b in zip(server.requests, server.requests[1:]):
        assert b.cached_tokens >= a.prompt_tokens, "the prefix broke"


def records(server):
    return [(r.head, r.raw_body) for r in server.requests]


@pytest.mark.parametrize("way", ["fetch", "https"])
def test_modes_off_and_audit_are_as_without_the_library(program, way, run, server, body_file):
    body = body_file(conversations.anthropic_turns(3))
    seen = []
    for preload, mode in ((False, None), (True, "off"), (True, "audit")):
        server.begin()
        done = run(client(program, server, body, way, "stream"), preload=preload, mode=mode)
        seen.append((done, records(server)))
    assert seen[0][0].returncode == 0 and len(seen[0][1]) == 3
    assert seen[1] == seen[0] and seen[2] == seen[0]
    assert not server.failures
    if not conftest.BARE:
        assert [row["mode"] for row in run.log()] == ["audit"] * 3


def answer_of(request):
    """SHA-256 of the events that the server sent for it."""
    text = request.header("x-test-say")
    usage = answers.anthropic_usage(request.prompt_tokens, request.cached_tokens, prompt_cache.count_tokens(text))
    events = answers.anthropic_events(request.header("x-test-capture"), request.json["model"], text, usage)
    return hashlib.sha256(b"".join(events)).hexdigest()


@pytest.mark.parametrize("way,when", [("fetch", "abort"), ("https", "abort"), ("fetch", "abort-early")])
def test_parallel_streams_of_which_half_are_given_up(program, way, when, run, server, body_file):
    """abort: after the first bytes of the answer. abort-early: while the request is being sent, to a server that reads slowly (by fetch
    alone: Bun 1.2 ends without a word where such a https.request is given up, whoever is in the process). What is not given up gets its own
    answer, to the byte, and so does what is then sent over the connections that are left."""
    body = conversations.quickstart_anthropic(2000)
    pace = "header=x-test-pace:1"
    if when == "abort-early":
        body["messages"][2]["content"][1]["text"] += " " + "x" * (1 << 20)  # so that a new body, too, does not fit into a socket
        pace = "header=x-test-read-pace:2"
    body = body_file(body)
    done = run(client(program, server, body, way, "stream", "parallel=64", when, pace), preload=True, mode="optimize")
    assert done.returncode == 0, done
    whole = {r.header("x-test-capture"): r for r in server.requests if r.status == 200}
    said = dict(line.split(" ", 1) for line in done.stdout.decode().splitlines())
    assert list(said) == [f"first-{i}" for i in range(64)] + [f"then-{i}" for i in range(16)]
    answered = {name: answer for name, answer in said.items() if answer != "aborted"}
    assert answered == {name: f"200 {answer_of(whole[name])}" for name in answered}
    assert not [name for name in said if name not in answered and (name[:5] == "then-" or int(name[6:]) % 2 == 0)], said
    assert len(answered) < len(said), "none was given up"
    assert way == "fetch" or len({r.connection for r in whole.values()}) < len(whole), "shared agents keep their connections"
    assert all(len(h) == 1 for h in server.hashes().values())
    if not conftest.BARE:
        assert {r.raw_body for r in whole.values()} == {whole["first-0"].raw_body}
        assert len(whole["first-0"].raw_body) < os.path.getsize(body) - 60000
    wrong = [r.error for r in server.requests if r.status == 400 and "body" not in r.error and "head" not in r.error]
    assert not wrong, wrong


SMALL = ["node", "bun-1.2.23"]
small = pytest.mark.parametrize("program", SMALL, indirect=True)


def log_of(run):
    path = run.state / "headroom.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""


@small
@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("missing,word", [("libZydis.so.4.0", "libZydis.so.4.0 is not installed"), ("libelf.so.1", "SSL_write is not patched")])
def test_what_cannot_be_patched_runs_as_without_the_library(program, missing, word, run, server, body_file, tmp_path):
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    run.state.mkdir(mode=0o700)  # the log is written where there is a place for it
    body = body_file(conversations.anthropic_turns(2))
    bare = run(client(program, server, body))
    before = records(server)
    server.begin()
    library = pathlib.Path("/usr/lib/x86_64-linux-gnu") / missing
    done = run([*conftest.mount_namespace(), "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', empty, library,
                *client(program, server, body)], preload=True, mode="optimize")
    assert done == bare and records(server) == before
    log = log_of(run)
    assert log.count("TLS linked into the program") >= 1 and word in log, log
    assert len(set(re.findall("SSL_[a-z_]+ is not patched", log))) == log.count("is not patched"), "each is said once"


@small
def test_where_nothing_can_be_stored_nothing_changes(program, run, server, body_file, tmp_path):
    body = body_file(conversations.anthropic_turns(2))
    bare = run(client(program, server, body))
    before = records(server)
    server.begin()
    place = tmp_path / "file"
    place.write_text("")
    done = run(client(program, server, body), preload=True, mode="optimize", env={"XDG_STATE_HOME": str(place)})
    assert done == bare and records(server) == before


@small
def test_the_library_alone_changes_nothing(program, run, server, body_file, tmp_path):
    """libheadroom.so is gone."""
    body = body_file(conversations.anthropic_turns(2))
    bare = run(client(program, server, body))
    before = records(server)
    server.begin()
    alone = tmp_path / "libheadroom_preload.so"
    if not conftest.BARE:
        alone.write_bytes(conftest.LIBRARY.read_bytes())
    done = run(client(program, server, body), preload=True, mode="optimize", env={} if conftest.BARE else {"LD_PRELOAD": str(alone)})
    assert done == bare and records(server) == before


LOADED = """
const loaded = () => require("fs").readFileSync("/proc/self/maps", "utf8").includes("/libheadroom.so");
const net = require("net");
const say = () => console.log(loaded());
say();
net.connect("/nowhere/at/all").on("error", () => { say(); net.connect(1, "127.0.0.1").on("error", say); });
"""


@small
@pytest.mark.usefixtures("needs_library")
def test_nothing_is_loaded_before_the_first_internet_connection(program, run):
    done = run([program, "-e", LOADED], preload=True)
    assert done == (0, b"false\nfalse\ntrue\n", b"")


CLAUDE = conftest.BUILD / "programs" / "claude-2.1.329" / "claude"


def claude(run, server, **how):
    """Claude Code says hello; the rest of what it would like to talk to is switched off."""
    if not CLAUDE.exists():
        pytest.fail(f"{CLAUDE} is missing: run make test-programs")
    env = {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "sk-ant-test", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
           "IS_SANDBOX": "1"}
    return run([CLAUDE, "-p", "say hi"], env=env, **how)


@pytest.mark.parametrize("mode", ["audit", "optimize"])
def test_claude_code_says_the_same_and_is_recorded(mode, run, server):
    bare = claude(run, server)
    assert bare.returncode == 0 and bare.stdout, bare
    sizes = [len(r.raw_body) for r in server.requests if r.status == 200]
    server.begin()
    assert claude(run, server, preload=True, mode=mode) == bare
    assert [len(r.raw_body) for r in server.requests if r.status == 200] == sizes
    if not conftest.BARE:
        rows = [row for row in run.log() if row["status"] == 200]
        assert [(r["program"], r["mode"], r["bytes_after"]) for r in rows] == [("claude", mode, n) for n in sizes]
        assert all(r["usage"]["output_tokens"] > 0 for r in rows)


# ------------------------------------------------------------------ HTTP/2
LOCAL = {"HEADROOM_ENDPOINTS_ADD": "localhost/v1/messages anthropic"}
nodes = pytest.mark.parametrize("program", [p for p in PROGRAMS if p.startswith("node")], indirect=True)


def front(nginx):
    nginx.begin()
    return f"https://localhost:{nginx.port}"


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("way", ["fetch", "https"])
def test_where_http_2_is_to_be_had_http_1_is_spoken_from_the_first_connection_on(program, way, run, nginx, body_file):
    """node 26's fetch offers both; its list is set before its first connect() and with it the patch. The others offer no HTTP/2."""
    turns = conversations.anthropic_turns(3)
    body = body_file(turns)

    def send(mode):
        argv = [program, SCRIPT, front(nginx), MESSAGES, body, way, "fresh"]
        done = run(argv, preload=mode is not None, mode=mode, env=LOCAL)
        assert done.returncode == 0 and done.stdout == b"200 answered\n" * 3, done
        return {r.header("x-test-protocol") for r in nginx.requests}, [r.body for r in nginx.requests]

    without = send(None)
    assert without[0] == {"HTTP/2.0" if way == "fetch" and "node-26" in program else "HTTP/1.1"}
    assert send("audit") == without
    spoken, bodies = send("optimize")
    assert spoken == {"HTTP/1.1"} and all(len(a) < len(b) / 2 for a, b in zip(bodies, without[1]))
    rows = run.log()
    if without[0] == {"HTTP/2.0"}:
        assert {(r["skipped"], r["host"], r["path"]) for r in rows if r["mode"] == "audit"} == {("http2", "localhost", "")}
    assert [(r["skipped"], r["path"], r["status"]) for r in rows if r["mode"] == "optimize"] == [(None, MESSAGES, 200)] * 3


@nodes
@pytest.mark.usefixtures("needs_library")
def test_a_host_that_is_no_llm_api_is_spoken_to_as_before(program, run, nginx, body_file):
    body = body_file(conversations.anthropic_turns(2))
    seen = []
    for preload in (False, True):
        done = run([program, SCRIPT, front(nginx), MESSAGES, body, "fetch"], preload=preload, mode="optimize")
        assert done.stdout == b"200 answered\n" * 2, done
        seen.append({r.header("x-test-protocol") for r in nginx.requests})
    assert seen[0] == seen[1]


# url order: a letter a request; 2: a session of HTTP/2 of its own, f: fetch, whose list is another one.
HTTP_2 = """
const http2 = require("http2");
const [url, order] = process.argv.slice(1);
const post = { ":method": "POST", ":path": "/v1/messages", "content-type": "application/json", "x-api-key": "test",
               "anthropic-version": "2023-06-01" };
const body = JSON.stringify({ model: "claude-sonnet-4-5", max_tokens: 16, messages: [{ role: "user", content: "hi" }] });
const by_http2 = () => new Promise((resolve, reject) => {
  const session = http2.connect(url);
  session.on("error", reject);
  const stream = session.request(post);
  let status;
  stream.on("response", (h) => { status = h[":status"]; });
  stream.on("data", () => {});
  stream.on("end", () => { session.close(); resolve(`http2 ${status} ${session.alpnProtocol}`); });
  stream.end(body);
});
const by_fetch = async () => {
  const answer = await fetch(url + "/v1/messages", { method: "POST", body, headers: { "content-type": "application/json", "x-api-key": "test",
                                                                                     "anthropic-version": "2023-06-01" } });
  await answer.text();
  return `fetch ${answer.status}`;
};
(async () => {
  for (const which of order)
    console.log(await (which === "2" ? by_http2() : by_fetch()));
  process.exit(0);
})().catch((e) => { console.log("failed", e.message); process.exit(1); });
"""


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("order", ["22", "2f2", "f22"])
def test_a_client_that_offers_http_2_alone_keeps_it(program, order, run, nginx):
    """Recorded where the library's names tell to which host it speaks."""
    for mode in (None, "optimize"):
        done = run([program, "-e", HTTP_2, front(nginx), order], preload=mode is not None, mode=mode, env=LOCAL)
        assert done.returncode == 0, done
        assert done.stdout.decode().splitlines() == ["http2 200 h2" if w == "2" else "fetch 200" for w in order]
        spoken = [r.header("x-test-protocol") for r in nginx.requests]
        assert [p for p, w in zip(spoken, order) if w == "2"] == ["HTTP/2.0"] * 2
    assert [p for p, w in zip(spoken, order) if w == "f"] == ["HTTP/1.1"] * order.count("f")
    rows = run.log()
    assert [(r["skipped"], r["host"]) for r in rows if r["skipped"]] == ([] if "bun" in program else [("http2", "localhost")] * 2)


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("program", ["bun-1.4.5"], indirect=True)
def test_bun_whose_fetch_is_told_to_speak_http_2_passes_unrecorded(program, run, nginx, body_file):
    body = body_file(conversations.anthropic_turns(2))
    seen = []
    for preload in (False, True):
        done = run([program, SCRIPT, front(nginx), MESSAGES, body, "fetch"], preload=preload, mode="optimize",
                   env={**LOCAL, "BUN_FEATURE_FLAG_EXPERIMENTAL_HTTP2_CLIENT": "1"})
        assert done.returncode == 0, done
        seen.append([(r.header("x-test-protocol"), r.body) for r in nginx.requests])
    assert {p for p, _ in seen[0]} == {"HTTP/2.0"} and seen[1] == seen[0]
    assert run.log() == []
