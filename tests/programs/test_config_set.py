"""`headroom config set` and `unset`: one line of the file changes, and only where the result is right."""
import os
import re
import stat

import pytest

from cli_user import CANTCREAT, CONFIG, USAGE, Cli

FILE = """\
; mine
level = lossless   ; why not
adopt: always
[originals]
# a week
days = 7

[model_context_limits]
gpt-4o = 128000
my-* = 32000
"""


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def write(cli, text):
    cli.config.parent.mkdir(parents=True, exist_ok=True)
    cli.config.write_text(text)


@pytest.mark.parametrize("name, value, old, new", [
    ("level", "crush", "level = lossless   ; why not", "level = crush   ; why not"),
    ("adopt", "never", "adopt: always", "adopt: never"),
    ("originals.days", "30", "days = 7", "days = 30"),
    ("originals.mb", "64", "days = 7\n", "days = 7\nmb = 64\n"),
    ("mode", "audit", "adopt: always\n", "adopt: always\nmode = audit\n"),
    ("replacements.days", "10", "adopt: always\n", "adopt: always\nreplacements.days = 10\n"),
    ("protected_paths", ".env *.pem", "adopt: always\n", "adopt: always\nprotected_paths = .env *.pem\n"),
    ("model_context_limits", "a=1", "adopt: always\n", "adopt: always\nmodel_context_limits = a=1\n")])
def test_set_changes_one_line_and_nothing_else(cli, name, value, old, new):
    write(cli, FILE)
    assert cli("config", "set", name, value).returncode == 0
    want = FILE.replace(old, new, 1)
    if name == "model_context_limits":
        want = want.replace("gpt-4o = 128000\nmy-* = 32000\n", "")
    assert cli.config.read_text() == want
    assert cli("config", "get", name).stdout.decode() == value + "\n"
    assert stat.S_IMODE(cli.config.stat().st_mode) == 0o600 and os.listdir(cli.config.parent) == ["config.ini"]


@pytest.mark.parametrize("name, gone", [("level", "level = lossless   ; why not\n"), ("originals.days", "days = 7\n"),
                                        ("model_context_limits", "gpt-4o = 128000\nmy-* = 32000\n"), ("mode", "")])
def test_unset_takes_the_line_out(cli, name, gone):
    write(cli, FILE)
    assert cli("config", "unset", name).returncode == 0
    assert cli.config.read_text() == FILE.replace(gone, "")
    assert cli.json("config", "get", name, "--json")["origin"] == "default"


@pytest.mark.parametrize("old, new", [
    ("", "level = replay\n"), ("\ufefflevel=crush", "\ufefflevel= replay"), ("[originals]\nmb = 5", "level = replay\n[originals]\nmb = 5"),
    ("mode = audit", "mode = audit\nlevel = replay\n"), ("level = crush\nlevel = lossless\n", "level = replay\n"),
    ("protected_paths = a\n  b\n; c\n  d\nmode = audit\n", "protected_paths = a\n  b\n; c\n  d\nmode = audit\nlevel = replay\n"),
    ("level =   ; none\n", "level =   replay ; none\n"), ("level\n", "level = replay\nlevel\n"),
    ("mode = audit\r\nlevel = crush\r\n", "mode = audit\r\nlevel = replay\r\n")])
def test_every_form_of_file_is_taken(cli, old, new):
    cli.config.parent.mkdir(parents=True)
    cli.config.write_bytes(old.encode())
    assert cli("config", "set", "level", "replay").returncode == 0
    assert cli.config.read_bytes().decode() == new and cli("config", "get", "level").stdout == b"replay\n"


def test_a_value_over_several_lines_gives_way_to_one(cli):
    write(cli, "mode = audit\nprotected_paths = a\n   b\n; keep me\n   c\nlevel = crush\n")
    assert cli("config", "set", "protected_paths", "d e").returncode == 0
    assert cli.config.read_text() == "mode = audit\nprotected_paths = d e\n; keep me\nlevel = crush\n"


@pytest.mark.parametrize("name, value, said", [
    ("level", "much", r'"much" is not one of: replay lossless crush'), ("originals.days", "9999", "whole number up to 3650"),
    ("levl", "crush", "there is no setting 'levl'; meant is perhaps level"), ("colour", "red", "there is no setting 'colour'"),
    ("log_file", "/tmp/a ;b", "begins a comment"), ("log_file", "/tmp/a\nmode = off", "begins a comment|one line"),
    ("endpoints.add", "h/p unknown", '"unknown" is no dialect')])
def test_a_wrong_value_or_name_changes_nothing(cli, name, value, said):
    write(cli, FILE)
    p = cli("config", "set", name, value)
    assert p.returncode == USAGE and re.search(said, p.stderr.decode()) and p.stderr.count(b"\n") == 1
    assert cli.config.read_text() == FILE and os.listdir(cli.config.parent) == ["config.ini"]


def test_the_first_setting_makes_the_file_and_its_directory(cli):
    assert cli("config", "set", "level", "lossless").returncode == 0
    assert cli.config.read_text() == "level = lossless\n"
    assert stat.S_IMODE(cli.config.parent.stat().st_mode) == 0o700


def test_a_linked_file_stays_a_link(cli):
    write(cli, "")
    cli.config.unlink()
    (cli.home / "dotfiles").mkdir()
    real = cli.home / "dotfiles" / "headroom.ini"
    real.write_text("mode = audit\n")
    cli.config.symlink_to(real)
    assert cli("config", "set", "level", "crush").returncode == 0
    assert cli.config.is_symlink() and real.read_text() == "mode = audit\nlevel = crush\n"


def test_the_environment_that_goes_before_is_named(cli):
    p = cli("config", "set", "level", "lossless", HEADROOM_LEVEL="replay")
    assert p.returncode == 0 and b"HEADROOM_LEVEL is set in this environment" in p.stderr
    assert cli("config", "get", "level").stdout == b"lossless\n"


def test_a_file_that_cannot_be_written_is_said(cli):
    cli.config.parent.mkdir(parents=True)
    (cli.config.parent / "config.ini").mkdir()
    p = cli("config", "set", "level", "crush")
    assert p.returncode != 0 and p.stderr.startswith(b"headroom: config: ")
    (cli.home / "file").write_text("")
    p = cli("config", "set", "level", "crush", XDG_CONFIG_HOME=str(cli.home / "file"))
    assert p.returncode == CANTCREAT


def test_list_is_what_config_prints(cli):
    write(cli, FILE)
    assert cli("config", "list").stdout == cli("config").stdout
    assert cli("config", "list", "--json").stdout == cli("config", "--json").stdout
    assert cli("config", "set", "level").returncode == USAGE and cli("config", "unset").returncode == USAGE
    env = {"HOME": "", "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": ""}
    assert cli("config", "set", "level", "crush", **env).returncode == CONFIG
