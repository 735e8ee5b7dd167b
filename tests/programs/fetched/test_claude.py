"""Claude Code from end to end, against api.anthropic.com on this machine: real tool calls, (a) as the program is, (b) without the
attestation of its requests, and (c) so with bodies that it compresses and pads.

Results of JSON shrink, those of its tool for files too; the log and what the program itself put into a file pass.
"""
import json
import os
import re
import shutil

import certs as certs_module
import claude_script
import conftest
import prompt_cache
import pytest
import vendor_host

CLAUDE = conftest.BUILD / "programs" / "claude-2.1.329" / "claude"
SECONDS = 60  # of one run; alone on a machine it takes two or three
# How the program codes its bodies. With the authority in the system's bundle it compresses and pads them; those above 512 KiB it may
# put together of blocks that were compressed before, each with a flush behind it. The vendor decides that from afar, a variable here.
PLAIN, GZIP, BLOCKS = "plain", "gzip", "gzip in blocks"
IN_BLOCKS = {"CLAUDE_CODE_GZIP_REQUEST_BODY_BLOCKS": "2"}
FLUSH = b"\0\0\xff\xff"
OWN_AUTHORITIES = ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return certs_module.make(tmp_path_factory.mktemp("authority"), [vendor_host.NAME])


class Played:
    """One run: what the program said, and what it sent."""

    def __init__(self, done, requests, kept):
        self.done, self.kept = done, kept  # kept: call id -> the result as the program holds it itself
        self.all = requests
        self.messages = [r for r in requests if r.target.startswith("/v1/messages?")]
        self.counts = [r for r in requests if r.target.startswith("/v1/messages/count_tokens")]
        self.telemetry = [r for r in requests if r.target.startswith("/api/event_logging")]


class Claude:
    """Runs the program in the same directories, under the same names, from the same beginning each time."""

    def __init__(self, run, authority, directory, coding):
        if not CLAUDE.exists():
            pytest.fail(f"{CLAUDE} is missing: run tools/fetch-programs.sh {conftest.BUILD}")
        self._run, self._project, self._home = run, directory / "project", directory / "user"
        claude_script.make_project(self._project)
        temporary = directory / "tmp"
        temporary.mkdir()
        self.host = vendor_host.VendorHost(authority, claude_script.player(self._project), directory, coding != PLAIN)
        self._unset = [word for name in OWN_AUTHORITIES for word in ("-u", name)] if coding != PLAIN else []
        self._env = {"HOME": str(self._home), "TMPDIR": str(temporary), "CLAUDE_CODE_TMPDIR": str(temporary), "IS_SANDBOX": "1",
                     "ANTHROPIC_API_KEY": "sk-ant-api03-test", "NODE_EXTRA_CA_CERTS": authority.ca,
                     **(IN_BLOCKS if coding == BLOCKS else {})}

    def __call__(self, under=(), prompt="What is wrong?", resumed=False):
        """under: the words that start the program, under the library or not. resumed: the conversation before goes on, in a new process."""
        if not resumed:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home.mkdir()
            self.host.begin()
        first = len(self.host.requests)
        command = ["env", *self._unset, *under, CLAUDE, *(["-c"] if resumed else []), "-p", prompt,
                   "--dangerously-skip-permissions", "--mcp-config", claude_script.mcp_config(self._project)]
        done = self._run(self.host.argv(command), cwd=self._project, env=self._env, timeout=SECONDS, **self.host.popen)
        assert done.returncode == 0, done
        return Played(done, self.host.requests[first:], self._kept())

    def _kept(self):
        kept = {}
        for path in self._home.glob(".claude/projects/**/*.jsonl"):
            for line in path.read_text(encoding="utf-8").splitlines():
                message = json.loads(line).get("message") or {}
                for b in message.get("content") if isinstance(message.get("content"), list) else []:
                    if b["type"] == "tool_result":
                        kept[b["tool_use_id"]] = text_of(b["content"])
        return kept


def text_of(content):
    return content if isinstance(content, str) else "".join(b["text"] for b in content)


def results(request):
    return {b["tool_use_id"]: text_of(b["content"]) for m in request.json["messages"] if isinstance(m["content"], list)
            for b in m["content"] if b["type"] == "tool_result"}


@pytest.fixture
def claude(run, authority, tmp_path):
    def make(coding):
        made.append(Claude(run, authority, tmp_path, coding))
        return made[-1]

    made = []
    yield make
    for c in made:
        c.host.stop()


def preloaded():
    return [] if conftest.BARE else ["env", f"LD_PRELOAD={conftest.LIBRARY}"]


@pytest.fixture
def without_attribution(run):
    """The words that start a program by `headroom run`, with the vendor's switch chosen in config.ini."""
    config = run.home / "config" / "headroom"
    config.mkdir()
    (config / "config.ini").write_text("claude.attribution_header = off\n")
    return [conftest.COMMAND, "run", "--"]


def check_coding(played, coding):
    """Bodies are coded as the program does it, with the white space behind the JSON that hides how long it is."""
    sent = played.messages + played.counts
    padding = [r.body[len(r.body.rstrip()):] for r in sent]
    assert any(padding) == (coding != PLAIN) and all(len(p) < 300 for p in padding)
    assert {r.header("content-encoding") for r in sent} == {None if coding == PLAIN else "gzip"}


def check_telemetry(played):
    """It goes to the same host, and arrives whole but for what the end of the program cuts off."""
    whole = [json.loads(r.body) for r in played.telemetry if r.status == 200]
    assert whole and all(t["events"] for t in whole)


def check_answered(played):
    assert all(r.status == 200 and not r.error for r in played.messages + played.counts)


# ------------------------------------------------------------------ (a) as it is
# What differs between two runs of the same program: ids, the attestation, times, and where what is too large was put.
DIFFERS = [
    (rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", b"UUID"),
    (rb"\b(req|msg)_\d{6}\b", b"ID"),
    (rb"\bcch=[0-9a-f]{5};", b"cch=;"),
    (rb'(device_id\\":\\")[0-9a-f]{64}', rb"\1DEVICE"),
    (rb"(tool-results/)[0-9a-z]+\.", rb"\1FILE."),
    (rb"(Today's date is )[0-9-]{10}", rb"\1DATE"),
    (rb"(?i)(content-length: )\d+", rb"\1LENGTH"),  # the white space behind a compressed body is of any length
    (rb"(x-claude-code-prev-tool-durations: ).*", rb"\1TIMES"),
]


def masked(text):
    for pattern, name in DIFFERS:
        text = re.sub(pattern, name, text)
    return text


def requests(played):
    """Head and body of each request to the model, in order, without what differs between two runs."""
    return [masked(r.head) + masked(r.body).rstrip() for r in played.messages + played.counts]


def kept(played):
    """The results as the program holds them, in the same way."""
    return {call: masked(text.encode()) for call, text in played.kept.items()}


def first_difference(ours, theirs):
    """None, or where two lists of texts part, with what stands there."""
    for k, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if a != b:
            i = len(os.path.commonprefix([a, b]))
            return k, a[max(0, i - 60):i + 60], b[max(0, i - 60):i + 60]
    return None


def paths(played):
    return {(r.method, r.target.split("?")[0]) for r in played.all}


@pytest.mark.parametrize("coding", [PLAIN, GZIP])
def test_as_it_is_every_request_equals_that_of_a_run_without_the_library(coding, claude, run):
    program = claude(coding)
    first, second = program(), program()
    assert first_difference(requests(first), requests(second)) is None, "the masks are not all that differs between two runs"
    assert all(b"cch=" in r.body for r in first.messages) and len(first.messages) == len(claude_script.turns("."))
    ours = program(preloaded())
    assert ours.done == first.done and kept(ours) == kept(first)
    assert first_difference(requests(ours), requests(first)) is None
    assert paths(ours) == paths(first)
    check_answered(ours)
    check_coding(ours, coding)
    check_telemetry(ours)
    if conftest.BARE:
        return
    rows = run.log()
    assert [row["skipped"] for row in rows] == ["cch"] * (len(ours.messages) + len(ours.counts)), "telemetry has no row"
    assert sorted(row["bytes_after"] for row in rows) == sorted(len(r.body) for r in ours.messages + ours.counts)


# ------------------------------------------------------------------ (b) and (c) without the attestation
def one_spelling(body):
    """A body without cache_control, which moves to the newest message, and with messages of one text block as their text, as the
    program writes them once they are not the newest."""
    body = re.sub(rb',"cache_control":\{[^{}]*\}', b"", body)
    return re.sub(rb'("role":"(?:system|user)","content":)\[\{"type":"text","text":("(?:[^"\\]|\\.)*")\}\]', rb"\1\2", body)


def check_replay(sent):
    """Request k up to the end of its last message begins request k+1, to the byte, and the server's prompt cache held all of it."""
    before, rest_before, tokens = b"", None, 0
    for r in sent:
        conversation, _, rest = one_spelling(r.body).partition(b'],"system":')
        rest = rest.partition(b'"metadata":')[0]
        assert conversation.startswith(before) and rest_before in (None, rest), "what was sent before is not sent again"
        assert r.cached_tokens >= tokens, "the prefix broke"
        before, rest_before, tokens = conversation, rest, r.prompt_tokens


def check_results(last, held):
    """held: the results as the program has them itself, from which those of its last request were made."""
    sent = results(last)
    assert sent.keys() == held.keys() == {b["id"] for t in claude_script.turns(".") for b in t if b["type"] == "tool_use"}
    for call, faults in claude_script.FAULTS_OF_CALL.items():
        assert all(f in held[call] and f in sent[call] for f in faults), call
    assert held["toolu_log"].count("\n") == claude_script.LOG_LINES - 1
    assert "<persisted-output>" in sent["toolu_large"], "the program put it into a file; what it sends instead says where"
    tokens = {call: [prompt_cache.count_tokens(t[call]) for t in (held, sent)] for call in held}
    for call in claude_script.JSON_CALLS:
        assert tokens[call][1] < tokens[call][0] / 2, (call, tokens[call])
    assert sum(after for _, after in tokens.values()) < sum(before for before, _ in tokens.values()) / 2, tokens


def literals(request, texts):
    """Bytes that these results take in a request, as JSON strings."""
    return sum(len(json.dumps(texts[call], ensure_ascii=False).encode()) for call in results(request))


def check_rows(rows, sent, held):
    """A row a request; what is not a result has the length that the program gave it, the white space at the end too."""
    assert [(row["skipped"], row["status"]) for row in rows] == [(None, 200)] * len(sent), rows
    assert {row["path"] for row in rows} == {"/v1/messages", "/v1/messages/count_tokens"}, "telemetry has no row"
    for path in ("/v1/messages", "/v1/messages/count_tokens"):
        of_path = [r for r in sent if r.target.split("?")[0] == path]
        for row, r in zip((row for row in rows if row["path"] == path), of_path, strict=True):
            assert row["bytes_after"] == len(r.body)
            assert row["bytes_before"] - row["bytes_after"] == literals(r, held) - literals(r, results(r)), row


def spoken(done):
    """What the program said on stderr itself."""
    return [line for line in done.stderr.splitlines() if not line.startswith(b"headroom: ")]


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("coding", [PLAIN, GZIP, BLOCKS])
def test_without_the_attestation_results_shrink_and_replay(coding, claude, run, without_attribution):
    program = claude(coding)
    bare = program(["env", "CLAUDE_CODE_ATTRIBUTION_HEADER=0"])
    ours = program(without_attribution)
    assert (ours.done.returncode, ours.done.stdout) == (bare.done.returncode, bare.done.stdout)
    assert spoken(ours.done) == spoken(bare.done) and b"CLAUDE_CODE_ATTRIBUTION_HEADER=0" in ours.done.stderr
    assert ours.done.stdout.decode() == claude_script.LAST_WORDS + "\n" and kept(ours) == kept(bare)
    assert len(ours.messages) == len(bare.messages) == len(claude_script.turns("."))
    assert any(r.raw_body.count(FLUSH) > 4 for r in bare.messages) == (coding == BLOCKS)
    assert sum(len(r.body) for r in ours.messages) < sum(len(r.body) for r in bare.messages) / 2
    assert paths(ours) == paths(bare)
    check_results(ours.messages[-1], ours.kept)
    check_telemetry(ours)
    # Other processes: what was sent is known from disk. The last one has the conversation summed up.
    later = [program(without_attribution, resumed=True), program(without_attribution, "/compact", resumed=True)]
    check_replay([r for played in (ours, *later) for r in played.messages])
    for played in (bare, ours, *later):
        check_coding(played, coding)
        check_answered(played)
        assert not any(b"cch=" in r.body for r in played.messages)
    check_rows(run.log(), [r for played in (ours, *later) for r in played.messages + played.counts], ours.kept)


@pytest.mark.usefixtures("needs_library")
def test_agents_at_once_and_a_request_that_is_sent_again(claude, run, without_attribution):
    program = claude(PLAIN)
    program.host.play = claude_script.agents_player()
    ours = program(without_attribution)
    agents = [r for r in ours.messages if r.header("x-claude-code-request-class") == "subagent"]
    refused = [r for r in agents if r.status == 529]
    again = [r for r in agents if refused and r.raw_body == refused[0].raw_body]
    assert [r.status for r in again] == [529, 200], "the same bytes, once more"
    assert len({r.connection for r in agents}) > 1
    assert all(len(texts) == 1 for texts in program.host.hashes().values()), "one text for each result"
    shrunk = {call: n for r in agents for call, n in r.result_tokens.items()}
    assert len(shrunk) == 4 * len(claude_script.AGENTS)
    assert all(n < prompt_cache.count_tokens(ours.kept[call]) / 2 for call, n in shrunk.items())
    assert {row["skipped"] for row in run.log()} == {None}


@pytest.mark.parametrize("ci", [True, False])
def test_where_namespaces_are_not_permitted_ci_fails_and_others_are_told(ci, monkeypatch):
    monkeypatch.setattr(vendor_host, "_prefix", lambda: None)
    monkeypatch.setenv("CI", "true" if ci else "")
    if ci:
        with pytest.raises(pytest.fail.Exception, match="not permitted"):
            vendor_host.need_namespaces()
    else:
        with pytest.warns(UserWarning, match="NOT tested"), pytest.raises(pytest.skip.Exception):
            vendor_host.need_namespaces()
