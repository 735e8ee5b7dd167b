"""headroom prices: what a model costs by the data, read here once more and independently; another table; the user's own prices."""
import datetime
import json
import pathlib
import re
import subprocess

import pytest

from cli_user import CANTCREAT, CONFIG, DATAERR, NOINPUT, ROOT, USAGE, Cli

DATA = json.loads((ROOT / "data" / "prices" / "data.json").read_text())
KEYS = {"input": "input_mtok", "cache_read": "cache_read_mtok", "cache_write": "cache_write_mtok",
        "cache_write_1h": "cache_write_1h_mtok", "output": "output_mtok"}
HOSTS = {"anthropic": "api.anthropic.com", "openai": "api.openai.com", "google": "generativelanguage.googleapis.com",
         "aws": "bedrock-runtime.us-east-1.amazonaws.com", "deepseek": "api.deepseek.com", "openrouter": "openrouter.ai",
         "mistral": "api.mistral.ai", "x-ai": "api.x.ai", "groq": "api.groq.com"}


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


# ------------------------------------------------------------------ the data, by Python's own means
def matches(clause, name):
    (kind, value), = clause.items()
    if kind in ("or", "and"):
        return (any if kind == "or" else all)(matches(c, name) for c in value)
    if kind == "regex":
        return re.search(value, name) is not None
    value = value.lower()
    return {"equals": name == value, "starts_with": name.startswith(value), "ends_with": name.endswith(value),
            "contains": value in name}[kind]


def holds(constraint, now):
    if "start_date" in constraint:
        return now.date() >= datetime.date.fromisoformat(constraint["start_date"])
    start, end, at = constraint["start_time"][:8], constraint["end_time"][:8], now.strftime("%H:%M:%S")
    return start <= at < end if start <= end else at >= start or at < end


def prices_of(provider, name, now):
    model = next((m for m in provider["models"] if matches(m["match"], name.lower())), None)
    if model is None:
        return None
    prices = model["prices"]
    if isinstance(prices, list):
        prices = next((p["prices"] for p in reversed(prices) if "constraint" not in p or holds(p["constraint"], now)), prices[0]["prices"])
    if "requests_kcount" in prices or not {"input_mtok", "output_mtok"} <= prices.keys():
        return None
    return {k: p["base"] if isinstance(p := prices.get(key), dict) else p for k, key in KEYS.items()}


def names_of(clause):
    (kind, value), = clause.items()
    if kind in ("or", "and"):
        return [n for c in value for n in names_of(c)]
    return [] if kind == "regex" else [value]


@pytest.mark.parametrize("provider", HOSTS)
def test_prices_are_those_of_the_data(cli, provider):
    data = next(p for p in DATA if p["id"] == provider)
    names = [n for m in data["models"] for n in names_of(m["match"])]
    names = names[:: len(names) // 12 + 1] + ["no-model-of-this-name"]
    now = datetime.datetime.now(datetime.timezone.utc)
    for name in names:
        want = prices_of(data, name, now)
        found = cli.json("prices", "--json", "--host", HOSTS[provider], name)["prices"]
        if want is None:
            assert found == [], name
        else:
            got = {k: found[0][k] for k in KEYS}
            assert got == pytest.approx(want, rel=1e-4) and found[0]["above_tokens"] == 0, name


def test_the_whole_table_names_its_source_and_every_price(cli):
    version, day = (ROOT / "data" / "prices" / "VERSION").read_text().split("\n")[:2]
    table = cli.json("prices", "--json")
    assert (table["source"], table["day"], table["path"]) == (version, day, None)
    assert len(table["prices"]) > 2000 and {"provider", "model", "above_tokens", *KEYS} == table["prices"][0].keys()
    long = [p for p in table["prices"] if (p["provider"], p["model"]) == ("anthropic", "claude-haiku-5-5")]
    assert [(p["above_tokens"], p["input"]) for p in long] == [(0, 0.1), (100000, 0.5)]


def test_the_data_is_what_its_sums_say():
    directory = ROOT / "data" / "prices"
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=directory, check=True)
    assert "MIT" in (directory / "LICENSE").read_text()


# ------------------------------------------------------------------ another table
def write(path, providers):
    path.write_text(json.dumps(providers))
    return path


def one(price=1.5):
    return [{"id": "house", "api_pattern": "https://llm\\.corp", "model_match": {"contains": "house"},
             "models": [{"id": "house-1", "match": {"equals": "house-1"}, "prices": {"input_mtok": price, "output_mtok": 3}}]}]


def test_an_update_is_in_force_from_the_next_start_on(cli):
    done = cli("prices", "update", write(cli.home / "new.json", one()), "--day", "2999-12-31")
    assert done.returncode == 0 and b"of 2999-12-31, 1 models of 1 providers, from " in done.stdout
    found = cli.json("prices", "--json", "house-1")
    assert found["path"] == str(cli.state / "headroom" / "prices.table") and found["prices"][0]["input"] == 1.5
    assert (pathlib.Path(found["path"]).stat().st_mode & 0o777) == 0o600
    assert b"no price of gpt-4o is known" in cli("prices", "gpt-4o").stdout


def test_the_whole_data_is_taken_as_its_source_gives_it(cli):
    """Members that are not used here are no error."""
    for provider in DATA:
        provider.update(name="x", extractors=[{"root": "usage"}], description=None)
    done = cli("prices", "update", write(cli.home / "all.json", DATA), "--day", "2999-12-31")
    assert done.returncode == 0 and b"of 2999-12-31, " in done.stdout


@pytest.mark.parametrize("what, text", [("cut", json.dumps(one())[:-9]), ("price", json.dumps(one(-1))), ("empty", ""), ("binary", "\0\1")])
def test_a_bad_file_changes_nothing(cli, what, text):
    assert cli("prices", "update", write(cli.home / "good.json", one()), "--day", "2999-12-31").returncode == 0
    table = cli.state / "headroom" / "prices.table"
    before = table.read_bytes()
    (cli.home / "bad.json").write_text(text)
    done = cli("prices", "update", "bad.json", "--day", "2999-12-31")
    assert done.returncode == DATAERR and b"bad.json: " in done.stderr and b"nothing was changed" in done.stderr
    assert table.read_bytes() == before and [p.name for p in table.parent.iterdir() if "prices" in p.name] == ["prices.table"]
    assert cli("prices", "update", "bad.json", "--day", "tomorrow").returncode == DATAERR


def test_an_older_update_is_not_in_force(cli):
    done = cli("prices", "update", write(cli.home / "old.json", one()), "--day", "2020-01-01")
    assert done.returncode == 0 and b"newer than these" in done.stderr
    assert cli.json("prices", "--json", "gpt-4o")["prices"][0]["input"] == 2.5


def test_a_damaged_table_is_none(cli):
    cli("prices", "update", write(cli.home / "new.json", one()), "--day", "2999-12-31")
    table = cli.state / "headroom" / "prices.table"
    data = bytearray(table.read_bytes())
    data[-3] ^= 1
    table.write_bytes(data)
    assert cli.json("prices", "--json", "gpt-4o")["path"] is None


def test_wrong_usage_says_what_is_right(cli):
    assert cli("prices", "a", "b").returncode == USAGE
    assert cli("prices", "update").returncode == USAGE
    assert cli("prices", "update", "no-such-file").returncode == NOINPUT
    write(cli.home / "new.json", one())
    cli.state.write_text("no directory")
    assert cli("prices", "update", "new.json").returncode == CANTCREAT


# ------------------------------------------------------------------ the user's own
def test_prices_of_gateways_are_settings(cli):
    cli.config.parent.mkdir(parents=True)
    cli.config.write_text("[prices]\nllm.corp/* = 2 8 0.2 2.5\ngpt-4o = 1 1\nmodel:7b = 0 0\nwrong = 1\n")
    done = cli("config", "check")
    assert done.returncode == CONFIG and b':5: prices: "wrong=1" is not MODEL=INPUT OUTPUT' in done.stderr
    found = cli.json("prices", "--json", "--host", "llm.corp", "anything")["prices"]
    assert [{k: p[k] for k in KEYS} for p in found] == [{"input": 2, "cache_read": 0.2, "cache_write": 2.5, "cache_write_1h": 2.5, "output": 8}]
    assert cli.json("prices", "--json", "--host", "api.openai.com", "gpt-4o")["prices"][0]["output"] == 1
    assert cli.json("prices", "--json", "model:7b")["prices"][0]["input"] == 0
    assert b"setting prices: gpt-4o" in cli("prices", "gpt-4o").stdout
