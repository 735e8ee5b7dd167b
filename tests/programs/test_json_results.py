"""JSON in a tool result, in each of the places where tools put it: what goes out comes back, and --kept tells the truth."""
import json

import pytest

from cli_user import Cli, conversation


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


ORDERS = [{"order": f"ORD-{41000 + 3 * i}", "state": "failed" if i == 77 else "delivered", "eur": i * 7919 % 900 / 4,
           "to": {"city": "Ghent" if i % 3 else "Turku", "zip": f"{i:05}"}} for i in range(240)]
LOG = "\n".join(f"2025-01-07T10:{i // 60:02}:{i % 60:02} {'ERROR' if i == 200 else 'INFO'} [api] request {i} took {i * 7919 % 90} ms"
                for i in range(400))
PLACES = {
    "an array": (json.dumps(ORDERS), ORDERS),
    "indented": (json.dumps({"page": 1, "orders": ORDERS}, indent=2), ORDERS),
    "lines": ("\n".join(map(json.dumps, ORDERS)), ORDERS),
    "a map": (json.dumps({o["order"]: o for o in ORDERS}), [{o["order"]: o} for o in ORDERS]),
    "standard output": (json.dumps({"stdout": json.dumps(ORDERS) + "\n", "stderr": "", "code": 0}), ORDERS),
    "lines in a string": (json.dumps({"stdout": "\n".join(map(json.dumps, ORDERS)) + "\n"}), ORDERS),
    "an answer of MCP": (json.dumps({"content": [{"type": "text", "text": json.dumps({"orders": ORDERS}, indent=1)}]}), ORDERS),
    "a log in a string": (json.dumps({"stdout": LOG + "\n", "code": 0}), LOG.split("\n")),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_stays_is_the_originals_and_the_rest_is_in_the_store(cli, place):
    text, items = PLACES[place]
    body = conversation(text)
    sent = cli.record(body)
    assert len(sent) < len(body) / 3
    (kept,) = cli.json("restore", "--kept", "-", input=sent)
    assert kept["of"] == len(items) and kept["items"] == [items[i] for i in kept["kept"]]
    assert (200 if items is not ORDERS and place != "a map" else 77) in kept["kept"], "the one that failed"
    assert cli("restore", "--state", "-", input=sent).stdout == body
    assert cli("restore", "-", input=sent).returncode != 0, "what was left out is in the database alone"


@pytest.mark.parametrize("place", [p for p in PLACES if p != "a map"])
def test_lossless_forms_come_back_from_the_text_alone(cli, tmp_path, place):
    body = conversation(PLACES[place][0])
    cli("simulate", "-o", "sent.json", "-", input=body, HEADROOM_LEVEL="lossless")
    sent = (tmp_path / "sent.json").read_bytes()
    assert len(sent) < len(body) * 3 / 4
    assert cli("restore", "-", input=sent).stdout == body
