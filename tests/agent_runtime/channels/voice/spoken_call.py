"""A call in real sound and real time: a caller of espeak, our ears and voices, a line of 16 kHz."""

import asyncio
from dataclasses import replace

import numpy as np
import soxr
from call_wire import PATIENT, Wire, warm
from call_world import NUMBER, OUT, call_world, working_hours
from pipecat.frames.frames import InputAudioRawFrame
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.workers.runner import WorkerRunner

from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.pipeline import CallService, Speech, speech_for
from agent_runtime.settings import Settings
from agent_runtime.speech.services import decoders_for
from tests.agent_runtime.speech.foreigners import speak
from tests.agent_runtime.speech.voices import Voice, say

RATE = 16_000
FRAME = RATE // 50
PATIENCE_S = 120
SPANISH = (
    "¿Cuánto cuesta al mes para cincuenta usuarios?",
    "Perdone, no me interesa, ya trabajamos con otro proveedor.",
)
SPANISH_VOICES = ("es+m2", "es-419+m7", "es+f3", "es-419+Andy", "es+m7")


class Caller:
    """Sends silence, and what is said, in real time."""

    def __init__(self, wire):
        self._wire, self._waiting = wire, np.zeros(0, np.int16)
        self._task = None

    def begin(self):
        self._task = asyncio.create_task(self._send())

    async def end(self):
        self._task.cancel()

    def says(self, sound):
        louder = soxr.resample(sound, 8000, RATE)
        self._waiting = (louder.clip(-1, 1) * 32767).astype(np.int16)

    @property
    def is_silent(self):
        return not len(self._waiting)

    async def _send(self):
        loop = asyncio.get_running_loop()
        at = loop.time()
        while True:
            piece, self._waiting = self._waiting[:FRAME], self._waiting[FRAME:]
            piece = np.pad(piece, (0, FRAME - len(piece)))
            await self._wire.input().push_audio_frame(InputAudioRawFrame(piece.tobytes(), RATE, 1))
            at = max(at + 0.02, loop.time() - 0.2)
            await asyncio.sleep(max(0.0, at - loop.time()))


def _speech(language, settings):
    made = speech_for(language, settings)
    stop = SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.6)
    return Speech(ears=made.ears, voices=made.voices, vad=made.vad, judges=False, turn_stop=(stop,))


async def switched_call(seed):
    """Leads one call that goes to Spanish and back; returns what became of it."""
    warm()
    for language in ("en", "es"):
        await decoders_for(language).warm()
    rng = np.random.default_rng(seed)
    runtime = call_world(OUT)[1].runtime
    settings = Settings(
        voice_languages=("en", "es"), speech_hearing_limit_s=30, speech_speaking_limit_s=30
    )
    service = CallService(
        runtime=runtime,
        settings=settings,
        clock=working_hours(),
        limits=lambda _: replace(PATIENT, words_s=60),
        speech=_speech,
    )
    wire = Wire()
    worker, processor = service.open(wire, CallStart("call-1", "outbound", NUMBER, meta=OUT.meta))
    runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    caller = Caller(wire)
    try:
        await _until(lambda: processor.talk.connected_at is not None)
        caller.begin()
        english = Voice("hibari", float(rng.uniform(0.85, 1.05)))
        await _says(caller, processor, say(english, "Hello, who is this?"), 1)
        spanish = str(rng.choice(SPANISH_VOICES))
        for text in SPANISH:
            if processor.talk.language == "en":
                await _says(caller, processor, speak(spanish, text, 140), 1)
        for text in (
            "Sorry, could we do this in English, please?",
            "I would rather speak English.",
        ):
            if processor.talk.language == "es":
                await _says(caller, processor, say(english, text), 1)
        languages = [
            e.payload["language"]
            for e in runtime.store.events
            if e.kind == "call" and e.payload.get("event") == "speak"
        ]
        lines = [(line.who, line.text) for line in processor.hands.lines]
        told = any(who == "agent" and "asistente de IA" in text for who, text in lines)
        return {"languages": languages, "told": told, "lines": lines}
    finally:
        await caller.end()
        await worker.cancel()
        await asyncio.wait_for(running, PATIENCE_S)


async def _says(caller, processor, sound, answers):
    hands, talk = processor.hands, processor.talk
    before = sum(line.who == "agent" for line in hands.lines)
    caller.says(sound)
    await _until(lambda: caller.is_silent)

    def is_their_turn():
        heard = sum(line.who == "agent" for line in hands.lines) - before
        is_quiet = talk.mouth.is_empty and not talk.preparing and talk.asking is None
        return talk.is_over or (heard >= answers and is_quiet)

    await _until(is_their_turn)
    await asyncio.sleep(0.5)


async def _until(holds):
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.02)
