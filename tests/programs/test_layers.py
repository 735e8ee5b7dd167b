"""Claims about what stands around and between results (core/transform/layers.h), of the built library and the command: wrappers of agents, files with
line numbers, sections, output of real programs for a terminal, blobs."""
import base64
import json
import random
import re
import subprocess

import pytest

from cli_user import ROOT, Cli, conversation

LEVELS = ["INFO [gateway] request {} served in {} ms", "INFO [catalog] page {} loaded, {} left"]


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def log(n=200, seed=1):
    rng = random.Random(seed)
    lines = [f"2026-11-21 10:{i // 60:02}:{i % 60:02} " + LEVELS[rng.random() < 0.5].format(rng.randrange(90000), rng.randrange(70))
             for i in range(n)]
    lines[n // 2] = f"2026-11-21 10:{n // 120:02}:{n // 2 % 60:02} ERROR [checkout] payment 17 declined"
    return "\n".join(lines)


def users(n=200):
    return json.dumps([{"id": i, "name": f"user {i}", "state": "active"} for i in range(n)], indent=1)


AROUND = {
    "codex": ("Chunk ID: 5f2a\nWall time: 0.2 seconds\nProcess exited with code 0\nOriginal token count: 9000\nOutput:\n", ""),
    "codex_old": ("Exit code: 0\nWall time: 2.1 seconds\nOutput:\n", ""),
    "gemini": ("<untrusted_context>\nOutput: ", "\nExit Code: 0\nProcess Group PGID: 77\n</untrusted_context>"),
    "gemini_old": ("Command: cat log\nDirectory: (root)\nOutput: ", "\nError: (none)\nExit Code: 0\nSignal: (none)\nBackground PIDs: (none)"),
    "claude": ("<persisted-output>\nOutput too large (50KB). Full output saved to: /tmp/x.txt\n\nPreview (first 2KB):\n",
               "\n...\n</persisted-output>"),
    "tags": ("<stdout>\n", "\n</stdout>\n<stderr>\n</stderr>"),
    "fence": ("```\n", "\n```"),
    "footer": ("", "\n\n[Output truncated: 12 more lines]"),
}


def sent_of(body):
    return json.loads(body)["messages"][2]["content"]


@pytest.mark.parametrize("wrapper", AROUND)
def test_a_wrapper_stays_around_the_lines_that_are_kept(cli, wrapper):
    before, behind = AROUND[wrapper]
    body = conversation(before + log() + behind)
    sent = cli.record(body)
    text = sent_of(sent)
    assert text.startswith(before + "2026-11-21 10:00:00 ") and text.endswith("]" + behind.removeprefix("\n..."))
    assert "payment 17 declined\n" in text and len(text) < len(log()) / 2
    (kept,) = cli.json("restore", "--kept", "-", input=sent)
    lines = (log() + behind * (wrapper == "claude")).split("\n")
    assert kept["items"] == [lines[i] for i in kept["kept"]] and kept["of"] in (200, 201)
    assert cli("restore", "--state", "-", input=sent).stdout == body


@pytest.mark.parametrize("wrapper", AROUND)
def test_lossless_forms_in_a_wrapper_need_no_state(cli, wrapper):
    before, behind = AROUND[wrapper]
    body = conversation(before + log() + behind)
    cli("simulate", "-o", "sent.json", "-", input=body, HEADROOM_LEVEL="lossless")
    sent = (cli.home / "sent.json").read_bytes()
    assert sent_of(sent).startswith(before + "[headroom rows: ") and sent_of(sent).endswith(behind)
    assert len(sent) < len(body) * 0.8
    back = cli("restore", "-", input=sent)
    assert (back.returncode, back.stdout) == (0, body)


@pytest.mark.parametrize("number", ["{:6}→", "{}\t", "{}: ", "{:05}| "])
def test_lines_of_a_file_that_are_kept_keep_their_numbers(cli, number):
    lines = [number.format(i + 1) + line for i, line in enumerate(log(300).split("\n"))]
    body = conversation("<path>/var/log/app.log</path>\n<type>file</type>\n<content>\n" + "\n".join(lines)
                        + "\n\n(End of file - total 300 lines)\n</content>")
    sent = cli.record(body)
    (kept,) = cli.json("restore", "--kept", "-", input=sent)
    assert kept["of"] == 300 and len(kept["items"]) < 60
    assert kept["items"] == [lines[i] for i in kept["kept"]]
    assert lines[150] in kept["items"]
    assert "\n\n(End of file - total 300 lines)\n</content>" in sent_of(sent)
    assert cli("restore", "--state", "-", input=sent).stdout == body


def test_a_result_of_several_sections_is_restored_and_each_selection_is_listed(cli):
    text = f"$ cat users.json\n{users()}\n\n$ cat a.log\n{log()}\n\n$ cat b.log\n{log(seed=2)}\n"
    body = conversation(text)
    sent = cli.record(body)
    kept = cli.json("restore", "--kept", "-", input=sent)
    assert [k["of"] for k in kept] == [200, 200, 200]
    assert kept[0]["items"] == [json.loads(users())[i] for i in kept[0]["kept"]]
    for k, seed in zip(kept[1:], (1, 2)):
        lines = log(seed=seed).split("\n")
        assert k["items"] == [lines[i] for i in k["kept"]]
    assert re.findall(r"^\$ cat \S+$", sent_of(sent), re.M) == ["$ cat users.json", "$ cat a.log", "$ cat b.log"]
    assert len(sent) < len(body) / 4
    assert cli("restore", "--state", "-", input=sent).stdout == body


def test_sections_in_lossless_forms_need_no_state(cli):
    body = conversation(f"==> users.json <==\n{users()}\n\n==> a.log <==\n{log()}\n")
    cli("simulate", "-o", "sent.json", "-", input=body, HEADROOM_LEVEL="lossless")
    sent = (cli.home / "sent.json").read_bytes()
    assert sent_of(sent).count("[headroom ") == 2
    assert cli("restore", "-", input=sent).stdout == body


# ------------------------------------------------------------------ a terminal's output, of real programs
def program(*argv, **kw):
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, **kw)
    return p.stdout.decode()


def plain(cli, text, transform):
    """What is sent of a coloured text, without the note that says so."""
    body = conversation(text)
    plan = cli.json("simulate", "--json", "-o", "x", "-", input=body)["results"][0]
    assert (plan["transform"], plan["lossless"]) == (transform, False)
    sent = cli.record(body)
    assert cli("restore", "--state", "-", input=sent).stdout == body
    rest, note = sent_of(sent).rstrip().rsplit("\n", 1)
    assert re.fullmatch(r"\[_headroom: terminal output as text; ([0-9]+ codes?)?(, )?([0-9]+ overwritten states?)? omitted; id [0-9a-f]{20}\]", note)
    return rest, sent


def test_colours_of_grep_go_and_its_lines_are_those_without_colours(cli):
    command = ["grep", "-rn", "return", "core/json", "core/elf"]
    coloured = program(*command[:1], "--color=always", *command[1:], cwd=ROOT)
    lines = program(*command, cwd=ROOT).split("\n")
    assert "\x1b[" in coloured
    _, sent = plain(cli, coloured, "search_lines")
    (kept,) = cli.json("restore", "--kept", "-", input=sent)
    assert kept["of"] == len(lines) - 1
    assert kept["items"] == [lines[i] for i in kept["kept"]]


def test_of_a_coloured_test_run_every_failure_is_kept_without_codes(cli, tmp_path):
    (tmp_path / "test_x.py").write_text("import pytest\n@pytest.mark.parametrize('i', range(200))\ndef test_i(i):\n"
                                        "    assert i not in (17, 117), 'unlucky'\n")
    text = program(str(ROOT / "build/venv/bin/python"), "-m", "pytest", "-v", "--color=yes", "-p", "no:cacheprovider", "test_x.py", cwd=tmp_path)
    assert "\x1b[31mFAILED" in text
    rest, _ = plain(cli, text, "test_lines")
    assert "\x1b" not in rest and len(rest) < len(text) / 3
    assert len(re.findall(r"^test_x.py::test_i\[1?17\] FAILED", rest, re.M)) == 2
    assert len(re.findall(r"^E +AssertionError: unlucky", rest, re.M)) == 2
    assert "2 failed, 198 passed" in rest


def test_of_the_progress_of_git_the_last_state_of_each_line_is_kept(cli, tmp_path):
    program("git", "init", "-q", "src", cwd=tmp_path)
    for i in range(400):
        (tmp_path / "src" / f"f{i}").write_text(str(i))
    program("git", "add", "-A", cwd=tmp_path / "src")
    program("git", "-c", "user.name=a", "-c", "user.email=a@example.net", "commit", "-qm", "all", cwd=tmp_path / "src")
    text = program("git", "clone", "--progress", "file://" + str(tmp_path / "src"), "dst", cwd=tmp_path)
    assert text.count("\r") > 100
    rest, _ = plain(cli, text.replace(str(tmp_path), "/tmp"), "terminal")
    assert len(rest) < len(text) / 10
    shown = [line.split("\r")[-1] for line in text.replace("\x1b[K", "").split("\n")]
    for line in (line for line in shown if ", done." in line):
        assert line in rest


def documented(heading):
    """The block of the section of docs/forms.md whose heading says so."""
    (section,) = re.findall(rf"^### {re.escape(heading)}\n(.*?)(?=^##|\Z)", (ROOT / "docs" / "forms.md").read_text(encoding="utf-8"), re.M | re.S)
    return section.split("```\n")[1]


def anonymous(text):
    return re.sub(r"(headroom show|id) [0-9a-f]{20}", "id", text)


def test_the_terminal_of_the_documents_is_what_is_sent(cli):
    states = [f"Receiving objects: {i + 1:3}% ({12 * i + 12}/1200), 1.{i:02} MiB | 9.00 MiB/s" for i in range(99)]
    last = documented("Output for a terminal").split("\n")[0]
    text = "\x1b[1m\x1b[32m" + "\r".join(states[1:] + [last]) + "\x1b[0m\x1b[K\n"
    assert anonymous(sent_of(cli.record(conversation(text)))) == anonymous(documented("Output for a terminal"))


# ------------------------------------------------------------------ blobs
def test_the_blob_of_the_documents_is_what_is_sent(cli):
    image = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0" + random.Random(1).randbytes(5988)).decode()
    assert len(image) == 8008
    text = json.dumps({"title": "Logo", "image": "data:image/png;base64," + image}, separators=(",", ":"))
    assert anonymous(sent_of(cli.record(conversation(text)))) + "\n" == anonymous(documented("Blobs"))


def test_an_image_in_json_keeps_its_head_and_the_original_is_stored(cli):
    image = base64.b64encode(b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(6000)).decode()
    body = conversation(json.dumps({"title": "Logo", "image": "data:image/png;base64," + image, "size": 6008}))
    sent = cli.record(body)
    shown = json.loads(sent_of(sent))
    assert (shown["title"], shown["size"]) == ("Logo", 6008)
    assert re.fullmatch(re.escape("data:image/png;base64," + image[:24])
                        + rf"\[_headroom: {len(image) - 24} of {len(image)} characters omitted; id [0-9a-f]{{20}}\]", shown["image"])
    assert cli("restore", "--state", "-", input=sent).stdout == body


def test_what_base64_says_in_text_is_not_touched(cli):
    secret = base64.b64encode(("password: correct horse battery staple\n" * 100).encode()).decode()
    body = conversation(json.dumps({"kind": "Secret", "data": {"config": secret}}))
    assert cli.record(body) == body
