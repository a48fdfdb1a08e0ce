"""Somebody with a headless Chromium: a microphone that the test speaks into, ears that record."""

import base64
import io
import wave
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
MOUTH_AND_EARS = Path(__file__).with_name("mouth_and_ears.js")
RATE = 24_000


@contextmanager
def browser_at(url, *, wav=None, mouth=True, **context):
    """Yields a caller on the page.

    With `wav` Chromium's own fake microphone plays that file; else the test speaks with `say`.
    """
    from playwright.sync_api import sync_playwright

    heard = [f"--use-file-for-fake-audio-capture={wav}%noloop"] if wav else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *heard])
        try:
            page = browser.new_context(**context).new_page()
            if mouth:
                page.add_init_script(path=MOUTH_AND_EARS)
            page.goto(url)
            yield BrowserCaller(page)
        finally:
            browser.close()


class BrowserCaller:
    """Talks and listens on the page of a call."""

    def __init__(self, page):
        self.page = page
        self.complaints = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._console)

    @property
    def state(self):
        return self.page.evaluate("document.body.dataset.state")

    @property
    def lines(self):
        """What the page shows as said: who, and the words."""
        return self.page.evaluate(
            "[...document.querySelectorAll('#lines > li:not(.pending)')].map("
            "l => [l.classList.contains('agent') ? 'agent' : 'person',"
            " l.querySelector('.text').textContent])"
        )

    def text(self, selector):
        return self.page.inner_text(selector)

    def call(self):
        self.page.click("#start")

    def hang_up(self):
        self.page.click("#hangup")

    def until(self, *states, seconds=60):
        """Waits for one of some states."""
        self.wait(lambda: self.state in states, f"state is one of {states}", seconds)
        return self.state

    def their_turn(self, count, *, seconds=60):
        """Waits until so many lines of the agent stand and it listens."""

        def holds():
            said = [words for who, words in self.lines if who == "agent"]
            return len(said) >= count and self.state in ("listening", "ended", "failed")

        self.wait(holds, f"{count} lines of the agent", seconds)

    def wait(self, holds, what, seconds=60):
        until = monotonic() + seconds
        while not holds():
            if monotonic() > until:
                raise AssertionError(f"not within {seconds} s: {what}; {self.story}")
            sleep(0.05)

    @property
    def story(self):
        if self.page.is_closed():
            return "the tab is closed"
        return (self.state, self.text("#hint"), self.lines, self.complaints)

    def say(self, sound, rate=RATE):
        """Speaks samples into the microphone, and returns once they are spoken."""
        packed = io.BytesIO()
        with wave.open(packed, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(sound)
        self.page.evaluate("wav => window.speak(wav)", base64.b64encode(packed.getvalue()).decode())

    def heard(self, rate=16_000):
        """Returns the sound that has come out of the browser's loudspeaker, as 16-bit PCM."""
        import av

        webm = base64.b64decode(self.page.evaluate("window.recorded()"))
        if not webm:
            return b""
        resampler = av.AudioResampler("s16", "mono", rate)
        found = []
        with av.open(io.BytesIO(webm)) as file:
            for frame in file.decode(audio=0):
                found += [part.to_ndarray().tobytes() for part in resampler.resample(frame)]
        return b"".join(found)

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)
