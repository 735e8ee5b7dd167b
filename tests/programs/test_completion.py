"""Completion in bash: what the key Tab would offer, from the file that make install puts in place."""
import subprocess

import pytest

from cli_user import BUILD, ROOT, Cli, quickstart


def offered(cli, line):
    """The words offered behind the last one of line (which may be empty)."""
    script = f'''PATH="{BUILD}:$PATH"; source "{ROOT}/tools/completion.bash"
    read -ra COMP_WORDS <<<"$1"; [[ $1 != *" " ]] || COMP_WORDS+=("")
    COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _headroom; printf "%s\\n" "${{COMPREPLY[@]}}"'''
    p = subprocess.run(["bash", "-c", script, "bash", line], capture_output=True, env=cli.env, cwd=cli.home, timeout=60)
    assert p.returncode == 0 and p.stderr == b"", p.stderr
    return p.stdout.decode().split()


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def test_commands_are_those_of_the_help(cli):
    assert "purge" in offered(cli, "headroom ") and "stats" in offered(cli, "headroom ")
    assert offered(cli, "headroom do") == ["doctor"]


def test_options_are_those_of_the_command(cli):
    assert offered(cli, "headroom purge --d") == ["--decisions", "--dry-run"]
    assert offered(cli, "headroom run --mode a") == ["audit"]


def test_what_config_takes_is_offered(cli):
    assert offered(cli, "headroom config c") == ["check"] and offered(cli, "headroom config --") == ["--help", "--json"]


def test_behind_run_stand_commands(cli):
    assert "headroom" in offered(cli, "headroom run head") and "cat" in offered(cli, "headroom run --mode off ca")
    assert "cat" in offered(cli, "headroom run -- ca")
    assert "cat" in offered(cli, "headroom doctor --json -- ca") and offered(cli, "headroom doctor --j") == ["--json"]


def test_ids_are_those_that_show_lists(cli):
    cli.record(quickstart())
    assert offered(cli, "headroom diff ") == [cli.json("show", "--json")[0]["id"]]
