"""docs/tour.md says what the commands print: each is run again, as a new user would."""
import difflib

import conftest
import pytest
import tour

pytestmark = pytest.mark.usefixtures("needs_library")


def test_each_transcript_is_what_the_commands_print():
    page, now = tour.masked(tour.PAGE.read_text()), tour.played(conftest.BUILD)
    assert now.count("\n$ ") > 20
    assert page == now, "".join(difflib.unified_diff(page.splitlines(True), now.splitlines(True), "docs/tour.md", "today"))


def test_each_command_of_the_help_stands_in_it():
    import re
    import subprocess
    said = subprocess.run([conftest.COMMAND, "--help"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"(?m)^  ([a-z]+) ", said.split("commands:\n")[1].split("\n\n")[0])
    shown = "".join(c for block in tour.BLOCK.findall(tour.PAGE.read_text()) for c, _ in tour.steps(block))
    assert len(commands) > 10 and not [c for c in commands if f"headroom {c}" not in shown]
