"""The programs that are patched, with flipped bits around their anchors: SSL_write is found where it is, or not at all.

Each mutation is one search of a whole program of some 100 MB, under the sanitizers, so the thousand is shared out."""
import subprocess

import pytest

import conftest

SEARCHES = [("bun-1.4.5", 500, 1), ("bun-1.4.5", 500, 2), ("node-26", 250, 3)]


@pytest.mark.usefixtures("needs_library")
@pytest.mark.parametrize("name, mutations, seed", SEARCHES)
def test_a_mutated_program_is_found_or_refused_and_never_wrong(name, mutations, seed):
    program = conftest.BUILD / "programs" / name / "bin" / name.split("-")[0]
    mutate = conftest.BUILD / "tests" / "unit" / "test_elf_mutations"
    for path in (program, mutate):
        if not path.exists():
            pytest.fail(f"{path} is missing: run make test-programs")
    p = subprocess.run([mutate, program, str(mutations), str(seed)], capture_output=True, text=True, timeout=900, check=False)
    assert p.returncode == 0, p.stdout[-2000:] + p.stderr[-4000:]
    found, refused = (int(word) for word in p.stdout.splitlines()[2].split() if word.isdigit())
    assert found + refused == mutations and "1 test(s) run." in p.stdout, p.stdout
