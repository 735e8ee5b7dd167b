"""Modules opened with RTLD_DEEPBIND (PHP's extensions): our names reach them, and nothing else of what the flag does is lost."""
import os
import re
import subprocess

import pytest

import conftest

pytestmark = pytest.mark.usefixtures("needs_library")
SOURCES = conftest.HERE / "plugin"
LAZY, NOW = str(os.RTLD_LAZY), str(os.RTLD_NOW)
LAZY_DEEP, NOW_DEEP = str(os.RTLD_LAZY | os.RTLD_DEEPBIND), str(os.RTLD_NOW | os.RTLD_DEEPBIND)


@pytest.fixture(params=["lazy", "now"])
def build(request, tmp_path):
    """The program, and the plugin beside it, which its RUNPATH names. now: bound at once, slots in read-only pages."""
    gcc, how = [conftest.need("gcc", "gcc"), "-g", "-O1"], f"-Wl,-z,relro,-z,{request.param}"
    runpath = "-Wl,--enable-new-dtags,-rpath,$ORIGIN"
    for argv in ([*gcc, "-shared", "-fPIC", SOURCES / "plugin_own.c", "-o", tmp_path / "libplugin_own.so"],
                 [*gcc, "-shared", "-fPIC", how, SOURCES / "plugin.c", "-o", tmp_path / "plugin.so", runpath, f"-L{tmp_path}", "-lplugin_own", "-lssl"],
                 [*gcc, "-rdynamic", SOURCES / "host.c", "-o", tmp_path / "host", runpath]):
        subprocess.run(argv, check=True)
    return tmp_path


def test_our_names_reach_a_deep_bound_module_and_no_other_name_changes(build, run):
    argv = [build / "host", build / "plugin.so", NOW_DEEP]
    without = run(argv)
    assert without.stdout.startswith(b"SSL_write libssl.so.3, SSL_new libssl.so.3, BIO_f_ssl's method libssl.so.3, who the plugin's\n")
    for flags in (NOW_DEEP, LAZY_DEEP):
        argv[2] = flags
        assert run(argv, preload=True, mode="off") == without
        expected = without.stdout.replace(b"SSL_write libssl.so.3", b"SSL_write libheadroom_preload.so").replace(
            b"method libssl.so.3", b"method memory")
        for mode in ("audit", "optimize"):
            assert run(argv, preload=True, mode=mode) == without._replace(stdout=expected), "the protection of its pages included"


@pytest.mark.parametrize("flags", [LAZY, NOW, LAZY_DEEP])
def test_a_name_without_a_slash_is_looked_for_where_the_program_says(flags, build, run):
    """The linker takes the RUNPATH of its caller: the program, not us."""
    argv = [build / "host", "plugin.so", flags]
    for preload in (False, True):
        assert b"SSL_new libssl.so.3" in run(argv, preload=preload).stdout


def test_what_cannot_be_opened_is_not_opened(run, build):
    argv = [build / "host", build / "none.so", NOW_DEEP]
    assert run(argv, preload=True) == run(argv) == (1, b"not opened\n", b"")


def test_the_list_of_names_is_that_of_the_exports():
    source = (conftest.HERE.parent.parent / "hooks" / "deepbind.c").read_text()
    listed = set(re.findall(r'^ +"(\w+)",$', source, re.M))
    exported = {x.split()[1] for x in (conftest.HERE.parent / "exports.txt").read_text().splitlines() if x.startswith("libheadroom_preload.so ")}
    assert exported - {"__gmon_start__", "connect"} <= listed
