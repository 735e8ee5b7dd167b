"""gemini-cli as it is: an agent in node that reads a file three times because the stand-in's model asks it to."""
import json

import pytest

import conftest
import conversations

NODE = conftest.BUILD / "programs" / "node-22" / "bin" / "node"
PROGRAM = conftest.BUILD / "programs" / "gemini-cli-0.61.0" / "bundle" / "gemini.js"
READS = 3
SETTINGS = {"security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}}, "telemetry": {"enabled": False},
            "privacy": {"usageStatisticsEnabled": False}, "general": {"enableAutoUpdate": False}}


def gemini(run, server, **how):
    """In a directory of its own: it tells the model what lies there."""
    for path in (NODE, PROGRAM):
        if not path.exists():
            pytest.fail(f"{path} is missing: run tools/fetch-programs.sh {conftest.BUILD}")
    (run.home / ".gemini").mkdir(exist_ok=True)
    (run.home / ".gemini" / "settings.json").write_text(json.dumps(SETTINGS))
    work = run.home / "work"
    work.mkdir(exist_ok=True)
    (work / "rows.json").write_text(conversations.result_text(2))
    env = {"GEMINI_API_KEY": "test", "GOOGLE_GEMINI_BASE_URL": server.url, "GEMINI_SANDBOX": "false", "NO_BROWSER": "1", "CI": "1",
           "GEMINI_CLI_CUSTOM_HEADERS": f'X-Test-Call:read_file {{"file_path":"rows.json"}}, X-Test-Call-Times:{READS}'}
    return run([NODE, PROGRAM, "-m", "gemini-2.5-pro", "--yolo", "-p", "Which service failed?"], env=env, cwd=work, **how)


@pytest.mark.usefixtures("needs_library")
def test_gemini_cli_sends_a_third_and_keeps_its_prompt_cache(run, server):
    done = gemini(run, server, preload=True)
    assert done.returncode == 0 and b"3 tool results" in done.stdout, done
    assert [(r.status, r.error, len(r.results)) for r in server.requests] == [(200, "", n) for n in range(READS + 1)]
    for a, b in zip(server.requests, server.requests[1:]):
        assert b.cached_tokens >= a.prompt_tokens, "the prefix broke"
    rows = run.log()
    assert [(r["dialect"], r["model"], r["skipped"], r["stream"]) for r in rows] == [("gemini", "gemini-2.5-pro", None, True)] * (READS + 1)
    assert rows[-1]["tokens_after"] < rows[-1]["tokens_before"] / 3 + rows[0]["tokens_before"]
    assert [r["usage"]["promptTokenCount"] for r in rows] == [r.prompt_tokens for r in server.requests]


def test_gemini_cli_under_audit_does_as_without_the_library(run, server):
    """Each call gets an id with the time in it, so sizes are compared, not bytes."""
    seen = []
    for how in ({}, {"preload": True, "mode": "audit"}):
        server.begin()
        done = gemini(run, server, **how)
        assert done.returncode == 0, done
        seen.append((done.stdout, [(r.status, len(r.body)) for r in server.requests]))
    assert seen[0] == seen[1]
