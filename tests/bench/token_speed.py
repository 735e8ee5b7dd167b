"""The rows of the group `token`: ours, bpe-openai (Rust, built here where cargo is) and tiktoken, on the same texts in the same run.

Each contestant is a process that counts each text four times: the first is its first sight of that text, the least of the others the repeated
one. The processes run in turn, ROUNDS times; medians of the rounds. Processor time of one thread.

token_speed.py --tiktoken ENCODING FILE..  is the contestant tiktoken.
"""
import base64
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ENCODINGS = ("o200k_base", "cl100k_base")
ROUNDS = 3
TEXT = 1_000_000  # bytes of each text
# the kinds of token_corpus.py that make each text
TEXTS = {"json": ("json-api", "ndjson"), "logs": ("log", "dpkg-log"), "c": ("c",), "english": ("prose", "markdown", "man-source"),
         "cjk": ("lang-japanese", "lang-chinese", "lang-chinese-taiwan", "lang-korean", "lang-russian", "lang-hindi", "emoji")}
HARD = {"a": "a", "spaces": " ", "newlines": "\n", "ruler-equals": "=", "ruler-dash": "-", "ruler-hash": "#", "one-han": "\u4e2d", "random-han": None,
        "thai": None, "letters": None, "hex": None, "base64": None}


def hard(name, size):
    """A text of so many bytes, mostly of one piece that does not end."""
    r = random.Random(name)
    pools = {"random-han": [chr(c) for c in range(0x4E00, 0x9FA6)], "thai": [chr(c) for c in range(0xE01, 0xE2F)],
             "letters": "abcdefghijklmnopqrstuvwxyz", "hex": "0123456789abcdef"}
    if name == "base64":
        return base64.b64encode(r.randbytes(size))[:size]
    pool = pools.get(name) or [HARD[name]]
    return "".join(r.choices(pool, k=size // len(pool[0].encode()))).encode()


def make_texts(directory):
    """{row: path}; the documents of a kind in turn until a text is full."""
    sys.path.insert(0, str(HERE))
    import token_corpus
    kinds = {kind: name for name, list_ in TEXTS.items() for kind in list_}
    parts = {kind: [] for kind in kinds}
    for split in ("train", "test"):
        for kind, _, text in token_corpus.documents(split, lambda *_: None):
            if kind in parts:
                parts[kind].append(text.encode())
    paths = {}
    for name, list_ in TEXTS.items():
        data = b""
        for kind in list_:
            data += b"".join(parts[kind])[:TEXT // len(list_)].decode(errors="ignore").encode()
        paths[name] = directory / f"text.{name}"
        paths[name].write_bytes(data)
    for name in HARD:
        for size, suffix in ((100_000, ""), (1_000_000, ".1m")):
            paths[f"hard.{name}{suffix}"] = directory / f"hard.{name}{suffix}"
            paths[f"hard.{name}{suffix}"].write_bytes(hard(name, size))
    first = (paths["json"].read_bytes())[:50_000].decode(errors="ignore").encode()
    paths["first50k"] = directory / "first50k"
    paths["first50k"].write_bytes(first)
    return paths


def tiktoken_cache(directory):
    """A directory in which tiktoken finds the rank files of data/, under the names that it gives them."""
    directory.mkdir(exist_ok=True)
    for name, stem in (("fb374d419588a4632f3f557e76b4b70aebbca790", "o200k_base"), ("9b5ad71b2ce5302211f9c61530b329a4922fc6a4", "cl100k_base")):
        if not (directory / name).exists():
            (directory / name).symlink_to(HERE.parents[1] / "data" / f"{stem}.tiktoken")
    return str(directory)


def build_peer(build):
    """The program of bpe-openai; or None, and why."""
    cargo = shutil.which("cargo", path=os.environ.get("PATH", "") + os.pathsep + os.path.expanduser("~/.cargo/bin"))
    if cargo is None:
        return None, "no cargo: bpe-openai is not measured"
    target = build / "bench" / "bpe-peer"
    source = build / "bench" / "bpe-source"  # cargo writes beside its manifest
    shutil.copytree(HERE / "bpe_peer", source, dirs_exist_ok=True)
    done = subprocess.run([cargo, "build", "-q", "--release", "--manifest-path", source / "Cargo.toml", "--target-dir", target],
                          capture_output=True, text=True, timeout=1800)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        return None, "cargo cannot build bpe-openai"
    return target / "release" / "bpe-peer", None


def run(argv, env, files):
    """{file or "start" or "private": what one process measured}."""
    done = subprocess.run([*map(str, argv), *map(str, files)], env=env, stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    found = {}
    for line in map(json.loads, done.stdout.splitlines()):
        found.update({line["file"]: line} if "file" in line else line)
    return found


class Contest:
    """All contestants of one encoding, run in turn."""

    def __init__(self, argvs, env, files):
        self.files, self.rounds = files, {who: [] for who in argvs}
        for _ in range(ROUNDS):
            for who, argv in argvs.items():
                self.rounds[who].append(run(argv, env, files))
        for f in map(str, files):
            tokens = {who: r[0][f]["tokens"] for who, r in self.rounds.items()}
            if len(set(tokens.values())) != 1:
                raise RuntimeError(f"counts of {f} differ: {tokens}")

    def median(self, who, get):
        return statistics.median(get(r) for r in self.rounds[who])

    def time(self, who, path, sight):
        return self.median(who, lambda r: r[str(path)][sight])


def measure(bench):
    paths = make_texts(bench.directory)
    texts = [paths[n] for n in TEXTS]
    hards = [paths["hard." + n] for n in HARD] + [paths[f"hard.{n}.1m"] for n in HARD]
    peer, absent = build_peer(bench.build)
    if absent:
        print(f"bench: token: {absent}", file=sys.stderr)
    python = bench.build / "venv" / "bin" / "python"
    env = {**bench.env, "TIKTOKEN_CACHE_DIR": tiktoken_cache(bench.directory / "tiktoken")}
    rows = []

    def say(row, ours, theirs, mb=1.0):
        """Nanoseconds for a million bytes."""
        rows.append({"row": row, "absent": absent} if theirs is None else {"row": row, "ours": ours / mb, "peer": theirs / mb})

    for encoding in ENCODINGS:
        argvs = {"ours": [bench.program("token"), encoding], "tiktoken": [python, __file__, "--tiktoken", encoding]}
        if peer:
            argvs["peer"] = [peer, encoding]
        first_only = Contest({k: v for k, v in argvs.items() if k != "tiktoken"}, env, [paths["first50k"]])
        contest = Contest(argvs, env, texts)
        prefix = f"token.{encoding.partition('_')[0]}"

        def of(c, who, path, sight):
            return c.time(who, path, sight) if who in c.rounds else None
        for name in TEXTS:
            mb = paths[name].stat().st_size / 1e6
            for sight in ("first", "again"):
                ours = contest.time("ours", paths[name], sight)
                say(f"{prefix}.{name}.{sight}", ours, of(contest, "peer", paths[name], sight), mb)
                rows.append({"row": f"{prefix}.{name}.{sight}.tiktoken", "ours": ours / mb, "peer": contest.time("tiktoken", paths[name], sight) / mb})
        start = first_only.median("ours", lambda r: r["start"])
        with_text = start + first_only.time("ours", paths["first50k"], "first")
        say(f"{prefix}.start", start, first_only.median("peer", lambda r: r["start"]) if peer else None)
        say(f"{prefix}.start50k", with_text,
            first_only.median("peer", lambda r: r["start"] + r[str(paths["first50k"])]["first"]) if peer else None)
        rows.append({"row": f"{prefix}.private", "ours": contest.median("ours", lambda r: r["private"])})
        if encoding != "o200k_base":
            continue
        argvs.pop("tiktoken")  # some of these take it a minute
        contest = Contest(argvs, env, hards)
        for name in HARD:
            small, large = paths["hard." + name], paths[f"hard.{name}.1m"]
            say(f"token.hard.{name}", contest.time("ours", small, "first"), of(contest, "peer", small, "first"), small.stat().st_size / 1e6)
            rows.append({"row": f"token.linear.{name}", "ours": contest.time("ours", large, "first"), "peer": contest.time("ours", small, "first")})
    return rows


def tiktoken_contestant(encoding, files):
    import tiktoken
    start = time.thread_time_ns()
    e = tiktoken.get_encoding(encoding)
    e.encode_ordinary("exactly")
    print(json.dumps({"start": time.thread_time_ns() - start}))
    for path in files:
        text = pathlib.Path(path).read_bytes().decode()
        times = []
        for _ in range(4):
            begin = time.thread_time_ns()
            tokens = len(e.encode_ordinary(text))
            times.append(time.thread_time_ns() - begin)
        print(json.dumps({"file": path, "tokens": tokens, "first": times[0], "again": min(times[1:])}))


if __name__ == "__main__":
    if sys.argv[1:2] != ["--tiktoken"]:
        sys.exit(__doc__)
    tiktoken_contestant(sys.argv[2], sys.argv[3:])
