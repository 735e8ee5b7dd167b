"""The text format of Prometheus, read strictly: https://prometheus.io/docs/instrumenting/exposition_formats/

parse(text) -> {family: Family}. Whatever a scraper could refuse or misread is an AssertionError: a sample outside of its family, a
family without type, a label twice, a histogram whose buckets shrink.
"""
import math
import re
from typing import NamedTuple

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (-?[0-9.eE+-]+|[+-]Inf|NaN)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


class Family(NamedTuple):
    type: str
    help: str
    samples: dict  # (name, ((label, value), ..)) -> float

    def value(self, **labels):
        """The one sample with exactly these labels."""
        (found,) = [v for (_, ls), v in self.samples.items() if dict(ls) == labels]
        return found

    def by(self, label):
        return {dict(ls)[label]: v for (_, ls), v in self.samples.items()}


def read_labels(text):
    labels, at = [], 0
    while at < len(text):
        m = LABEL.match(text, at)
        assert m, f"labels {text!r} at {at}"
        value = re.sub(r"\\(.)", lambda e: {"n": "\n"}.get(e[1], e[1]), m[2])
        labels.append((m[1], value))
        at = m.end()
    assert len(dict(labels)) == len(labels), f"a label twice: {text!r}"
    return tuple(labels)


def check_histogram(name, family):
    buckets = [(float(dict(ls)["le"]), v) for (n, ls), v in family.samples.items() if n == name + "_bucket"]
    assert buckets == sorted(buckets) and buckets[-1][0] == math.inf
    assert all(a[1] <= b[1] for a, b in zip(buckets, buckets[1:])), "buckets are cumulative"
    assert buckets[-1][1] == family.samples[name + "_count", ()]


def parse(data):
    text = data.decode("utf-8")
    assert text.endswith("\n") and "\r" not in text
    families, name = {}, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, said = line[7:].split(" ", 1)
            assert re.fullmatch(NAME, name) and name not in families and said
            families[name] = Family(None, said, {})
        elif line.startswith("# TYPE "):
            typed, kind = line[7:].split(" ")
            assert typed == name and families[name].type is None and not families[name].samples and kind in SUFFIXES
            families[name] = families[name]._replace(type=kind)
        else:
            m = SAMPLE.fullmatch(line)
            assert m, f"no sample: {line!r}"
            family = families[name]
            assert m[1] in [name + s for s in SUFFIXES[family.type]], f"{m[1]} stands in the family {name}"
            key = m[1], read_labels(m[2] or "")
            assert key not in family.samples, f"twice: {line!r}"
            family.samples[key] = float(m[3])
            assert family.type == "gauge" or family.samples[key] >= 0
    for name, family in families.items():
        assert family.type is not None
        assert (family.type == "counter") == name.endswith("_total")
        if family.type == "histogram":
            check_histogram(name, family)
    return families
