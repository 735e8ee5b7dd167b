"""The manual pages: sound to mandoc, and of the commands and settings that there are."""
import json
import re
import subprocess

import conftest
import pytest

DOCS = conftest.HERE.parent.parent / "docs"
PAGES = sorted(DOCS.glob("*.[15]"))


def headroom(run, *argv):
    done = run([conftest.COMMAND, *argv])
    assert done.returncode == 0, done
    return done.stdout.decode()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_mandoc_has_nothing_to_say(page):
    done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", page], capture_output=True, text=True)
    assert len(PAGES) == 2 and done.stdout + done.stderr == ""


def test_each_command_has_a_section(run):
    commands = re.findall(r"(?m)^  ([a-z]+) ", headroom(run, "--help").split("commands:\n")[1].split("\n\n")[0])
    sections = re.findall(r"(?m)^\.SS ([a-z]+)$", (DOCS / "headroom.1").read_text())
    assert len(commands) > 10 and sorted(sections) == sorted(commands)


def test_each_setting_stands_with_its_default(run):
    """A list or a path that is empty by default is told in words."""
    page = (DOCS / "headroom-config.5").read_text()
    told = dict(re.findall(r'(?ms)^\.TP\n\.BR (\S+) " = .*?^Default: (.*?)\.$', page))
    settings = json.loads(headroom(run, "config", "--json"))
    assert len(settings) > 20 and sorted(told) == sorted(settings)
    assert not {name: told[name] for name, s in settings.items() if s["origin"] == "default" and s["value"] and told[name] != s["value"]}
