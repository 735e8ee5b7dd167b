"""`headroom watch` in a real terminal: tmux shows it, types into it, changes its size, and says what is left behind."""
import contextlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import time

import pytest

from cli_user import BUILD, UNAVAILABLE, USAGE, Cli, conversation, quickstart
from earlier import Recorder

SECONDS = 30  # for something to appear, on a busy machine
ANSWER = (b'{"usage": {"prompt_tokens": 1000, "completion_tokens": 40, "prompt_tokens_details": '
          b'{"cached_tokens": 250}}}')


@pytest.fixture
def cli(tmp_path):
    cli = Cli(tmp_path)
    cli.env["TZ"] = "UTC"
    return cli


def of_model(name):
    return json.dumps({**json.loads(conversation("short")), "model": name}).encode()


class Terminal:
    """A shell in a window of tmux, of 80 columns and 24 lines at first."""

    def __init__(self, cli, columns=80, lines=24, utf8=True):
        if shutil.which("tmux") is None:
            pytest.fail("tmux is missing: run make deps")
        self.cli, self.socket, self.asked = cli, cli.home / "tmux", 0
        env = {**cli.env, "LC_ALL": "C.UTF-8" if utf8 else "C", "TERM": "xterm-256color"}
        env.pop("TMUX", None)
        self.tmux("-f", "/dev/null", "-u", "new-session", "-d", "-x", columns, "-y", lines, "bash --norc --noprofile", env=env)
        self.until("[#$]$")

    def tmux(self, *args, env=None):
        p = subprocess.run(["tmux", "-S", self.socket, *map(str, args)], capture_output=True, timeout=SECONDS,
                           env=env or self.cli.env, cwd=self.cli.home)
        assert p.returncode == 0, p.stderr
        return p.stdout.decode()

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def until(self, pattern, missing=False):
        """The screen, as soon as it shows (or shows no more) what the pattern says."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            screen = self.screen()
            if bool(re.search(pattern, screen.rstrip("\n") if pattern.endswith("$") else screen, re.M)) != missing:
                return screen
            time.sleep(0.05)
        pytest.fail(f"{pattern!r} {'stays' if missing else 'does not come'}:\n{screen}")

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def resize(self, columns, lines):
        self.tmux("resize-window", "-x", columns, "-y", lines)

    def start(self, **env):
        said = " ".join(f"{k}={v}" for k, v in env.items())
        self.type(f"{said} {BUILD}/headroom watch; echo ended $?", "Enter")
        self.until("^headroom  mode ")

    def pid(self):
        """Of the view that runs in it."""
        shell = self.tmux("list-panes", "-F", "#{pane_pid}").strip()
        return int(subprocess.run(["ps", "--ppid", shell, "-o", "pid="], capture_output=True, text=True).stdout)

    def close(self):
        self.tmux("kill-server")


@pytest.fixture
def terminal(cli):
    with contextlib.ExitStack() as stack:
        def make(**more):
            t = Terminal(cli, **more)
            stack.callback(t.close)
            return t
        yield make


# ------------------------------------------------------------------ what it shows
def test_requests_appear_as_they_come(cli, terminal):
    t = terminal()
    t.start()
    assert "No request is recorded yet" in t.screen()
    cli.record(quickstart(), answer=ANSWER)  # the first one makes the database
    screen = t.until("gpt-4o-mini")
    row = [line for line in screen.splitlines() if "gpt-4o-mini" in line][0]
    (log,) = [json.loads(line) for line in cli("log", "--json").stdout.splitlines()]
    before, after = log["tokens_before"], log["tokens_after"]
    assert f"{before:,}" in row and f"{after:,}" in row and f"{100 * (before - after) / before:.1f} %" in row
    assert "25.0 %" in row and row.rstrip().endswith("200")
    sums = t.until("in 1 requests, 0 failed")
    assert f"of {before:,} tokens" in sums and "25.0 % of 1,000 input tokens, reported for 1 of 1 requests" in sums
    assert re.search("^cost +(no price is known|.*of 1 requests)", sums, re.M)
    assert re.search("^tokens .*█", sums, re.M) and re.search("^saved .*█", sums, re.M)
    cli.record(of_model("second"), status=529, answer=b'{"error": {"type": "overloaded_error"}}')
    screen = t.until("in 2 requests, 1 failed")
    lines = screen.splitlines()
    assert [i for i, x in enumerate(lines) if "second" in x][0] < [i for i, x in enumerate(lines) if "gpt-4o" in x][0], "newest first"
    assert re.search("second.* 529", screen)


def test_sums_are_of_today_and_earlier_requests_are_listed(cli, terminal):
    Recorder(cli)(of_model("old"), seconds_ago=3 * 86400)
    cli.record(of_model("new"))
    t = terminal()
    t.start()
    screen = t.until("in 1 requests")
    assert re.search(r"^[A-Z][a-z][a-z] \d\d +agent +old", screen, re.M), "of another day"
    assert re.search(r"^\d\d:\d\d:\d\d .* new", screen, re.M)


def test_names_cannot_steer_the_terminal(cli, terminal):
    cli.record(of_model("\x1b[2Jx\x07\u202ey\u6f22\u5b57"))
    t = terminal(columns=120)
    t.start()
    screen = t.until(r"\?\[2Jx\?<U\+202E>y漢字 ")
    assert "headroom  mode optimize" in screen and "\u202e" not in screen


# ------------------------------------------------------------------ keys
def test_keys_scroll_pause_help_and_quit(cli, terminal):
    for i in range(40):
        cli.record(of_model(f"model-{i:02}"))
    t = terminal()
    t.start()
    assert "model-39" in t.screen() and "model-24" in t.screen() and "model-23" not in t.screen()
    t.type("Down")
    assert "model-23" in t.until("model-39", missing=True) and "1 newer" in t.screen()
    t.type("Up")
    t.until("model-39")
    t.type("NPage")
    assert "16 newer" in t.until("model-08")
    cli.record(of_model("fresh"))
    assert "model-08" in t.until("17 newer"), "what is read stays in place"
    t.type("End")
    assert "model-00" in t.until("25 newer")
    t.type("Home")
    t.until("fresh")
    t.type("?")
    assert "as the program made them" in t.until("PgUp, PgDn") and "model-39" not in t.screen()
    t.type("?")
    t.until("model-39")
    t.type("p")
    t.until("PAUSED")
    cli.record(of_model("while-paused"))
    time.sleep(1.5)
    assert "while-paused" not in t.screen()
    t.type("p")
    t.until("while-paused")
    t.type("q")
    t.until("^ended 0")


# ------------------------------------------------------------------ sizes
def test_it_follows_the_size_of_the_terminal(cli, terminal):
    for i in range(40):
        cli.record(of_model(f"a-model-with-a-long-name-{i:02}"), answer=ANSWER)
    t = terminal()
    t.start()
    t.until("PROGRAM +MODEL +TOKENS +SENT +SAVED +CACHED +STATUS")
    t.resize(120, 40)
    t.until("a-model-with-a-long-name-08"), "32 requests, with their whole names"
    t.resize(44, 12)
    screen = t.until("a-model", missing=True)
    t.until("^TIME +TOKENS")
    assert re.search("^saved|^today +saved", screen, re.M) and max(map(len, t.screen().splitlines())) <= 44
    for columns, lines in ((10, 3), (1, 1), (200, 60)):
        t.resize(columns, lines)
        time.sleep(0.7)
    t.resize(80, 24)
    t.until("PROGRAM +MODEL")
    t.type("q")
    t.until("^ended 0")


def test_help_fits_a_narrow_terminal(cli, terminal):
    t = terminal(columns=40, lines=40)
    t.start()
    t.type("?")
    screen = t.until("quit$")
    words = " ".join(screen.split())
    assert "the input tokens that the provider reported, those read from its cache." in words


def test_without_utf8_it_draws_in_ascii(cli, terminal):
    cli.record(quickstart(), answer=ANSWER)
    cli.record(of_model("m\u00e4\u6f22"))
    t = terminal(utf8=False)
    t.start()
    screen = t.until("gpt-4o-mini")
    assert screen.isascii() and re.search("^tokens .*#", screen, re.M) and "m??" in screen


def test_no_color_is_obeyed(cli, terminal):
    cli.record(quickstart())
    t = terminal()
    t.start()
    t.until("gpt-4o-mini")
    assert "\x1b[32m" in t.tmux("capture-pane", "-p", "-e")
    t.type("q")
    t.until("^ended 0")
    t.type("clear", "Enter")
    t.start(NO_COLOR=1)
    t.until("gpt-4o-mini")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", t.tmux("capture-pane", "-p", "-e"))


# ------------------------------------------------------------------ how it ends
def terminal_state(t):
    """What a program can leave behind: modes of the line, the cursor, the other screen."""
    t.asked += 1
    t.type(f"stty -a > stty.txt; echo noted {t.asked}", "Enter")
    t.until(f"^noted {t.asked}")
    return (t.cli.home / "stty.txt").read_text(), t.tmux("display", "-p", "#{cursor_flag} #{alternate_on} #{keypad_cursor_flag} #{mouse_any_flag}")


@pytest.mark.parametrize("how", ["q", "C-c", "TERM", "HUP", "QUIT"])
def test_it_leaves_the_terminal_as_it_was(cli, terminal, how):
    t = terminal()
    before = terminal_state(t)
    t.type("echo left here", "Enter")
    t.start()
    assert t.tmux("display", "-p", "#{cursor_flag} #{alternate_on}").split() == ["0", "1"], "this test sees what it left"
    if how in ("q", "C-c"):
        t.type(how)
    else:
        os.kill(t.pid(), getattr(signal, "SIG" + how))
    assert "left here" in t.until("^ended 0"), "what stood there is there again"
    assert terminal_state(t) == before


def test_ctrl_z_gives_the_terminal_back_meanwhile(cli, terminal):
    t = terminal()
    t.start()
    t.type("C-z")
    t.until("Stopped")
    t.type("fg", "Enter")
    t.until("^headroom  mode ")
    t.type("q")
    t.until("^headroom  mode ", missing=True)
    t.type("echo status $? jobs $(jobs | wc -l)", "Enter")
    t.until("^status 0 jobs 0")


def test_a_terminal_that_goes_away_ends_it(cli):
    ours, theirs = pty.openpty()
    p = subprocess.Popen([BUILD / "headroom", "watch"], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                         env={**cli.env, "TERM": "xterm"})
    os.close(theirs)
    assert os.read(ours, 1)
    os.close(ours)
    try:
        p.wait(timeout=SECONDS)
    finally:
        p.kill()
        p.wait()
    assert p.returncode == 0


# ------------------------------------------------------------------ where it cannot be drawn
def test_without_a_terminal_it_names_the_other_way(cli):
    p = cli("watch")
    assert p.returncode == UNAVAILABLE and p.stdout == b"" and p.stderr.count(b"\n") == 1
    assert b"must be a terminal; 'headroom log --follow'" in p.stderr


@pytest.mark.parametrize("name", ["dumb", "", "no-such-terminal"])
def test_terminals_that_cannot_place_a_cursor_are_refused(cli, name):
    code, got = cli.terminal("watch", TERM=name)
    assert code == UNAVAILABLE and b"TERM" in got and b"headroom log --follow" in got and b"\x1b" not in got


def test_a_database_that_cannot_be_used_is_said_at_once(cli):
    (cli.state / "headroom").mkdir(parents=True)
    os.chmod(cli.state / "headroom", 0o777)
    code, got = cli.terminal("watch")
    assert code == UNAVAILABLE and b"directory" in got and b"\x1b" not in got


def test_a_database_that_breaks_meanwhile_is_said_and_waited_for(cli, terminal):
    cli.record(of_model("before"))
    t = terminal()
    t.start()
    for name in os.listdir(cli.state / "headroom"):
        os.unlink(cli.state / "headroom" / name)
    os.chmod(cli.state / "headroom", 0o777)
    t.until("cannot be used")
    os.chmod(cli.state / "headroom", 0o700)
    cli.record(of_model("after"))
    screen = t.until(" after ")
    assert "cannot be used" not in screen and " before " not in screen


def test_wrong_usage(cli):
    assert cli("watch", "x").returncode == USAGE and cli("watch", "--json").returncode == USAGE
