"""A headless Chromium that a test drives over its own protocol."""

import base64
import json
import subprocess
from contextlib import contextmanager
from time import monotonic, sleep
from urllib.request import urlopen

from websockets.sync.client import connect

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


@contextmanager
def open_browser(program, profile):
    """Yields a function that opens a page of a fresh browser."""
    process = subprocess.Popen(
        [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        port = _wait(lambda: (profile / "DevToolsActivePort").read_text().split()[0], 60)
        targets = json.loads(urlopen(f"http://127.0.0.1:{port}/json", timeout=20).read())
        url = next(t["webSocketDebuggerUrl"] for t in targets if t["type"] == "page")
        with connect(url, max_size=None) as socket:
            yield Page(socket)
    finally:
        process.kill()
        process.wait()


def _wait(find, seconds):
    until = monotonic() + seconds
    while True:
        try:
            if found := find():
                return found
        except (OSError, IndexError):
            pass
        if monotonic() > until:
            raise TimeoutError
        sleep(0.1)


class Page:
    """One page: script, keys and pictures."""

    def __init__(self, socket):
        self._socket, self._count = socket, 0

    def ask(self, method, **params):
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while True:
            said = json.loads(self._socket.recv(timeout=60))
            if said.get("id") == self._count:
                assert "error" not in said, said
                return said["result"]

    def run(self, script):
        """Returns the value of an expression in the page."""
        said = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def wait(self, script, seconds=60):
        """Waits until an expression is true and returns it."""
        try:
            return _wait(lambda: self.run(script), seconds)
        except TimeoutError:
            words = self.run("document.querySelector('parley-chat')?.shadowRoot.textContent")
            raise AssertionError(f"{script} is not so; the page says {str(words)[-600:]}") from None

    def go(self, url):
        self.ask("Page.enable")
        self.run("window.isLeft = true")
        self.ask("Page.navigate", url=url)
        # The page that is left answers until the new one stands in its place.
        self.wait("!window.isLeft && document.readyState === 'complete' && !!window.parleyChat")

    def type(self, text):
        self.ask("Input.insertText", text=text)

    def press(self, key):
        code = {"Enter": 13, "Escape": 27, "Tab": 9, " ": 32}[key]
        more = {"Enter": {"text": "\r"}, " ": {"text": " "}}.get(key, {})
        for kind in ("keyDown", "keyUp"):
            self.ask(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                **(more if kind == "keyDown" else {}),
            )

    def look(self, *, width, height, scheme="light"):
        """Returns a picture of the page as PNG, in a size and a colour scheme."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", features=features)
        sleep(0.3)
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])
