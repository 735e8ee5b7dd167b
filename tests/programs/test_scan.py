"""`headroom scan`: every function of a TLS library that is linked in is found where its symbol was, or not at all."""
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from cli_user import BUILD, DATAERR, NOINPUT, USAGE, Cli
from conftest import need

SOURCES = pathlib.Path(__file__).resolve().parent / "elf"
SHAPE = [SOURCES / "boringssl_shape.c", SOURCES / "boringssl_caller.c"]
OPENSSL_SHAPE = [SOURCES / "openssl_shape.c", SOURCES / "openssl_caller.c"]
PATCHED = "by a patch of its code at the first connection"
FUNCTIONS = ("SSL_write", "SSL_write_ex", "SSL_read", "SSL_read_ex")
BORINGSSL = "/usr/lib/x86_64-linux-gnu/android/libssl.so.0"
OPENSSL = "/usr/lib/x86_64-linux-gnu/libssl.so.3"


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def build(compiler, *arguments):
    p = subprocess.run([need(compiler, compiler), *map(str, arguments)], capture_output=True, check=False)
    assert p.returncode == 0, p.stderr.decode()


def symbols(path):
    """Addresses of the four functions in .symtab, by nm."""
    out = subprocess.run([need("nm", "binutils"), path], capture_output=True, check=True, text=True).stdout
    rows = (line.split() for line in out.splitlines())
    return {row[2]: int(row[0], 16) for row in rows if len(row) == 3 and row[2] in FUNCTIONS}


def strip(path):
    prefix = "aarch64-linux-gnu-" if b"\xb7" == path.read_bytes()[18:19] else ""
    subprocess.run([need(prefix + "strip", "binutils"), "-s", path], check=True)


def scan(cli, *arguments):
    """All of /usr takes its time on a machine that reads it for the first time."""
    p = subprocess.run([BUILD / "headroom", "scan", "--json", *arguments], capture_output=True, env=cli.env, timeout=900, check=False)
    assert p.returncode == 0, p.stderr.decode()
    return [json.loads(line) for line in p.stdout.splitlines()]


def addresses(facts):
    return {name: int(f["address"], 16) for name, f in facts["functions"].items()}


# ------------------------------------------------------------------ libraries that are linked in
@pytest.mark.parametrize("compiler, level, pie", itertools.product(("gcc", "clang"), ("-O2", "-O3", "-Os"), (False, True)))
def test_openssl_in_a_stripped_client_is_found_at_its_symbols(cli, tmp_path, compiler, level, pie):
    client = tmp_path / "client"
    build(compiler, level, *(["-fPIE", "-pie"] if pie else ["-fno-pie", "-no-pie"]), SOURCES / "openssl_client.c", "-o", client,
          "-l:libssl.a", "-l:libcrypto.a", "-ldl", "-lpthread")
    truth = symbols(client)
    assert set(truth) == set(FUNCTIONS)
    [named] = scan(cli, client)
    assert named["tier"] == "symbol" and named["confidence"] == "symbol" and addresses(named) == truth
    strip(client)
    [facts] = scan(cli, client)
    assert facts["tier"] == "anchors" and facts["confidence"] == "certain"
    assert addresses(facts) == truth
    assert facts["library"] == "OpenSSL" and facts["linkage"] == "linked in" and facts["why"] == PATCHED
    assert facts["version"] == "OpenSSL 3.0 or later" and facts["position_independent"] is pie
    assert all(len(f["checks"]) >= 2 for f in facts["functions"].values())


@pytest.mark.parametrize("compiler, numbers, inline", itertools.product(("gcc", "clang"), (False, True), (False, True)))
def test_the_shape_of_openssl_is_found_by_numbers_and_by_names(cli, tmp_path, compiler, numbers, inline):
    """1.1.1, which Debian no longer has; and internal functions that are copied into those that are wanted. Of such copies the _ex
    forms, which nobody calls beside the plain ones, may be refused; but not in the builds of node 10 to 13, which looked so."""
    program = tmp_path / "program"
    for level, mode in itertools.product(("-O2", "-O3", "-Os"), MODES):
        flags = ["-DNUMBERS"] * numbers + ["-DINLINE"] * inline
        build(compiler, level, *flags, *MODES[mode], *OPENSSL_SHAPE, "-o", program)
        truth = symbols(program)
        strip(program)
        [facts] = scan(cli, program)
        found = addresses(facts)
        assert set(truth) == set(FUNCTIONS) and found.items() <= truth.items(), (level, mode, facts)
        assert {"SSL_write", "SSL_read"} <= set(found), (level, mode, facts)
        if not inline or (compiler, numbers, level) == ("gcc", True, "-O2"):
            assert found == truth, (level, mode, facts)
        assert facts["version"] == ("OpenSSL 1.1" if numbers else "OpenSSL 3.0 or later")


ERAS = {2018: "BoringSSL, 2016 to 2018", 2020: "BoringSSL, 2019 to 2021", 2022: "BoringSSL, 2022",
        2023: "BoringSSL or aws-lc, 2022 or later", 2025: "aws-lc, 2025 or later"}
MODES = {"fixed": ["-fno-pie", "-no-pie"], "pie": ["-fPIE", "-pie"], "bare": ["-fPIE", "-pie", "-fno-asynchronous-unwind-tables"]}


def check_shape(cli, tmp_path, era, mode, compiler, *arguments):
    program = tmp_path / "program"
    build(compiler, f"-DERA={era}", *MODES[mode], *arguments, *SHAPE, "-o", program)
    truth = symbols(program)
    strip(program)
    [facts] = scan(cli, program)
    assert addresses(facts) == truth, (era, mode, compiler, arguments, facts)
    assert facts["library"] == "BoringSSL" and facts["version"] == ERAS[era]
    return facts


@pytest.mark.parametrize("compiler, era", itertools.product(("gcc", "clang"), ERAS))
def test_the_shape_of_boringssl_is_found_by_every_compiler(cli, tmp_path, compiler, era):
    for level, mode in itertools.product(("-O1", "-O2", "-O3", "-Os"), MODES):
        facts = check_shape(cli, tmp_path, era, mode, compiler, level)
        assert facts["why"] == PATCHED and facts["machine"] == "x86-64"


@pytest.mark.parametrize("era", (2020, 2023, 2025))
def test_the_shape_of_boringssl_is_found_on_aarch64(cli, tmp_path, era):
    for level, mode in itertools.product(("-O1", "-O2", "-O3", "-Os"), MODES):
        facts = check_shape(cli, tmp_path, era, mode, "clang", level, "--target=aarch64-linux-gnu", "-nostdlib", "-Wl,-e,main",
                            "-Wl,--unresolved-symbols=ignore-all")
        assert facts["reachable"] is False and facts["machine"] == "aarch64"


LTO = {"gcc": [["-flto"]], "clang": [["-flto", "-fuse-ld=lld"], ["-flto=thin", "-fuse-ld=lld"]]}


@pytest.mark.parametrize("compiler, shape", itertools.product(LTO, ("boringssl", "boringssl 2018", "openssl", "openssl 1.1")))
def test_link_time_optimisation_hides_a_function_or_leaves_it_to_be_found(cli, tmp_path, compiler, shape):
    """Copies of the functions stand in their callers, and do not pass for them."""
    sources, flags = {"boringssl": (SHAPE, ["-DERA=2023"]), "boringssl 2018": (SHAPE, ["-DERA=2018"]), "openssl": (OPENSSL_SHAPE, []),
                      "openssl 1.1": (OPENSSL_SHAPE, ["-DNUMBERS"])}[shape]
    program = tmp_path / "program"
    for lto, level, mode in itertools.product(LTO[compiler], ("-O2", "-Os"), MODES):
        build(compiler, *lto, level, *flags, *MODES[mode], *sources, "-o", program)
        truth = symbols(program)
        strip(program)
        [facts] = scan(cli, program)
        found = addresses(facts)
        assert found.items() <= truth.items(), (lto, level, mode, facts)
        assert {"SSL_write", "SSL_read"} <= set(found), (lto, level, mode, facts)


CALLERS = {  # of a function that is copied into its only caller; each would break if it were taken for that function
    "one more argument": "int caller(struct ssl *s, {0}void *p, int n, long *done) {{ int r = {1}(s, p, n); *done = r; return r > 0; }}",
    "another order": "int caller(void *user, struct ssl *s, {0}void *p, int n) {{ return user ? {1}(s, p, n) : -1; }}",
    "from its own object": "struct connection {{ int n; struct ssl *s; }};\n"
                           "int caller(struct connection *c, {0}void *p, int n) {{ c->n += n; return {1}(c->s, p, n); }}",
    "without a buffer": "char place[99]; int caller(struct ssl *s) {{ return {1}(s, place, 99); }}",
}


@pytest.mark.parametrize("shape, function", itertools.product(("boringssl", "openssl"), ("SSL_write", "SSL_read")))
def test_a_function_that_is_copied_into_its_only_caller_is_refused(cli, tmp_path, shape, function):
    sources = SHAPE if shape == "boringssl" else OPENSSL_SHAPE
    const = "const " if function == "SSL_write" else ""
    head = f"int {function}(struct ssl *s, {const}void *p, int n)"
    text = sources[0].read_text()
    assert text.count(head + "\n{") == 1
    program = tmp_path / "program"
    for name, caller in CALLERS.items():
        shape_file, main = tmp_path / "shape.c", tmp_path / "main.c"
        shape_file.write_text(text.replace(head + "\n{", "static inline __attribute__((always_inline)) " + head + "\n{")
                              + "\n" + caller.format(const, function))
        main.write_text(re.sub(rf"\b{function}\b", "gone", sources[1].read_text())
                        + f"\nint gone(struct ssl *s, {const}void *p, int n) {{ return n; }}\n"
                        + "int caller(void *, ...); int (*volatile taken)(void *, ...) = caller;\n")
        for compiler, level, mode in itertools.product(("gcc", "clang"), ("-O2", "-Os"), ("fixed", "bare")):
            build(compiler, level, "-w", "-DERA=2023", *MODES[mode], shape_file, main, "-o", program)
            truth = symbols(program)
            strip(program)
            [facts] = scan(cli, program)
            found = addresses(facts)
            assert function not in found and found.items() <= truth.items(), (name, compiler, level, mode, facts)


def test_code_that_raises_otherwise_is_refused_with_a_reason(cli, tmp_path):
    """An unknown time of the library: one reason has another number."""
    source = SHAPE[0].read_text()
    changed = tmp_path / "changed.c"
    changed.write_text(source.replace("RAISE(215)", "RAISE(216)"))
    program = tmp_path / "program"
    build("gcc", "-O2", "-DERA=2023", changed, SHAPE[1], "-o", program)
    strip(program)
    [facts] = scan(cli, program)
    assert facts["functions"] == {} and facts["tier"] == "none" and facts["confidence"] == "refused"
    assert facts["library"] == "BoringSSL" and facts["reachable"] is False
    assert facts["why"] == "SSL_write: no function carries the signature"


def test_two_copies_of_a_library_are_refused(cli, tmp_path):
    """Which of them the program writes with cannot be known."""
    names = ("SSL_read", "SSL_peek", "SSL_write", "SSL_shutdown", "SSL_do_handshake", "put_error", "discard", "send_all", "call_all",
             "main")
    sources = []
    for copy in ("one", "two"):
        for source in SHAPE:
            sources.append(tmp_path / f"{copy}_{source.name}")
            sources[-1].write_text("".join(f"#define {name} {copy}_{name}\n" for name in names) + source.read_text())
    main = tmp_path / "main.c"
    main.write_text("int one_main(int, char **), two_main(int, char **);\n"
                    "int main(int c, char **v) { return one_main(c, v) + two_main(c, v); }\n")
    program = tmp_path / "program"
    build("gcc", "-O2", "-DERA=2023", main, *sources, "-o", program)
    strip(program)
    [facts] = scan(cli, program)
    assert facts["functions"] == {} and facts["why"] == "SSL_write: more than one function carries the signature"


# ------------------------------------------------------------------ real libraries
@pytest.mark.parametrize("library, name", [(OPENSSL, "OpenSSL"), (BORINGSSL, "BoringSSL")])
def test_a_real_library_is_found_by_its_anchors_at_its_symbols(cli, library, name):
    assert os.path.exists(library), "Debian packages libssl3 and android-libboringssl"
    [named] = scan(cli, library)
    [found] = scan(cli, "--anchors", library)
    assert named["tier"] == "dynamic symbol" and found["tier"] == "anchors"
    assert addresses(found) == addresses(named) and "SSL_write" in addresses(named)
    assert named["library"] == found["library"] == name and named["reachable"] is True


def test_over_all_of_usr_every_answer_is_true_and_nothing_else_is_found(cli):
    """Whatever the anchors find is where the symbols say; it is found in every file that has a library and its symbols."""
    roots = ["/usr/bin", "/usr/lib"]
    by_symbols = {f["path"]: f for f in scan(cli, *roots)}
    by_anchors = {f["path"]: f for f in scan(cli, "--anchors", *roots)}
    named = {p for p, f in by_symbols.items() if f["tier"] in ("dynamic symbol", "symbol")}
    assert {OPENSSL, BORINGSSL, os.path.realpath(need("node", "nodejs"))} <= named
    for path in named:
        assert addresses(by_anchors[path]) == addresses(by_symbols[path]), path
    for path, facts in by_anchors.items():
        if facts["functions"] and path not in named:
            assert b"ssl_lib.c" in pathlib.Path(path).read_bytes(), path


# ------------------------------------------------------------------ what is not reached
def facts_of(cli, tmp_path, *arguments):
    program = tmp_path / "program"
    build("gcc", "-o", program, *arguments)
    [facts] = scan(cli, program)
    return facts


def test_a_static_executable_is_named_and_its_library_found_all_the_same(cli, tmp_path):
    for flag, word in (("-static", "static executable"), ("-static-pie", "static-pie executable")):
        facts = facts_of(cli, tmp_path, *SHAPE, "-DERA=2023", "-O2", flag)
        assert facts["reachable"] is False and word in facts["why"] and "SSL_write" in facts["functions"]


def test_another_c_library_is_named(cli, tmp_path):
    facts = facts_of(cli, tmp_path, *SHAPE, "-DERA=2023", "-O2",
                     "-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1")
    assert facts["reachable"] is False and "ld-musl-x86_64.so.1" in facts["why"]


def test_a_32_bit_program_is_named(cli, tmp_path):
    facts = facts_of(cli, tmp_path, SOURCES / "marks.c", "-m32")
    assert facts["reachable"] is False and facts["why"].startswith("a 32-bit file")


@pytest.mark.parametrize("name, flag", [("Go", "-DGO"), ("rustls", "-DRUSTLS")])
def test_other_implementations_are_named(cli, tmp_path, name, flag):
    facts = facts_of(cli, tmp_path, SOURCES / "marks.c", flag)
    assert facts["library"] == name and facts["reachable"] is False and facts["linkage"] == "linked in"


def test_shared_libraries_are_told_apart(cli, tmp_path):
    [curl] = scan(cli, need("curl", "curl"))
    assert curl["linkage"] == "shared" and curl["needs"].startswith("libcurl") and curl["reachable"] is True
    client = facts_of(cli, tmp_path, SOURCES / "openssl_client.c", "-lssl", "-lcrypto")
    assert client["needs"] == "libssl.so.3" and client["reachable"] is True and "interposing" in client["why"]
    [wget] = scan(cli, need("wget", "wget"))
    assert wget["needs"].startswith("libgnutls") and wget["reachable"] is False
    [true] = scan(cli, need("true", "coreutils"))
    assert true["linkage"] == "none" and true["reachable"] is None and true["library"] is None


# ------------------------------------------------------------------ the command
def test_a_directory_is_walked_and_only_tls_is_listed(cli, tmp_path):
    tree = tmp_path / "tree"
    (tree / "deep").mkdir(parents=True)
    shutil.copy(need("true", "coreutils"), tree / "true")
    shutil.copy(OPENSSL, tree / "deep" / "libssl.so")
    (tree / "text").write_text("x" * 100)
    (tree / "loop").symlink_to(tree)
    assert [f["path"] for f in scan(cli, tree)] == [f"{tree}/deep/libssl.so"]
    assert {f["path"] for f in scan(cli, "--all", tree)} == {f"{tree}/deep/libssl.so", f"{tree}/true"}
    text = cli("scan", tree).stdout.decode()
    assert text.endswith("2 ELF files looked at, 1 with TLS, 1 of them reachable\n")
    assert "found by   dynamic symbol" in text and "SSL_write_ex 0x" in text


def test_exit_codes_tell_what_was_wrong_and_the_rest_is_done(cli, tmp_path):
    text, script = tmp_path / "text", tmp_path / "script"
    text.write_text("no program")
    script.write_text("#!/bin/sh\n")
    assert cli("scan").returncode == USAGE
    assert cli("scan", "/no/such/file").returncode == NOINPUT
    p = cli("scan", text, need("true", "coreutils"))
    assert p.returncode == DATAERR and b"not an ELF" in p.stderr and b"no TLS library" in p.stdout
    p = cli("scan", script)
    assert p.returncode == DATAERR and b"scan its interpreter (/bin/sh)" in p.stderr


def test_nothing_is_told_of_progress_where_stderr_is_no_terminal(cli):
    assert cli("scan", "/usr/bin").stderr == b""
