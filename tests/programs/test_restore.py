"""`headroom restore`, and that each form that docs/forms.md shows reads back as it says."""
import json
import re
import subprocess
import sys

import pytest

from cli_user import DATAERR, ROOT, UNAVAILABLE, Cli, conversation, quickstart


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


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
