"""Headless Chromium over its debugging pipe: pages at a size and in a colour scheme, their pictures, and all that they ask for or say.

https://chromedevtools.github.io/devtools-protocol/: each message is JSON with a NUL behind it, on descriptors 3 and 4 of the browser.
"""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
import zlib

import pytest

SECONDS = 30  # for one answer, on a busy machine


class Browser:
    def __init__(self, directory):
        program = shutil.which("chromium")
        if program is None:
            pytest.fail("chromium is missing: run make deps")
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (theirs_in, theirs_out)]
        os.close(theirs_in), os.close(theirs_out)
        flags = ["--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
                 "--disable-dev-shm-usage", "--remote-debugging-pipe", f"--user-data-dir={directory}/profile"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # Chromium refuses to run as root otherwise
        env = {"PATH": os.environ["PATH"], "HOME": str(directory), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(["bash", "-c", f'exec "$0" "$@" 3<&{high[0]} 4>&{high[1]} {high[0]}<&- {high[1]}>&-', program,
                                         *flags], pass_fds=high, env=env, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for fd in high:
            os.close(fd)
        self.out, self.into, self.buffer, self.count, self.events = ours_in, ours_out, b"", 0, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    session = None

    def read(self, until):
        while b"\0" not in self.buffer:
            assert select.select([self.out], [], [], max(0, until - time.monotonic()))[0], "the browser does not answer"
            piece = os.read(self.out, 1 << 20)
            assert piece, "the browser ended"
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.into, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + SECONDS
        while True:
            got = self.read(until)
            if got.get("id") == self.count:
                assert "error" not in got, (method, got["error"])
                return got["result"]
            self.events.append(got)

    def wait(self, event):
        until = time.monotonic() + SECONDS
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self.read(until))

    def open(self, url, width, height=900, dark=False, headers=None):
        """Show url; it is wholly loaded when this returns. What it said and asked for is in `events` since then."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Network.setExtraHTTPHeaders", headers=headers or {})
        self.events = []
        self.call("Page.navigate", url=url)
        self.wait("Page.loadEventFired")

    def ask(self, expression):
        """The value of a JavaScript expression in the page."""
        got = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in got, got
        return got["result"].get("value")

    def picture(self):
        """PNG of the whole page."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def asked_for(self):
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]

    def complaints(self):
        return [e["params"] for e in self.events if e.get("method") in (
            "Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Network.loadingFailed")]

    def close(self):
        os.close(self.into), os.close(self.out)
        try:
            self.process.wait(timeout=10)  # it ends with its pipe
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def first_pixel(png):
    """Red, green and blue of the pixel at the top left: no filter of PNG touches the first one."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and png[24] == 8 and png[28] == 0
    data, at = b"", 8
    while at < len(png):
        size = int.from_bytes(png[at:at + 4], "big")
        if png[at + 4:at + 8] == b"IDAT":
            data += png[at + 8:at + 8 + size]
        at += 12 + size
    return tuple(zlib.decompress(data)[1:4])


# Runs in the page: the least contrast (WCAG 2) of any text with what lies behind it.
LEAST_CONTRAST = """(() => {
  const rgb = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
  let least = 99;
  for (const e of document.querySelectorAll("main *")) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.closest("svg") || !e.getClientRects().length) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    least = Math.min(least, (a + 0.05) / (b + 0.05));
  }
  return least;
})()"""

# Runs in the page: elements that stand out of it to the right, or whose text is cut.
STICKING_OUT = """[...document.querySelectorAll("body *")].filter(e => !e.closest("svg, details:not([open])") &&
  e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML.slice(0, 80))"""
