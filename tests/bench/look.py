"""The look for linked-in TLS, in real unmodified programs: what their first connect() costs, and what starts without one cost.

The programs are those of `make test-programs` (build/programs). A row whose program is not there says so and is no miss.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

import traced

SAMPLES = 5
PATIENCE = 60   # seconds until the first connection of a program
NODE_CONNECT = "import('node:net').then(n => n.connect(1, '127.0.0.1').on('error', () => {}))"   # refused at once
PYTHON = "/usr/bin/python3"   # Debian's: all of it is in the executable
PYTHON_CONNECT = "import socket; socket.socket().connect_ex(('127.0.0.1', 1))"
PROGRAMS = {
    "claude": ["claude-2.1.329/claude", "-p", "hello"],
    "bun": ["bun-1.4.5/bin/bun", "-e", NODE_CONNECT],
    "node": ["node-22/bin/node", "-e", NODE_CONNECT],
}
ROWS = {
    "claude": ["rate.claude", "first.claude", "first.claude.wall", "cached.claude", "start.claude", "files.claude"],
    "bun": ["rate.bun", "first.bun", "first.bun.wall", "first.bun.disk", "cached.bun"],
    "node": ["rate.node", "first.node", "start.node", "files.node"],
}
ENV = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1", "ANTHROPIC_API_KEY": "none", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
       "DISABLE_AUTOUPDATER": "1"}


class Look:
    def __init__(self, bench):
        self.bench = bench
        self.timer = str(bench.build / "tests" / "bench" / "connect_timer.so")
        self.machine = bench.run("look", "machine")[0]["machine"]

    def path(self, program):
        return self.bench.build / "programs" / program

    # -------------------------------------------------------------- one connection
    def first_connect(self, argv, home):
        """Processor time and wall time of a program's first connect() to the internet protocols, in nanoseconds."""
        times = home / "times"
        times.unlink(missing_ok=True)
        env = {**self.bench.env, **ENV, "HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "CONNECT_TIMES": str(times),
               "LD_PRELOAD": f"{self.timer} {self.bench.preload}"}
        with subprocess.Popen([str(a) for a in argv], env=env, cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            try:
                for _ in range(PATIENCE * 100):
                    line = times.read_text().partition("\n") if times.exists() else ("", "", "")
                    if line[1]:
                        return tuple(int(n) for n in line[0].split())
                    if process.poll() is not None and not times.exists():
                        break
                    time.sleep(0.01)
            finally:
                process.kill()
        raise RuntimeError(f"{argv[0]} made no connection")

    def connections(self, argv):
        """First connections without a database, and with the answer in it."""
        unknown, known = [], []
        for _ in range(SAMPLES):
            home = pathlib.Path(tempfile.mkdtemp(dir=self.bench.directory))
            unknown.append(self.first_connect(argv, home))
            known.append(self.first_connect(argv, home))
            shutil.rmtree(home, ignore_errors=True)
        return [statistics.median(column) for column in (*zip(*unknown), *zip(*known))]

    def from_disk(self, name):
        """The wall time of the first connection where the program's pages are not in memory, but for those that its start needs."""
        home = pathlib.Path(tempfile.mkdtemp(dir=self.bench.directory))
        program = home / "program"
        shutil.copyfile(self.path(PROGRAMS[name][0]), program)
        program.chmod(0o755)
        walls = []
        for i in range(3):
            with open(program, "rb") as f:
                os.fsync(f.fileno())
                os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            (home / str(i)).mkdir()
            walls.append(self.first_connect([program, *PROGRAMS[name][1:]], home / str(i))[1])
        shutil.rmtree(home, ignore_errors=True)
        return statistics.median(walls)

    # -------------------------------------------------------------- rows
    def limit(self, row, ours):
        return {"row": "look." + row, "ours": ours, "machine": self.machine}

    def of_program(self, name):
        program, *words = PROGRAMS[name]
        if not self.path(program).exists():
            return [{"row": "look." + row, "absent": "not fetched"} for row in ROWS[name]]
        argv = [self.path(program), *words]
        cpu, wall, known, _ = self.connections(argv)
        found = self.bench.run("look", "locate", "look.rate." + name, self.path(program))
        found += [self.limit("first." + name, cpu), self.limit(f"first.{name}.wall", wall), self.limit("cached." + name, known)]
        if name == "bun":
            found.append(self.limit("first.bun.disk", self.from_disk(name)))
        if f"start.{name}" in ROWS[name]:
            start = [str(argv[0]), *(["--version"] if name == "claude" else ["-e", "0"])]
            total, more = traced.start_more(start, self.bench.env, self.bench.preload, self.bench.trace)
            found += [{"row": "look.start." + name, "ours": total + more, "peer": total},
                      {"row": "look.files." + name, "ours": traced.opened(start, self.bench.env, self.bench.preload, self.bench.trace,
                                                                          ("libheadroom.so", "libelf", "libZydis"))}]
        return found

    def of_python(self):
        """A program without TLS: the look for its strings is in vain, and all that there is."""
        home = pathlib.Path(tempfile.mkdtemp(dir=self.bench.directory))
        cpu = [self.first_connect([PYTHON, "-S", "-c", PYTHON_CONNECT], home)[0] for _ in range(SAMPLES)]
        return self.limit("first.python", statistics.median(cpu))

    def written(self):
        """One write of a program with OpenSSL linked in, patched and not, in turn."""
        program = self.bench.build / "tests" / "bench" / "linked_write"
        state = {"XDG_STATE_HOME": tempfile.mkdtemp(dir=self.bench.directory)}
        times = {preload: [] for preload in (self.bench.preload, "")}
        for _ in range(SAMPLES):
            for preload, list_ in times.items():
                list_.append(self.bench.lines([program], LD_PRELOAD=preload, **state)[0]["ours"])
        ours, peer = (statistics.median(list_) for list_ in times.values())
        return {"row": "look.write", "ours": ours, "peer": peer}

    def measure(self):
        compiler = subprocess.run(["gcc", "-print-prog-name=cc1"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        found = [line for name in PROGRAMS for line in self.of_program(name)]
        found += self.bench.run("look", "gate", compiler) + self.bench.run("look", "later", LD_PRELOAD=self.bench.preload)
        return found + [self.of_python(), self.written()]
