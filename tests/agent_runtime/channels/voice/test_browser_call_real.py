"""A real Chromium on the page of a call, over real WebRTC, with the real voice."""

import os
import shutil

import pytest
from browser_caller import browser_at
from browser_line import browser_line

from agent_runtime.channels.voice.browser.page_words import PageWords

pytestmark = pytest.mark.real
needs_chromium = pytest.mark.skipif(
    not shutil.which("chromium") and "CI" not in os.environ, reason="needs Chromium"
)


@needs_chromium
def test_a_browser_hears_the_opener_and_hangs_up_and_nothing_stays_open():
    """R248 R253: the page and the first words say that an AI speaks; hanging up ends it all."""
    words = PageWords(caller="<i>Ana</i>")
    with browser_line(words) as line, browser_at(line.url) as caller:
        assert "AI assistant" in caller.text(".disclosure")
        assert "You are taken for <i>Ana</i>." in caller.text(".disclosure")
        assert caller.state == "idle"
        caller.call()
        caller.until("speaking")
        assert line.lines.open == 1
        caller.wait(lambda: "AI assistant" in " ".join(w for _, w in caller.lines), "disclosure")
        caller.wait(lambda: caller.page.evaluate("window.isHeard"), "sound of the agent")
        caller.hang_up()
        caller.until("ended")
        caller.wait(lambda: line.lines.open == 0, "the line is free")
        (end,) = line.traced("ended")
        assert (end["reason"], end["direction"]) == ("hung_up", "in")
        caller.call()
        caller.until("speaking")
        assert line.lines.open == 1
        assert not caller.complaints
        caller.page.close()
        caller.wait(lambda: line.lines.open == 0, "whoever closes the tab has left the call")
    assert line.left == []
