"""Programs that have nothing to do with an LLM: the same output, exit status and requests, under the bare variable and `headroom run`.

The only difference allowed is a line of ld.so's own on stderr, where it cannot load the library (32-bit; setuid), and there only;
and the one line of `headroom run` about a target that it cannot reach.
"""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import conftest
import conversations
from test_transparency import assert_same_directories

HERE = pathlib.Path(__file__).resolve().parent
LD_SO = re.compile(rb"^ERROR: ld\.so: object '[^\n]*' from LD_PRELOAD cannot be preloaded[^\n]*: ignored\.\n", re.M)
RUN_LINE = re.compile(rb"^headroom: [^\n]*\n", re.M)
HOWS = ("bare variable", "headroom run")


def run_as(run, how, argv, **more):
    if conftest.BARE or how is None:
        return run(argv, **more)
    if how == "bare variable":
        return run(argv, preload=True, **more)
    if not conftest.COMMAND.exists():
        pytest.fail(f"{conftest.COMMAND} is missing: run make")
    if not run.told:  # what is stored and where is said once, by the first run of a user
        run([conftest.COMMAND, "run", "--", "true"])
        run.told = True
    return run([conftest.COMMAND, "run", "--", *argv], **more)


def files_of(directory):
    return sorted((str(p), p.stat().st_mtime_ns) for p in directory.rglob("*"))


def assert_unchanged(run, argv, hows=HOWS, ld_so=False, run_line=False, cwd=None):
    expected = run_as(run, None, argv, cwd=cwd)
    for how in hows:
        if how == "headroom run":
            run_as(run, how, ["true"])
        before = files_of(run.home)
        done = run_as(run, how, argv, cwd=cwd)
        err = LD_SO.sub(b"", done.stderr) if ld_so else done.stderr
        err = RUN_LINE.sub(b"", err, count=1) if run_line and how == "headroom run" else err
        assert (done.returncode, done.stdout, err) == (expected.returncode, expected.stdout, expected.stderr), how
        assert files_of(run.home) == before, "a process that never talks to an LLM writes no file"
    return expected


def compile_c(tmp_path, source, *flags):
    out = tmp_path / "program"
    subprocess.run([conftest.need("gcc", "gcc"), "-O1", "-g", *flags, str(HERE / "uninvolved" / source), "-o", str(out), "-lpthread"],
                   check=True, capture_output=True)
    return out


SHELL = [
    ["bash", "-c", "echo out; echo err >&2; for i in 1 2 3; do (echo $i | cat; exit $i); done; ls /proc/self/fd; exit 9"],
    ["bash", "-c", "exec 3>&1 >/dev/null; echo hidden; echo seen >&3; ulimit -n; umask; trap -p; kill -TERM $$"],
    ["sh", "-c", "env | grep -v -e '^LD_PRELOAD=' -e '^HEADROOM_' -e '^_=' -e '^ASAN_OPTIONS=' | sort"],
    ["python3", "-c", "import os, sys, threading; print(sys.flags, os.listdir('/proc/self/fd'), threading.active_count(), "
                      "len(os.listdir('/proc/self/task')), file=sys.stderr); sys.exit(4)"],
    ["python3", "-c", "import subprocess; print(subprocess.run(['cat', '/proc/self/status'], capture_output=True, text=True)."
                      "stdout.split('Threads:')[1].split('\\n')[0])"],
    ["/bin/true"], ["/bin/false"], ["cat", "/etc/hostname", "/nonexistent"],
]


@pytest.mark.parametrize("argv", SHELL, ids=lambda a: " ".join(a)[:30])
def test_programs_without_a_network(argv, run):
    assert_unchanged(run, argv)


def test_closed_standard_descriptors_stay_closed(run):
    assert_unchanged(run, ["bash", "-c", "exec 0<&- 2>&-; exec bash -c 'ls /proc/self/fd'"])


def requests_of(server, run, argvs, tmp_path, prepare=lambda: None):
    """The same commands three times; the server's records must be equal."""
    expected = None
    for how in (None, *HOWS):
        prepare()
        captures = tmp_path / ("captures-" + str(how).replace(" ", "-"))
        server.begin(captures)
        done = [run_as(run, how, argv) for argv in argvs]
        if how is None:
            expected = done
            assert server.requests, done
        else:
            assert done == expected, how
            assert_same_directories(tmp_path / "captures-None", captures)
    return expected


def test_wget(server, run, tmp_path):
    wget = conftest.need("wget", "wget")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a").write_bytes(os.urandom(70000))
    (tmp_path / "post").write_text("hello")
    base = [wget, "--quiet", "--ca-certificate", run.ca, "-O", "-"]
    done = requests_of(server, run, [base + [server.url + "/files/a"],
                                     base + ["--post-file", str(tmp_path / "post"), server.url + "/v1/messages"]], tmp_path)
    assert done[0].stdout == (tmp_path / "files" / "a").read_bytes() and done[1].returncode == 8


def test_git_over_https(server, run, tmp_path):
    """ls-remote, clone and push by the smart protocol: GnuTLS under libcurl, POST bodies of its own kinds."""
    git = conftest.need("git", "git")
    who = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
    config = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main", "-c", "safe.directory=*"]

    def prepare():
        for d in ("git", "work", "clone"):
            shutil.rmtree(tmp_path / d, ignore_errors=True)
        bare = tmp_path / "git" / "repo.git"
        for argv in (["init", "-q", "--bare", bare], ["init", "-q", tmp_path / "work"], ["-C", bare, "config", "http.receivepack", "true"]):
            assert run([git, *config, *argv]).returncode == 0
        for i in range(30):
            (tmp_path / "work" / f"file{i}").write_text(f"text {i}\n" * 500)
        for argv in (["add", "."], ["commit", "-q", "-m", "first"], ["push", "-q", bare, "HEAD:main"]):
            done = run([git, *config, "-C", tmp_path / "work", *argv], env=who)
            assert done.returncode == 0, done

    url = server.url + "/git/repo.git"
    commands = [[git, "ls-remote", url], [git, "clone", "-q", url, str(tmp_path / "clone")],
                [git, *config, "-C", str(tmp_path / "clone"), "push", url, "HEAD:refs/heads/other"]]
    done = requests_of(server, run, commands, tmp_path, prepare)
    assert [d.returncode for d in done] == [0, 0, 0], done
    assert b"refs/heads/main" in done[0].stdout and b"other" in done[2].stderr


@pytest.mark.parametrize("sanitizer", ["address", "thread"])
def test_sanitized_programs_under_headroom_run(sanitizer, run, tmp_path):
    program = compile_c(tmp_path, "sanitized.c", "-fsanitize=" + sanitizer)
    done = assert_unchanged(run, [program], hows=("headroom run",))
    assert done.returncode == 3 and done.stdout == b"10 14\n"


@pytest.mark.parametrize("sanitizer", ["address", "thread"])
def test_a_sanitized_client_under_headroom_run(sanitizer, server, certs, run, tmp_path, body_file):
    """The library inside of a program whose malloc is the sanitizer's, with requests to rewrite: nothing is reported."""
    program = tmp_path / "program"
    subprocess.run([conftest.need("gcc", "gcc"), "-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-fsanitize=" + sanitizer,
                    str(HERE / "c" / "ssl_threads.c"), "-o", str(program), "-lssl", "-lcrypto", "-lpthread"], check=True)
    body = body_file(conversations.quickstart_openai())
    argv = [program, "127.0.0.1", server.port, certs.ca, "/v1/chat/completions", body, "3"]
    # libssl itself is not instrumented: the thread sanitizer must look away from what it sees of OpenSSL's own locks
    env = {"TSAN_OPTIONS": "ignore_noninstrumented_modules=1"}
    for mode in ("audit", "optimize"):
        done = run_as(run, "headroom run", argv, mode=mode, env=env)
        assert done.returncode == 0, done
        assert b"anitizer" not in done.stderr, done.stderr.decode()[:3000]
    if not conftest.BARE:
        assert all(n < 2000 for r in server.requests[24:] for n in r.result_tokens.values())


def test_a_static_program(run, tmp_path):
    assert_unchanged(run, [compile_c(tmp_path, "plain.c", "-static"), "a"], run_line=True)


def test_a_32_bit_program(run, tmp_path):
    program = compile_c(tmp_path, "plain.c", "-m32")  # gcc-multilib, which `make deps` installs
    assert b"32-bit" in run([program]).stdout
    assert_unchanged(run, [program, "a"], ld_so=True, run_line=True)


def test_a_setuid_program(run, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root: a program that belongs to another user")
    program = compile_c(tmp_path, "plain.c")
    os.chown(program, 65534, 65534)
    program.chmod(0o4755)
    for d in (tmp_path, *tmp_path.parents):  # pytest's directories are closed to others
        if d.stat().st_uid == 0 and len(d.parts) > 2:
            d.chmod(d.stat().st_mode | 0o055)
    done = run([program])
    if b"secure 1 other user 1" not in done.stdout:
        pytest.skip("setuid has no effect on this file system")
    assert_unchanged(run, [program, "a"], ld_so=True, run_line=True)
