"""The command line: help, exit codes, JSON shapes, and whether figures agree with what was sent."""
import json
import re
import subprocess
import sys

import pytest

from cli_user import (BUILD, CANTCREAT, CONFIG, DATAERR, IOERR, NOINPUT, ROOT, UNAVAILABLE, USAGE, Cli,
                      conversation, quickstart)

COMMANDS = "run simulate restore stats log show diff config doctor purge scan tokens".split()
QUICKSTART_USAGE = b'{"usage": {"prompt_tokens": 900, "completion_tokens": 40}}'


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


# ------------------------------------------------------------------ the command line itself
@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_names_usage_options_and_an_example(cli, command):
    p = cli(command, "--help")
    text = p.stdout.decode()
    assert p.returncode == 0 and p.stderr == b""
    assert text.startswith(f"usage: headroom {command}")
    assert "-h, --help" in text and "exit status" in text and "example: " in text
    assert max(map(len, text.splitlines())) <= 110
    assert cli("help", command).stdout == p.stdout


def test_help_lists_exactly_the_commands_that_exist(cli):
    text = cli("--help").stdout.decode()
    listed = re.findall(r"^  ([a-z]+) ", text.split("commands:\n")[1].split("\n\n")[0], re.M)
    assert listed == COMMANDS


def test_version_is_the_one_of_the_header(cli):
    header = (ROOT / "core" / "headroom.h").read_text()
    version = re.search(r'define HEADROOM_VERSION +"(.+)"', header).group(1)
    assert cli("--version").stdout.decode() == f"headroom {version}\n"


@pytest.mark.parametrize("word, nearest", [("stat", "stats"), ("shwo", "show"), ("simulat", "simulate"),
                                           ("confg", "config")])
def test_unknown_command_names_the_nearest(cli, word, nearest):
    p = cli(word)
    assert p.returncode == USAGE and p.stdout == b""
    assert p.stderr.decode() == f"headroom: unknown command '{word}'; did you mean '{nearest}'?\n"


def test_far_word_gets_no_suggestion(cli):
    p = cli("frobnicate")
    assert p.returncode == USAGE and b"did you mean" not in p.stderr and b"headroom --help" in p.stderr


def test_no_command_is_wrong_usage(cli):
    p = cli()
    assert p.returncode == USAGE and p.stdout == b"" and p.stderr.startswith(b"usage: headroom COMMAND")


@pytest.mark.parametrize("line", """stats --nope|stats x|log -n|log -n x|log -n -1|show xyz|show --original
show 1 --sent|show 1 2|show --request a|config set|config get|config get a b|config path x|simulate
simulate a b|simulate --json -o - a|restore|restore a b|run|run --mode|run --mode fast true|run --level 9 true
--json
""".strip().replace("\n", "|").split("|"))
def test_wrong_usage_exits_64_with_one_line_on_stderr(cli, line):
    p = cli(*line.split())
    assert p.returncode == USAGE and p.stdout == b""
    assert re.fullmatch(rb"headroom: [^\n]+\n", p.stderr), p.stderr


def test_full_disk_under_standard_output_is_an_error(cli):
    with open("/dev/full", "wb") as full:
        p = cli("stats", stdout=full)
    assert p.returncode == IOERR and b"cannot write to standard output" in p.stderr


def test_closed_standard_output_is_an_error_and_nothing_is_opened_in_its_place(cli):
    cli.record(quickstart())
    command = f"exec '{BUILD}/headroom' stats >&-"
    p = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, env=cli.env)
    assert p.returncode == IOERR and b"cannot write" in p.stderr
    assert cli.json("stats", "--json")["requests"]["total"] == 1


def test_reader_that_goes_away_gets_no_message(cli):
    p = subprocess.run(["sh", "-c", f"trap '' PIPE; ('{BUILD}/headroom' config; echo $? >&2) | true"],
                       stderr=subprocess.PIPE, env=cli.env)
    assert re.fullmatch(rb"(0|74)\n", p.stderr)


# ------------------------------------------------------------------ simulate
def test_simulate_reports_the_fixed_names(cli):
    (cli.home / "body.json").write_bytes(quickstart())
    plan = cli.json("simulate", "--json", "-o", "out.json", "body.json")
    out = (cli.home / "out.json").read_bytes()
    assert list(plan) == "mode dialect model skipped elapsed_us tokens bytes transforms results".split()
    assert (plan["dialect"], plan["model"], plan["skipped"]) == ("openai_chat", "gpt-4o-mini", None)
    tokens = plan["tokens"]
    assert list(tokens) == "before after saved saved_percent exact".split()
    assert tokens["saved"] == tokens["before"] - tokens["after"] > 0 and tokens["exact"] is True
    assert tokens["saved_percent"] == pytest.approx(100 * tokens["saved"] / tokens["before"], abs=0.06)
    assert plan["bytes"] == {"before": len(quickstart()), "after": len(out)}
    assert plan["transforms"] == ["smart_crusher"]
    (result,) = plan["results"]
    names = "call_id tool kind transform lossless tokens_before tokens_after kept of id reason"
    assert list(result) == names.split()
    assert (result["call_id"], result["tool"], result["lossless"]) == ("call_123", "search", False)
    assert result["of"] == 500
    assert 3 <= result["kept"] <= 20 and re.fullmatch("[0-9a-f]{20}", result["id"])
    kept = json.loads(json.loads(out)["messages"][2]["content"])["results"]
    assert [k["score"] for k in kept[:3]] == [100, 99, 98] and len(kept) == result["kept"] + 1


def test_simulate_touches_no_state_unless_asked(cli):
    (cli.home / "body.json").write_bytes(quickstart())
    cli("simulate", "body.json")
    assert not cli.state.exists()
    cli("simulate", "--state", "body.json")
    assert (cli.state / "headroom" / "headroom.db").exists()
    assert cli.json("stats", "--json")["requests"]["total"] == 0


def test_simulate_with_state_replays_what_it_decided(cli):
    first = cli("simulate", "--state", "-o", "-", "-", input=quickstart()).stdout
    second = cli("simulate", "--state", "-o", "-", "-", input=quickstart(), HEADROOM_LEVEL="replay").stdout
    assert first == second != quickstart()
    assert cli("simulate", "--state", "-o", "-", "-", input=quickstart()).stdout == cli.record(quickstart())


@pytest.mark.parametrize("path, skipped, dialect", [
    ("/v1/chat/completions", None, "openai_chat"),
    ("/openai/v1/chat/completions?api-version=1", None, "openai_chat"),
    ("/api/conversations", "path", None), ("/v1/messages/batches/b/cancel", "path", None),
    ("/v1beta/models/m:embedContent", "path", None), ("/v1/responses/r/cancel", "path", None), ("/", "path", None)])
def test_simulate_judges_the_path(cli, path, skipped, dialect):
    plan = cli.json("simulate", "--json", "--path", path, "-", input=quickstart())
    assert (plan["skipped"], plan["dialect"]) == (skipped, dialect)
    assert (plan["bytes"]["after"] == plan["bytes"]["before"]) == (skipped is not None)


def test_simulate_takes_added_endpoints(cli):
    added = {"HEADROOM_ENDPOINTS_ADD": "x.example/a anthropic;gw.example/llm openai_chat"}
    for host, skipped, dialect in (("gw.example", None, "openai_chat"), ("other", "path", None)):
        plan = cli.json("simulate", "--json", "--host", host, "--path", "/llm?k=1", "-", input=quickstart(),
                        **added)
        assert (plan["skipped"], plan["dialect"]) == (skipped, dialect)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\x00\xff", b'{"messages": 1}', quickstart()[:-9]])
def test_simulate_passes_on_what_is_no_request_and_says_why(cli, body):
    plan = cli.json("simulate", "--json", "-o", "out", "-", input=body)
    assert plan["skipped"] and (cli.home / "out").read_bytes() == body


def test_simulate_for_people_names_the_denominator(cli):
    text = cli("simulate", "-", input=quickstart()).stdout.decode()
    assert re.search(r"tokens +[\d,]+ -> [\d,]+: [\d,]+ saved, \d+\.\d % of the body as the program", text)
    assert "smart_crusher" in text and " of 500" in text


@pytest.mark.parametrize("args, status", [(["nothing.json"], NOINPUT), (["."], NOINPUT),
                                          (["-o", "no/dir", "-"], CANTCREAT),
                                          (["-o", "/dev/full", "-"], IOERR)])
def test_simulate_tells_which_file_failed(cli, args, status):
    p = cli("simulate", *args, input=quickstart())
    assert (p.returncode, p.stdout) == (status, b"")
    assert re.fullmatch(rb"headroom: simulate: [^\n]+\n", p.stderr)


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory):
    directory = tmp_path_factory.mktemp("scenarios")
    subprocess.run([sys.executable, ROOT / "tests" / "bench" / "gen.py", directory], check=True,
                   stdout=subprocess.DEVNULL)
    return sorted(p for p in directory.glob("*.json") if not p.name.endswith(".needles.json"))


def test_simulate_and_restore_are_inverse_on_every_scenario(cli, scenarios):
    assert len(scenarios) > 10
    for body in scenarios:
        plan = cli.json("simulate", "--state", "--json", "-o", "sent.json", body)
        sent = (cli.home / "sent.json").read_bytes()
        assert plan["skipped"] is None, body.name
        assert plan["tokens"]["after"] <= plan["tokens"]["before"], body.name
        assert plan["bytes"] == {"before": body.stat().st_size, "after": len(sent)}, body.name
        assert len(plan["results"]) >= 1 and json.loads(sent), body.name
        back = cli("restore", "--state", "-", input=sent)
        assert (back.returncode, back.stdout == body.read_bytes()) == (0, True), body.name


# ------------------------------------------------------------------ restore
def test_restore_gives_back_the_original_bytes_from_state(cli):
    sent = cli.record(quickstart())
    p = cli("restore", "--state", "-", input=sent)
    assert (p.returncode, p.stdout) == (0, quickstart())
    cli("restore", "--state", "-o", "back.json", "-", input=sent)
    assert (cli.home / "back.json").read_bytes() == quickstart()


def test_restore_without_state_says_what_is_missing(cli):
    sent = cli.record(quickstart())
    p = cli("restore", "-", input=sent)
    assert (p.returncode, p.stdout) == (UNAVAILABLE, sent)
    assert b"1 of 1" in p.stderr and b"--state" in p.stderr


def test_restore_leaves_a_body_without_replacements_alone(cli):
    assert cli("restore", "-", input=quickstart()).stdout == quickstart()
    assert cli.json("restore", "--kept", "-", input=quickstart()) == []


def test_restore_kept_names_slices_of_the_original(cli):
    (kept,) = cli.json("restore", "--kept", "-", input=cli.record(quickstart()))
    original = json.loads(json.loads(quickstart())["messages"][2]["content"])["results"]
    assert kept["of"] == 500 and kept["items"] == [original[i] for i in kept["kept"]]


def documented(heading):
    """The blocks of the section of docs/forms.md whose heading says so, and its text without them."""
    (section,) = re.findall(rf"^### [^\n]*{re.escape(heading)}[^\n]*\n(.*?)(?=^##|\Z)",
                            (ROOT / "docs" / "forms.md").read_text(encoding="utf-8"), re.M | re.S)
    parts = section.split("```\n")
    return parts[1::2], "".join(parts[::2])


@pytest.mark.parametrize("scenario", ["a_search", "b1_logs_json", "b2_logs_text", "c_api_nested", "e_quickstart", "f_db_rows", "g_ripgrep"])
@pytest.mark.parametrize("form", ["openai", "anthropic", "anthblk"])
def test_restore_reads_lossless_forms_without_any_state(cli, scenarios, scenario, form):
    (body,) = (p for p in scenarios if p.name == f"{scenario}.{form}.json")
    plan = cli.json("simulate", "--json", "-o", "sent.json", body, HEADROOM_LEVEL="lossless")
    sent = (cli.home / "sent.json").read_bytes()
    assert plan["results"][-1]["lossless"] and len(sent) < body.stat().st_size * 0.8
    back = cli("restore", "-", input=sent)
    assert (back.returncode, back.stdout == body.read_bytes()) == (0, True)


def test_restore_reads_lines_of_json_without_any_state(cli):
    body = conversation("\n".join(json.dumps({"ts": 1700000000 + i, "text": f"line {i % 7}", "ok": True}) for i in range(200)))
    cli("simulate", "-o", "sent.json", "-", input=body, HEADROOM_LEVEL="lossless")
    sent = (cli.home / "sent.json").read_bytes()
    assert b"spaced lines @1" in sent and len(sent) < len(body) / 2
    assert cli("restore", "-", input=sent).stdout == body


@pytest.mark.parametrize("words, before, transform", [(400, "", "columns"), (0, "", "smart_crusher"), (400, "1\t", "smart_crusher")])
def test_a_selection_that_would_keep_most_gives_way_to_tables_but_not_in_a_file(cli, words, before, transform):
    rows = [{"identifier_of_the_chapter": i, "is_reviewed_by_somebody": True, "error": None} for i in range(28)]
    rows[20]["error"] = " ".join(f"lost page {i}" for i in range(words)) or "lost"
    plan = cli.json("simulate", "--json", "-o", "sent.json", "-", input=conversation(before + json.dumps(rows)))
    assert (plan["results"][0]["transform"], plan["results"][0]["lossless"]) == (transform, transform == "columns")


def test_restore_reads_the_tables_of_the_documents(cli):
    shown, meant = documented("`columns`")[0]
    head = "[headroom columns: @N is the array of ROWS objects under @N ROWS KEYS, divided as their keys; k=v: the same in all, " \
        "k{a,b}: object, k[a,b]: list [row;row]; \" = as above, also at a row's end; - = no key]\n"
    request = json.loads(quickstart())
    request["messages"][2]["content"] = head + shown.split("\n", 1)[1].rstrip("\n")
    back = cli("restore", "-", input=json.dumps(request).encode())
    assert json.loads(back.stdout)["messages"][2]["content"] == meant.rstrip("\n")


def test_restore_reads_the_example_of_the_documents(cli):
    shown, meant = documented("`rows`")[0][:2]
    head = "[headroom rows: '#N line' is a line of pattern N, in which the words behind % vary; 'N a b' the same line with a, b there; " \
        "\" = as before, ~x = as before with x at its end, N*K = K times as before]\n"
    request = json.loads(quickstart())
    request["messages"][2]["content"] = head + shown.split("\n", 1)[1]
    back = cli("restore", "-", input=json.dumps(request).encode())
    assert json.loads(back.stdout)["messages"][2]["content"].rstrip("\n") == meant.rstrip("\n")


@pytest.mark.parametrize("form", ["`names`", "`repeats`"])
def test_restore_reads_names_and_repeats_of_the_documents(cli, form):
    shown, meant = documented(form)[0]
    request = json.loads(quickstart())
    request["messages"][2]["content"] = shown.rstrip("\n")
    back = cli("restore", "-", input=json.dumps(request).encode())
    assert json.loads(back.stdout)["messages"][2]["content"] == meant.rstrip("\n")


def test_restore_reads_references_of_the_documents(cli):
    same, runs = documented("`again`")[0]
    lines = [f"line {k}" for k in range(1, 121)]
    turns = [("toolu_01A", "\n".join(lines)), ("b", same.rstrip("\n")), ("c", runs.rstrip("\n"))]
    messages = [{"role": "user", "content": "Look."}]
    for call, result in turns:
        messages += [{"role": "assistant", "content": [{"type": "tool_use", "id": call, "name": "Read", "input": {}}]},
                     {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call, "content": result}]}]
    back = cli("restore", "-", input=json.dumps({"model": "claude-x", "max_tokens": 9, "messages": messages}).encode())
    first, second, third = (m["content"][0]["content"] for m in json.loads(back.stdout)["messages"][2::2])
    assert first == second == "\n".join(lines)
    assert third == "\n".join(lines[:52] + ["        start(-1);"] + lines[53:])


def test_restore_reads_search_results_of_the_documents(cli):
    request = json.loads(quickstart())
    request["messages"][2]["content"] = documented("`search`")[0][0]
    back = cli("restore", "-", input=json.dumps(request).encode())
    assert json.loads(back.stdout)["messages"][2]["content"].splitlines() == [
        "src/net/http.c-118-static int retry(struct call *c)", "src/net/http.c:119:    return call_again(c, c->timeout);", "--",
        "src/net/tls.c:40:9:#define TIMEOUT 30", "2 matches"]


def test_restore_reads_the_list_of_paths_of_the_documents(cli):
    request = json.loads(quickstart())
    (request["messages"][2]["content"],), text = documented("`paths`")
    back = cli("restore", "-", input=json.dumps(request).encode())
    meant = re.findall("`(.+?)`", text.split("What the question")[0].partition("\nis ")[2])
    assert json.loads(back.stdout)["messages"][2]["content"].splitlines() == meant and len(meant) == 7


def test_selected_search_results_stand_under_their_paths_and_come_back_with_state_alone(cli, scenarios):
    (body,) = (p for p in scenarios if p.name == "g_ripgrep.openai.json")
    sent = cli.record(body.read_bytes())
    lines = json.loads(body.read_bytes())["messages"][3]["content"].split("\n")
    text = json.loads(sent)["messages"][3]["content"]
    assert text.startswith("[headroom search: ") and re.search(r"\n\[_headroom: \d+ of 400 lines omitted, .+\]$", text)
    (kept,) = cli.json("restore", "--kept", "-", input=sent)
    assert kept["of"] == 400 and kept["items"] == [lines[i] for i in kept["kept"]] and len(kept["items"]) < 200
    assert cli("restore", "-", input=sent).returncode != 0, "what was left out is in the database alone"
    assert cli("restore", "--state", "-", input=sent).stdout == body.read_bytes()


def test_a_file_read_with_line_numbers_keeps_them_and_is_restored(cli):
    rows = json.dumps([{"title": f"Tutorial {i}", "score": 100 - i} for i in range(500)])
    body = conversation(f"1\t{rows}\n2\t")
    sent = cli.record(body)
    content = json.loads(sent)["messages"][2]["content"]
    assert content.startswith("1\t[{") and content.endswith("}]\n2\t") and len(content) < len(rows) / 10
    assert cli("restore", "--state", "-", input=sent).stdout == body
    (kept,) = cli.json("restore", "--kept", "-", input=sent)
    assert kept["of"] == 500 and kept["items"] == [json.loads(rows)[i] for i in kept["kept"]]


def page_request(question="What is the burst credit?"):
    page = "<!doctype html><html><head><title>Meridian API limits</title><style>p { color: red }</style>" \
        "<script>var q = [];</script></head><body><nav><ul>%s</ul></nav><h1>Rate limits and quotas</h1>" \
        "<p>See <a href='/q?a=1&amp;utm_source=x'>the quota</a>.</p><ul><li>Burst credit refills at 17 tokens per second. Requests for a higher quota are answered within 2 business days." \
        "</ul>" \
        "<table><tr><th>Endpoint<th>Limit<tr><td>/v3/exports<td>3</table>" % ("<li><a href=/docs>A page</a></li>" * 179)
    request = json.loads(quickstart())
    request["messages"][2]["content"] = page
    request["messages"][-1] = {"role": "user", "content": question}
    return json.dumps(request).encode()


def test_a_page_arrives_as_the_text_of_the_documents_and_is_restored(cli):
    shown = documented("HTML as text")[0][-1]
    sent = cli.record(page_request())
    text = json.loads(sent)["messages"][2]["content"]
    assert re.sub(r"(headroom show|id) [0-9a-f]{20}", "", text) == re.sub(r"headroom show [0-9a-f]{20}", "", shown).rstrip("\n")
    back = cli("restore", "--state", "-", input=sent)
    assert (back.returncode, back.stdout) == (0, page_request())


def test_a_page_whose_source_is_asked_for_goes_out_as_it_came(cli):
    request = page_request("Which CSS colours does it use?")
    assert cli.record(request) == request


@pytest.mark.parametrize("body", [b"", b"{", b"[1]"])
def test_restore_of_no_request_is_a_data_error(cli, body):
    p = cli("restore", "-", input=body)
    assert p.returncode == DATAERR and p.stdout == b""


# ------------------------------------------------------------------ stats, log, show
def test_empty_state_gives_zeros_and_creates_nothing(cli):
    s = cli.json("stats", "--json")
    assert s["requests"] == {"total": 0, "cached": 0, "rate_limited": 0, "failed": 0}
    assert s["tokens"] == {"input": 0, "output": 0, "saved": 0, "savings_percent": 0}
    assert cli("stats").returncode == 0
    assert cli("log").stdout == cli("log", "--json").stdout == b""
    assert cli("show").stdout == b"Nothing was rewritten yet.\n"
    assert cli.json("show", "--json") == []
    assert not cli.state.exists()


def test_stats_have_the_shape_of_the_product_they_replace_and_tell_the_truth(cli):
    sent = cli.record(quickstart(), times=3, answer=QUICKSTART_USAGE)
    cli.record(b"{}", status=500)
    s = cli.json("stats", "--json")
    plan = cli.json("simulate", "--state", "--json", "-", input=quickstart())
    assert list(s) == "requests tokens cost cache session config transforms".split()
    assert s["requests"] == {"total": 4, "cached": 0, "rate_limited": 0, "failed": 1}
    assert s["cost"] is None and s["cache"] == {"entries": 1, "total_hits": 2}
    assert s["tokens"]["output"] == 120 and len(sent) < len(quickstart()) / 2
    assert s["tokens"]["saved"] == 3 * plan["tokens"]["saved"]
    assert s["tokens"]["savings_percent"] == round(100 * s["tokens"]["saved"] / s["tokens"]["input"], 1)
    assert list(s["session"]) == "requests_total tokens_saved_total program pid".split()
    assert s["session"]["requests_total"] == 1 and s["session"]["program"].startswith("python")
    assert (s["config"]["mode"], s["config"]["level"]) == ("optimize", "crush")
    assert s["transforms"] == {"smart_crusher_enabled": True, "minify_enabled": True}
    text = cli("stats").stdout.decode()
    assert f"% of the {s['tokens']['input']:,} that programs made (estimated" in text


@pytest.mark.parametrize("env, crush, minify", [({"HEADROOM_LEVEL": "lossless"}, False, True),
                                                ({"HEADROOM_LEVEL": "replay"}, False, False),
                                                ({"HEADROOM_MODE": "audit"}, False, False),
                                                ({"HEADROOM_ORIGINALS": "off"}, False, True)])
def test_stats_tell_which_transforms_the_settings_allow(cli, env, crush, minify):
    s = cli.json("stats", "--json", **env)
    assert s["transforms"] == {"smart_crusher_enabled": crush, "minify_enabled": minify}


def test_log_prints_one_object_a_request_oldest_first(cli):
    cli.record(quickstart(), times=2, answer=QUICKSTART_USAGE)
    cli.record(b"nonsense", path="/v1/messages?beta=true", status=400)
    rows = [json.loads(line) for line in cli("log", "--json").stdout.splitlines()]
    assert [r["id"] for r in rows] == sorted(r["id"] for r in rows) and len(rows) == 3
    names = """exact time pid program host path dialect model mode stream skipped status tokens_before tokens_after
               bytes_before bytes_after usage elapsed_us transforms""".split()
    assert sorted(rows[0]) == sorted(names + ["id"])
    first, last = rows[0], rows[2]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["time"])
    assert first["usage"] == {"prompt_tokens": 900, "completion_tokens": 40}
    assert first["transforms"] == ["smart_crusher"]
    assert (first["host"], first["path"], first["status"]) == ("api.example.com", "/v1/chat/completions", 200)
    assert first["tokens_after"] < first["tokens_before"] and first["bytes_after"] < first["bytes_before"]
    assert (last["path"], last["status"], last["usage"]) == ("/v1/messages", 400, None) and last["skipped"]
    for n in (0, 1, 2, 3, 9):
        tail = [json.loads(line) for line in cli("log", "-n", n, "--json").stdout.splitlines()]
        assert tail == (rows[-n:] if n else [])
    assert cli("log").stdout.count(b"\n") == 3


def test_show_lists_and_gives_back_the_original(cli):
    sent = json.loads(cli.record(quickstart()))["messages"][2]["content"]
    original = json.loads(quickstart())["messages"][2]["content"]
    (listed,) = cli.json("show", "--json")
    id = listed["id"]
    assert (listed["tool"], listed["call_id"], listed["of"]) == ("search", "call_123", 500)
    assert id.encode() in cli("show").stdout and b"of 500" in cli("show").stdout
    assert cli("show", id, "--original").stdout.decode() == original
    assert cli("show", id, "--sent").stdout.decode() == sent
    assert cli("show", id.upper()).stdout.decode().endswith(original + "\n")
    whole = cli.json("show", id, "--json")
    assert (whole["original"], whole["sent"], whole["transform"]) == (original, sent, "smart_crusher")


def test_show_of_a_number_gives_that_request_and_its_results(cli):
    cli.record(quickstart(), times=2)
    rows = [json.loads(line) for line in cli("log", "--json").stdout.splitlines()]
    for row in rows:
        shown = cli.json("show", row["id"], "--json")
        results = shown.pop("results")
        assert shown == row and results[0]["call_id"] == "call_123"
        assert cli("show", "--request", row["id"], "--json").stdout == cli("show", row["id"], "--json").stdout
        assert b"1 tool results, of them 1 rewritten" in cli("show", row["id"]).stdout


@pytest.mark.parametrize("what", ["0" * 20, "12345"])
def test_show_of_what_is_not_there(cli, what):
    cli.record(quickstart())
    p = cli("show", what)
    assert p.returncode == NOINPUT and p.stdout == b"" and b"headroom: show: " in p.stderr


def test_damaged_database_is_said_and_not_replaced(cli):
    cli.record(quickstart())
    database = cli.state / "headroom" / "headroom.db"
    for other in database.parent.glob("headroom.db-*"):
        other.unlink()
    database.write_bytes(b"no database" * 1000)
    for args in (["stats"], ["log"], ["show"], ["show", "0" * 20]):
        p = cli(*args)
        assert p.returncode == UNAVAILABLE and p.stdout == b"" and p.stderr.startswith(b"headroom: "), args
    assert database.read_bytes() == b"no database" * 1000


# ------------------------------------------------------------------ simulate: overrides, and what its words mean
def test_simulate_tries_overrides_without_a_program(cli):
    def first(*options, **env):
        return cli.json("simulate", "--json", *options, "-", input=quickstart(), **env)["results"][0]

    assert first()["kept"] == 15 and first("--tool-profiles", '{"search": {"max_items": 50}}')["kept"] == 50
    assert first("-t", "sea* = max_items:50; * = skip")["reason"] == "tool_profile"
    assert first("--bypass")["reason"] == "bypass" and first("--level", "replay")["reason"] == "replay"
    assert first("--level", "lossless", "--keep-turns", "3", "--output-buffer-tokens", "8000")["lossless"]
    assert first(HEADROOM_PROTECTED_PATHS="pyth*")["reason"] == "protected"


@pytest.mark.parametrize("options, said", [
    (("--keep-turns", "many"), b'X-Headroom-Keep-Turns: "many" is not a whole number up to 1000'),
    (("--tool-profiles", '{"a": {"lvl": 1}}'), b'a: "lvl" is no key of a profile; known are skip, level, min_tokens, max_items'),
    (("--level", "much"), b'"much" is not one of: replay lossless crush'),
    (("--output-buffer-tokens", "-1"), b"is not a whole number")])
def test_an_override_that_cannot_be_used_is_wrong_usage(cli, options, said):
    p = cli("simulate", *options, "-", input=quickstart())
    assert p.returncode == USAGE and said in p.stderr and p.stdout == b""


def test_each_word_of_a_table_is_explained_once_behind_it(cli):
    def explained(text):
        return [line.split()[0] for line in text.decode().rpartition("\n\n")[2].splitlines()]

    cli.record(quickstart())
    for text in (cli("simulate", "-", input=quickstart()).stdout, cli("show", "1").stdout):
        assert explained(text) == ["smart_crusher", "top_n"]
    assert explained(cli("simulate", "-B", "-", input=quickstart()).stdout) == ["bypass"]
    assert b"skipped  bypass: the request asked for no new decision" in cli("simulate", "-B", "-", input=quickstart()).stdout
    whole = cli("show", cli.json("show", "--json")[0]["id"]).stdout.decode()
    assert re.search(r"^how +smart_crusher: .+\nwhy +top_n: ", whole, re.M) and "15 of 500 items kept" in whole


# Where words come from that `transform` and `reason` of a result and `skipped` of a request can be.
WORDS = [("core/transform/router.c", r'\{[A-Z]+, "(\w+)", (?:true|false), \w+\}'),
         ("core/transform/testrun.c", r'strategy = [^;]*"(\w+)" : \w+ \? "(\w+)" : "(\w+)"'),
         ("core/transform/layers.c", r'transform = [^;]*?"(\w+)"'),
         ("core/transform/select.c", r'[?:] "(\w+)"'),
         ("core/context.h", r'HR_AGAIN +"(\w+)"'),
         ("core/aligner.c", r'transform = HR_STR\("(\w+)"\)'),
         ("core/record.c", r'cut_name\[\] = "(\w+)"'),
         ("core/again.c", r'reason = "(\w+)"'),
         ("core/decide.c", r'reason = HR_STR\("(\w+)"\)'),
         ("core/decide.c", r'return "(\w+)";'),
         ("core/overrides.c", r'leave = "(\w+)"'),
         ("core/request.c", r'skipped = "(\w+)"'),
         ("shim/gate.c", r'return "(\w+)";'),
         ("shim/stream.c", r'skip = "(\w+)"')]


@pytest.mark.parametrize("path, pattern", WORDS)
def test_every_word_that_the_library_writes_has_a_sentence(path, pattern):
    def words(where, what):
        return {w for m in re.findall(what, (ROOT / where).read_text()) for w in (m if isinstance(m, tuple) else (m,))}

    assert words(path, pattern), "words are written here no more"
    assert words(path, pattern) - words("tools/reason.c", r'\{"(\w+)",') == set()


# ------------------------------------------------------------------ config
def test_config_names_value_and_origin(cli):
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text("level = lossless\n[originals]\ndays = 3\n")
    c = cli.json("config", "--json", HEADROOM_MODE="audit")
    assert c["mode"] == {"value": "audit", "origin": "environment", "environment": "HEADROOM_MODE",
                         "error": None}
    assert (c["level"]["value"], c["level"]["origin"]) == ("lossless", str(cli.config))
    assert c["originals.days"]["value"] == "3"
    assert c["originals.days"]["environment"] == "HEADROOM_ORIGINALS_DAYS"
    assert c["adopt"]["origin"] == "default"
    assert cli("config", "get", "level", HEADROOM_LEVEL="replay").stdout == b"replay\n"
    assert cli("config", "path").stdout.decode() == f"{cli.config}\n"
    text = cli("config").stdout.decode()
    assert f"# state: {cli.state}/headroom\n" in text
    assert re.search(r"^level += lossless +\(.+config.ini\)$", text, re.M)


def test_config_exits_78_where_a_value_is_wrong(cli):
    p = cli("config", HEADROOM_LEVEL="much")
    assert p.returncode == CONFIG and b'HEADROOM_LEVEL: "much" is not one of: replay lossless crush; crush is in force' in p.stderr
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text("colour = red\n")
    p = cli("config")
    assert p.returncode == CONFIG and b"colour" in p.stderr


def test_config_check_names_file_line_what_is_wrong_and_what_is_right(cli):
    assert re.fullmatch(rb"all \d+ settings have a value that they take; file .+config.ini\n", cli("config", "check").stdout)
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text("level = much\nprotected_paths = .env [a\nkeep_turn = 3\nnonsense\n[tool_profiles]\nok = skip\n"
                          "search = level:lossless maxitems:5\n[model_context_limits]\ngpt-4o = lots\n[endpoints]\nadd = h/p unknown\n")
    p = cli("config", "check", HEADROOM_ADOPT="often", HEADROOM_ADOPTS="never")
    at = f"headroom: {cli.config}:"
    assert p.returncode == CONFIG and p.stdout == b"" and p.stderr.decode().splitlines() == [
        f'{at}1: level: "much" is not one of: replay lossless crush; crush is in force',
        f'{at}2: protected_paths: "[a" is no pattern: a [ needs its ], and a range runs upwards; .env is in force',
        f"{at}3: keep_turn is no setting; meant is perhaps keep_turns",
        f'{at}4: not "name = value"',
        f'{at}7: tool_profiles: search: "maxitems" is no key of a profile; known are skip, level, min_tokens, max_items',
        f'{at}9: model_context_limits: "gpt-4o=lots" is not MODEL=TOKENS, a pattern and a number: gpt-4o=128000',
        f'{at}11: endpoints.add: "unknown" is no dialect; known are anthropic openai_chat openai_responses gemini cohere ollama bedrock',
        'headroom: HEADROOM_ADOPT: "often" is not one of: never always; never is in force',
        "headroom: HEADROOM_ADOPTS is no variable of Headroom; meant is perhaps HEADROOM_ADOPT"]
    p = cli("config", "check", "--json")
    found = json.loads(p.stdout)
    assert p.returncode == CONFIG and [f["line"] for f in found] == [1, 2, 3, 4, 7, 9, 11]
    assert found[0].keys() == {"file", "line", "name", "error"} and found[0]["file"] == str(cli.config)
    assert json.loads(cli("config", "check", "--json", XDG_CONFIG_HOME=str(cli.home / "none")).stdout) == []


def test_sections_of_tools_and_models_are_settings_too(cli):
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text("[tool_profiles]\nsearch = level:lossless max_items:50\nimportant_tool = skip\n"
                          "[model_context_limits]\ngpt-4o = 128000\nmy-model-* = 32000\n")
    c = cli.json("config", "--json")
    assert c["tool_profiles"]["value"] == "search=level:lossless max_items:50;important_tool=skip"
    assert c["model_context_limits"]["value"] == "gpt-4o=128000 my-model-*=32000"
    assert {c[n]["origin"] for n in ("tool_profiles", "model_context_limits")} == {str(cli.config)}
    for name in ("tool_profiles", "model_context_limits", "protected_tools", "protected_paths"):
        assert c[name]["environment"] == "HEADROOM_" + name.upper()
    assert cli("config", "get", "model_context_limits", HEADROOM_MODEL_CONTEXT_LIMITS="a=1").stdout == b"a=1\n"


def test_config_of_an_unknown_setting_is_wrong_usage(cli):
    p = cli("config", "get", "colour")
    assert p.returncode == USAGE and p.stdout == b""


def test_config_without_a_home_has_no_path(cli):
    env = {k: v for k, v in cli.env.items() if k not in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    p = subprocess.run([BUILD / "headroom", "config", "path"], capture_output=True, env=env)
    assert p.returncode == CONFIG and p.stdout == b""
