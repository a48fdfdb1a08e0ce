"""The page and its calls on a real server in a thread, for one buyer and a store in memory."""

import asyncio
import threading
from contextlib import contextmanager

import uvicorn
from call_wire import PATIENT, Ear
from call_world import working_hours
from conversation_world import ANA, NOW, new_world
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy

from agent_runtime.channels.voice.browser.app import build_call_app
from agent_runtime.channels.voice.browser.lines import Lines
from agent_runtime.channels.voice.browser.page_words import PageWords
from agent_runtime.channels.voice.browser.serving import HOST, listen
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.pipeline import CallService, Speech
from agent_runtime.settings import Settings
from agent_runtime.speech.services import tts_for, voice_for

ENDS_WITHIN_S = 30
SETTINGS = Settings(speech_speaking_limit_s=30)
"""For a machine that is busy."""


def deaf_with_a_voice(language, settings):
    """The real voice, and ears that hear nothing: whoever only listens needs none."""
    stop = SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.0)
    return Speech(ears={"en": Ear()}, voices={"en": tts_for(language, settings)}, turn_stop=(stop,))


class BrowserLine:
    """A server that takes calls of Ana's."""

    def __init__(self, speech=deaf_with_a_voice, **more):
        self.store, self.runtime = new_world()
        self.speech, self.clock = speech, working_hours()
        self.left = None
        self.lines = Lines(self._opens, **more)
        self.url = ""

    def _opens(self, call_id):
        service = CallService(
            runtime=self.runtime,
            settings=SETTINGS,
            clock=self.clock,
            limits=lambda _: PATIENT,
            speech=self.speech,
        )
        start = CallStart(call_id, "inbound", "", carrier="webrtc")
        self.store.add_address("voice", start.address, ANA.person_id, now=NOW)
        return service, start

    def traced(self, event):
        return [
            e.payload
            for e in self.store.events
            if e.kind == "call" and e.payload.get("event") == event
        ]


@contextmanager
def browser_line(words=None, **more):
    """Yields the server; once it is left no task and no call of it is there any more."""
    line, listening = BrowserLine(**more), listen(0)
    line.url = f"http://{HOST}:{listening.getsockname()[1]}/"
    app = build_call_app(line.lines, words or PageWords(), hosts=(HOST,))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
    server, left = uvicorn.Server(config), []

    async def run():
        if line.speech is deaf_with_a_voice:
            await voice_for("en", SETTINGS).warm()
        await server.serve(sockets=[listening])
        left.extend(task for task in asyncio.all_tasks() if task is not asyncio.current_task())

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    try:
        yield line
    finally:
        server.should_exit = True
        thread.join(ENDS_WITHIN_S)
    assert not thread.is_alive()
    line.left = left
