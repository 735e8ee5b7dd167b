"""The same request gives the same bytes in any locale, thread, process, and in a build by another compiler."""
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["HEADROOM_BUILD"]) / "tests" / "programs"
LOCALES = ("tr_TR", "de_DE")  # another lower case of I; a comma in numbers


@pytest.fixture(scope="module")
def bodies(tmp_path_factory):
    directory = tmp_path_factory.mktemp("scenarios")
    subprocess.run([sys.executable, ROOT / "tests" / "bench" / "gen.py", directory, "5"], check=True, stdout=subprocess.DEVNULL)
    found = sorted(p for p in directory.glob("*.json") if not p.name.endswith(".needles.json"))
    assert len(found) >= 39
    return found + sorted((ROOT / "tests" / "fixtures" / "sdk").glob("*.json"))


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    directory = tmp_path_factory.mktemp("locales")
    for name in LOCALES:
        made = subprocess.run(["localedef", "-i", name, "-f", "UTF-8", directory / f"{name}.UTF-8"], capture_output=True)
        assert made.returncode == 0, made.stderr
    return directory


def digests(program, locale, threads, bodies, level="crush", **env):
    said = subprocess.run([BUILD / program, locale, str(threads), *bodies], capture_output=True, text=True, timeout=300, env={
        "PATH": os.environ["PATH"], "HOME": "/nonexistent", "HEADROOM_ADOPT": "always", "HEADROOM_LEVEL": level, **env})
    assert said.returncode == 0, said.stderr
    return said.stdout


@pytest.mark.parametrize("level", ["crush", "lossless"])
def test_another_compiler_locale_thread_and_process_give_the_same_bytes(level, bodies, locales):
    first = digests("same_bytes_cc", "C", 1, bodies, level)
    sizes = {line.split()[2]: int(line.split()[1]) for line in first.splitlines()}
    assert len(sizes) == len(bodies) and sum(n < os.path.getsize(f) for f, n in sizes.items()) > 30
    assert digests("same_bytes_clang", "C", 4, bodies, level) == first
    for name in LOCALES:
        assert digests("same_bytes_cc", f"{name}.UTF-8", 4, bodies, level, LOCPATH=str(locales)) == first
