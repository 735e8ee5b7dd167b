"""The command line: help, exit codes, JSON shapes, and whether figures agree with what was sent."""
import json
import re
import subprocess

import pytest

from cli_user import BUILD, CANTCREAT, CONFIG, IOERR, NOINPUT, ROOT, UNAVAILABLE, USAGE, Cli, quickstart

COMMANDS = ("run simulate restore stats log show diff watch capture audit export tokens "
            "config doctor purge scan metrics report serve prices breaker").split()
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
show 0123456789abcdef0123 --request|show 1 2|show --request a|config set|config get|config get a b|config path x|simulate
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
    assert list(s) == "requests tokens cost cache session config transforms counts".split()
    assert s["requests"] == {"total": 4, "cached": 0, "rate_limited": 0, "failed": 1}
    assert list(s["cost"]) == ["total_cost_usd", "total_savings_usd"] and s["cost"]["total_cost_usd"] > 0
    assert s["cache"] == {"entries": 1, "total_hits": 2}
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
    names = """time pid program host path dialect model mode stream skipped status tokens_before tokens_after
               bytes_before bytes_after usage elapsed_us transforms error input output cached cache_written cost_usd
               saved_usd exact duration_us conversation""".split()
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
        'headroom: HEADROOM_ADOPT: "often" is not one of: never net always; net is in force',
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
