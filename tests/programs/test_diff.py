"""`headroom diff`: does it tell truly what was sent in place of a result, in every form, and nothing else to a terminal?"""
import json
import re
import unicodedata

import pytest

from cli_user import NOINPUT, UNAVAILABLE, USAGE, Cli, conversation, quickstart


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def recorded(cli, results, **env):
    """Send a conversation with these results; the id of the rewritten one."""
    cli.record(conversation(results), **env)
    return cli.json("show", "--json")[0]["id"]


def items(n, **more):
    return [{"title": f"Tutorial {i}", "score": 100 - i, **more} for i in range(n)]


def width_of(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


# ------------------------------------------------------------------ in a pipe
def test_each_item_that_is_gone_has_one_line_and_each_that_stayed_none(cli):
    sent = json.loads(json.loads(cli.record(quickstart()))["messages"][2]["content"])["results"]
    shown = cli.json("show", "--json")[0]
    lines = cli("diff", shown["id"]).stdout.decode().splitlines()
    assert lines[0].startswith(f"result {shown['id']}: tool search, call call_123; json by smart_crusher, 15 of 500 ")
    assert [line.split()[:2] for line in lines[1:3]] == [["how", "smart_crusher:"], ["why", "top_n:"]]
    assert lines[3:5] == [f"--- {shown['id']} original", f"+++ {shown['id']} sent"]
    gone = [json.loads(line[1:]) for line in lines[5:] if line.startswith("-")]
    fresh = [json.loads(line[1:]) for line in lines[5:] if line.startswith("+")]
    kept = [item for item in sent if "_headroom" not in item]
    assert sorted(gone + kept, key=lambda i: -i["score"]) == items(500)
    assert fresh == [sent[-1]] and re.match("485 of 500 items omitted", fresh[0]["_headroom"])


def test_a_lossless_form_is_read_back_before_it_is_compared(cli):
    rows = "\n".join(json.dumps({"name": f"n{i}", "size": i, "owner": "root"}) for i in range(300))
    shown = recorded(cli, rows, HEADROOM_LEVEL="lossless")
    text = cli("diff", shown).stdout.decode()
    assert "how       columns: " in text and text.endswith("It reads back as the original, byte for byte.\n")
    assert cli.json("diff", shown, "--json")["read_back"] is True
    raw = cli("diff", shown, "--raw").stdout.decode()
    assert "+[headroom columns: " in raw and raw.count("\n-{") == 300


def test_selected_matches_under_their_paths_are_compared_line_by_line(cli):
    matches = [f"src/module_{i // 20}/part.c:{i % 20 + 1}:    value = timeout({i});" for i in range(400)]
    matches[217] = "src/module_10/part.c:18:    panic(\"timeout lost\");"
    shown = recorded(cli, "\n".join(matches))
    result = cli.json("show", "--json")[0]
    assert result["transform"] == "search_lines"
    text = cli("diff", shown).stdout.decode()
    assert f"{result['kept']} of 400 lines kept; " in text and "form      read back" in text
    assert "+[headroom search" in cli("diff", shown, "--raw").stdout.decode(), "under their paths"
    gone = [line[1:] for line in text.splitlines() if line.startswith("-src")]
    fresh = [line[1:] for line in text.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert len(gone) == 400 - result["kept"] and matches[217] not in gone and set(gone) < set(matches)
    assert len(fresh) == 1 and fresh[0].startswith(f"[_headroom: {len(gone)} of 400 lines omitted")


def test_hunks_have_the_ranges_of_a_unified_diff_and_apply(cli):
    shown = recorded(cli, json.dumps(items(200)))
    lines = cli("diff", shown, "--context", "2").stdout.decode().splitlines()[5:]
    whole = cli.json("diff", shown, "--json", "--context", "1000")
    original = [line["text"] for line in whole["hunks"][0]["lines"] if line["op"] in " -"]
    sent = [line["text"] for line in whole["hunks"][0]["lines"] if line["op"] in " +"]
    assert (len(original), len(sent)) == (whole["original_lines"], whole["sent_lines"])
    built, at = [], 0
    while lines:
        a, n, b, m = map(int, re.fullmatch(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@", lines.pop(0)).groups())
        built += original[at:a - 1]
        assert len(built) == b - 1
        hunk = []
        while lines and not lines[0].startswith("@@"):
            hunk.append(lines.pop(0))
        assert [h[1:] for h in hunk if h[0] in " -"] == original[a - 1:a - 1 + n]
        new = [h[1:] for h in hunk if h[0] in " +"]
        assert len(new) == m
        built, at = built + new, a - 1 + n
    assert built + original[at:] == sent


def test_white_space_between_tokens_is_no_difference_but_raw_shows_it(cli):
    shown = recorded(cli, json.dumps({"scores": {i["title"]: i["score"] for i in items(200)}}, indent=4), HEADROOM_LEVEL="lossless")
    assert b"Every element is the same; only white space" in cli("diff", shown).stdout
    raw = cli("diff", shown, "--raw").stdout.decode()
    assert '-    "scores": {' in raw.splitlines() and raw.count("\n+") == 2  # "+++" and the one line that was sent
    assert cli.json("diff", shown, "--json")["gone"] == 0


def test_json_inside_a_string_is_compared_element_by_element(cli):
    text = json.dumps({"content": [{"type": "text", "text": json.dumps(items(400))}], "is_error": False})
    out = cli.json("diff", recorded(cli, json.dumps({"output": text})), "--json")
    assert out["gone"] == 400 - out["kept"] and out["fresh"] == 1


def test_output_is_the_same_twice_and_has_no_colour_in_a_pipe(cli):
    shown = recorded(cli, json.dumps(items(300)))
    assert cli("diff", shown).stdout == cli("diff", shown.upper()).stdout
    assert b"\033" not in cli("diff", shown).stdout


def test_number_of_a_request_gives_all_its_rewritten_results(cli):
    shown = recorded(cli, json.dumps(items(300)))
    assert cli("diff", "1").stdout == cli("diff", shown).stdout
    (one,) = cli.json("diff", "1", "--json")
    assert one == cli.json("diff", shown, "--json")
    names = "id tool call_id kind transform tokens_before tokens_after kept of read_back view original_lines sent_lines gone fresh hunks"
    assert list(one) == names.split()


def test_request_without_rewritten_results_says_so(cli):
    cli.record(conversation("short"))
    p = cli("diff", "1")
    assert p.returncode == 0 and p.stdout == b"No result of this request was rewritten.\n"
    assert cli.json("diff", "1", "--json") == []


# ------------------------------------------------------------------ what is not there
def test_original_that_is_gone_is_said_with_the_way_to_the_rest(cli):
    shown = recorded(cli, json.dumps(items(300)))
    assert cli("purge", "--originals", "--yes").returncode == 0
    for what in (shown, "1"):
        p = cli("diff", what)
        assert p.returncode == UNAVAILABLE and p.stdout == b""
        assert b"original is not stored" in p.stderr and f"headroom show {shown} --sent".encode() in p.stderr
    p = cli("diff", "1", "--json")
    assert p.returncode == UNAVAILABLE and json.loads(p.stdout)[0]["hunks"] is None


def test_originals_switched_off_are_said_too(cli):
    shown = recorded(cli, json.dumps(items(300), indent=2), HEADROOM_ORIGINALS="off")
    assert cli("diff", shown).returncode == UNAVAILABLE


@pytest.mark.parametrize("what, code", [("7", NOINPUT), ("0123456789abcdef0123", NOINPUT), ("xyz", USAGE)])
def test_what_is_not_there_is_an_error(cli, what, code):
    recorded(cli, json.dumps(items(300)))
    p = cli("diff", what)
    assert p.returncode == code and p.stdout == b"" and p.stderr.count(b"\n") == 1


@pytest.mark.parametrize("line", ["diff", "diff 1 2", "diff 1 -u -y", "diff 1 -w 5", "diff 1 -c x", "diff 1 --json -u"])
def test_wrong_usage(cli, line):
    assert cli(*line.split()).returncode == USAGE


# ------------------------------------------------------------------ in a terminal
def test_terminal_gets_two_columns_as_wide_as_it_is(cli):
    shown = recorded(cli, json.dumps([{"name": f"漢字 {i} \t é\u0301", "long": "x" * i} for i in range(300)],
                                     ensure_ascii=False))
    for columns in (30, 77, 100, 181):
        code, out = cli.terminal("diff", shown, columns=columns, NO_COLOR="1")
        rows = out.decode().splitlines()
        assert code == 0 and len(rows) > 300 and "\033" not in out.decode()
        assert max(map(width_of, rows[3:])) <= columns, "all but the three lines that say what it is"
        # The mark stands in one column, whatever is left of it.
        middle = (columns - 3) // 2
        for row in rows[4:]:
            if row.startswith("--"):
                continue
            left = ""
            for c in row:
                if width_of(left) > middle:
                    break
                left += c
            assert row[len(left):][:1] in " <>|" or width_of(row) <= middle + 1, row


def test_colours_only_where_they_are_wanted(cli):
    shown = recorded(cli, json.dumps(items(300)))
    assert b"\033[31m" in cli.terminal("diff", shown)[1]
    assert b"\033[32m" in cli.terminal("diff", shown, "--unified")[1]
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert b"\033" not in cli.terminal("diff", shown, **env)[1]
        assert b"\033" not in cli.terminal("diff", shown, "-u", **env)[1]
    assert b"\033[31m" in cli.terminal("diff", shown, NO_COLOR="")[1]


@pytest.mark.parametrize("form", ["--side-by-side", "--unified"])
def test_escapes_of_the_data_never_reach_the_terminal(cli, form):
    """As plain text, where they stand raw, and in JSON, where C1 and bidirectional marks may stand unescaped."""
    evil = "\x9b2J\u202e\x1b]0;title\x07\x1b[2J\r"
    text = "\n".join(f"{i}: {evil}" for i in range(3))
    shown = recorded(cli, json.dumps([{"title": f"{i} {text}", "n": i} for i in range(300)], ensure_ascii=False))
    code, out = cli.terminal("diff", shown, form, NO_COLOR="1")
    seen = out.decode()
    assert code == 0 and "<U+202E>" in seen and "<U+009B>" in seen
    assert not [c for c in seen if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160 or c == "\u202e")]


def test_long_lines_go_on_below_and_end_with_dots(cli):
    shown = recorded(cli, json.dumps([{"n": i, "text": f"word{i} " * 400} for i in range(100)]))
    rows = cli.terminal("diff", shown, columns=80, NO_COLOR="1")[1].decode().splitlines()
    first = next(i for i, row in enumerate(rows) if "<" in row)
    assert ".." not in "".join(rows[first:first + 7]) and rows[first + 7].rstrip().endswith("..")
    assert '"n":' in rows[first + 8]
