#!/usr/bin/env python3
"""Writes classes.c: the class of each code point, as the regular expressions of tiktoken see it.

usage: classes.py > core/token/compile/classes.c      (needs tiktoken 0.14.0)

Each code point is held against the properties by tiktoken's own engine, so the tables are of that engine's version of Unicode.
tests/programs/test_tokens.py does the same for each code point with the whole patterns.
"""
import tiktoken

BYTES = {bytes([i]): i for i in range(256)}
POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
# the bits of enum hr_char_class in core/token/table.h
BITS = [(r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", 1), (r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", 2), (r"\p{N}", 4), (r"\s", 8), (r"[\r\n]", 16), (r"\p{M}", 32)]


def members(pattern):
    """What an encoding that knows nothing but this pattern leaves of a text of all code points."""
    e = tiktoken.Encoding("probe", pat_str=pattern, mergeable_ranks=BYTES, special_tokens={})
    found = set()
    for at in range(0, len(POINTS), 4096):
        found.update(map(ord, bytes(e.encode_ordinary("".join(map(chr, POINTS[at:at + 4096])))).decode()))
    return found


def main():
    kind = [0] * 0x110000
    for pattern, bit in BITS:
        for c in members(pattern):
            kind[c] |= bit
    rows = [c << 8 | kind[c] for c in range(0x110000) if c == 0 or kind[c] != kind[c - 1]]
    print("/* classes.c - written by classes.py, not by hand: Unicode 16.0, as tiktoken 0.14.0 has it. */")
    print('#include "compile.h"\n\n/* clang-format off */\nconst uint32_t hr_classes[] = {')
    for at in range(0, len(rows), 12):
        print("    " + " ".join("0x%x," % r for r in rows[at:at + 12]))
    print("};\n/* clang-format on */\nconst size_t hr_classes_n = sizeof hr_classes / sizeof *hr_classes;")


main()
