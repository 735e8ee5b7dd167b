"""Requests of other days and of programs of other names, recorded by the library itself: for what is shown over time.

The recording process is a copy of Python under the name wanted, whose clock a library of a few lines sets back.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

CLOCK = r"""
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *t)
{
    const char *ago = getenv("SECONDS_AGO");
    int r = (int)syscall(SYS_clock_gettime, id, t);

    if (r == 0 && id == CLOCK_REALTIME && ago != NULL)
        t->tv_sec -= atol(ago);
    return r;
}
"""


class Recorder:
    """recorder(body, ..): one request, or as many as `times` says, so long ago and by a program of that name."""

    def __init__(self, cli):
        self.cli = cli
        self.directory = cli.home / "recorder"
        self.directory.mkdir()
        self.clock = self.directory / "clock.so"
        source = self.directory / "clock.c"
        source.write_text(CLOCK)
        subprocess.run([os.environ.get("CC", "gcc"), "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", self.clock, source], check=True)

    def python(self, name):
        copy = self.directory / name
        if not copy.exists():
            shutil.copy(Path(sys.executable).resolve(), copy)
        return copy

    def __call__(self, body, program="agent", seconds_ago=0, **more):
        env = {"PYTHONHOME": sys.base_prefix, "LD_PRELOAD": str(self.clock), "SECONDS_AGO": str(int(seconds_ago))}
        return self.cli.record(body, python=self.python(program), **env, **more)
