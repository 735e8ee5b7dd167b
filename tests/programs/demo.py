"""demo.py BUILD - the main job on real input, with what was sent, kept and saved. Exits non-zero if a promise is broken.

A TLS LLM API on loopback (tests/server), an unmodified Python SDK and unmodified curl under the library, then the CLI's report.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "server"))
import certs  # noqa: E402
import llm_api  # noqa: E402


def say(text):
    print(text, flush=True)


def promise(condition, text):
    say(("  ok      " if condition else "  BROKEN  ") + text)
    if not condition:
        sys.exit(1)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    headroom = str(build / "headroom")
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        ca = certs.make(work / "certs")
        env = {k: v for k, v in os.environ.items() if not k.startswith(("HEADROOM_", "XDG_", "LD_"))}
        env.update(HOME=str(work), SSL_CERT_FILE=str(ca.ca), CURL_CA_BUNDLE=str(ca.ca), OPENAI_API_KEY="sk-demo")
        env.pop("SSL_CERT_DIR", None)
        with llm_api.LlmApi(ca) as api:
            api.begin(work / "captures")
            url = f"https://127.0.0.1:{api.port}/v1"
            env["OPENAI_BASE_URL"] = url
            preload = dict(env, LD_PRELOAD=str(build / "libheadroom_preload.so"))
            client = [sys.executable, str(HERE / "demo_client.py")]
            body = work / "body.json"
            body.write_text(subprocess.run(client + ["--print"], env=env, check=True, text=True, capture_output=True).stdout)
            curl = ["curl", "-sS", "--http1.1", "-H", "Content-Type: application/json", "-d", f"@{body}",
                    url + "/chat/completions"]

            for name, argv in (("the OpenAI SDK for Python", client), ("curl", curl)):
                say(f"\n{name}, 500 search results, \"What are the top 3?\"")
                for label, e in (("without Headroom", env), ("LD_PRELOAD=libheadroom_preload.so", preload)):
                    ran = subprocess.run(argv, env=e, text=True, capture_output=True, check=False)
                    r = api.requests[-1]
                    say(f"  {label}: exit {ran.returncode}, the API saw {len(r.body):,} bytes, {r.prompt_tokens:,} tokens")
                    promise(ran.returncode == 0 and not ran.stderr, "the program ran as ever: " + ran.stdout.strip()[:80])
                promise(r.status == 200, "the API accepts the smaller request")
                text = [m["content"] for m in r.json["messages"] if m["role"] == "tool"][0]
                items = [x for x in json.loads(text)["results"] if "score" in x]
                promise(len(items) <= 20, f"{len(items)} of 500 items arrive")
                promise([x["score"] for x in items][:3] == [100, 99, 98], "the highest-scored are among them")
                say("  what stands for the rest: " + re.search(r'\{"_headroom".*?\}', text).group(0))

        say("\nheadroom stats")
        say(subprocess.run([headroom, "stats"], env=env, text=True, capture_output=True, check=True).stdout)
        listed = subprocess.run([headroom, "show"], env=env, text=True, capture_output=True, check=True).stdout
        say("headroom show\n" + listed)
        ident = re.search(r"\b[0-9a-f]{20}\b", listed).group(0)
        shown = subprocess.run([headroom, "show", "--original", ident], env=env, text=True, capture_output=True, check=True).stdout
        original = json.loads(body.read_text())["messages"][2]["content"]
        promise(shown.rstrip("\n") == original, f"headroom show --original {ident} gives the original back, byte for byte")
    say("\nNow your own: make install, then LD_PRELOAD=libheadroom_preload.so CMD (or build/headroom run -- CMD)")


if __name__ == "__main__":
    main()
