"""The rows of `make bench`: what is measured, against what, and what it must reach.

A row's value, and how it is judged:
  TIME   ours / peer, at most `must`
  SPEED  peer / ours, at least `must`
  LIMIT  ours in nanoseconds, divided by how much slower this machine is than the one that the goal was written for
         (measure_machine in measure.h), at most `must`
  RATE   ours and memcpy's in nanoseconds for a million bytes, shown as MB/s; ours multiplied by that factor, at least `must` MB/s
  COUNT  ours, at most `must`
A row without `must` is for information; `aim` is what would be the best that is known.
"""
from typing import NamedTuple, Optional

TIME, SPEED, LIMIT, RATE, COUNT = "time", "speed", "limit", "rate", "count"
MARGIN = 1.25   # machines are shared: bench-check fails where a goal is missed by more; a goal of 0 has no margin


class Row(NamedTuple):
    key: str
    what: str
    peer: str
    kind: str
    must: Optional[float] = None
    aim: Optional[float] = None
    unit: str = "ns"        # of ours and peer: ns, bytes, MB/s, or a bare number ("")

    @property
    def group(self):
        return self.key.split(":")[0]

    @property
    def name(self):
        return self.key.split(":")[1]


TEXTS = {"c": "C code", "logs": "logs", "json": "JSON in JSON", "english": "English", "cjk": "CJK"}
SIZES = {"0.2m": "0.22 MB", "1m": "1 MB", "8m": "8 MB"}
CJSON = "cJSON parse + free"
# Texts of tests/bench/kinds.c: what takes them, and how many MB/s that is to be.
TRANSFORMS = {"smart_crusher": ("smart_crusher, JSON", 200), "names": ("names, JSON", 200),
              "columns": ("columns, JSON", 200), "strings": ("strings, a log in JSON", 200), "blobs": ("blobs, an image in JSON", 200),
              "minify": ("minify, JSON", 200),
              "html_text": ("html_text, a page", 200), "html_rows": ("rows, a page", 200), "test_lines": ("test_lines, pytest -v", 200),
              "search_lines": ("search_lines, grep -n", 200), "search_headings": ("search_headings, grep -n", 200),
              "paths": ("paths, find", 200), "log_lines": ("log_lines, a log", 200), "table_lines": ("table_lines, ls -l", 200),
              "findings": ("findings, ruff", 200), "repeats": ("repeats, traces", 200),
              "crushed_lines": ("smart_crusher, lines of JSON", 200), "json_lines": ("columns, lines of JSON", 200),
              "rows": ("rows, a log", 200), "router.code": ("router's no: C code", 1000), "router.prose": ("router's no: prose", 1000)}
# A tenth of the milliseconds that other products add to a request.
SCENARIOS = {"a_search": ("search result, 1,000 items", 0.2e6), "b2_logs_text": ("log, 500 lines", 0.1e6),
             "c_api_nested": ("nested API response", 0.1e6), "d_conv50": ("conversation, 50 turns", 0.3e6)}
ADVERSE = {"adverse.one_line": "one line", "adverse.empty_lines": "empty lines", "adverse.shapes": "no two lines alike",
           "adverse.new_words": "new words in each line"}
GROWTH = {"log_lines": "log", "smart_crusher": "JSON", "search_lines": "grep -n"}

# Exact tokenizer, text first seen: must and aim against bpe-openai; what is aimed at for a text that was seen.
TOKENS = {"json": ("JSON", 2.0, 3.0, 5.0), "logs": ("logs", 2.0, 3.0, 5.0), "c": ("C code", 1.8, 2.5, 5.0), "english": ("English", 1.8, 2.5, 5.0),
          "cjk": ("CJK, Cyrillic, emoji", 1.1, 1.5, 1.8)}
HARD = {"a": ("a", 1.0), "spaces": ("spaces", 1.0), "newlines": ("line ends", 1.0), "ruler-equals": ("=", 1.5), "ruler-dash": ("-", 1.5),
        "ruler-hash": ("#", 1.5), "one-han": ("one Han", 1.0), "random-han": ("random Han", 1.0), "thai": ("random Thai", 1.0),
        "letters": ("random letters", 1.0), "hex": ("hex", 1.0), "base64": ("base64", 1.0)}

ROWS = [
    Row("start:start.wall", "start of `true`, wall", "no preload", TIME, 1.12, 1.08),
    Row("start:start.instructions", "  instructions more (callgrind)", "", COUNT, 20000, 12000, ""),
    Row("start:start.faults", "  page faults more", "", COUNT, 10, 6, ""),
    Row("start:start.system", "  files but the library, threads, directory reads", "", COUNT, 0, None, ""),
    Row("gate:gate.get", "gate's no: GET", "", LIMIT, 300, 50),
    Row("gate:gate.post", "gate's no: POST to another path", "", LIMIT, 300, 50),
    Row("gate:gate.post-long", "gate's no: POST, path of 4 KB", "", LIMIT, 300, 50),
    Row("gate:gate.allocations", "  allocations in all of these writes", "", COUNT, 0, None, ""),
    Row("gate:gate.system", "  system calls in all of these writes", "", COUNT, 0, None, ""),
    Row("gate:write.get", "  the write followed to its end: GET", "", LIMIT),
    Row("gate:write.post", "  the write followed to its end: POST", "", LIMIT),
    Row("gate:write.post-long", "  the write followed to its end: path of 4 KB", "", LIMIT),
    Row("pass:pass.other", "SSL_write of 16 KB, no HTTP", "libssl's own", TIME),
    Row("pass:pass.upload", "SSL_write of 16 KB, amid an upload", "libssl's own", TIME),
    Row("response:response.other", "SSL_read of 190 bytes, no HTTP", "libssl's own", TIME),
    Row("response:response.other.added", "  added to a read", "", LIMIT, 200),
    Row("response:response.event", "SSL_read of an answer, one event", "libssl's own", TIME),
    Row("response:response.event.added", "  added to a read", "", LIMIT, 1000, 500),
    Row("response:response.events", "SSL_read of an answer, 16 KB of events", "libssl's own", TIME),
    Row("response:response.events.added", "  added to a KB", "", LIMIT, 1500, 700),
    Row("response:response.gzip", "SSL_read of an answer, 16 KB of events in gzip", "libssl's own", TIME),
    Row("response:response.gzip.added", "  added to a KB of events", "", LIMIT, 4000),
    Row("look:look.rate.claude", "search of Claude Code 2.1.329, 119 MB of code", "1 GB/s", SPEED, 1.0),
    Row("look:look.rate.bun", "search of Bun 1.4.5, 82 MB of code", "1 GB/s", SPEED, 1.0),
    Row("look:look.rate.node", "search of node 22, 38 MB of code of 124 MB", "1 GB/s", SPEED),
    Row("look:look.first.bun", "first connect(), Bun 1.4.5 (107 MB), unknown", "", LIMIT, 150e6),
    Row("look:look.first.bun.wall", "  on the wall clock", "", LIMIT),
    Row("look:look.first.bun.disk", "  the same, the program not in memory", "", LIMIT),
    Row("look:look.first.claude", "first connect(), Claude Code (378 MB), unknown", "", LIMIT, 150e6),
    Row("look:look.first.claude.wall", "  on the wall clock", "", LIMIT),
    Row("look:look.cached.bun", "first connect(), Bun 1.4.5, known", "", LIMIT, 5e6),
    Row("look:look.cached.claude", "first connect(), Claude Code, known", "", LIMIT, 5e6),
    Row("look:look.first.node", "first connect(), node 22, whose SSL_write has a name", "", LIMIT, 5e6),
    Row("look:look.first.python", "first connect(), Python (7 MB), no TLS in it", "", LIMIT, 5e6),
    Row("look:look.gate", "  look for strings of TLS in gcc's cc1, in vain", "memmem", TIME, 1.0),
    Row("look:look.later", "connect() after the first, on no socket", "libc's own", TIME),
    Row("look:look.write", "SSL_write of 16 bytes, linked in, no HTTP", "not patched", TIME),
    Row("look:look.start.node", "instructions of `node -e 0`", "no preload", TIME, 1.01, None, ""),
    Row("look:look.files.node", "  opens libheadroom.so, libelf or libZydis", "", COUNT, 0, None, ""),
    Row("look:look.start.claude", "instructions of `claude --version`", "no preload", TIME, 1.01, None, ""),
    Row("look:look.files.claude", "  opens libheadroom.so, libelf or libZydis ", "", COUNT, 0, None, ""),
    *[Row(f"locate:locate.sse2.{s}", f"locate, {size}, SSE2 only", "simdjson on-demand, SSE4.2", SPEED, 1.0, 1.3)
      for s, size in SIZES.items()],
    *[Row(f"locate:locate.best.{s}", f"locate, {size}, best kernel", "simdjson on-demand, best", SPEED, 0.6, 1.2)
      for s, size in SIZES.items()],
    Row("locate:splice.1m", "locate + splice, 1 MB, 1 string", CJSON, TIME, 0.20, 0.12),
    *[Row(f"string:{way}.{t}", f"{way} 100 KB, {text}", "naive loop", SPEED, 2.0)
      for way in ("decode", "encode") for t, text in TEXTS.items()],
    *[Row(f"string:decode-simdjson.{t}", f"  decode 100 KB, {text}", "simdjson on-demand", SPEED, None, 1.1)
      for t, text in TEXTS.items()],
    *[Row(f"string:count.{t}", f"  count the tokens of 100 KB, {text}", "", LIMIT) for t, text in TEXTS.items()],
    *[Row(f"token:token.{e}.{t}.{sight}", f"{e}: {text}, {words}, for 1 MB", "bpe-openai 0.3.2", SPEED, must, aim)
      for e in ("o200k", "cl100k") for t, (text, must, aim, seen) in TOKENS.items()
      for sight, words, must, aim in (("first", "first seen", must, aim), ("again", "seen before", None, seen))],
    *[Row(f"token:token.{e}.{t}.{sight}.tiktoken", f"  {e}: {text}, {words}", "tiktoken 0.14.0", SPEED)
      for e in ("o200k", "cl100k") for t, (text, *_) in TOKENS.items() for sight, words in (("first", "first seen"), ("again", "seen before"))],
    *[Row(f"token:token.hard.{t}", f"o200k: 100 KB of {text}, for 1 MB", "bpe-openai 0.3.2", SPEED, 1.0, aim) for t, (text, aim) in HARD.items()],
    *[Row(f"token:token.linear.{t}", f"  1 MB of {text}", "100 KB of it", TIME, 12.0) for t, (text, _) in HARD.items()],
    *[row for e, start, start50k in (("o200k", 0.02, 0.04), ("cl100k", 0.02, None)) for row in (  # its peer has half as much to set up
        Row(f"token:token.{e}.start", f"{e}: start to the first count", "bpe-openai 0.3.2", TIME, start, 0.005),
        Row(f"token:token.{e}.start50k", f"{e}: start, and 50 KB of JSON", "bpe-openai 0.3.2", TIME, start50k, 0.02),
        Row(f"token:token.{e}.private", f"  {e}: private memory after 5 MB of text", "", COUNT, 1 << 20, 100_000, ""))],
    Row("road:road.whole", "whole road, 1 MB, 50 KB new, committed", CJSON, TIME, 2.0, 1.2),
    Row("road:road.wall", "  the same on the wall clock", CJSON, TIME),
    Row("road:part.locate", "  part: locate", "", LIMIT),
    Row("road:part.decode", "  part: decode all results", "", LIMIT),
    Row("road:part.key", "  part: queries and keys of all results", "", LIMIT),
    Row("road:part.decisions", "  part: decisions from memory", "", LIMIT),
    Row("road:part.count", "  part: count 50 KB and what replaces it", "", LIMIT),
    Row("road:part.transform", "  part: transform", "", LIMIT),
    Row("road:part.store", "  part: original and decision, one commit", "", LIMIT),
    Row("road:part.splice", "  part: splice", "", LIMIT),
    Row("road:part.rest-counted", "  part: count what is no result", "", LIMIT),
    Row("road:road.replay", "replay turn, 1 MB, nothing new", CJSON, TIME, 0.6, 0.15),
    *[Row(f"transform:transform.{t}", f"{what}, 1 MB", "memcpy", RATE, None, aim, "MB/s") for t, (what, aim) in TRANSFORMS.items()],
    *[Row(f"transform:transform.{t}", f"  transforms of a {what}", "", LIMIT, None, aim) for t, (what, aim) in SCENARIOS.items()],
    *[Row(f"transform:simulate.{t}.{n}", f"simulate, {n} MB of {what}, per MB", "1 MB", TIME, None, 1.5)
      for t, what in GROWTH.items() for n in (4, 16, 64)],
    *[Row(f"transform:simulate.{t}.memory", f"  peak memory, 64 MB of {what}", "the body", TIME, None, None, "bytes")
      for t, what in GROWTH.items()],
    *[Row(f"transform:work.{t}", f"instructions a byte, lossless: {what}", "of a log", TIME, None, 3.0, "")
      for t, what in ADVERSE.items()],
    Row("proxy:proxy.added", "what is added to a request, p50", "asyncio + json proxy", TIME, 0.25, 0.15),
    Row("proxy:proxy.direct", "  the request with neither", "", LIMIT),
    Row("first:first.p50", "first LLM request of a process", "", LIMIT, 6e6, 3e6),
    Row("first:first.load", "  of that: load and open", "", LIMIT),
    Row("first:first.wall", "  on the wall clock", "", LIMIT),
    Row("ledger:ledger.p50", "one decision committed, p50", "write() to a log", TIME, 20, 13),
    Row("ledger:ledger.p99", "one decision committed, p99", "write() to a log", TIME, 200),
    Row("ledger:ledger.fsync", "  fsync, fdatasync in 50 commits", "", COUNT, 0, None, ""),
    Row("ledger:ledger.others.p99", "with 3 other writers, p99", "", LIMIT, 400e3),
    Row("ledger:ledger.others.p50", "  p50", "", LIMIT),
    Row("ledger:ledger.others.busy", "  commits given up at the deadline", "", COUNT, None, None, ""),
    Row("ledger:ledger.saturated.p50", "  3 writers that do nothing else, p50", "", LIMIT),
    Row("ledger:ledger.saturated.p99", "  3 writers that do nothing else, p99", "", LIMIT),
    Row("ledger:ledger.saturated.busy", "  3 writers that do nothing else, given up", "", COUNT, None, None, ""),
    Row("stats:stats.json", "stats --json on a million requests", "", LIMIT, 50e6),
    Row("stats:stats.json.max", "  the slowest of 21", "", LIMIT),
    Row("stats:stats.day", "sums by local day, a million requests", "", LIMIT, 50e6),
    Row("stats:stats.model", "  by model", "", LIMIT, 50e6),
    Row("stats:stats.metrics", "metrics, a million requests", "", LIMIT, 50e6),
    Row("stats:stats.page", "  the page of serve, 30 days", "", LIMIT, 50e6),
    Row("stats:stats.log", "  log -n 20", "", LIMIT, 50e6),
    Row("stats:stats.log.since", "  log of the last hour", "", LIMIT, 50e6),
    Row("stats:stats.opened", "an older database opened, a million requests", "", LIMIT, 50e6),
    Row("stats:stats.migration", "  once, by the CLI: their sums", "", LIMIT),
    Row("stats:stats.bytes", "  bytes a request in the database", "", COUNT, 1000, None, ""),
    Row("stats:stats.insert.p50", "a finished request stored, p50", "write() to a log", TIME),
    Row("stats:stats.insert.p99", "  p99", "write() to a log", TIME),
    Row("stats:stats.insert60.p50", "  with the record of 60 results, p50", "write() to a log", TIME),
    Row("stats:stats.insert60.p99", "  p99", "write() to a log", TIME),
    *[Row(f"growth:growth.turn{n}", f"turn {n} of a conversation, 10 KB new", CJSON, TIME) for n in (1, 50, 100, 200)],
    Row("growth:growth.ratio", "turn 200 over turn 1, per new byte", "turn 1", TIME),
    *[Row(f"memory:memory.{n}m", f"peak memory, body of {n} MB", "the body", TIME, 3.0, None, "bytes") for n in (1, 8, 30)],
]
GROUPS = list(dict.fromkeys(r.group for r in ROWS))


def value(row, measured):
    """The number that is judged, or None where nothing was measured."""
    if measured is None or "absent" in measured:
        return None
    ours = measured["ours"]
    if row.kind == TIME:
        return ours / measured["peer"]
    if row.kind == SPEED:
        return measured["peer"] / ours
    if row.kind == RATE:
        return 1e9 / ours * measured.get("machine", 1.0)
    if row.kind == LIMIT:
        return ours / measured.get("machine", 1.0)
    return ours


def misses(row, measured, margin=1.0):
    """Is the goal missed by more than the margin? A row that was not measured misses it, but not where what it measures is not here."""
    if row.must is None or (measured and "absent" in measured):
        return False
    v = value(row, measured)
    if v is None:
        return True
    if row.kind in (SPEED, RATE):
        return v < row.must / margin
    return v > row.must * margin


def verdict(row, measured):
    if measured is None:
        return "not measured"
    if "absent" in measured:
        return measured["absent"]
    if misses(row, measured):
        return "MISS"
    if row.aim is not None:
        v = value(row, measured)
        if v >= row.aim if row.kind in (SPEED, RATE) else v <= row.aim:
            return "aim"
    return "" if row.must is None else "ok"


def better(row, a, b):
    """The one of two measurements of a row that is nearer to its goal."""
    if a is None or b is None or "absent" in a or "absent" in b:
        return a or b
    return max(a, b, key=lambda m: value(row, m)) if row.kind in (SPEED, RATE) else min(a, b, key=lambda m: value(row, m))
