"""The faults of forced.py on programs as they are published."""
import pytest

import conftest
import conversations
import test_patched
from forced import *  # noqa: F401,F403 - its tests
from forced import HEADER, Program


def argv(path, server, ca, body):
    return test_patched.client(path, server, body, "header=" + ":".join(HEADER))


def rigid(path, server, ca, body):
    """node compiles fetch's parser of HTTP, even so."""
    return [path, *(["--jitless"] if path.name == "node" else []), *argv(path, server, ca, body)[1:], "https"]


@pytest.fixture(params=["bun-1.2.23", "bun-1.4.5", "node-24"])
def program(request):
    path = conftest.BUILD / "programs" / request.param / "bin" / request.param.split("-")[0]
    if not path.exists():
        pytest.fail(f"{path} is missing: run tools/fetch-programs.sh {conftest.BUILD}")
    return Program(path, argv, conversations.anthropic_turns(2), rigid)


PUBLISHED = [*test_patched.FETCHED, "claude-2.1.329"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_doctor_says_what_becomes_of_published_programs(name, run, tmp_path, needs_library):
    """By a link of npm's, as they are installed."""
    path = test_patched.CLAUDE if "claude" in name else conftest.BUILD / "programs" / name / "bin" / name.split("-")[0]
    link = tmp_path / "node_modules" / ".bin" / path.name
    link.parent.mkdir(parents=True)
    link.symlink_to(path)
    done = run([conftest.COMMAND, "doctor", "--", path.name], env={"PATH": f"{link.parent}:/usr/bin:/bin"})
    words = "passed on unchanged, where they carry cch" if "claude" in name else "tool results will be rewritten"
    assert done.returncode == 0 and done.stdout.decode().splitlines()[-1].endswith(words), done
    assert f"\nok    command     {path.resolve()}, which is looked at, not run\n" in done.stdout.decode()
