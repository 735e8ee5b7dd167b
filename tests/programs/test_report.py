"""`headroom report`: one HTML file, looked at in a real browser at the sizes of a desk and of a phone, light and dark."""
import datetime
import json
import os
import re
from html.parser import HTMLParser

import pytest

from browser import LEAST_CONTRAST, STICKING_OUT, Browser, first_pixel
from cli_user import CANTCREAT, UNAVAILABLE, USAGE, Cli, conversation, quickstart
from earlier import Recorder

DAY = 86400
ANSWER = (b'{"usage": {"prompt_tokens": 1000, "completion_tokens": 40, "prompt_tokens_details": '
          b'{"cached_tokens": 250}}}')
EVIL = '<img src=x onerror=alert(1)>"\'&amp;</td></script>'


def of_model(name, body=None):
    return json.dumps({**json.loads(body or conversation("short")), "model": name}).encode()


def a_month(cli):
    """Requests of four days and two programs; one is older than a month."""
    record = Recorder(cli)
    for days, times in ((0, 2), (1, 1), (9, 3), (40, 1)):
        record(quickstart(), program="claude", seconds_ago=days * DAY, times=times, answer=ANSWER)
    record(of_model(EVIL), program="codex <b>", seconds_ago=2 * DAY, status=429)
    record(of_model("a-model-whose-name-is-rather-long-" * 4), program="codex <b>")


@pytest.fixture
def cli(tmp_path):
    cli = Cli(tmp_path)
    cli.env["TZ"] = "UTC"
    return cli


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """A user with such a month behind, for tests that only look."""
    cli = Cli(tmp_path_factory.mktemp("month"))
    cli.env["TZ"] = "UTC"
    a_month(cli)
    return cli


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    b = Browser(tmp_path_factory.mktemp("browser"))
    yield b
    b.close()


class Page(HTMLParser):
    """What stands in it: (tag, attributes), the text, and whether each element that must be closed is."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.text, self.open = [], "", []
        self.feed(text)
        self.close()

    VOID = {"meta", "link", "rect", "line"}
    OPTIONAL = {"th", "td", "tr"}

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID | self.OPTIONAL:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID | self.OPTIONAL:
            assert self.open and self.open.pop() == tag, f"</{tag}>"

    def handle_data(self, data):
        self.text += data


def report(cli, *args, **env):
    p = cli("report", *args, **env)
    assert p.returncode == 0 and p.stderr == b"", p.stderr
    name = p.stdout.decode().rstrip("\n")
    return (cli.home / name).read_text(encoding="utf-8")


def tile(text, name):
    """Figure and small print of a tile."""
    m = re.search(rf'<div class="tile">{re.escape(name)}<b class="\w*">(.*?)</b><small class="soft">(.*?)</small>', text)
    return m.groups()


# ------------------------------------------------------------------ the file
def test_it_writes_one_file_and_names_it(cli):
    cli.record(quickstart())
    assert cli("report").stdout == b"headroom-report.html\n"
    assert cli("report", "-o", "week.html").stdout == b"week.html\n"
    assert (cli.home / "week.html").read_text().startswith("<!doctype html>")
    assert cli("report", "-o", "-").stdout.startswith(b"<!doctype html>")


def test_nothing_recorded_says_what_to_do_and_makes_no_database(cli):
    page = Page(report(cli))
    assert "Nothing is recorded" in page.text and "headroom run" in page.text
    assert "svg" not in [t for t, _ in page.tags] and not cli.state.exists()


def test_nothing_comes_from_elsewhere_and_no_script_is_in_it(month):
    text = report(month)
    page = Page(text)
    tags = [t for t, _ in page.tags]
    assert page.open == [] and {"script", "img", "iframe", "object", "embed", "form", "b>"}.isdisjoint(tags)
    for tag, attrs in page.tags:
        for name, value in attrs.items():
            assert not name.startswith("on") and name not in ("src", "style", "srcset", "action")
            assert name != "href" or value == "data:,"
    assert "url(" not in text and "@import" not in text and "//" not in re.sub(r"<style>.*?</style>", "", text)


def test_foreign_names_are_text(month):
    page = Page(report(month))
    assert EVIL in page.text and "codex <b>" in page.text


# ------------------------------------------------------------------ the figures
def test_every_figure_names_what_it_is_a_part_of(month):
    text = report(month, "--since", "all")
    log = [json.loads(line) for line in month("log", "--json").stdout.splitlines()]
    made, sent = sum(r["tokens_before"] for r in log), sum(r["tokens_after"] for r in log)
    share, part = tile(text, "Tokens saved")
    assert share == f"{100 * (made - sent) / made:.1f} %" and f"{made - sent:,} of the {made:,} that programs made" in part
    cached, of = tile(text, "From the provider's cache")
    assert cached == "25.0 %" and of == "1,750 of the 7,000 input tokens that providers reported, for 7 of 9 requests"
    assert tile(text, "Requests")[0] == "9" and tile(text, "Requests")[1].endswith("1 failed or without a response")
    assert tile(text, "Output") == ("280", "tokens, as providers reported them for 7 of 9 requests")
    assert re.search(r"of the \d of 9 requests that have one", tile(text, "Cost")[1])


def test_since_takes_what_began_then(month):
    assert tile(report(month), "Requests")[0] == "8"
    assert tile(report(month, "--since", "36h"), "Requests")[0] == "4"
    today = datetime.datetime.now(datetime.timezone.utc)
    day = (today - datetime.timedelta(days=9)).strftime("%Y-%m-%d")
    assert tile(report(month, "--since", day), "Requests")[0] == "8"
    assert tile(report(month, "--since", "1w"), "Requests")[0] == "5"


def test_the_chart_has_a_bar_for_each_day_of_the_span(month):
    text = report(month)
    first = re.search(r"<svg.*?</svg>", text).group()
    titles = re.findall(r"<title>(\d{4}-\d\d-\d\d): ([\d,]+) \([\d.]+ %\) of ([\d,]+) tokens saved</title>", first)
    assert len(titles) == 31, "30 times 24 hours touch 31 days"
    busy = [t[0] for t in titles if t[2] != "0"]
    now = datetime.datetime.now(datetime.timezone.utc)
    assert busy == [(now - datetime.timedelta(days=d)).strftime("%Y-%m-%d") for d in (9, 2, 1, 0)]
    assert sum(int(t[2].replace(",", "")) for t in titles) == int(
        re.search(r"of the ([\d,]+) that programs made", text).group(1).replace(",", ""))


def test_long_spans_share_bars(cli):
    record = Recorder(cli)
    for days in (0, 200, 400):
        record(of_model("m"), seconds_ago=days * DAY)
    svg = re.search(r"<svg.*?</svg>", report(cli, "--since", "all")).group()
    titles = re.findall(r"<title>(.*?)</title>", svg)
    assert len(titles) <= 62 and " to " in titles[0]
    assert sum(" of 0 tokens" not in t for t in titles) == 3


# ------------------------------------------------------------------ in a browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_it_can_be_read(month, browser, width, dark):
    report(month, "-o", "r.html")
    browser.open(f"file://{month.home}/r.html", width, dark=dark)
    assert browser.complaints() == [] and browser.asked_for() == [f"file://{month.home}/r.html"]
    assert browser.ask("document.documentElement.scrollWidth") == width and browser.ask(STICKING_OUT) == []
    assert browser.ask("document.documentElement.scrollHeight") > 1000
    assert browser.ask(LEAST_CONTRAST) >= 4.5
    assert min(browser.ask("[...document.querySelectorAll('main *')].map(e => parseFloat(getComputedStyle(e).fontSize))")) >= 12
    assert browser.ask("[...document.querySelectorAll('svg')].every(s => s.getBoundingClientRect().width > innerWidth / 4)")
    picture = browser.picture()
    pixel = first_pixel(picture)
    assert max(pixel) < 64 if dark else min(pixel) > 192
    assert int.from_bytes(picture[16:20], "big") == width and len(picture) > 20000
    keep = os.environ.get("HEADROOM_TESTS_PICTURES")  # a directory, to look at them
    if keep:
        with open(os.path.join(keep, f"report-{width}-{'dark' if dark else 'light'}.png"), "wb") as f:
            f.write(picture)


def test_the_table_of_days_opens_without_a_script(month, browser):
    report(month, "-o", "r.html")
    for width in (1280, 360):
        browser.open(f"file://{month.home}/r.html", width)
        browser.ask("document.querySelector('details').open = true")
        assert browser.ask("document.querySelectorAll('details tbody tr').length") == 4
        assert browser.ask("document.documentElement.scrollWidth") == width and browser.ask(STICKING_OUT) == []


# ------------------------------------------------------------------ errors
def test_wrong_usage_and_what_cannot_be_written(cli):
    for args in (["x"], ["--since", "whenever"], ["--since", "2026-02-30"], ["--since"]):
        p = cli("report", *args)
        assert p.returncode == USAGE and p.stdout == b"" and p.stderr.count(b"\n") == 1
    assert cli("report", "-o", "no/such/file.html").returncode == CANTCREAT
    (cli.state / "headroom").mkdir(parents=True, mode=0o777)
    os.chmod(cli.state / "headroom", 0o777)
    p = cli("report")
    assert p.returncode == UNAVAILABLE and b"directory" in p.stderr
