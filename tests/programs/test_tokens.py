"""Exact token counts: ids and counts of the library equal those of tiktoken, whatever the text; what is reported without a vocabulary.

HEADROOM_TOKENS_MB (default 4) is how much text the corpus of test_a_corpus.. has, HEADROOM_TOKENS_SEED chooses the random strings.
"""
import collections
import ctypes
import glob
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import textwrap

import pytest

from cli_user import BUILD, ROOT, UNAVAILABLE, USAGE, DATAERR, Cli, conversation, quickstart

sys.path.insert(0, str(ROOT / "tests" / "bench"))
import token_corpus  # noqa: E402
import token_speed  # noqa: E402

CACHE = tempfile.TemporaryDirectory()
os.environ["TIKTOKEN_CACHE_DIR"] = token_speed.tiktoken_cache(pathlib.Path(CACHE.name))
import tiktoken  # noqa: E402

ENCODINGS = ("o200k_base", "cl100k_base")
MEGABYTES = float(os.environ.get("HEADROOM_TOKENS_MB", "4"))
SEED = int(os.environ.get("HEADROOM_TOKENS_SEED", "1"))

LIB = ctypes.CDLL(str(BUILD / "libheadroom.so"))
SIZE = ctypes.c_size_t
IDS = ctypes.POINTER(ctypes.c_uint32)
LIB.headroom_count_tokens.argtypes = [ctypes.c_char_p, ctypes.c_char_p, SIZE, ctypes.POINTER(SIZE)]
LIB.headroom_token_ids.argtypes = [ctypes.c_char_p, ctypes.c_char_p, SIZE, ctypes.POINTER(IDS), ctypes.POINTER(SIZE)]
LIB.headroom_free.argtypes = [ctypes.c_void_p]
LIB.headroom_encoding_of.argtypes = [ctypes.c_char_p]
LIB.headroom_encoding_of.restype = ctypes.c_char_p


def count(name, data):
    n = SIZE()
    assert LIB.headroom_count_tokens(name.encode(), data, len(data), ctypes.byref(n)) == 0
    return n.value


def ids(name, data):
    out, n = IDS(), SIZE()
    assert LIB.headroom_token_ids(name.encode(), data, len(data), ctypes.byref(out), ctypes.byref(n)) == 0
    got = out[:n.value]
    LIB.headroom_free(out)
    return got


def check(texts, names=ENCODINGS):
    """Ids and counts of each text, by both; the number of bytes."""
    size = 0
    for name in names:
        encoding = tiktoken.get_encoding(name)
        for text in texts:
            data = text.encode()
            want = encoding.encode_ordinary(text)
            size += len(data)
            if count(name, data) != len(want) or ids(name, data) != want:
                pytest.fail(f"{name}: {smallest(name, encoding, text)!r}")
    return size


def smallest(name, encoding, text):
    """A part of a text that is counted wrong, with nothing left to take off its ends."""
    def wrong(t):
        return t and ids(name, t.encode()) != encoding.encode_ordinary(t)
    if not wrong(text):
        return "only its count is wrong: " + text[:200]
    step = len(text) // 2
    while step:
        if wrong(text[step:]):
            text = text[step:]
        elif wrong(text[:-step]):
            text = text[:-step]
        else:
            step //= 2
    return text


# ------------------------------------------------------------------ equal to tiktoken's
def test_every_character_has_the_class_that_tiktoken_gives_it():
    """Each code point before, between and behind letters of both cases, digits, signs and spaces."""
    every = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    if MEGABYTES < 100:  # all that are assigned lie in these
        every = [c for c in every if c < 0x32400 or 0xE0000 <= c < 0xE0200]
        every = [c for c in every if not (0x3500 < c < 0x9F00 or 0xAD00 < c < 0xD700 or 0xE100 < c < 0xF800 or 0x20100 < c < 0x32300)]
    forms = "{0}A{0}b{0} {0}1{0}\n", "a{0}B{0}{0}c'{0}!{0}", " {0}\u4e2d{0}\u0301{0}x\r\n{0}\t"
    check("".join(form.format(chr(c)) for c in every[at:at + 2000]) for form in forms for at in range(0, len(every), 2000))


POOLS = ["abcdefgABCDEFG", "  \t\n\r\u00a0\u3000\x85\x1c\x0b", "0123456789\u0663\u00b2\u2167", "'sStTreEvVmlLdD\u017f'", "!/\\-=#*_\"{}[]:,.",
         "\u0301\u0300\u093f\u20dd", "\u01c5\u02b0\u00aa\u4e2d\u6587\u0e01\u0e31\uac00", "\u00e9\u00c9\u00df\u0130\u1e9e",
         "\U0001f600\U0001f468\u200d\ufffd\U000e0001\U0001d400", "\x00\x7f\x1f", "<|endoftext|>"]


def random_strings(r, n):
    every = "".join(POOLS)
    for _ in range(n):
        length, sort = r.choice((1, 2, 3, 5, 8, 20, 60, 300)), r.random()
        if sort < .5:
            yield "".join(r.choices(every, k=length))
        elif sort < .8:
            pools = r.sample(POOLS, 3)
            yield "".join(r.choice(r.choice(pools)) for _ in range(length))
        elif sort < .9:
            yield "".join(r.choice(every) * r.choice((1, 1, 2, 5, 40)) for _ in range(length // 2 + 1))
        else:
            points = (r.randrange(0x3000) if r.random() < .5 else r.randrange(0x110000) for _ in range(length))
            yield "".join(chr(c) for c in points if not 0xD800 <= c < 0xE000)


def test_random_strings_have_the_ids_of_tiktoken():
    check(list(random_strings(random.Random(SEED), int(3000 * max(1, MEGABYTES / 4)))))


def test_bytes_that_are_no_utf8_count_as_pythons_replacement():
    r = random.Random(SEED)
    pieces = [b"\xff", b"\xc3", b"\xa9", b"\xe4\xb8", b"\xad", b"\xf0\x9f\x9a", b"\x80", b"\xed\xa0\x80", b"\xf4\x90", b"\xe0\x80", b"\xc0\x80",
              b"abc", b" ", b"\n", "é".encode(), b"12", b"'s", b"{"]
    texts = [r.randbytes(r.choice((1, 3, 10, 100, 5000))) for _ in range(300)]
    texts += [b"".join(r.choices(pieces, k=r.choice((2, 5, 30)))) for _ in range(3000)]
    texts += [b"\xff" * n for n in (1, 15, 1000, 1025, 3000)]
    for name in ENCODINGS:
        encoding = tiktoken.get_encoding(name)
        for data in texts:
            want = encoding.encode_ordinary(data.decode("utf-8", "replace"))
            assert ids(name, data) == want and count(name, data) == len(want), data


def hard_inputs(r, size):
    """Pieces that never end."""
    han, thai = [chr(c) for c in range(0x4E00, 0x9FA6)], [chr(c) for c in range(0xE01, 0xE2F)]
    yield from (c * size for c in "a \n=-#*_~.A0\u4e2d\t\u0e01\u0301")
    yield from ("".join(r.choices(pool, k=size)) for pool in (han, thai, "abcdefghijklmnopqrstuvwxyz", "0123456789abcdef", "=-", "{[(\"\\",
                                                               "\u0301\u0300ab", "A\u4e2d", " \n"))
    for around in (" {}\n", "#{}\r\n", "x{}y", "{}\n\n\n"):
        yield from (around.format(c * n) for c in "=- *" for n in (13, 14, 15, 16, 79, 80, 130, 640, 1024, 1300))


def test_pieces_that_never_end_are_counted_right():
    check(list(hard_inputs(random.Random(SEED), 20000)))


def corpus(megabytes):
    """Documents by kind, then files of this machine, until there are so many bytes; each kind gets its share."""
    r, sizes = random.Random(SEED), collections.Counter()
    share, total = megabytes * 1e6 / 60, 0
    splits = ("test",) if megabytes < 20 else ("test", "train")
    for kind, _, text in itertools.chain.from_iterable(map(token_corpus.documents, splits)):
        if sizes[kind] < share:
            sizes[kind] += len(text.encode())
            yield kind, text
    total = sum(sizes.values())
    for _ in range(int(megabytes / 4)):
        data = r.randbytes(100_000)
        total += 2 * len(data)
        yield "random bytes", data.decode("utf-8", "replace")
        yield "shuffled scripts", "".join(r.choices("".join(POOLS[6:9]) + "Ελληνικά русский ไทย 日本語 한국어 हिन्दी العربية", k=50_000))
    roots = ["/usr/include/**/*.h", "/usr/share/**/*.txt", "/usr/lib/python3*/**/*.py", f"{sys.prefix}/lib/**/*.py", "/usr/share/**/*.json",
             "/usr/share/**/*.html", "/usr/share/perl/**/*.p[lm]", f"{sys.base_prefix}/lib/**/*.py", f"{BUILD}/programs/**/*.js",
             f"{BUILD}/programs/**/*.md", "/usr/lib/**/*.js", "/usr/share/**/*.po", "/usr/share/i18n/**/*"]
    for path in itertools.chain.from_iterable(glob.iglob(p, recursive=True) for p in roots):
        if total >= megabytes * 1e6:
            return
        text = token_corpus.read(path) if os.path.isfile(path) else None
        if text:
            total += len(text.encode())
            yield "files", text


def test_a_corpus_of_all_kinds_has_the_ids_of_tiktoken():
    sizes = collections.Counter()
    for kind, text in corpus(MEGABYTES):
        sizes[kind] += check([text]) // len(ENCODINGS)
    print(f"{sum(sizes.values()) / 1e6:.1f} MB of {len(sizes)} kinds:", dict(sizes))
    assert sum(sizes.values()) >= MEGABYTES * .9e6 and len(sizes) >= 40


# ------------------------------------------------------------------ the command
@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def test_the_command_prints_counts_and_ids(cli, tmp_path):
    text = "Hello <|endoftext|>, Wörld! 你好 123456\n"
    (tmp_path / "text").write_text(text)
    for name in ENCODINGS:
        want = tiktoken.get_encoding(name).encode_ordinary(text)
        assert cli("tokens", "--encoding", name, "text").stdout == b"%d\n" % len(want)
        assert [int(x) for x in cli("tokens", "-e", name, "--ids", "-", input=text.encode()).stdout.split()] == want
        assert cli.json("tokens", "-e", name, "--ids", "--json", "text") == {
            "encoding": name, "exact": True, "bytes": len(text.encode()), "tokens": len(want), "ids": want}
    assert cli("tokens", "text").stdout == cli("tokens", "-e", "o200k_base", "text").stdout
    assert cli("tokens", "-", input=b"").stdout == b"0\n" and cli("tokens", "--ids", "-", input=b"").stdout == b""


def test_the_command_follows_the_model_and_says_where_it_only_estimates(cli):
    text = "Zählwörter überall: здравствуйте".encode()
    assert cli("tokens", "-m", "gpt-4-turbo", "-", input=text).stdout == cli("tokens", "-e", "cl100k_base", "-", input=text).stdout
    done = cli("tokens", "-m", "claude-sonnet-4-5", "-", input=text)
    assert done.returncode == 0 and b"estimated" in done.stderr and done.stdout == cli("tokens", "-", input=text).stdout
    assert cli.json("tokens", "-j", "-m", "gemini-2.5-pro", "-", input=text)["exact"] is False
    assert cli("tokens", "-m", "claude-sonnet-4-5", "--ids", "-", input=text).returncode == DATAERR
    assert cli("tokens", "-e", "p50k_base", "-").returncode == USAGE and cli("tokens", "-e", "o200k_base", "-m", "gpt-4", "-").returncode == USAGE
    assert cli("tokens").returncode == USAGE


@pytest.mark.parametrize("model, encoding", [
    ("gpt-4o", "o200k_base"), ("gpt-4o-mini-2024-07-18", "o200k_base"), ("chatgpt-4o-latest", "o200k_base"), ("gpt-4.1-nano", "o200k_base"),
    ("gpt-4.5-preview", "o200k_base"), ("gpt-5", "o200k_base"), ("gpt-5.1-codex-max", "o200k_base"), ("o1", "o200k_base"),
    ("o3-mini", "o200k_base"), ("o4-mini-2025-04-16", "o200k_base"), ("ft:gpt-4o:acme::id", "o200k_base"), ("openai/gpt-4o", "o200k_base"),
    ("GPT-4o", "o200k_base"), ("gpt-oss-120b", "o200k_base"),
    ("gpt-4", "cl100k_base"), ("gpt-4-turbo-2024-04-09", "cl100k_base"), ("gpt-4-0613", "cl100k_base"), ("gpt-3.5-turbo", "cl100k_base"),
    ("gpt-35-turbo", "cl100k_base"), ("text-embedding-3-small", "cl100k_base"),
    ("gpt-41", None), ("o12", None), ("olmo", None), ("claude-opus-4-1", None), ("us.anthropic.claude-sonnet-4-v1:0", None),
    ("gemini-2.5-pro", None), ("mistral-large", None), ("llama-3.3-70b", None), ("gpt-4x/llama", None), ("gpt-2", None), ("", None)])
def test_models_have_the_encoding_that_was_published_for_them(model, encoding):
    got = LIB.headroom_encoding_of(model.encode())
    assert (got and got.decode()) == encoding
    if encoding and model == model.lower():
        try:
            assert tiktoken.encoding_name_for_model(model.rpartition("/")[2]).replace("harmony", "base") == encoding
        except KeyError:
            assert model in ("gpt-oss-120b", "ft:gpt-4o:acme::id") or model.startswith("gpt-5.1"), "tiktoken does not know it either"


# ------------------------------------------------------------------ what is reported and what is decided
def simulated(cli, body, model, *more, **env):
    out = cli.home / "out.json"
    data = json.loads(body)
    data["model"] = model
    (cli.home / "body.json").write_text(json.dumps(data))
    cli("simulate", "-o", out, *more, "body.json", **env)
    sent = json.loads(out.read_bytes())
    del sent["model"]
    return cli.json("simulate", "--json", *more, "body.json", **env), sent


MODELS = ("gpt-4o-mini", "gpt-4-turbo", "claude-sonnet-4-5", "no-such-model")


def test_a_request_is_exact_where_the_vocabulary_of_its_model_is_public(cli):
    assert [simulated(cli, quickstart(), m)[0]["tokens"]["exact"] for m in MODELS] == [True, True, False, False]


def test_figures_are_those_of_tiktoken(cli):
    for model, name in (("gpt-4o-mini", "o200k_base"), ("gpt-4-turbo", "cl100k_base")):
        for rows in (3, 500):
            text = "\n".join(f"Zeile {i}: Größe {i * 37} größer als здравствуйте \u4f60\u597d" for i in range(rows))
            said, sent = simulated(cli, conversation(text), model)
            encoding = tiktoken.get_encoding(name)
            result, = said["results"]
            assert result["tokens_before"] == len(encoding.encode_ordinary(text))
            assert result["tokens_after"] == len(encoding.encode_ordinary(sent["messages"][2]["content"]))


def test_the_body_around_the_results_is_counted_with_its_escapes_undone(cli):
    raw = r'{"model":"gpt-4o","messages":[{"role":"user","content":"a \"b\"\n\u00e9 \ud83d\ude00 \ud800 ' + "x y\\n" * 3000 + '"}]}'
    (cli.home / "body.json").write_text(raw)
    plain = raw.replace(r"\"", '"').replace(r"\u00e9", "é").replace(r"\ud83d\ude00", "😀").replace(r"\ud800", "\ufffd").replace(r"\n", "\n")
    want = len(tiktoken.get_encoding("o200k_base").encode_ordinary(plain))
    assert cli.json("simulate", "--json", "body.json")["tokens"] == {
        "before": want, "after": want, "saved": 0, "saved_percent": 0, "exact": True}


def test_what_is_sent_does_not_depend_on_the_model(cli):
    r = random.Random(SEED)
    for n in (10, 24, 25, 26, 40, 60, 200):  # around the threshold of 200 tokens, in a text on which the encodings differ
        text = json.dumps([{"größe": r.randrange(10 ** 6), "имя": "здравствуйте"} for _ in range(n)], ensure_ascii=False)
        sent = [simulated(cli, conversation(text), m)[1] for m in MODELS]
        assert all(s == sent[0] for s in sent), n


def test_a_stored_decision_tells_by_what_it_was_counted(cli):
    for model in ("gpt-4o-mini", "gpt-4o-mini", "gpt-4-turbo", "claude-sonnet-4-5"):
        cli.record(quickstart().replace(b"gpt-4o-mini", model.encode()))
    # replayed for a model with another vocabulary its figures are not that model's
    assert [json.loads(line)["exact"] for line in cli("log", "--json").stdout.splitlines()] == [True, True, False, False]


# ------------------------------------------------------------------ where the vocabulary is not
PARTS = ("headroom", "libheadroom.so", "libheadroom_preload.so", "o200k_base.tokens", "cl100k_base.tokens")


@pytest.fixture
def installed(tmp_path):
    """A copy of what is installed."""
    where = tmp_path / "opt"
    where.mkdir()
    for part in PARTS:
        shutil.copy(BUILD / part, where / part)
    return where


def other(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


@pytest.mark.parametrize("harm", ["missing", "empty", "cut", "longer", "version", "head", "foreign", "directory", "unreadable"])
def test_without_a_sound_vocabulary_everything_goes_on_estimated(cli, installed, tmp_path, harm):
    victim = installed / "o200k_base.tokens"
    data = victim.read_bytes()
    victim.unlink()
    if harm == "directory":
        victim.mkdir()
    elif harm != "missing":
        victim.write_bytes({"empty": b"", "cut": data[:-64], "longer": data + bytes(64), "version": other(data, 8), "head": other(data, 30),
                            "foreign": (installed / "headroom").read_bytes(), "unreadable": other(data, 0)}[harm])
    (tmp_path / "body.json").write_bytes(quickstart())

    def command(*args, **more):
        return subprocess.run([installed / "headroom", *args], env=cli.env, cwd=tmp_path, capture_output=True, timeout=60, **more)
    said = json.loads(command("simulate", "--json", "body.json").stdout)
    assert said["tokens"]["exact"] is False and said["transforms"] and said["tokens"]["saved_percent"] > 50
    real = cli.json("simulate", "--json", "body.json")["tokens"]
    assert abs(said["tokens"]["before"] - real["before"]) < real["before"] * .2
    done = command("tokens", "-", input=b"text")
    assert done.returncode == UNAVAILABLE and b"o200k_base" in done.stderr
    assert command("tokens", "-e", "cl100k_base", "-", input=b"text").stdout == b"1\n"
    checks = {c["text"].split(":")[0].split(" ")[0]: c["state"] for c in json.loads(command("doctor", "--json").stdout)["checks"]
              if c["check"] == "tokens"}
    where = installed / "headroom" / victim.name if harm == "missing" else victim  # the last place where it was looked for
    assert checks == {str(where): "warn", str(installed / "cl100k_base.tokens"): "ok"}


def test_doctor_finds_damage_behind_the_head(cli, installed):
    victim = installed / "cl100k_base.tokens"
    victim.write_bytes(other(victim.read_bytes(), 3_000_000))
    done = subprocess.run([installed / "headroom", "doctor"], env=cli.env, capture_output=True, text=True, timeout=60)
    line, = [x for x in done.stdout.splitlines() if "cl100k_base" in x]
    assert line.startswith("warn") and "damaged" in line


CALL = textwrap.dedent("""
    import ctypes, os, sys
    lib = ctypes.CDLL(sys.argv[1])
    if len(sys.argv) > 2:
        os.chdir(sys.argv[2])
    n = ctypes.c_size_t()
    print(lib.headroom_count_tokens(b"o200k_base", b"exactly", ctypes.c_size_t(7), ctypes.byref(n)), n.value)
    print(len([l for l in open("/proc/self/maps") if ".tokens" in l]), [os.readlink("/proc/self/fd/" + f) for f in os.listdir("/proc/self/fd")
          if os.path.islink("/proc/self/fd/" + f)].count("tokens"))
""")


def test_the_vocabulary_is_looked_for_beside_the_library_and_nowhere_else(installed, tmp_path):
    def said(*argv, cwd):
        return subprocess.run([sys.executable, "-c", CALL, *map(str, argv)], cwd=cwd, capture_output=True, text=True, timeout=60).stdout.split()
    assert said("./libheadroom.so", tmp_path, cwd=installed) == ["0", "2", "1", "0"]  # loaded by a relative name, and then elsewhere
    (installed / "headroom").unlink()
    (installed / "headroom").mkdir()
    (installed / "o200k_base.tokens").rename(installed / "headroom" / "o200k_base.tokens")
    assert said(installed / "libheadroom.so", cwd=tmp_path) == ["0", "2", "1", "0"]
    (installed / "headroom" / "o200k_base.tokens").rename(tmp_path / "o200k_base.tokens")
    assert said(installed / "libheadroom.so", cwd=tmp_path)[0] != "0"  # what lies in the current directory is not taken


FORKS = textwrap.dedent("""
    import ctypes, os, sys, threading
    lib = ctypes.CDLL(sys.argv[1])
    text = b"one two three " * 2000
    def count():
        n = ctypes.c_size_t()
        return lib.headroom_count_tokens(b"o200k_base", text, ctypes.c_size_t(len(text)), ctypes.byref(n)) == 0 and n.value
    stop, wrong = threading.Event(), []
    def again():
        while not stop.is_set():
            if count() != 6001:
                wrong.append(1)
    threads = [threading.Thread(target=again) for _ in range(4)]
    for t in threads:
        t.start()
    for i in range(60):
        pid = os.fork()
        if pid == 0:
            os._exit(0 if count() == 6001 else 1)
        wrong += [1] if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) else []
    stop.set()
    for t in threads:
        t.join()
    print(len(wrong))
""")


def test_threads_and_forks_count_right_from_the_first_count_on():
    done = subprocess.run([sys.executable, "-c", FORKS, str(BUILD / "libheadroom.so")], capture_output=True, text=True, timeout=120)
    assert done.stdout == "0\n", done
