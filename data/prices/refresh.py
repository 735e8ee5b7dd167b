#!/usr/bin/env python3
"""Fetch genai-prices from PyPI and write data.json, VERSION, LICENSE and SHA256SUMS beside this file.

usage: refresh.py VERSION DATE      DATE (YYYY-MM-DD): the day that these prices were last checked by their source

data.json has the form of the source's own data.json: a list of providers, of it what a price needs. What people read
(names, descriptions, comments), what extracts usage, and prices that depend on more than model, time and prompt size are left out.
"""
import datetime
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

# Runs under the fetched package.
DUMP = """
import datetime, json, sys
from decimal import Decimal
import genai_prices.types as types
from genai_prices.data import providers

PRICES = ("input_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok", "output_mtok", "requests_kcount")

def number(d):
    return int(d) if d == int(d) else float(d)

def price(p):
    if isinstance(p, types.TieredPrices):
        return {"base": number(p.base), "tiers": [{"start": t.start, "price": number(t.price)} for t in p.tiers]}
    return number(p)

def prices(m):
    return {k: price(m.__dict__[k]) for k in PRICES if m.__dict__.get(k) is not None}

def constraint(c):
    if isinstance(c, types.StartDateConstraint):
        return {"start_date": c.start_date.isoformat()}
    utc = [t.isoformat().replace("+00:00", "Z") for t in (c.start_time, c.end_time)]
    return {"start_time": utc[0], "end_time": utc[1]}

def conditional(p):
    return {**({"constraint": constraint(p.constraint)} if p.constraint else {}), "prices": prices(p.prices)}

def clause(c):
    (name, value), = vars(c).items()
    return {name.rstrip("_"): [clause(x) for x in value] if isinstance(value, list) else value}

def model(m):
    p = m.prices
    return {"id": m.id, "match": clause(m.match),
            "prices": [conditional(x) for x in p] if isinstance(p, list) else prices(p)}

def provider(p):
    out = {"id": p.id, "api_pattern": p.api_pattern}
    for name in ("model_match", "provider_match"):
        if getattr(p, name):
            out[name] = clause(getattr(p, name))
    if p.fallback_model_providers:
        out["fallback_model_providers"] = p.fallback_model_providers
    out["models"] = [model(m) for m in p.models]
    return out

json.dump([provider(p) for p in providers], sys.stdout)
"""


def one_model_a_line(providers):
    lines = []
    for p in providers:
        head = json.dumps({k: v for k, v in p.items() if k != "models"})
        models = ",\n".join("  " + json.dumps(m) for m in p["models"])
        lines.append(f'{head[:-1]}, "models": [\n{models}\n]}}')
    return "[\n" + ",\n".join(lines) + "\n]\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    version, date = sys.argv[1], datetime.date.fromisoformat(sys.argv[2]).isoformat()
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.executable, "-m", "venv", f"{directory}/venv"], check=True)
        python = f"{directory}/venv/bin/python"
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", f"genai-prices=={version}"], check=True)
        dumped = subprocess.run([python, "-c", DUMP], check=True, capture_output=True, text=True).stdout
        licence = next(pathlib.Path(directory).glob("venv/lib/*/site-packages/genai_prices-*/licenses/LICENSE")).read_bytes()
    (HERE / "data.json").write_text(one_model_a_line(json.loads(dumped)))
    (HERE / "VERSION").write_text(f"genai-prices {version}\n{date}\n")
    (HERE / "LICENSE").write_bytes(licence)
    sums = "".join(f"{hashlib.sha256((HERE / n).read_bytes()).hexdigest()}  {n}\n" for n in ("LICENSE", "VERSION", "data.json"))
    (HERE / "SHA256SUMS").write_text(sums)


if __name__ == "__main__":
    main()
