"""Texts of many kinds for fitting (token_fit.py) and judging (token_error.py) the token estimator.

documents(split, log) yields (kind, name, text), split being "train" or "test". A document has 5 to 50 KB. Generated ones come
from seeds of their own per split; files of the machine are divided by a hash of their name, so that no file, and no two
translations of one catalogue, are in both.
A kind whose files are missing here is left out, and said so through log. Standard library only.
"""
import base64
import difflib
import glob
import gzip
import hashlib
import html
import json
import os
import random
import re
import struct
import subprocess
import sys
import sysconfig
import tempfile
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = {"train": 41, "test": 97}
FILES = {"train": 60, "test": 24}      # documents a kind taken from files
MADE = {"train": 30, "test": 12}       # documents a kind that are generated


def digest(text):
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:8], "big")


def cut(text, key):
    """5 to 50 KB of text, beginning and ending at a line where there are lines."""
    r = random.Random(digest(key))
    size = r.randrange(5000, 50000)
    if len(text) <= size:
        return text
    start = r.randrange(len(text) - size)
    if start:
        line = text.find("\n", start, start + 2000)
        start = line + 1 if line >= 0 else start
    return text[start:start + size]


def read(path):
    opener = gzip.open if path.endswith(".gz") else open
    try:
        with opener(path, "rb") as f:
            return f.read(4 << 20).decode("utf-8")
    except (OSError, UnicodeDecodeError, EOFError):
        return None


def from_files(split, patterns, change=lambda t: t):
    paths = sorted({p for pattern in patterns for p in glob.glob(pattern, recursive=True) if os.path.isfile(p)})
    mine = [p for p in paths if (digest(os.path.basename(p)) % 4 == 0) == (split == "test")]
    mine.sort(key=digest)
    found = 0
    for path in mine:
        text = read(path)
        if text is None:
            continue
        text = cut(change(text), path)
        if len(text.encode()) < 5000:
            continue
        yield path, text
        found += 1
        if found == FILES[split]:
            return


# ------------------------------------------------------------------ generated kinds

def tool_outputs(split):
    """What gen.py plants in tool results, decoded, by the name of its case."""
    for seed in {"train": (11, 12, 13, 14), "test": (21, 22)}[split]:
        with tempfile.TemporaryDirectory() as d:
            subprocess.run([sys.executable, os.path.join(HERE, "gen.py"), d, str(seed)], check=True,
                           stdout=subprocess.DEVNULL)
            for path in sorted(glob.glob(os.path.join(d, "*.openai.json"))):
                body = json.load(open(path, encoding="utf-8"))
                name = os.path.basename(path).split(".")[0]
                parts = [m["content"] for m in body["messages"] if m["role"] == "tool"]
                text = max(parts, key=len)
                for i in range(0, min(len(text), 150000), 30000):
                    if len(text) - i >= 5000:
                        yield name, "%s-%d-%d" % (name, seed, i), text[i:i + 30000]
                yield "request-body", "%s-%d-body" % (name, seed), open(path, encoding="utf-8").read()[:50000]


WORDS = None


def words(r, n):
    global WORDS
    if WORDS is None:
        WORDS = re.findall(r"[a-z]{3,12}", (subprocess.__doc__ + random.__doc__ + difflib.__doc__ + argparse_text()))
    return " ".join(r.choice(WORDS) for _ in range(n))


def argparse_text():
    import argparse
    import logging
    import optparse
    return " ".join((m.__doc__ or "") + " ".join(vars(m)) for m in (argparse, optparse, logging, json, os))


def stamp(r, form):
    y, mo, d = r.randrange(2019, 2027), r.randrange(1, 13), r.randrange(1, 29)
    h, mi, s, ms = r.randrange(24), r.randrange(60), r.randrange(60), r.randrange(1000)
    return {"iso": "%d-%02d-%02dT%02d:%02d:%02dZ" % (y, mo, d, h, mi, s),
            "isoms": "%d-%02d-%02dT%02d:%02d:%02d.%03d+00:00" % (y, mo, d, h, mi, s, ms),
            "log": "%d-%02d-%02d %02d:%02d:%02d,%03d" % (y, mo, d, h, mi, s, ms),
            "clf": "%02d/%s/%d:%02d:%02d:%02d +0000" % (d, "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
                                                      [mo - 1], y, h, mi, s),
            "sys": "%s %2d %02d:%02d:%02d" % ("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[mo - 1], d, h,
                                             mi, s)}[form]


def sha(r, n=40):
    return "%0*x" % (n, r.getrandbits(4 * n))


def record(r, shape):
    full = {
        "id": str(uuid.UUID(int=r.getrandbits(128), version=4)), "sha": sha(r), "node_id": base64.b64encode(
            r.randbytes(15)).decode(), "created_at": stamp(r, "iso"), "updatedAt": stamp(r, "isoms"),
        "timestamp": r.randrange(1500000000000, 1800000000000), "score": r.random(), "price": round(r.random() * 900, 2),
        "count": r.randrange(100000), "enabled": r.random() < .5, "parent": None, "title": words(r, 5).capitalize(),
        "description": words(r, r.randrange(5, 40)) + ".", "html_url": "https://%s.example.com/%s/%s/issues/%d" % (
            words(r, 1), words(r, 1), words(r, 2).replace(" ", "-"), r.randrange(9999)),
        "user": {"login": words(r, 1) + str(r.randrange(99)), "id": r.randrange(10**8), "type": "User", "site_admin": False},
        "tags": words(r, r.randrange(5)).split(), "email": words(r, 2).replace(" ", ".") + "@example.org",
        "lat": r.uniform(-90, 90), "lon": r.uniform(-180, 180), "ip": ".".join(str(r.randrange(256)) for _ in range(4)),
        "traceId": sha(r, 32), "spanId": sha(r, 16), "status": r.choice(["open", "closed", "PENDING", "IN_PROGRESS"]),
        "stack": "Error: %s\n    at %s (/app/src/%s.ts:%d:%d)\n" % (words(r, 3), words(r, 1), words(r, 1), r.randrange(900),
                                                                 r.randrange(80)),
        "dims": [r.randrange(4000) for _ in range(r.randrange(6))], "embedding": [r.gauss(0, .1) for _ in range(3)]}
    return {k: full[k] for k in shape}


def api_json(r):
    keys = list(record(r, []) or record(random.Random(1), ["id"]))
    keys = ("id sha node_id created_at updatedAt timestamp score price count enabled parent title description html_url user "
            "tags email lat lon ip traceId spanId status stack dims embedding").split()
    shape = r.sample(keys, r.randrange(4, 14))
    rows = [record(r, shape) for _ in range(r.randrange(30, 120))]
    style = r.randrange(3)
    text = json.dumps({"total": len(rows), "items": rows}, **[{"separators": (",", ":")}, {}, {"indent": 2}][style])
    return text[:50000]


def ndjson(r):
    shape = r.sample("id created_at status count user tags ip traceId title price".split(), 6)
    return "".join(json.dumps(record(r, shape)) + "\n" for _ in range(90))


def service_log(r):
    form = r.randrange(4)
    out = []
    for _ in range(r.randrange(80, 250)):
        if form == 0:
            out.append("%s %-5s [%s-%d] %s.%s - %s=%d took %dms" % (
                stamp(r, "log"), r.choice("INFO WARN ERROR DEBUG".split()), words(r, 1), r.randrange(99), "com.example." +
                words(r, 1), words(r, 1).capitalize() + "Handler", words(r, r.randrange(3, 9)), r.randrange(9999),
                r.randrange(4000)))
        elif form == 1:
            out.append('%d.%d.%d.%d - - [%s] "%s /%s/%s?%s=%d HTTP/1.1" %d %d "-" "Mozilla/5.0 (X11; Linux x86_64)"' % (
                r.randrange(256), r.randrange(256), r.randrange(256), r.randrange(256), stamp(r, "clf"), r.choice(
                    "GET POST PUT".split()), words(r, 1), words(r, 1), words(r, 1), r.randrange(999), r.choice(
                        [200, 200, 304, 404, 500]), r.randrange(99999)))
        elif form == 2:
            out.append("%s host%d %s[%d]: %s 0x%x %s" % (stamp(r, "sys"), r.randrange(9), words(r, 1), r.randrange(40000),
                                                       words(r, 6), r.getrandbits(48), words(r, 2)))
        else:
            out.append('time="%s" level=%s msg="%s" %s=%s trace=%s duration=%.3fs' % (
                stamp(r, "isoms"), r.choice("info warning error".split()), words(r, 5), words(r, 1), words(r, 1), sha(r, 16),
                r.random()))
    return "\n".join(out)


def listing(r):
    root = r.choice([p for p in ("/usr/share", "/usr/lib", "/usr/include", "/etc") if os.path.isdir(p)])
    dirs = sorted(d for d, _, f in os.walk(root) if len(f) > 3)[:4000]
    out = []
    style = r.randrange(3)
    while sum(map(len, out)) < 20000:
        d = r.choice(dirs)
        names = sorted(os.listdir(d))[:60]
        out.append("\n%s:\n" % d if style == 0 else "")
        for name in names:
            if style == 0:
                out.append("-rw-r--r-- 1 %s %s %8d %s %s\n" % (r.choice(["root", "www-data", "alice"]), "root", r.randrange(
                    1 << r.randrange(4, 24)), stamp(r, "sys")[:12], name))
            elif style == 1:
                out.append("%s/%s\n" % (d, name))
            else:
                out.append("%s:%d:%s\n" % (os.path.join("src", os.path.basename(d), name), r.randrange(2000), words(r, 7)))
    return "".join(out)


def csv(r):
    return "id,name,email,created,amount,ratio,city\n" + "".join(
        "%d,%s,%s@example.net,%s,%.2f,%r,%s\n" % (r.randrange(10**6), words(r, 2).title(), words(r, 1), stamp(r, "iso")[:10],
                                               r.random() * 1e4, r.random(), words(r, 1).title()) for _ in range(200))


def base64_text(r):
    raw = r.randbytes(r.randrange(5000, 20000))
    return r.choice([lambda: base64.b64encode(raw).decode(), lambda: base64.encodebytes(raw).decode()])()


def hex_text(r):
    style = r.randrange(3)
    if style == 0:
        return "".join("%s  %s\n" % (sha(r, 64), words(r, 2).replace(" ", "/")) for _ in range(120))
    if style == 1:
        return "".join("%08x  %s  |%s|\n" % (16 * i, " ".join("%02x" % r.randrange(256) for _ in range(16)), "".join(
            chr(r.randrange(33, 127)) if r.random() < .4 else "." for _ in range(16))) for i in range(150))
    return "".join("%016x: %s\n" % (r.getrandbits(47), sha(r, 32)) for _ in range(150))


def emoji_text(r):
    faces = [chr(c) for c in list(range(0x1F300, 0x1F650)) + list(range(0x1F680, 0x1F6C6)) + list(range(0x1F910, 0x1F93B)) +
             [0x2705, 0x274C, 0x26A0, 0x2728, 0x2B50, 0x2764]]
    common = [chr(c) for c in (0x1F600, 0x1F602, 0x1F680, 0x1F389, 0x1F525, 0x1F44D, 0x2705, 0x274C, 0x26A0, 0x1F4A1, 0x1F4DD)]
    return "".join("%s %s%s\n" % (r.choice(common if r.random() < .6 else faces), words(r, r.randrange(2, 8)), r.choice(
        ["", " " + r.choice(common), r.choice(faces) * 2])) for _ in range(220))


def trace(r):
    out = []
    for _ in range(60):
        out.append("Traceback (most recent call last):")
        for _ in range(r.randrange(2, 7)):
            out.append('  File "/usr/lib/python3/dist-packages/%s/%s.py", line %d, in %s\n    %s = self.%s(%s, %d)' % (
                words(r, 1), words(r, 1), r.randrange(900), words(r, 2).replace(" ", "_"), words(r, 1), words(r, 2).replace(
                    " ", "_"), words(r, 1), r.randrange(50)))
        out.append("%sError: %s" % (words(r, 1).capitalize(), words(r, 6)))
    return "\n".join(out)


# ------------------------------------------------------------------ kinds made from files

def diffs(split, patterns):
    for path, text in from_files(split, patterns):
        r = random.Random(digest(path))
        old = text.splitlines(True)
        new = []
        for line in old:
            x = r.random()
            if x < .04:
                continue
            if x < .1:
                line = line.replace("e", "a", 1) if x < .07 else line.replace("(", "(self_", 1)
            new.append(line)
        out = "".join(difflib.unified_diff(old, new, "a" + path, "b" + path))
        out = "diff --git a%s b%s\nindex %s..%s 100644\n%s" % (path, path, sha(r, 7), sha(r, 7), out)
        if len(out) > 5000:
            yield path, out


def plain(page):
    page = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>", "", page)
    return re.sub(r"\n\s*\n+", "\n\n", html.unescape(page))


def manual(page):
    """Reading text of a manual page: requests and font changes taken out."""
    page = re.sub(r'(?m)^\.\\".*\n|^\.(SH|SS|TP|PP|br|RS|RE|IP|TH|nf|fi|if|de|ie|el|ds|nr|ad|hy|so|in|sp)\b.*\n', "\n", page)
    page = re.sub(r"\\f[BIRP]|\\&|\\c|\\m\[[a-z]*\]", "", page).replace("\\-", "-").replace("\\(aq", "'")
    page = re.sub(r"(?m)^\.[A-Z]+ ", "", page)
    return re.sub(r"\n\s*\n+", "\n\n", page)


def catalogue(path):
    """Translations of a gettext catalogue (.mo), one a line."""
    data = open(path, "rb").read()
    if len(data) < 20 or struct.unpack("<I", data[:4])[0] != 0x950412DE:
        return ""
    n, _, table = struct.unpack("<III", data[8:20])
    out = []
    for i in range(n):
        size, off = struct.unpack("<II", data[table + 8 * i:table + 8 * i + 8])
        out.append(data[off:off + size].replace(b"\0", b"\n").decode("utf-8", "replace"))
    return "\n".join(out[1:])


def language(split, codes):
    paths = sorted(p for c in codes for p in glob.glob("/usr/share/locale/%s/LC_MESSAGES/*.mo" % c))
    paths = [p for p in paths if (digest(os.path.basename(p)) % 3 == 0) == (split == "test")]
    paths.sort(key=digest)
    found = 0
    for path in paths:
        text = cut(catalogue(path), path)
        if len(text.encode()) >= 3000 and "\ufffd" not in text:
            yield path, text
            found += 1
            if found == FILES[split]:
                return


STDLIB = sysconfig.get_paths()["stdlib"]
FROM_FILES = {
    "c": ["/usr/include/**/*.h", "/usr/share/doc/**/*.c"],
    "python": [STDLIB + "/*.py", STDLIB + "/*/*.py", "/usr/lib/python3*/**/*.py"],
    "javascript": ["/usr/share/javascript/**/*.js", "/usr/share/nodejs/**/*.js", "/usr/lib/node_modules/npm/**/*.js"],
    "perl": ["/usr/share/perl/**/*.p[lm]", "/usr/share/perl5/**/*.p[lm]"],
    "shell": ["/usr/share/bash-completion/**/*", "/usr/bin/*.sh", "/etc/init.d/*", "/usr/share/zsh/**/*",
              "/usr/share/git-core/**/*"],
    "html": ["/usr/share/doc/**/*.html"],
    "css-svg-xml": ["/usr/share/**/*.css", "/usr/share/mime/**/*.xml", "/usr/share/X11/xkb/**/*", "/usr/share/**/*.svg"],
    "markdown": ["/usr/share/doc/**/*.md", "/usr/share/doc/**/*.md.gz", "/usr/lib/node_modules/npm/**/*.md"],
    "changelog": ["/usr/share/doc/**/changelog*.gz", "/usr/share/doc/**/NEWS*"],
    "dpkg-log": ["/var/lib/dpkg/info/*.list", "/var/log/*.log", "/var/lib/dpkg/info/*.md5sums"],
}
MADE_KINDS = {"json-api": api_json, "ndjson": ndjson, "log": service_log, "listing": listing, "csv": csv, "base64": base64_text,
              "hex": hex_text, "emoji": emoji_text, "traceback": trace}
LANGUAGES = {"lang-german": ["de"], "lang-french-spanish": ["fr", "es", "pt", "it"],
             "lang-nordic-slavic": ["sv", "pl", "cs", "nl", "fi"],
             "lang-turkish-vietnamese": ["tr", "vi"], "lang-russian": ["ru"], "lang-ukrainian-bulgarian": ["uk", "bg", "sr"],
             "lang-greek": ["el"], "lang-japanese": ["ja"],
             "lang-chinese": ["zh_CN"], "lang-chinese-taiwan": ["zh_TW"], "lang-korean": ["ko"], "lang-arabic": ["ar", "fa"],
             "lang-hebrew": ["he"], "lang-hindi": ["hi", "mr"],
             "lang-indic": ["bn", "ta", "te", "kn", "ml", "gu", "pa"],
             "lang-thai": ["th"],
             "lang-georgian-armenian": ["ka", "hy"]}


def documents(split, log=print):
    for kind, name, text in tool_outputs(split):
        yield "tool-" + kind, name, text
    for kind, make in MADE_KINDS.items():
        for i in range(MADE[split]):
            yield kind, "%s-%d" % (kind, i), make(random.Random(SEED[split] * 1000 + i))
    some = {kind: from_files(split, patterns) for kind, patterns in FROM_FILES.items()}
    some["prose"] = from_files(split, ["/usr/share/man/man[1-8]/*.gz"], manual)
    some["prose-html"] = from_files(split, ["/usr/share/doc/**/*.html"], plain)
    some["man-source"] = from_files(split, ["/usr/share/man/man[1-8]/*.gz"])
    some["diff"] = diffs(split, FROM_FILES["python"] + FROM_FILES["c"])
    for kind, codes in LANGUAGES.items():
        some[kind] = language(split, codes)
    for kind, docs in some.items():
        n = 0
        for name, text in docs:
            n += 1
            yield kind, name, text
        if n == 0:
            log("no files of kind %s on this machine" % kind)
