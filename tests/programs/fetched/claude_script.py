"""What the stand-in for the model has Claude Code do, and the project that it does it in. All of it is deterministic.

A turn is a list of tool calls; the program carries them out for real. The last answer is text.
"""
import json
import pathlib
import sys

import conversations

MCP_SERVER = str(pathlib.Path(__file__).with_name("mcp_files.py"))
LOG_LINES = 2000
LOG_FAULTS = ("disk sda7 failed at block 881", "ERROR payment 4711 refused", "FATAL out of memory in worker 3")
FAULTS = {"inventory.json": ("stock of 4812 is negative", "warehouse 7 does not answer"),
          "parcels.json": ("parcel 7781 was lost at 4 am", "scale 12 reads minus 3"),
          "orders.json": ("order 90210 was charged twice", "no carrier for parcel 5533")}
FAULTS_OF_CALL = {"toolu_log": LOG_FAULTS, "toolu_read": FAULTS["inventory.json"], "toolu_inventory": FAULTS["inventory.json"],
                  "toolu_parcels": FAULTS["parcels.json"], "toolu_orders": FAULTS["orders.json"]}
JSON_CALLS = ("toolu_read", "toolu_inventory", "toolu_parcels", "toolu_orders")  # their answers are JSON
LAST_WORDS = "Three disks, two payments, one parcel."

PRINT_LOG = f"""#!/bin/sh
exec awk 'BEGIN {{
    for (i = 0; i < {LOG_LINES}; i++) {{
        text = i == 700 ? "disk sda7 failed at block 881" : i == 1200 ? "ERROR payment 4711 refused" : \\
               i == 1801 ? "FATAL out of memory in worker 3" : "ok " i % 97
        printf "%02d:%02d %s\\n", i / 60, i % 60, text
    }}
}}'
"""


def rows(name, n):
    """A service's answer of n rows with faults planted, as compact JSON."""
    made = conversations.records(len(name), n)
    for i, fault in enumerate(FAULTS[name]):
        made[n // 5 * (2 * i + 1) + 1].update(status=500, error=fault)
    return json.dumps(made, separators=(",", ":"))


def make_project(directory):
    """The files that the turns read; the same bytes each time."""
    directory.mkdir()
    script = directory / "print-log"
    script.write_text(PRINT_LOG)
    script.chmod(0o755)
    for name, n in (("inventory.json", 540), ("parcels.json", 250), ("orders.json", 4400)):  # 60, 28 and 490 KB
        (directory / name).write_text(rows(name, n))
    (directory / "large.txt").write_text("".join(f"{i} of many lines\n" for i in range(12000)))  # above what a result may hold


def call(name, tool, **arguments):
    return {"type": "tool_use", "id": f"toolu_{name}", "name": tool, "input": arguments}


def bash(name, command):
    return call(name, "Bash", command=command, description=f"Run {name}")


def query(name, table):
    return call(name, "mcp__files__query", table=table)


def turns(project):
    """[[blocks of one answer]]."""
    return [
        [{"type": "thinking", "thinking": "The log first.", "signature": "c2lnbmVkLW9uZQ=="},
         {"type": "text", "text": "I look at the log."}, bash("log", "./print-log")],
        [call("read", "Read", file_path=f"{project}/inventory.json"), query("inventory", "inventory")],
        [{"type": "text", "text": "Two at once."}, bash("parcels", "cat parcels.json"), query("orders", "orders")],
        [bash("large", "cat large.txt")],
        [{"type": "text", "text": LAST_WORDS}],
    ]


def player(project):
    """play(body) for vendor_host: the turn after as many answers as the conversation already holds; beyond it the API's own words, or
    the summary that is asked for."""
    script = turns(project)

    def play(body):
        answered = sum(m["role"] == "assistant" for m in body["messages"])
        if "<summary>" in json.dumps(body["messages"][-1]):
            return [{"type": "text", "text": f"<analysis>All was said.</analysis><summary>{LAST_WORDS}</summary>"}]
        has_bash = any(t.get("name") == "Bash" for t in body.get("tools", []))
        return script[answered] if has_bash and answered < len(script) else None

    return play


AGENTS = ("alpha", "bravo", "charlie", "delta")


def agents_player():
    """play(body): the first answer starts four agents, which look at the same tables at once; one of their requests is refused once."""
    refused = []

    def play(body):
        answered = sum(m["role"] == "assistant" for m in body["messages"])
        agent = next((name for name in AGENTS if f"task {name}" in json.dumps(body["messages"][0])), None)
        if agent and answered == 1 and not refused:
            refused.append(agent)
            return 529
        if agent and answered < 2:
            return [bash(f"{agent}_{answered}", "cat parcels.json"), query(f"{agent}_query_{answered}", "inventory")]
        if agent or answered:
            return [{"type": "text", "text": f"{agent or 'all'} done"}]
        return [call(name, "Agent", description=f"do {name}", prompt=f"task {name}", subagent_type="general-purpose") for name in AGENTS]

    return play


def mcp_config(project):
    return json.dumps({"mcpServers": {"files": {"type": "stdio", "command": sys.executable, "args": [MCP_SERVER, str(project)]}}})
