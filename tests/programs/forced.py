"""What can go wrong where TLS is linked into a program, each forced: the program does and says what it does without the library, and
`headroom doctor -- PROGRAM`, under the same fault, names the cause. Modules that bring a fixture `program` take these tests over."""
import json
import pathlib
import re
import sqlite3
import struct
import subprocess

import pytest

import conftest

LIBRARIES = pathlib.Path("/usr/lib/x86_64-linux-gnu")
MESSAGES = "/v1/messages"


class Program:
    """A program with TLS linked in: where it lies, and how it sends the bodies of a file, each with a header of ours. rigid: the same
    without making code while it runs."""

    def __init__(self, path, argv, bodies, rigid=None):
        self.path, self.argv, self.bodies, self.rigid = pathlib.Path(path), argv, bodies, rigid or argv


HEADER = "x-headroom-level", "crush"  # taken away by whoever sees the request


class Fault:
    """One program, its server and its user; `before` is put in front of its command, with and without the library."""

    def __init__(self, program, run, server, certs, body_file):
        self.program, self.run, self.server, self.ca = program, run, server, certs.ca
        self.body = body_file(program.bodies)
        run.state.mkdir(mode=0o700)  # the log is written where there is a place for it

    def __call__(self, preload, before=(), env=None):
        """What the program said, and what the server got."""
        self.server.begin()
        argv = self.program.argv(self.program.path, self.server, self.ca, self.body)
        done = self.run([*before, *argv], preload=preload, mode="optimize", env=env)
        return done, [(r.head, r.raw_body) for r in self.server.requests]

    def unchanged(self, *before, seen=False):
        """As without the library. seen: but for the header of ours."""
        bare = self(False, before)
        assert bare[0].returncode == 0 and bare[1], bare
        done, sent = self(True, before)
        if seen:
            ours = re.compile(rb"%s: ?%s\r\n" % tuple(w.encode() for w in HEADER), re.I)
            bare = bare[0], [(ours.sub(b"", head, count=1), body) for head, body in bare[1]]
        assert (done, sent) == bare

    def shrunk(self, *before):
        """It says the same, and what leaves is smaller, however slow the machine is. The bodies that left."""
        bare, full = self(False, before)
        done, sent = self(True, before, {"HEADROOM_DEADLINE_MS": "10000"})
        assert done.returncode == 0 and done.stdout.count(b"200") == bare.stdout.count(b"200") > 0, done
        assert len(sent) == len(full) and all(len(a[1]) < len(b[1]) / 2 for a, b in zip(sent, full))
        return [body for _, body in sent]

    def log(self):
        path = self.run.state / "headroom.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def doctor(self, *before, env=None):
        """(exit status, {check: [(state, text, advice)]}, verdict) of doctor -- PROGRAM."""
        done = self.run([*before, conftest.COMMAND, "doctor", "--json", "--", self.program.path], env=env)
        out = json.loads(done.stdout)
        checks = {}
        for c in out["checks"]:
            checks.setdefault(c["check"], []).append((c["state"], c["text"], c["advice"]))
        assert done.returncode == (0 if out["command"]["reached"] and out["fail"] == 0 else 1), done
        return done.returncode, checks, out["command"]["verdict"]

    def refused(self, why, *before, logged=None):
        """It is as without the library; log and doctor say why."""
        self.unchanged(*before)
        log = self.log()
        assert f"{self.program.path.name}: TLS linked into the program: SSL_write is not patched: {logged or why}\n" in log, log
        code, checks, verdict = self.doctor(*before)
        assert code == 1 and verdict == f"{self.program.path.name}: will not be reached: {why}", (verdict, checks)
        assert why in " ".join(text for rows in checks.values() for state, text, _ in rows if state == "fail"), checks


@pytest.fixture
def fault(program, run, server, certs, body_file, needs_library):
    return Fault(program, run, server, certs, body_file)


def scan(fault):
    return json.loads(fault.run.headroom("scan", "--json", fault.program.path))


def is_exported(fault):
    return scan(fault)["tier"] == "dynamic symbol"


def altered(fault, tmp_path, change):
    """Go on with a copy of the program in which change(bytearray) was made."""
    data = bytearray(fault.program.path.read_bytes())
    change(data)
    copy = tmp_path / fault.program.path.name
    copy.write_bytes(data)
    copy.chmod(0o755)
    fault.program.path = copy


# ------------------------------------------------------------------ nothing is wrong
def test_without_a_fault_it_is_reached(fault):
    code, checks, verdict = fault.doctor()
    name = fault.program.path.name
    assert code == 0 and verdict == f"{name}: requests will be recorded; tool results will be rewritten", checks
    assert [state for state, _, _ in checks["entry"] + checks["patching"] + checks["tls"] + checks["located"]] == ["ok"] * 5
    assert "searches once" in checks["located"][0][1] or is_exported(fault)
    fault.shrunk()
    assert "the database has the answer" in fault.doctor()[1]["located"][0][1] or is_exported(fault)


# ------------------------------------------------------------------ an unknown build
def rename_symbols(fault, data):
    """SSL_write is called otherwise in the tables of symbols, where it has an entry."""
    table = subprocess.run([conftest.need("readelf", "binutils"), "-SW", fault.program.path], capture_output=True, check=True, text=True)
    for offset, size in re.findall(r" \.(?:dynstr|strtab) +STRTAB +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+) ", table.stdout):
        start = int(offset, 16)
        at = data.find(b"\0SSL_write\0", start, start + int(size, 16))
        if at > 0:
            data[at + 1:at + 2] = b"X"


def test_an_unknown_build_is_refused(fault, tmp_path):
    """One reason of one error has another number."""
    facts = scan(fault)
    start = int(facts["functions"]["SSL_write"]["offset"], 16)
    reason = struct.pack("<I", 0xd7 if facts["library"] == "BoringSSL" else 0x10f)

    def change(data):
        rename_symbols(fault, data)
        at = data.find(reason, start, start + 4096)
        assert at > 0
        data[at] ^= 4
    altered(fault, tmp_path, change)
    fault.refused("SSL_write: no function carries the signature")


def test_a_build_without_the_names_of_its_files_is_not_looked_at(fault, tmp_path):
    def change(data):
        rename_symbols(fault, data)
        for name in (b"ssl/ssl_lib.c", b"\0SSL_write\0"):
            at = data.find(name)
            while at >= 0:
                data[at + 1:at + 4] = b"XXX"
                at = data.find(name, at)
    altered(fault, tmp_path, change)
    fault.unchanged()
    code, checks, verdict = fault.doctor()
    assert code == 1 and "cannot be told: no TLS is seen in it" in verdict
    assert "none is linked in" in checks["tls"][0][1]


# ------------------------------------------------------------------ a stored answer that is wrong
MEMO = struct.Struct("<II" + 4 * "Q16sI4x" + "16s")  # hr_located_memo


def rows(fault):
    with sqlite3.connect(fault.run.state / "headroom.db") as db:
        found = [MEMO.unpack(row[0]) for row in db.execute("SELECT answer FROM binaries")]
    db.close()
    return found


WRITE, READ = slice(2, 5), slice(8, 11)


def another_function(memo):
    memo[WRITE] = memo[READ]


def another_place(memo):
    memo[2] += 16


def other_bytes(memo):
    memo[3] = bytes(b ^ 1 for b in memo[3])


def a_refusal(memo):
    memo[2:14] = [0, bytes(16), 0] * 4


@pytest.mark.parametrize("spoil", [another_function, another_place, other_bytes, a_refusal])
def test_a_wrong_row_is_not_believed_but_searched_anew(spoil, fault):
    first = fault.shrunk()
    if is_exported(fault):
        assert rows(fault) == []  # a symbol needs no memory
        return
    [right] = rows(fault)
    memo = list(right)
    spoil(memo)
    assert tuple(memo) != right
    with sqlite3.connect(fault.run.state / "headroom.db") as db:
        db.execute("UPDATE binaries SET answer = ?", (MEMO.pack(*memo),))
    db.close()
    assert "searches once" in fault.doctor()[1]["located"][0][1]
    assert fault.shrunk() == first and rows(fault) == [right]
    assert "the database has the answer" in fault.doctor()[1]["located"][0][1]


# ------------------------------------------------------------------ the system refuses
def in_a_mount(script):
    """In front of a command: a mount namespace in which script was run."""
    return [*conftest.mount_namespace(), "sh", "-c", f'{script} && exec "$@"', "sh"]


def forbid(what):
    return conftest.c_program("forbid"), what


@pytest.mark.parametrize("what,why", [("code", "the system does not let code be changed"),
                                      ("exec", "the system does not let memory become executable")])
def test_code_that_must_not_be_changed_stays(fault, what, why):
    fault.program.argv = fault.program.rigid
    fault.refused(why, *forbid(what))


def test_where_no_memory_is_near_nothing_is_patched(fault):
    fault.refused("the system gives no memory near its code", *forbid("near"),
                  logged="there is no free address that a jump from it could reach")


# ------------------------------------------------------------------ a library is gone
@pytest.mark.parametrize("name,why", [("libelf.so.1", "libelf is not installed"), ("libZydis.so.4.0", "libZydis.so.4.0 is not installed")])
def test_a_library_that_is_missing_is_named(fault, tmp_path, name, why):
    (tmp_path / "empty").write_bytes(b"")
    before = [*conftest.mount_namespace(), "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', tmp_path / "empty",
              LIBRARIES / name]
    fault.refused(why, *before)
    plain = fault.run([*before, conftest.COMMAND, "doctor"]).stdout.decode()
    assert f"\nwarn  patching    {why}: programs with TLS linked in" in plain, plain


# ------------------------------------------------------------------ the store
def a_file(fault):
    fault.run.state.rmdir()
    fault.run.state.write_text("a file where a directory should be")
    return [], "directory"


def garbage(fault):
    (fault.run.state / "headroom.db").write_bytes(b"no database at all" * 500)
    (fault.run.state / "headroom.db").chmod(0o600)
    return [], "corrupt"


def a_full_disk(fault):
    return in_a_mount(f"mount -t tmpfs -o size=64k,mode=0700 none {fault.run.state} && "
                      f"(dd if=/dev/zero of={fault.run.state}/fill bs=1k 2>/dev/null; true)"), "No space left"


def a_read_only_disk(fault):
    return in_a_mount(f"mount --bind {fault.run.state} {fault.run.state} && mount -o remount,ro,bind {fault.run.state}"), "Read-only"


@pytest.mark.parametrize("spoil", [a_file, garbage, a_full_disk, a_read_only_disk])
def test_without_a_store_nothing_new_is_decided(spoil, fault):
    before, word = spoil(fault)
    fault.unchanged(*before, seen=True)
    code, checks, verdict = fault.doctor(*before)
    assert code == 1 and verdict.endswith("requests will pass unchanged: nothing can be stored (see above)"), verdict
    assert word in " ".join(text for rows in checks.values() for state, text, _ in rows if state == "fail"), checks


def test_a_damaged_page_of_answers_is_met_by_a_search(fault):
    fault.run(fault.program.argv(fault.program.path, fault.server, fault.ca, fault.body), preload=True, mode="audit")
    path = fault.run.state / "headroom.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    root, = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'binaries'").fetchone()
    size, = db.execute("PRAGMA page_size").fetchone()
    db.close()
    with path.open("r+b") as f:
        f.seek((root - 1) * size)
        f.write(b"\xff" * size)
    if is_exported(fault):
        fault.shrunk()  # that page is not read
    else:
        fault.unchanged(seen=True)
    code, checks, _ = fault.doctor()
    assert code == 1 and checks["database"][0][0] == "fail" and "is damaged" in checks["database"][0][1]


def test_a_store_that_another_process_keeps_locked_lets_the_patch_stand(fault):
    """The answer of the search cannot be kept, nor can a decision; what is known to the log says so afterwards."""
    fault.run(fault.program.argv(fault.program.path, fault.server, fault.ca, fault.body), preload=True, mode="audit")
    db = sqlite3.connect(fault.run.state / "headroom.db", isolation_level=None)
    db.execute("DELETE FROM binaries")
    db.execute("BEGIN IMMEDIATE")
    fault.unchanged(seen=True)
    db.execute("ROLLBACK")
    db.close()
    fault.shrunk()
    assert is_exported(fault) or len(rows(fault)) == 1


def test_a_store_that_became_read_only_still_replays(fault):
    first = fault.shrunk()
    assert fault.shrunk(*a_read_only_disk(fault)[0]) == first
