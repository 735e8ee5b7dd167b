#!/usr/bin/env python3
"""Writes core/token/model.c: the vocabulary filter and the costs of the token estimator.

usage: token_fit.py OUT.c      (TIKTOKEN_CACHE_DIR set; needs tiktoken 0.14.0 and numpy)

1. Count the pieces of the training corpus (token_corpus.py), every kind of text with the same weight. The pieces that are
   one token each and are worth most, by that count and by their rank in the vocabulary, go into a Bloom filter.
2. Compile the estimator with it, take the feature counts of short stretches of text, and solve for the costs that bring
   the sums nearest to the true counts (ridge regression towards plain guesses, costs within plain bounds).
"""
import collections
import ctypes
import os
import random
import subprocess
import sys
import tempfile

import numpy as np
import regex
import tiktoken

sys.dont_write_bytecode = True
import token_corpus  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
CORE = os.path.join(HERE, "..", "..", "core")
FILTER_WORDS = 2048
FILTER_PIECES = int(os.environ.get("FILTER_PIECES", 40000))
RANK_SHARE = float(os.environ.get("RANK_SHARE", 0.8))
LONGEST = 16
ONE = 256
M64 = (1 << 64) - 1


def probe(piece):
    """Word of the filter and its two bits; must be what known() of estimate.c computes."""
    n = len(piece)
    head = int.from_bytes(piece[:8], "little")
    tail = int.from_bytes(piece[-8:], "little") if n > 8 else 0
    h = (head * 0x9E3779B97F4A7C15 & M64) ^ ((tail * 0xC2B2AE3D27D4EB4F + n) & M64)
    h = (h ^ h >> 32) * 0xD6E8FEB86659FD93 & M64
    return h >> 53, 1 << (h >> 47 & 63) | 1 << (h >> 41 & 63)


def choose(enc, corpus):
    ascii_piece = regex.compile(r"(?![0-9 \t]+$)[\x00-\x7f]{2,%d}$" % LONGEST)
    pattern = regex.compile(enc._pat_str)
    weight = collections.Counter()
    for docs in corpus.values():
        counts = collections.Counter()
        for text in docs:
            counts.update(pattern.findall(text))
        total = sum(counts.values())
        for piece, n in counts.items():
            weight[piece] += n / total / len(corpus)
    whole = {}
    prior = sum(1 / (r + 2000) for r in range(200000))
    for token, rank in enc._mergeable_ranks.items():
        try:
            piece = token.decode("ascii")
        except UnicodeDecodeError:
            continue
        if ascii_piece.match(piece) and pattern.fullmatch(piece):
            blank = piece.isspace()  # few, and the misses are dear: all of them
            whole[piece] = 1.0 if blank else weight[piece] + RANK_SHARE / (rank + 2000) / prior
    best = sorted(whole, key=lambda p: (-whole[p], p))[:FILTER_PIECES]
    words = [0] * FILTER_WORDS
    for piece in best:
        at, bits = probe(piece.encode())
        words[at] |= bits
    return words


def write(path, words, costs):
    with open(path, "w") as f:
        f.write("/* model.c - numbers of the token estimator; written by tests/bench/token_fit.py, not by hand.\n\n"
                "   The filter is made from a part of the o200k_base vocabulary (OpenAI tiktoken, MIT licence). */\n"
                '#include "token/model.h"\n\n/* clang-format off */\n')
        for name, type_, size, values, form, per in (
                ("hr_token_cost", "uint16_t", "HR_COSTS", costs, "%d", 20),
                ("hr_token_known", "uint64_t", "HR_KNOWN_WORDS", words, "0x%x", 5)):
            f.write("const %s %s[%s] = {\n" % (type_, name, size))
            for i in range(0, len(values), per):
                f.write("    " + ", ".join(form % v for v in values[i:i + per]) + ",\n")
            f.write("};\n\n" if name == "hr_token_cost" else "};\n")
        f.write("/* clang-format on */\n")


def compile_features(out, model):
    subprocess.run(["cc", "-std=c11", "-O2", "-fPIC", "-shared", "-I" + CORE, "-o", out,
                    os.path.join(HERE, "token_features.c"), model], check=True)
    lib = ctypes.CDLL(out)
    lib.token_features.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p]
    return lib


def stretches(text, r):
    """Parts of 100 to 400 characters, cut where a blank follows a letter if there is such a place."""
    start = 0
    while start < len(text):
        end = start + r.randrange(100, 400)
        m = regex.compile(r"(?<=\p{L}) (?=\p{L})").search(text, end, end + 200)
        end = m.start() if m else end
        yield text[start:end]
        start = end


def guesses(names):
    """A plain guess for each cost, in tokens: where the fit leans when the corpus says little."""
    g = np.ones(names["COSTS"])
    g[names["PUNCT"]:names["KNOWN"]] = 2
    g[names["BODY"]:names["WORD_MORE"]] = 2
    g[names["WORD_MORE"]:names["WORD"]] = .4
    for i in range(names["WORD"], names["SCRIPT"]):
        g[i] = 1 + ((i - names["WORD"]) % (20 + 1)) / 5
    g[names["SCRIPT"]:] = 2  # stays where the corpus has none of a script: few of its letters are tokens
    for name in ("FOREIGN_WORD", "FOREIGN_RUN"):
        g[names[name]] = .3
    for name in ("FOREIGN_ASCII", "PUNCT_MORE", "PUNCT_MIXED", "CONTRACTION", "PUNCT_SAME_MORE"):
        g[names[name]] = .3
    return g


def ceilings(names):
    """No cost above what its bytes could make at worst: rare kinds must not soak up the error of others."""
    top = np.full(names["COSTS"], 3.0)
    top[names["PUNCT"]:names["KNOWN"]] = np.tile(np.arange(12 + 1) + 1.0, 2)
    top[names["KNOWN"]:names["BODY"]] = 1.6
    top[names["WORD_MORE"]:names["WORD"]] = .5  # two letters a token: random letters are no worse
    top[names["DIGITS"]] = 1  # exact: all groups of up to three are in the vocabulary
    for i in range(names["WORD"], names["SCRIPT"]):
        top[i] = 1.0 + (i - names["WORD"]) % (20 + 1) / 2
    for name in ("PUNCT_MORE", "PUNCT_MIXED", "CONTRACTION", "FOREIGN_ASCII", "PUNCT_SAME_MORE", "SPACES_MORE"):
        top[names[name]] = 1
    return top


def floors(names):
    low = np.zeros(names["COSTS"])
    low[names["PUNCT"]:names["WORD_MORE"]] = .75
    low[names["WORD"]:names["SCRIPT"]] = .75
    low[names["SCRIPT"]:] = .2
    low[names["DIGITS"]] = 1
    return low


def fit(enc, corpus, lib, names):
    count = names["COSTS"]
    r = random.Random(5)
    gram = np.zeros((count, count))
    side = np.zeros(count)
    row = np.zeros(count, dtype=np.uint32)
    base = guesses(names)
    for kind, docs in sorted(corpus.items()):
        rows, truth = [], []
        parts = [p for text in docs for p in stretches(text, r)]
        r.shuffle(parts)
        for part in parts[:1500]:
            raw = part.encode()
            lib.token_features(raw, len(raw), row.ctypes.data)
            rows.append(row.astype(float))
            truth.append(len(enc.encode_ordinary(part)))
        x, y = np.array(rows), np.array(truth, dtype=float)
        scale = len(y) / y.sum() ** 2 * 1e4  # error as a share of the kind's tokens; every kind weighs the same
        x, y = x, y - x @ base
        # stretches say how the costs differ, whole samples of a kind say that their sum must be right
        gram += scale * (x.T @ x)
        side += scale * (x.T @ y)
        for i in range(0, len(y), 50):
            sx, sy = x[i:i + 50].sum(0), y[i:i + 50].sum()
            gram += scale / 20 * np.outer(sx, sx)
            side += scale / 20 * sx * sy
    ridge = 1e-4 * np.trace(gram) / count
    low, top = floors(names), ceilings(names)
    free = np.ones(count, dtype=bool)
    out = base.copy()
    for _ in range(50):  # costs that leave their range are held at its end, then the rest is solved again
        held = ~free
        delta = np.where(held, out - base, 0.0)
        a = gram[np.ix_(free, free)] + ridge * np.eye(free.sum())
        b = side[free] - gram[np.ix_(free, held)] @ delta[held]
        delta[free] = np.linalg.solve(a, b)
        out = base + delta
        bad = free & ((out < low) | (out > top))
        if not bad.any():
            break
        out = np.clip(out, low, top)
        free &= ~bad
    out = np.clip(out, low, top)
    return np.clip(np.rint(out * ONE), 0, 65535).astype(int)


def constants():
    """The HR_C_ names of model.h, by asking the compiler."""
    wanted = ("DIGITS FOREIGN_WORD FOREIGN_ASCII FOREIGN_RUN PUNCT_MORE PUNCT_MIXED PUNCT_SAME_MORE SPACES_MORE CONTRACTION PUNCT "
              "KNOWN BODY WORD_MORE WORD SCRIPT").split()
    with tempfile.TemporaryDirectory() as d:
        source = '#include <stdio.h>\n#include "token/model.h"\nint main(void){%s printf("COSTS=%%d", HR_COSTS);}' % "".join(
            'printf("%s=%%d\\n", HR_C_%s);' % (w, w) for w in wanted)
        with open(d + "/names.c", "w") as f:
            f.write(source)
        subprocess.run(["cc", "-I" + CORE, "-o", d + "/names", d + "/names.c"], check=True)
        text = subprocess.run([d + "/names"], check=True, capture_output=True, text=True).stdout
    return {k: int(v) for k, v in (line.split("=") for line in text.split())}


def main():
    out = sys.argv[1]
    enc = tiktoken.get_encoding("o200k_base")
    corpus = collections.defaultdict(list)
    for kind, _, text in token_corpus.documents("train"):
        corpus[kind].append(text)
    names = constants()
    words = choose(enc, corpus)
    with tempfile.TemporaryDirectory() as d:
        write(d + "/model.c", words, [0] * names["COSTS"])
        lib = compile_features(d + "/features.so", d + "/model.c")
        costs = fit(enc, corpus, lib, names)
    write(out, words, list(costs))
    print("%d pieces, %.1f %% of the filter's bits set, %d costs" % (
        FILTER_PIECES, sum(bin(w).count("1") for w in words) / 64 / len(words) * 100, len(costs)))


if __name__ == "__main__":
    main()
