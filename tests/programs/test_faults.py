"""Point 6: whatever goes wrong around the library, the program goes on as ever, and nothing new is decided."""
import hashlib
import json
import os
import pathlib
import resource
import shutil
import sqlite3
import subprocess
import time

import conftest
import conversations
import pytest

pytestmark = pytest.mark.usefixtures("needs_library")


class Client:
    """`faults`, one request of the quickstart at a time."""

    def __init__(self, run, server, certs, body_file):
        self.run, self.server, self.ca = run, server, certs.ca
        self.body = conversations.quickstart_anthropic()
        self.path = body_file(self.body)
        self.original = pathlib.Path(self.path).read_bytes()

    def argv(self, word, body=None):
        return [conftest.c_program("faults"), "127.0.0.1", self.server.port, self.ca, "/v1/messages", body or self.path, "1", word]

    def __call__(self, word="twice", **kwargs):
        kwargs.setdefault("preload", True)
        return self.run(self.argv(word), **kwargs)

    def sent(self):
        return [r.body for r in self.server.requests]

    def unchanged(self):
        assert self.sent() and all(b == self.original for b in self.sent())

    def shrunk(self, since=0):
        sent = self.sent()[since:]
        assert sent and all(len(b) < len(self.original) // 4 for b in sent)
        assert len({hashlib.sha256(b).hexdigest() for b in sent}) == 1


@pytest.fixture
def client(run, server, certs, body_file):
    return Client(run, server, certs, body_file)


def test_a_missing_state_directory_is_made_and_is_private_under_any_umask(client):
    shutil.rmtree(client.run.home / "state")
    assert client(umask=0).returncode == 0
    client.shrunk()
    assert client.run.state.stat().st_mode & 0o777 == 0o700
    files = [p for p in client.run.state.iterdir() if p.is_file()]
    assert any(p.name == "headroom.db" for p in files)
    assert {p.name: oct(p.stat().st_mode & 0o777) for p in files} == {p.name: "0o600" for p in files}


def spoil_foreign(state):
    state.mkdir(parents=True)
    os.chown(state, 12345, 12345)


def spoil_link(state):
    (state.parent / "elsewhere").mkdir(parents=True)
    state.symlink_to(state.parent / "elsewhere")


def spoil_open(state):
    state.mkdir(parents=True)
    state.chmod(0o777)


def spoil_file(state):
    state.write_text("no directory")


def spoil_corrupt(state):
    state.mkdir(mode=0o700)
    (state / "headroom.db").write_bytes(b"SQLite format 3\0" + os.urandom(8000))
    (state / "headroom.db").chmod(0o600)


def spoil_garbage(state):
    state.mkdir(mode=0o700)
    (state / "headroom.db").write_bytes(b"not a database at all" * 500)
    (state / "headroom.db").chmod(0o600)


def spoil_database_link(state):
    state.mkdir(mode=0o700)
    (state.parent / "victim").write_bytes(b"")
    (state / "headroom.db").symlink_to(state.parent / "victim")


SPOILED = {f.__name__[6:]: f for f in (spoil_foreign, spoil_link, spoil_open, spoil_file, spoil_corrupt, spoil_garbage,
                                       spoil_database_link)}


@pytest.mark.parametrize("how", SPOILED)
def test_a_state_directory_that_cannot_be_trusted_means_original_bytes(client, how):
    SPOILED[how](client.run.state)
    before = {p: p.read_bytes() for p in client.run.state.parent.rglob("*") if p.is_file() and not p.is_symlink()}
    assert client().returncode == 0
    client.unchanged()
    for p, content in before.items():
        if not p.name.endswith((".log", "-shm", "-wal")):
            assert p.read_bytes() == content, f"{p} was changed"


def test_a_read_only_state_directory_means_original_bytes(client, tmp_path):
    """As a user to whom root's own files may be closed: program and library are copied to where that user can read them."""
    place = tmp_path / "place"
    place.mkdir(mode=0o755)
    for file in (conftest.c_program("faults"), conftest.LIBRARY, conftest.BUILD / "libheadroom.so", client.ca, client.path):
        shutil.copy(file, place)
        (place / pathlib.Path(file).name).chmod(0o755)
    client.run.state.mkdir(mode=0o500)
    for p in (client.run.home, client.run.state):
        os.chown(p, 65534, 65534)
    for p in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        p.chmod(p.stat().st_mode | 0o055)
    argv = [place / "faults", "127.0.0.1", client.server.port, place / pathlib.Path(client.ca).name, "/v1/messages",
            place / pathlib.Path(client.path).name, "1", "twice"]
    env = {"LD_PRELOAD": str(place / conftest.LIBRARY.name), "HEADROOM_LOG_FILE": "-"}
    done = client.run(argv, env=env, user=65534, group=65534, extra_groups=[])
    assert done.returncode == 0, done
    assert b"cannot be preloaded" not in done.stderr
    client.unchanged()


def test_a_newer_database_is_read_but_never_written(client):
    assert client().returncode == 0
    client.shrunk()
    database = client.run.state / "headroom.db"
    with sqlite3.connect(database) as db:
        db.execute("PRAGMA user_version = 999")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    before = database.read_bytes()
    n = len(client.server.requests)
    assert client().returncode == 0
    client.shrunk(n)  # known decisions are replayed
    other = dict(client.body, messages=json.loads(json.dumps(client.body["messages"]).replace("toolu_123", "toolu_999")))
    path = pathlib.Path(client.path).with_name("other.json")
    path.write_text(json.dumps(other))
    assert client.run(client.argv("twice", path), preload=True).returncode == 0
    assert client.sent()[-1] == path.read_bytes()
    assert database.read_bytes() == before
    assert not (client.run.state / "headroom.db-wal").exists() or (client.run.state / "headroom.db-wal").stat().st_size == 0


def test_a_full_disk_means_original_bytes(client, tmp_path):
    """A file system of 64 KB, full, in a mount namespace of the child's own."""
    client.run.state.mkdir(mode=0o700)
    script = f"mount -t tmpfs -o size=64k,mode=0700 none {client.run.state} && " \
             f"dd if=/dev/zero of={client.run.state}/fill bs=1k 2>/dev/null; exec \"$@\""
    done = client.run([*conftest.mount_namespace(), "sh", "-c", script, "sh", *client.argv("twice")], preload=True)
    assert done.returncode == 0, done
    client.unchanged()


def test_a_limit_of_file_sizes_neither_kills_the_program_nor_is_broken(client):
    limit = (20000, 20000)  # the signal of RLIMIT_FSIZE would kill a program that did not ask for it
    done = client(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    assert done.returncode == 0, done
    client.unchanged()


@pytest.mark.parametrize("home", [None, "relative/home"])
def test_without_a_home_original_bytes(client, home):
    env = client.run.environment(preload=True)
    del env["XDG_STATE_HOME"], env["XDG_CONFIG_HOME"], env["HOME"]
    if home:
        env["HOME"] = home
    done = subprocess.run([str(a) for a in client.argv("twice")], env=env, capture_output=True, timeout=60, check=False,
                          cwd=client.run.home)
    assert done.returncode == 0
    client.unchanged()


def test_the_reason_is_in_the_log_where_it_can_be_written(client):
    done = client(env={"HEADROOM_LEVEL": "replay"})
    assert done.returncode == 0
    client.unchanged()
    assert [r["skipped"] for r in client.run.log()] == ["replay", "replay"]


def test_a_passed_deadline_means_original_bytes_but_replays_what_is_known(client):
    late = {"HEADROOM_DEADLINE_MS": "0"}
    assert client(env=late).returncode == 0
    client.unchanged()
    assert [r["skipped"] for r in client.run.log()] == ["deadline", "deadline"]
    n = len(client.server.requests)
    assert client().returncode == 0
    assert client(env=late).returncode == 0
    client.shrunk(n)
    done = client.run([conftest.COMMAND, "simulate", "--json", client.path], env=late)
    assert json.loads(done.stdout)["transforms"] == ["smart_crusher"], "simulate knows no deadline"


def test_descriptors_0_to_2_closed(client, tmp_path):
    done = client.run(["sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh", *client.argv("twice")], preload=True)
    plain = client.run(["sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh", *client.argv("twice")], preload=False)
    assert done.returncode == plain.returncode
    assert done.stdout == done.stderr == b""
    for r in client.server.requests:
        assert r.status == 200


def test_closefrom_then_files_of_its_own_at_our_numbers(client):
    done = client("closefrom", cwd=client.run.home)
    assert done.returncode == 0, done
    assert b"CHANGED" not in done.stdout and b"moved" not in done.stdout and done.stdout.count(b"unchanged") == 3
    assert [(client.run.home / f"own-file-{i}").read_bytes() for i in range(3)] == [b"the first", b"the second", b"the third"]
    client.shrunk()  # the second request replays what the process knows


def test_no_descriptor_left(client):
    limit = (40, 40)
    done = client("nofile", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit))
    assert done.returncode == 0, done
    client.unchanged()


def test_fork_in_mid_request(client):
    done = client("fork")
    assert done.returncode == 0, done
    assert len(client.sent()) == 2
    client.shrunk()


def test_exec_in_mid_request_sends_nothing(client):
    assert client("exec").returncode == 0
    assert not [r for r in client.server.requests if r.status]


def test_exit_while_threads_are_in_ssl_write(client):
    for _ in range(10):
        began = time.monotonic()
        assert client("exit").returncode == 0
        assert time.monotonic() - began < 20
    assert client.sent()


def test_an_ssl_that_is_cleared_and_reused_begins_anew(client):
    assert client("clear").returncode == 0
    assert len([r for r in client.server.requests if r.status == 200]) == 1
    client.sent()
    assert len(client.server.requests[-1].body) < len(client.original) // 4


def test_descriptor_numbers_and_threads_are_the_programs_own(client):
    with_library, without = client("fds"), client("fds", preload=False)
    strip = [line for line in with_library.stdout.splitlines() if not line.startswith((b"{", b"status"))]
    assert strip == [line for line in without.stdout.splitlines() if not line.startswith((b"{", b"status"))]


HOSTILE = r"""
#include <unistd.h>
__attribute__((constructor)) static void begin(void) { ssize_t n = write(2, "HOSTILE\n", 8); (void)n; }
unsigned headroom_abi(void) { return 1u << 16; }
"""


@pytest.mark.parametrize("by", ["LD_PRELOAD", "LD_LIBRARY_PATH"])
def test_a_relative_preload_never_loads_from_the_current_directory(by, client, tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    (here / "hostile.c").write_text(HOSTILE)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", here / "libheadroom.so", here / "hostile.c"], check=True)
    relative = os.path.relpath(conftest.LIBRARY, here)
    directory, name = os.path.split(relative)
    env = {"LD_PRELOAD": relative} if by == "LD_PRELOAD" else {"LD_PRELOAD": name, "LD_LIBRARY_PATH": "/nonexistent:" + directory}
    done = client(preload=False, env=env, cwd=here)
    assert done.returncode == 0 and b"HOSTILE" not in done.stderr
    client.shrunk()  # by the real libheadroom.so beside the library


def test_a_host_that_exports_our_libraries_names_is_not_taken_for_them(client, tmp_path):
    """An executable that exports cJSON_Parse and sqlite3_open_v2 of its own: ours must not be captured."""
    source = tmp_path / "host.c"
    names = "cJSON_Parse cJSON_ParseWithLength sqlite3_open_v2 sqlite3_prepare_v2 sqlite3_step ZSTD_compress ini_parse hr_malloc".split()
    source.write_text("#include <stdlib.h>\n" + "".join(f"void *{n}(void) {{ abort(); }}\n" for n in names) +
                      '#define main client_main\n#include "' + str(conftest.HERE / "c" / "faults.c") + '"\n#undef main\n'
                      "int main(int c, char **v) { return client_main(c, v); }\n")
    host = tmp_path / "host"
    subprocess.run(["gcc", "-D_GNU_SOURCE", "-rdynamic", "-o", host, source, "-lssl", "-lcrypto", "-lpthread"], check=True)
    done = client.run([host, *client.argv("twice")[1:]], preload=True)
    assert done.returncode == 0, done
    client.shrunk()


def test_a_child_killed_at_any_moment_leaves_a_database_that_works(client):
    for i in range(15):
        p = client.run.start(client.argv("exit"), preload=True)
        time.sleep(0.01 * i)
        p.kill()
        p.communicate()
    n = len(client.server.requests)
    assert client().returncode == 0
    client.shrunk(n)


def test_valgrind_finds_no_error_of_ours(client):
    valgrind = conftest.need("valgrind", "valgrind")
    done = client.run([valgrind, "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite",
                       *client.argv("twice")], preload=True, env={"HEADROOM_DEADLINE_MS": "60000"}, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    client.shrunk()
