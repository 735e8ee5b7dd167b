"""Fixtures: certificates, the LLM API stand-in, and children with or without the library.

HEADROOM_TESTS_PART=K/N runs each Nth test from the Kth (0 is the first) on: run.sh runs the parts at once.
HEADROOM_BUILD names the build directory (default: build/ of the repository). HEADROOM_TESTS_BARE=1 runs every child without the
library, also where a test asks for it: a transparency test that fails then is wrong about its program, not about the library.
"""
import collections
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "server")]

import certs as certs_module  # noqa: E402
import front  # noqa: E402
import llm_api  # noqa: E402

BUILD = pathlib.Path(os.environ.get("HEADROOM_BUILD") or HERE.parent.parent / "build").resolve()
LIBRARY = BUILD / "libheadroom_preload.so"
COMMAND = BUILD / "headroom"
if (BUILD / "tiktoken").is_dir():  # so that the server counts tokens in the same way, whichever tests run
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(BUILD / "tiktoken"))
BARE = os.environ.get("HEADROOM_TESTS_BARE") == "1"
TIMEOUT = 120

# The `server` of a test is the API itself ("direct": TLS, HTTP/1.1, every byte as sent) and, in a second run of the test, the same
# API behind nginx ("h2": HTTP/2 for those who offer it). Here is what runs once, by a part of its id, and why.
DIRECT_ONLY = {
    "test_server.py": "the API itself is tested, with bytes that nginx would refuse",
    "test_faults.py": "what fails lies in the process of the client, all of it the same over any server",
    "test_install.py": "where files lie is tested, not what is sent",
    "test_tls_edges.py": "events of TLS that the API's own end brings about, and answers cut short",
    "test_curl_hook.py": "what it compares runs over TLS, HTTP/2 and plain http by a fixture of its own",
    "test_patched.py": "which of these programs speak HTTP/2 past us is said by one of its tests",
    "test_ahead.py": "nginx passes on whole requests only",
    "test_budget.py": "what is refused goes nowhere; libcurl over HTTP/2 is a test of its own",
    "test_refused.py": "as for test_budget.py",
    "test_health.py": "what a server says of its cache is tested, not how it is reached",
    "test_pointers.py": "clients that offer no HTTP/2",
    "test_dotnet.py": "it offers HTTP/1.1 alone",
    "test_sdk.py": "as for test_patched.py",
    "test_opencode.py": "as for test_patched.py",
    "test_linked.py": "C clients that offer no HTTP/2; test_transparency.py has them twice",
    "test_forced": "what fails lies in the process of the client, all of it the same over any server",
    "test_sanitized": "how a program starts is tested, not what it sends",
    "test_a_content_length": "nginx passes on whole requests only",
    "interim answer": "nginx does not pass on 103",
    "refused_expectation": "nginx answers Expect itself",
}

Done = collections.namedtuple("Done", "returncode stdout stderr")


def need(tool, package):
    """Path of a tool; a missing one is a failure, not a skip: a test that silently does not run proves nothing."""
    found = shutil.which(tool)
    if not found:
        pytest.fail(f"{tool} is missing (Debian package {package})")
    return found


def mount_namespace():
    """Prefix of a command that may mount what it likes. In a chroot the root is no mount point whose propagation could be changed."""
    argv = ["unshare", "-m"]
    plain = subprocess.run([*argv, "true"], capture_output=True, check=False).returncode == 0
    return argv if plain else [*argv, "--propagation", "unchanged"]


def c_program(name):
    path = BUILD / "tests" / "programs" / name
    if not path.exists():
        pytest.fail(f"{path} is missing: build tests/programs/c/{name}.c")
    return str(path)


def python_program(name):
    return [sys.executable, str(HERE / name)]


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    need("openssl", "openssl")
    return certs_module.make(tmp_path_factory.mktemp("certs"))


def pytest_collection_modifyitems(items):
    def twice(item):
        return not any(part in item.nodeid for part in DIRECT_ONLY)

    items[:] = [i for i in items if twice(i) or not hasattr(i, "callspec") or i.callspec.params.get("server") != "h2"]
    part, _, parts = os.environ.get("HEADROOM_TESTS_PART", "0/1").partition("/")
    items[:] = items[int(part)::int(parts)]


@pytest.fixture
def protocol():
    """The protocols by which nginx must have got requests, as a function of their User-Agent."""
    return lambda agent: {"HTTP/2.0" if agent.startswith(("curl/", "git/")) else "HTTP/1.1"}


@pytest.fixture
def places(tmp_path):
    return {"captures": tmp_path / "captures", "files": tmp_path / "files", "git_root": tmp_path / "git"}


@pytest.fixture
def nginx(certs, places, tmp_path):
    """The API over HTTP/2; a test that asks for it by this name looks itself at what was spoken."""
    need("nginx", "nginx-light")
    with llm_api.LlmApi(None, **places) as api, front.Front(api, certs, tmp_path / "nginx") as before:
        yield before


@pytest.fixture(params=["direct", "h2"])
def server(request, certs, places, protocol):
    if request.param == "direct":
        with llm_api.LlmApi(certs, **places) as api:
            yield api
        return
    api = request.getfixturevalue("nginx")
    yield api
    assert api.spoken == {(agent, p) for agent, _ in api.spoken for p in protocol(agent)}, "the protocol that the server saw"


class Runner:
    """run(argv, preload=..., ...) -> Done. State, configuration and home are directories of this one test."""

    def __init__(self, home, ca):
        self.home, self.ca = home, ca
        self.state = home / "state" / "headroom"
        self.told = False  # the first `headroom run` says what is stored and where
        for d in ("state", "config", "empty"):
            (home / d).mkdir(parents=True)

    def environment(self, preload=False, mode=None, level=None, env=None):
        e = {"PATH": os.environ["PATH"], "HOME": str(self.home), "XDG_STATE_HOME": str(self.home / "state"),
             "XDG_CONFIG_HOME": str(self.home / "config"), "LC_ALL": "C.UTF-8", "TZ": "UTC", "NO_PROXY": "*",
             "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "GIT_CONFIG_NOSYSTEM": "1",
             "SSL_CERT_DIR": str(self.home / "empty"), "GIT_TERMINAL_PROMPT": "0"}
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"):
            e[name] = self.ca
        if os.environ.get("TIKTOKEN_CACHE_DIR"):
            e["TIKTOKEN_CACHE_DIR"] = os.environ["TIKTOKEN_CACHE_DIR"]
        if preload and not BARE:
            if not LIBRARY.exists():
                pytest.fail(f"{LIBRARY} is missing: run make")
            e["LD_PRELOAD"] = str(LIBRARY)
        if mode:
            e["HEADROOM_MODE"] = mode
        if level:
            e["HEADROOM_LEVEL"] = level
        e.update(env or {})
        return e

    def start(self, argv, preload=False, mode=None, level=None, env=None, cwd=None, **popen):
        """The child as a Popen with pipes."""
        popen.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen([str(a) for a in argv], env=self.environment(preload, mode, level, env),
                                cwd=cwd or self.home, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True, **popen)

    def __call__(self, argv, preload=False, mode=None, level=None, env=None, input=None, timeout=TIMEOUT, **popen):
        if input is not None:
            popen["stdin"] = subprocess.PIPE
        p = self.start(argv, preload, mode, level, env, **popen)
        try:
            out, err = p.communicate(input, timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            out, err = p.communicate()
            pytest.fail(f"{argv} hangs; stdout {out[-500:]!r} stderr {err[-500:]!r}")
        return Done(p.returncode, out, err)

    def headroom(self, *argv, input=None):
        """The CLI over this test's state; its stdout."""
        if not COMMAND.exists():
            pytest.fail(f"{COMMAND} is missing: run make")
        done = self([COMMAND, *argv], input=input)
        assert done.returncode == 0, (argv, done)
        return done.stdout

    def log(self):
        return [json.loads(line) for line in self.headroom("log", "--json").splitlines()]


@pytest.fixture
def run(tmp_path, certs):
    return Runner(tmp_path / "home", certs.ca)


@pytest.fixture
def needs_library():
    """For tests that say something about what the library does, not about what it leaves alone."""
    if BARE:
        pytest.skip("HEADROOM_TESTS_BARE=1")
    if not LIBRARY.exists():
        pytest.fail(f"{LIBRARY} is missing: run make")


@pytest.fixture
def body_file(tmp_path):
    """body_file(value) -> path of a file with value as JSON; bytes and text are written as they are."""
    count = iter(range(1000))

    def write(value):
        path = tmp_path / f"body{next(count)}.json"
        if isinstance(value, bytes):
            path.write_bytes(value)
        else:
            path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return str(path)

    return write
