"""What an agent of the tests works on: programs that print logs, a JSON file, and what is planted in them and must reach the model.

The tools are real: the client starts the programs and reads the file.
"""
import json
import random

LINES = 2000
FILE_BYTES = 60 << 10
# (line of the log, its message). A model that does not see these cannot answer.
ERRORS = ((137, "connection to ledger-db refused after 3 attempts"), (1204, "certificate of auth.internal has expired"),
          (1891, "disk /var/spool is full"))
FAILED = "upstream payments timed out"  # one row of the file

_ROWS = """awk 'BEGIN {
%s  print "["
  for (i = 0; i < %d; i++) {
    level = i in error ? "error" : "info"; text = i in error ? error[i] : "request served"
    printf "{\\"time\\":\\"2026-05-04T10:%%02d:%%02dZ\\",\\"level\\":\\"%%s\\",\\"request\\":%%d,\\"ms\\":%%d,\\"message\\":\\"%%s\\"}%%s\\n",
      i / 60 %% 60, i %% 60, level, 70000 + i, 20 + i * 7 %% 31, text, i < %d ? "," : ""
  }
  print "]"
}'
"""
# 2,000 lines of less than 50 KB and no line end behind the last: what is longer opencode cuts, somewhere between two pieces as it reads them.
_LINES = """awk 'BEGIN {
%s  for (i = 0; i < %d; i++)
    printf "%%s%%02d:%%02d:%%02d %%s w%%d %%s", i ? "\\n" : "", 10 + i / 3600, i / 60 %% 60, i %% 60, i in error ? "ERROR" : "INFO", i %% 8,
      i in error ? error[i] : "served"
}'
"""


def _errors(every):
    return "".join(f'  error[{line // every}] = "{text}"\n' for line, text in ERRORS)


def make(directory, rows=LINES):
    """print-records (one JSON array, a record a line), print-log (text), services.json below directory."""
    every = LINES // rows
    (directory / "print-records").write_text(_ROWS % (_errors(every), rows, rows - 1))
    (directory / "print-log").write_text(_LINES % (_errors(1), LINES))
    rng = random.Random(5)
    services, size = [], 0
    while size < FILE_BYTES:
        i = len(services)
        services.append({"id": f"svc-{i:04d}", "region": rng.choice(("eu-1", "us-2", "ap-3")), "status": "ok", "instances": rng.randint(2, 9),
                         "latency_ms": rng.randint(20, 60)})
        size += len(json.dumps(services[-1], indent=1)) + 2
    services[len(services) // 3].update(status="failed", error=FAILED)
    (directory / "services.json").write_text(json.dumps({"services": services}, indent=1) + "\n")
