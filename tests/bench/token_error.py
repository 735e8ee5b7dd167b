#!/usr/bin/env python3
"""Measures the token estimator against tiktoken on texts that it was not fitted to, and fails above the stated bounds.

usage: token_error.py TOKEN_COUNT      (the program made from token_count.c; TIKTOKEN_CACHE_DIR set; needs tiktoken 0.14.0)

Per kind of text: documents of 5 to 50 KB, signed and absolute mean error in percent, the worst document.
"""
import collections
import os
import subprocess
import sys
import tempfile

import tiktoken

sys.dont_write_bytecode = True
import token_corpus  # noqa: E402

MEAN, MEAN_LANGUAGE, WORST = 5.0, 12.0, 40.0  # percent: mean of a kind, the same for other scripts, any one document


def main():
    counter = sys.argv[1]
    enc = tiktoken.get_encoding("o200k_base")
    errors = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as d:
        paths, kinds, truth, size = [], [], [], 0
        for kind, _, text in token_corpus.documents("test"):
            path = os.path.join(d, str(len(paths)))
            with open(path, "wb") as f:
                size += f.write(text.encode())
            paths.append(path)
            kinds.append(kind)
            truth.append(len(enc.encode_ordinary(text)))
        lines = []
        for i in range(0, len(paths), 200):
            lines += subprocess.run([counter] + paths[i:i + 200], check=True, capture_output=True,
                                    text=True).stdout.splitlines()
    for kind, true, line in zip(kinds, truth, lines):
        errors[kind].append(100.0 * (int(line.split()[0]) - true) / true)
    failed = []
    print("%-26s %5s %8s %8s %8s" % ("kind", "docs", "signed", "absolute", "worst"))
    for kind, e in errors.items():
        mean = sum(map(abs, e)) / len(e)
        worst = max(e, key=abs)
        bound = MEAN_LANGUAGE if kind.startswith("lang-") or kind in ("emoji", "base64", "hex") else MEAN
        mark = ""
        if mean > bound or abs(worst) > WORST:
            failed.append(kind)
            mark = "  above the bound of %g (worst: %g)" % (bound, WORST)
        print("%-26s %5d %+7.2f%% %7.2f%% %+7.2f%%%s" % (kind, len(e), sum(e) / len(e), mean, worst, mark))
    every = [x for e in errors.values() for x in e]
    print("%d documents, %.1f MB: mean absolute error %.2f %%" % (len(every), size / 1e6, sum(map(abs, every)) / len(every)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
