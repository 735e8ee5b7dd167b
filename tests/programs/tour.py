"""docs/tour.md: its transcripts, run again. `tour.py BUILD` says what differs; `tour.py BUILD --write` puts in what the commands print today.

A block that begins with ```console is a transcript: lines that begin with "$ " are commands, what stands below each is all that it prints (output
and errors as a terminal shows them), with a last line "[exit N]" where N is not 0. They run one after the other, each in a bash of its own, in one
directory, as one user with a home of its own, beside a TLS LLM API on loopback, `$OPENAI_BASE_URL`. What cannot be the same twice (times,
addresses, pids, how long something took) is masked on both sides before they are compared.
"""
import contextlib
import difflib
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "tour.md"
BLOCK = re.compile(r"(?m)^```console\n(.*?)^```$", re.S)
sys.path[:0] = [str(HERE), str(HERE.parent / "server"), str(HERE.parent / "bench")]

# In this order; what stands for each is what the page shows.
MASKS = [
    (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?Z?", "2026-11-21 12:00:00"),
    (r"\b" + time.strftime("%Y-%m-%d", time.gmtime()) + r"\b", "2026-11-21"),
    (r"(?m)^(kept       1 requests, )[\d,]+", r"\g<1>2,240"),
    (r"127\.0\.0\.1:(?!8787|4318)\d{4,5}\b", "127.0.0.1:443"),
    (r"\bpid \d+\b", "pid 4242"),
    (r'("pid": ?)\d+', r"\g<1>4242"),
    (r'("elapsed_us": ?)\d+', r"\g<1>1500"),
    (r"\b\d+(?:\.\d+)? ms\b", "1.5 ms"),
    (r"\b[\d,]+ us\b", "1,500 us"),
    (r"(?m)\b\d+ s$", "1 s"),
    (r"\bpython3\.\d+", "python3"),
    (r"(?m)^((?:originals|requests|decisions|captures) +[\d,]+ +)[\d,]+", r"\g<1>1,000"),
    (r"(?m)[\d,]+ -> [\d,]+ bytes$", "50,000 -> 30,000 bytes"),
    (r"/tmp/[\w./-]*home", "/home/you"),
]


def masked(text):
    for pattern, stands in MASKS:
        text = re.sub(pattern, stands, text)
    return text


def steps(block):
    """(command, output) of each step of a transcript."""
    found = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif found and found[-1][1] == "" and found[-1][0].endswith("\\\n"):
            found[-1][0] += line
        else:
            found[-1][1] += line
    return found


import cli_user  # noqa: E402


class Tour:
    def __init__(self, build, home, api, ca):
        self.home, self.build = home, build
        ours = ("HEADROOM_", "XDG_", "LD_", "ASAN_", "CLAUDE_", "ANTHROPIC_", "OPENAI_", "LC_", "SSL_")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        self.env.update(HOME=str(home), PATH=f"{build}:{build / 'venv' / 'bin'}:/usr/bin:/bin", TERM="dumb", LANG="C.UTF-8", COLUMNS="100",
                        TZ="UTC", NO_COLOR="1", SSL_CERT_FILE=str(ca), CURL_CA_BUNDLE=str(ca), OPENAI_API_KEY="sk-demo",
                        OPENAI_BASE_URL=f"https://127.0.0.1:{api.port}/v1")

        # Ids are made with the database's random key; one of them may be a token more than another.
        subprocess.run([build / "headroom", "simulate", "--state", "-"], input=cli_user.conversation("nothing"), env=self.env, stdout=subprocess.DEVNULL, check=True)
        with contextlib.closing(sqlite3.connect(home / ".local/state/headroom/headroom.db")) as db, db:
            db.execute("UPDATE meta SET value = zeroblob(32) WHERE name = 'key'")
            db.execute("DELETE FROM decisions")

    def run(self, command):
        done = subprocess.run(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=self.env, cwd=self.home, timeout=120)
        text = done.stdout.decode()
        if text and not text.endswith("\n"):
            text += "\n"
        text = text.replace(str(self.build), "/usr/local/lib")
        return masked(text + (f"[exit {done.returncode}]\n" if done.returncode else ""))


def played(build):
    """The page with what its commands print today."""
    import certs
    import llm_api
    build = pathlib.Path(build).resolve()
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(build / "tiktoken"))  # the server counts by it
    with tempfile.TemporaryDirectory() as work:
        home = pathlib.Path(work) / "home"
        home.mkdir()
        (home / "script.py").write_bytes((HERE / "demo_client.py").read_bytes())
        ca = certs.make(pathlib.Path(work) / "certs")
        with llm_api.LlmApi(ca) as api:
            api.begin(pathlib.Path(work) / "captures")
            tour = Tour(build, home, api, ca.ca)

            def again(block):
                return "```console\n" + "".join("$ " + c + tour.run(c) for c, _ in steps(block.group(1))) + "```"
            return BLOCK.sub(again, PAGE.read_text())


def main():
    now, page = played(sys.argv[1]), PAGE.read_text()
    if "--write" in sys.argv:
        PAGE.write_text(now)
        return 0
    sys.stdout.writelines(difflib.unified_diff(page.splitlines(True), now.splitlines(True), "docs/tour.md", "today"))
    return int(masked(page) != now)


if __name__ == "__main__":
    sys.exit(main())
