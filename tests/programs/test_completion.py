"""Completion in bash, zsh and fish: what the key Tab would offer, from the files that make install puts in place."""
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from cli_user import BUILD, ROOT, Cli, quickstart

SHELLS = ["bash", "zsh", "fish"]


def in_bash(cli, line):
    script = f'''source "{ROOT}/tools/completion.bash"
    read -ra COMP_WORDS <<<"$1"; [[ $1 != *" " ]] || COMP_WORDS+=("")
    COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _headroom; printf "%s\\n" "${{COMPREPLY[@]}}"'''
    p = subprocess.run(["bash", "-c", script, "bash", line], capture_output=True, env=cli.env, cwd=cli.home, timeout=60)
    assert p.returncode == 0 and p.stderr == b"", p.stderr
    return p.stdout.decode().split()


def in_fish(cli, line):
    script = f'source "{ROOT}/tools/completion.fish"; complete -C "$argv[1]"'
    p = subprocess.run(["fish", "--no-config", "-c", script, line], capture_output=True, env=cli.env, cwd=cli.home, timeout=60)
    assert p.returncode == 0 and p.stderr == b"", p.stderr
    return [x.split("\t")[0] for x in p.stdout.decode().splitlines()]


def in_zsh(cli, line):
    """A real, interactive zsh, since its completion needs its line editor; each match that it is given is noted."""
    site = cli.home / "site"
    site.mkdir(exist_ok=True)
    (site / "_headroom").write_bytes((ROOT / "tools" / "completion.zsh").read_bytes())
    (cli.home / ".zshrc").write_text(f'''fpath=({site} $fpath); autoload -Uz compinit; compinit -u -D
    compadd() {{
        local -a got
        if [[ " ${{@[1,(i)(-|--)]}} " != *" -"[OAD]" "* ]]; then # not only asked what would match
            builtin compadd -O got "$@"
            print -rl -- $got >>"{cli.home}/offered"
        fi
        builtin compadd "$@"
    }}
    PS1="ready> "\n''')
    offered = cli.home / "offered"
    offered.write_bytes(b"")
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cli.home)
        os.execvpe("zsh", ["zsh", "-i"], {**cli.env, "ZDOTDIR": str(cli.home), "TERM": "dumb"})
    seen, typed, ends = b"", False, time.monotonic() + 20
    while time.monotonic() < ends:
        if select.select([terminal], [], [], 0.5)[0]:
            seen += os.read(terminal, 65536)
        elif typed and offered.stat().st_size:
            break
        if not typed and b"ready> " in seen:
            os.write(terminal, (line + "\t").encode())
            typed = True
    os.kill(pid, signal.SIGKILL)
    os.close(terminal)
    os.waitpid(pid, 0)
    return sorted({re.sub(r"\\(.)", r"\1", x) for x in offered.read_text().split("\n") if x})


@pytest.fixture(params=SHELLS)
def offered(request, cli):
    """The words offered behind the last one of a line (which may be empty)."""
    return lambda line: {"bash": in_bash, "zsh": in_zsh, "fish": in_fish}[request.param](cli, line)


@pytest.fixture
def cli(tmp_path):
    user = Cli(tmp_path)
    user.env["PATH"] = f"{BUILD}:{os.environ['PATH']}"
    return user


def test_commands_are_those_of_the_help(offered):
    assert {"purge", "stats"} <= set(offered("headroom "))
    assert offered("headroom do") == ["doctor"]


def test_options_are_those_of_the_command(offered):
    assert offered("headroom purge --d") == ["--decisions", "--dry-run"]
    assert offered("headroom run --mode a") == ["audit"]


def test_what_a_command_takes_is_offered(offered):
    assert offered("headroom config g") == ["get"]
    assert {"--help", "--json"} <= set(offered("headroom config --"))


def test_behind_run_stand_commands(offered):
    assert "cat" in offered("headroom run ca") and "cat" in offered("headroom run --mode off ca")
    assert "cat" in offered("headroom run -- ca")
    assert "cat" in offered("headroom doctor --json -- ca") and offered("headroom doctor --j") == ["--json"]


def test_ids_are_those_that_show_lists(cli, offered):
    cli.record(quickstart())
    assert offered("headroom diff ") == [cli.json("show", "--json")[0]["id"]]
