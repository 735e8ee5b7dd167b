"""What cannot be timed but counted: instructions by callgrind, system calls by strace."""
import collections
import os
import re
import subprocess

TIMEOUT = 120
# The loader's own ways to map one more library; anything else would be ours.
MAPPING = {"openat", "open", "read", "pread64", "fstat", "newfstatat", "mmap", "mprotect", "close", "munmap", "brk", "access"}


def _run(argv, env):
    return subprocess.run(argv, env=env, check=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def _instructions(env):
    # ld.so's LD_PRELOAD also names valgrind's own object; it is so on both sides
    err = _run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "/bin/true"], env).stderr
    return int(re.search(r"Collected : (\d+)", err).group(1))


def instructions_of_a_round(argv, env, out):
    """Instructions that the program needs more where its last argument, a number of rounds, is one more."""
    count = []
    for rounds in ("1", "2"):
        _run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *argv, rounds], env)
        count.append(int(re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.M).group(1)))
    return count[1] - count[0]


def instructions_more(env, preload):
    return _instructions({**env, "LD_PRELOAD": preload}) - _instructions(env)


def _by_object(argv, env, out):
    """Instructions of a start by the object whose code they are."""
    _run(["valgrind", "--tool=callgrind", "--compress-strings=no", "--compress-pos=no", f"--callgrind-out-file={out}", *argv], env)
    count, where, inclusive = collections.Counter(), None, False
    with open(out, errors="replace") as lines:
        for line in lines:
            if line.startswith("ob="):
                where = line[3:].strip()
            elif line.startswith("calls="):
                inclusive = True    # the next line counts what was called, which is counted where it stands
            elif line[0].isdigit():
                count[where] += 0 if inclusive else int(line.split()[-1])
                inclusive = False
    return count


def start_more(argv, env, preload, out):
    """Instructions of a program's start, and how many more the library makes them. Big programs differ from run to run in their own
    code, by more than we add; all else is the same in each run, and only that is compared."""
    without, with_it = _by_object(argv, env, out), _by_object(argv, {**env, "LD_PRELOAD": preload}, out)
    assert with_it[preload] > 0, "the library is loaded"
    own = os.path.realpath(argv[0])
    assert without[own] > 0, "the program's own code is told from the rest"
    return without.total(), sum(with_it[o] - without[o] for o in {*without, *with_it} - {own})


def opened(argv, env, preload, out, names):
    """How often a program that is preloaded opens files with one of these names in theirs."""
    _run(["strace", "-f", "-e", "trace=open,openat", "-E", "LD_PRELOAD=" + preload, "-o", str(out), *argv], env)
    paths = re.findall(r'open(?:at)?\([^"]*"([^"]*)"', out.read_text())
    assert preload in paths, "the library is loaded"
    return sum(any(name in path.rpartition("/")[2] for name in names) for path in paths)


def _calls(env, out):
    _run(["strace", "-f", "-E", "LD_PRELOAD=" + env.get("LD_PRELOAD", ""), "-o", str(out), "/bin/true"],
         {k: v for k, v in env.items() if k != "LD_PRELOAD"})
    calls = []
    for line in out.read_text().splitlines():
        found = re.match(r"\d+ +(\w+)\((.*)", line)
        if found:
            path = re.search(r'"([^"]*)"', found.group(2))
            calls.append((found.group(1), path.group(1) if path and found.group(1) in ("openat", "open") else None))
    assert len(calls) > 10 and any(name == "execve" for name, _ in calls), "strace saw the program"
    return collections.Counter(calls)


def system_calls_more(env, preload, out):
    """Calls in `true` that are neither there without the preload nor needed to map the library."""
    more = _calls({**env, "LD_PRELOAD": preload}, out) - _calls(env, out)
    assert more[("openat", preload)] == 1, "the library is loaded"
    return sum(n for (name, path), n in more.items() if path != preload and (path or name not in MAPPING))


def between_marks(argv, env, out, names=None):
    """System calls (of these names, or all) of a program between its two writes to descriptor -1."""
    _run(["strace", "-f", "-o", str(out), *map(str, argv)], env)
    inside, count, marks = False, 0, 0
    for line in out.read_text().splitlines():
        if re.search(r'write\(-1, "(begin|end)"', line):
            inside = not inside
            marks += 1
            continue
        name = re.match(r"\d+ +(\w+)\(", line)
        if inside and name and (names is None or name.group(1) in names):
            count += 1
    assert marks == 2, "both marks are seen"
    return count
