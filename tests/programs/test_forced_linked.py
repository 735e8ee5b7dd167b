"""The faults of forced.py on C clients with OpenSSL linked in, and those that only such a client can meet."""
import re
import socket
import subprocess

import pytest

import conftest
import conversations
from forced import *  # noqa: F401,F403 - its tests
from forced import HEADER, MESSAGES, Program, forbid, in_a_mount, rows


def argv(path, server, ca, body):
    return ["env", f"REQUEST_HEADERS={': '.join(HEADER)}\n", path, "127.0.0.1", server.port, ca, MESSAGES, body, 2]


@pytest.fixture(params=["linked_ssl_write", "linkedpie_ssl_write"])
def program(request):
    return Program(conftest.c_program(request.param), argv, conversations.quickstart_anthropic())


# ------------------------------------------------------------------ the same build id, other code
def build(path, *options):
    """The client with OpenSSL linked in, under one build id, whatever it holds."""
    subprocess.run([conftest.need("gcc", "gcc"), "-D_GNU_SOURCE", "-s", "-no-pie", "-Wl,--build-id=0x0123456789abcdef", *options,
                    conftest.HERE / "c" / "ssl_write.c", "-o", path, "-l:libssl.a", "-l:libcrypto.a", "-lpthread"], check=True)


def test_code_that_moved_under_its_build_id_is_searched_anew(fault, tmp_path):
    (tmp_path / "more.c").write_text("int more(int x) { __asm__ volatile(\".skip 100016, 0x90\"); return x; }\n")
    places = []
    for name, options in (("one", []), ("two", ["-Wl,--undefined=more", tmp_path / "more.c"])):
        fault.program.path = tmp_path / name
        build(fault.program.path, *options)
        fault.shrunk()
        [row] = rows(fault)
        places.append(row[2])
        assert "the database has the answer" in fault.doctor()[1]["located"][0][1]
    assert places[0] != places[1]
    fault.program.path = tmp_path / "one"
    assert "searches once" in fault.doctor()[1]["located"][0][1]
    fault.shrunk()
    assert rows(fault)[0][2] == places[0]


# ------------------------------------------------------------------ a beginning that cannot be moved
UNREADABLE = r"""
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static const char file[] = "../ssl/ssl_lib.c";
const char *SSL_get_servername(const void *s) { (void)s; return file; }
int SSL_write(void *ssl, const void *buf, int n);
__asm__(".text\n.globl SSL_write\n.type SSL_write,@function\nSSL_write:\ncall 1f\n1: pop %rax\nmov (%rdi),%edi\nmovslq %edx,%rdx\n"
        "jmp write\n.size SSL_write,.-SSL_write\n");
int main(int c, char **v)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(atoi(v[c - 1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    static const char head[] = "POST /v1/messages HTTP/1.1\r\n";
    if (connect(s, (void *)&a, sizeof a))
        return 1;
    printf("%d\n", SSL_write(&s, head, sizeof head - 1));
    return 0;
}
"""


def test_a_beginning_that_cannot_be_moved_is_left_alone(run, tmp_path, needs_library):
    """A function of that name whose first instruction is a call. The other end of its connection only takes it."""
    program = tmp_path / "unreadable"
    subprocess.run([conftest.need("gcc", "gcc"), "-rdynamic", "-x", "c", "-", "-o", program], input=UNREADABLE.encode(), check=True)
    run.state.mkdir(mode=0o700)
    with socket.create_server(("127.0.0.1", 0)) as end:
        argv = [program, end.getsockname()[1]]
        bare = run(argv)
        assert bare == (0, b"28\n", b"") and run(argv, preload=True) == bare
    why = "its first instruction is one that cannot be moved"
    assert f" unreadable: TLS linked into the program: SSL_write is not patched: {why}\n" in (run.state / "headroom.log").read_text()
    done = run([conftest.COMMAND, "doctor", "--", program])
    assert done.returncode == 1 and f"\nfail  entry       SSL_write is not patched: {why}\n" in done.stdout.decode(), done
    assert done.stdout.decode().endswith(f"\nunreadable: will not be reached: {why}\n")
    assert f"unreadable: TLS linked into the program: SSL_write is not patched: {why}" in run([conftest.COMMAND, "doctor"]).stdout.decode()


# ------------------------------------------------------------------ memory is full
def test_address_space_that_runs_out_anywhere_in_the_look_changes_nothing(fault):
    """From a megabyte above the least that the program needs, in steps, until there is enough for all."""
    def limited(kb):
        return ["prlimit", f"--as={kb << 10}"]
    least = next(kb for kb in range(5000, 20000, 250) if fault(False, limited(kb))[0].stdout.count(b"200") == 2)
    outcomes = []
    for kb in range(least + 1024, 30000, 750):
        bare, done = fault(False, limited(kb)), fault(True, limited(kb))
        outcomes.append(done == bare)
        assert done[0].returncode == bare[0].returncode == 0 and done[0].stdout.count(b"200") == 2, (kb, done)
        if done != bare:
            break
    assert outcomes.count(True) > 5 and not outcomes[-1], "all of it was tried"
    assert all(len(body) < 5000 for _, body in done[1])
    assert not fault.log(), "all is there, or nothing is begun"
    _, checks, verdict = fault.doctor("prlimit", "--as=400000000")
    assert verdict.endswith("tool results will be rewritten, if the limit of its address space allows")
    assert "address space" in checks["limits"][-1][1]


# ------------------------------------------------------------------ a system that is not as usual
def test_without_proc_it_is_left_alone(fault):
    before = in_a_mount("mount -t tmpfs none /proc")
    fault.unchanged(*before)
    assert "SSL_write is not patched: cannot be opened" in fault.log()
    # The loader does not know where the command lies, either.
    code, checks, verdict = fault.doctor(*before, env={"LD_LIBRARY_PATH": str(conftest.BUILD)})
    assert code == 1 and "does not come into a child" in verdict
    assert checks["preload"][0][0] == "fail" and "/proc is not mounted" in checks["system"][0][1]


def test_a_system_that_kills_for_the_attempt_is_named_before(fault):
    """The program itself would be ended: doctor is who can tell."""
    code, checks, verdict = fault.doctor(*forbid("kill"))
    why = "the system ends a process that tries to change its code"
    assert code == 1 and verdict.endswith(f": will not be reached: {why}") and checks["patching"][0][:2] == ("fail", f"SSL_write is not patched: {why}")


def test_the_name_of_a_program_cannot_make_lines_of_the_log(fault, tmp_path):
    name = tmp_path / "a\n2099-01-01T00:00:00Z WARN headroom[1]: b"
    name.write_bytes(fault.program.path.read_bytes())
    name.chmod(0o755)
    fault.program.path = name
    fault.unchanged(*forbid("code"))
    lines = fault.log().splitlines()
    assert lines and all(re.fullmatch(r"[0-9TZ:.-]+ WARN headroom\[\d+\]: a\?2099-.*: b: TLS linked into the program: .*", x) for x in lines), lines
