"""`headroom metrics`: the figures as Prometheus reads them."""
import json
import os
import stat

import pytest

from cli_user import CANTCREAT, UNAVAILABLE, USAGE, Cli, conversation, quickstart
from earlier import Recorder
from exposition import parse

USAGE_ANSWER = (b'{"usage": {"prompt_tokens": 900, "completion_tokens": 40, "prompt_tokens_details": '
                b'{"cached_tokens": 300}}}')


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def metrics(cli):
    p = cli("metrics")
    assert p.returncode == 0 and p.stderr == b""
    return parse(p.stdout)


def of_model(name, body=None):
    request = json.loads(body or conversation("short"))
    return json.dumps({**request, "model": name}).encode()


def rows(cli):
    return [json.loads(line) for line in cli("log", "--json").stdout.splitlines()]


def test_the_reader_of_this_test_refuses_what_prometheus_would():
    good = b'# HELP a_total x\n# TYPE a_total counter\na_total{m="q\\"\\\\\\n"} 1\n'
    assert parse(good)["a_total"].value(m='q"\\\n') == 1
    for bad in (good[:-1], good.replace(b"# TYPE a_total counter\n", b""), good.replace(b"a_total{", b"b{"),
                good.replace(b"} 1", b"} x"), good.replace(b'\\"', b'"'), good + b'a_total{m="q\\"\\\\\\n"} 1\n', good + good,
                good.replace(b"a_total", b"a"), good.replace(b"} 1", b"} -1"), b"\xff\n"):
        with pytest.raises((AssertionError, KeyError, UnicodeDecodeError)):
            parse(bad)


def test_nothing_recorded_is_zeros_and_makes_no_database(cli):
    m = metrics(cli)
    assert {mode: v for mode, v in m["headroom_requests_total"].by("mode").items()} == {
        "audit": 0, "simulate": 0, "optimize": 0}
    assert m["headroom_tokens_saved_total"].value() == m["headroom_compression_ratio"].samples[
        "headroom_compression_ratio_count", ()] == 0
    assert not cli.state.exists()


def test_figures_are_the_sums_of_the_rows(cli):
    cli.record(quickstart(), answer=USAGE_ANSWER)
    cli.record(quickstart(), answer=USAGE_ANSWER, times=2)
    cli.record(of_model("other"), status=529)
    cli.record(quickstart(), HEADROOM_MODE="audit")
    cli.record(quickstart(), HEADROOM_MODE="simulate")
    m, log = metrics(cli), rows(cli)
    sent = sum(r["tokens_after"] if r["mode"] == "optimize" else r["tokens_before"] for r in log)
    made = sum(r["tokens_before"] for r in log)
    assert m["headroom_requests_total"].by("mode") == {"audit": 1, "simulate": 1, "optimize": 4}
    assert m["headroom_tokens_made_total"].value() == made and m["headroom_tokens_sent_total"].value() == sent < made
    assert m["headroom_tokens_saved_total"].value() == made - sent
    assert m["headroom_requests_failed_total"].value() == 1 and m["headroom_requests_rewritten_total"].value() >= 3
    assert m["headroom_reported_requests_total"].value() == 3
    assert m["headroom_reported_input_tokens_total"].value() == 2700
    assert m["headroom_reported_cached_tokens_total"].value() == 900
    assert m["headroom_reported_output_tokens_total"].value() == 120
    assert m["headroom_decisions"].value() == cli.json("stats", "--json")["cache"]["entries"] > 0
    assert m["headroom_overhead_seconds_total"].value() == pytest.approx(sum(r["elapsed_us"] for r in log) / 1e6)


def test_the_histogram_counts_each_request_by_the_part_that_was_sent(cli):
    cli.record(quickstart(), times=3)
    cli.record(of_model("m"))
    cli.record(quickstart(), path="/v1/messages/count_tokens")  # sends nothing to a model: it has no ratio
    h = metrics(cli)["headroom_compression_ratio"]
    ratios = [r["tokens_after"] / r["tokens_before"] for r in rows(cli) if not r["path"].endswith("/count_tokens")]
    assert len(ratios) == 4 and min(ratios) < 0.3
    for tenths in range(1, 11):
        le = f"{tenths // 10}.{tenths % 10}"
        at_most = sum(r <= tenths / 10 for r in ratios)
        assert h.samples["headroom_compression_ratio_bucket", (("le", le),)] == at_most
    assert h.samples["headroom_compression_ratio_count", ()] == 4
    assert h.samples["headroom_compression_ratio_sum", ()] == pytest.approx(sum(ratios), abs=1e-5)


def test_programs_and_models_are_told_apart_and_their_names_escaped(cli):
    record = Recorder(cli)
    nasty = 'a"b\\c{}=,\u00e4'
    record(of_model(nasty), program="codex")
    record(of_model("gpt"), program='say "hi"', times=2)
    m = metrics(cli)
    assert m["headroom_model_requests_total"].by("model") == {nasty: 1, "gpt": 2}
    assert m["headroom_program_requests_total"].by("program") == {"codex": 1, 'say "hi"': 2}
    made = {r["program"]: 0 for r in rows(cli)}
    for r in rows(cli):
        made[r["program"]] += r["tokens_before"]
    assert m["headroom_program_tokens_made_total"].by("program") == made


def test_labels_are_bounded_in_number_and_length(cli):
    long = "m" * 5000
    for i in range(52):
        cli.record(of_model(f"model-{i}"))
    cli.record(of_model(long, quickstart()))
    m = metrics(cli)
    models = m["headroom_model_requests_total"].by("model")
    assert len(models) == 50 and max(map(len, models)) <= 128
    assert any(long.startswith(name) for name in models), "those with the most tokens are shown"
    assert sum(m["headroom_requests_total"].by("mode").values()) == 53


def test_a_file_is_replaced_in_one_step_and_can_be_read_by_others(cli):
    path = cli.home / "headroom.prom"
    path.write_text("old")
    path.chmod(0o600)
    with path.open() as before:
        old = os.umask(0o022)
        try:
            p = cli("metrics", "-o", path)
        finally:
            os.umask(old)
        assert before.read() == "old", "a reader keeps the whole old text"
    assert p.returncode == 0 and p.stdout == b""
    assert parse(path.read_bytes()) and stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(cli.home).count("headroom.prom") == 1
    assert not [n for n in os.listdir(cli.home) if n.startswith("headroom.prom.")], "nothing stays beside it"


def test_a_link_is_followed_and_a_device_stays_one(cli):
    target, link = cli.home / "target", cli.home / "link"
    target.write_text("old")
    link.symlink_to(target)
    assert cli("metrics", "-o", link).returncode == 0
    assert link.is_symlink() and parse(target.read_bytes())
    pipe = cli.home / "null"
    pipe.symlink_to("/dev/null")
    assert cli("metrics", "-o", pipe).returncode == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_what_cannot_be_written_is_said_and_the_old_file_stays(cli):
    p = cli("metrics", "-o", "no/such/directory/x.prom")
    assert p.returncode == CANTCREAT and b"no/such/directory" in p.stderr and p.stdout == b""


def test_wrong_usage_and_a_broken_database(cli):
    assert cli("metrics", "x").returncode == USAGE and cli("metrics", "-o").returncode == USAGE
    cli.record(quickstart())
    for name in os.listdir(cli.state / "headroom"):
        if name.startswith("headroom.db-"):
            os.unlink(cli.state / "headroom" / name)
    (cli.state / "headroom" / "headroom.db").write_bytes(b"not a database" * 1000)
    p = cli("metrics")
    assert p.returncode == UNAVAILABLE and p.stdout == b"" and b"database" in p.stderr
