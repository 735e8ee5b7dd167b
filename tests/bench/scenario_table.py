#!/usr/bin/env python3
"""Prints the table of docs/scenarios.md: every scenario at both levels, in all three forms, beside what other products made of the same text.

usage: scenario_table.py [--headroom build/headroom] [--seed 1] [--tiktoken-cache DIR]

Tokens are o200k_base of the tool results; facts, false facts and silent loss are score.py's. Where the three forms differ the worst is
printed. Time is what `simulate --json` says of the whole road without its process (`elapsed_us`), the median of seven runs.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

import run_scenarios as scenarios

# tests/bench/README: what they reach on seed 1 in the OpenAI form: tokens after (or the ratio), facts found.
PEERS = {
    "a_search": ("590 (76x), 83 %", "25,920 (1.73x), 100 %", "1.29x", "1.04x"),
    "b1_logs_json": ("666 (31x), 75 %", "14,456 (1.43x), 100 %", "1.00x", "1.34x"),
    "b2_logs_text": ("1.00x", "3,722 (5.6x), 65 %", "1.00x", "1.00x"),
    "c_api_nested": ("3,290 (4.7x), 44 %", "3,295 (4.7x), 44 %", "1.57x", "1.47x"),
    "d_conv50": ("1.10x, 89 %", "1.12x, 100 %", "1.07x", "1.11x"),
    "e_quickstart": ("1.29x", "2.05x", "1.30x", "2.00x"),
    "f_db_rows": ("1,354 (39x), 67 %", "32,304 (1.65x), 100 %", "1.20x", "1.63x"),
    "g_ripgrep": ("1.00x", "1.34x", "1.00x", "1.00x"),
    "h_pytest": ("1.00x", "1.00x", "1.00x", "1.00x"),
    "i_gitdiff": ("1.00x", "1.02x", "1.00x", "1.00x"),
    "j_html": ("1.00x", "1.00x", "1.00x", "1.00x"),
}
RUNS = 7


def elapsed_ms(headroom, level, body, home):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HEADROOM_", "XDG_"))}
    env.update(HEADROOM_LEVEL=level, HEADROOM_ADOPT="always", HOME=home)
    times = []
    for _ in range(RUNS):
        said = subprocess.run([headroom, "simulate", "--json", "-o", os.devnull, body], env=env, capture_output=True, check=True, timeout=60)
        times.append(json.loads(said.stdout)["elapsed_us"] / 1000)
    return statistics.median(times)


def worst(scores):
    """One line for the three forms."""
    return {"before": max(s["tool_before"] for s in scores), "after": max(s["tool_after"] for s in scores),
            "saved": min(s["tool_saved"] for s in scores), "recall": min(s["recall"] for s in scores),
            "bad": sum(s["false_facts"] for s in scores) + sum(not s["valid"] for s in scores) + sum(bool(s["silent_loss"]) for s in scores)}


def row(opt, score, encoding, directory, case, name, send):
    cells = []
    with open(os.path.join(directory, case + ".needles.json"), encoding="utf-8") as f:
        needles = json.load(f)
    for level in ("crush", "lossless"):
        scores = []
        for form in scenarios.FORMS:
            src = os.path.join(directory, "%s.%s.json" % (case, form))
            out = "%s.%s.%s" % (src, name, level)
            send(opt.headroom, level, src, out, out + ".home")
            with open(src, "rb") as f, open(out, "rb") as g:
                before, after = f.read(), g.read()
            scores.append(score.score(json.loads(before), json.loads(after), needles, encoding, len(before), len(after)))
            if send is scenarios.windowed:  # what went with its turn is said beside the results, where the scorer does not look
                scores[-1]["silent_loss"] = scenarios.window_faults(score, scores[-1], json.loads(before), json.loads(after), needles)
        w = worst(scores)
        if level == "crush":
            cells.append("{before:,}".format(**w))
        cells.append("{after:,} ({saved:.1f} %), {recall:.0f} %".format(**w))
        cells.append(str(w["bad"]))
    src = os.path.join(directory, case + ".openai.json")
    cells.append("%.1f" % elapsed_ms(opt.headroom, "crush", src, directory))
    return "| %s | %s | %s |" % (name, " | ".join(cells), " | ".join(PEERS.get(case, ("-",) * 4) if name == case else ("",) * 4))


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--headroom", default="build/headroom")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--tiktoken-cache", default="", help="default: tiktoken/ beside headroom")
    opt = p.parse_args()
    opt.headroom = os.path.abspath(opt.headroom)
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", os.path.abspath(opt.tiktoken_cache or os.path.join(os.path.dirname(opt.headroom), "tiktoken")))
    sys.path.insert(0, scenarios.HERE)
    import score
    encoding = score.enc()
    print("| scenario | tokens before | `crush`: after (saved), facts | faults | `lossless`: after (saved), facts | faults | ms "
          "| Headroom 0.2.0 | Headroom 0.42 | minified JSON | TOON |")
    print("|---|--:|---|--:|---|--:|--:|---|---|--:|--:|")
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.executable, os.path.join(scenarios.HERE, "gen.py"), directory, str(opt.seed)], check=True)
        for case in sorted(x[:-len(".needles.json")] for x in os.listdir(directory) if x.endswith(".needles.json")):
            for name, send in scenarios.runs(case):
                print(row(opt, score, encoding, directory, case, name, send), flush=True)


if __name__ == "__main__":
    main()
