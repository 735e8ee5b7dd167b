"""Point 2: `make install`, then literally LD_PRELOAD=libheadroom_preload.so python3 script.py."""
import os
import pathlib
import subprocess

import conftest
import conversations
import pytest

pytestmark = pytest.mark.usefixtures("needs_library")
TOP = conftest.HERE.parent.parent

SCRIPT = """
import http.client, ssl, sys
body = open(sys.argv[2], "rb").read()
c = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=ssl.create_default_context())
c.request("POST", "/v1/messages", body, {"Content-Type": "application/json"})
print(c.getresponse().status)
"""

# In a mount namespace of its own: the machine keeps its /usr/local and its linker cache.
INSTALL = r"""
set -e
cp -a /etc "$1/etc"
mount --bind "$1/etc" /etc
mount -t tmpfs none /usr/local
make -s -C "$2" install B="$3" >/dev/null
cd "$1"
LD_PRELOAD=libheadroom_preload.so python3 script.py "$4" body.json
headroom stats --json
make -s -C "$2" uninstall B="$3"
"""


def test_the_line_of_the_readme_works_as_written_after_make_install(run, server, tmp_path, body_file):
    work = tmp_path / "work"
    work.mkdir()
    (work / "script.py").write_text(SCRIPT)
    body = pathlib.Path(body_file(conversations.quickstart_anthropic()))
    body.rename(work / "body.json")
    done = run([*conftest.mount_namespace(), "bash", "-c", INSTALL, "bash", work, TOP, conftest.BUILD, server.port],
               env={"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
    assert done.returncode == 0, done
    assert done.stdout.startswith(b"200\n") and b'"total":' in done.stdout.replace(b" ", b"").replace(b"\t", b"")
    assert b"kept: the database" in done.stdout
    assert len(server.requests[0].raw_body) < (work / "body.json").stat().st_size // 4


def test_destdir_and_prefix_are_obeyed_and_uninstall_takes_everything_away(tmp_path):
    make = ["make", "-s", "-C", TOP, f"B={conftest.BUILD}", f"DESTDIR={tmp_path}", "PREFIX=/opt/headroom"]
    subprocess.run([*make, "install"], check=True, capture_output=True)
    found = {str(p.relative_to(tmp_path / "opt/headroom")) for p in tmp_path.rglob("*") if p.is_file()}
    assert found == {"lib/libheadroom.so", "lib/libheadroom_preload.so", "bin/headroom", "lib/headroom/o200k_base.tokens",
                     "lib/headroom/cl100k_base.tokens", "include/headroom.h",
                     "lib/pkgconfig/headroom.pc", "share/man/man1/headroom.1", "share/man/man5/headroom-config.5",
                     "share/bash-completion/completions/headroom", "share/zsh/site-functions/_headroom",
                     "share/fish/vendor_completions.d/headroom.fish"}
    version = subprocess.run([tmp_path / "opt/headroom/bin/headroom", "--version"], check=True, capture_output=True, text=True)
    assert version.stdout.startswith("headroom ")
    subprocess.run([*make, "uninstall"], check=True, capture_output=True, env=dict(os.environ, HOME=str(tmp_path)))
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]
