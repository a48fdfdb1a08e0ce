"""A transport in memory, an ear that is told what it hears, a voice that makes silence."""

import asyncio
from contextlib import asynccontextmanager
from functools import cache

from call_world import NUMBER, OUT, call_world, say, working_hours
from pipecat.frames.frames import (
    InterimTranscriptionFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import BaseTransport, TransportParams
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.workers.runner import WorkerRunner

from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.limits import CallLimits
from agent_runtime.channels.voice.pipeline import CallService, Speech
from agent_runtime.settings import Settings
from agent_runtime.speech.frames import SpeechFailedFrame

RATE = 8000
WORD_S = 0.1
FASTER = 10
"""So many times faster than a telephone does the wire play."""
PATIENCE_S = 30


PATIENT = CallLimits(turn_s=60, filler_s=60, voice_s=60, silence_s=60, hello_s=60)
"""For a machine that is busy: nothing happens because it took long."""


@cache
def warm():
    """The first turn of a process loads its words for seconds."""
    _, turns = call_world()
    say(turns, 1, "Happy to talk.")


class Input(BaseInputTransport):
    async def start(self, frame):
        await super().start(frame)
        await self.set_transport_ready(frame)


class Output(BaseOutputTransport):
    def __init__(self, params):
        super().__init__(params)
        self.played_s = 0.0

    async def start(self, frame):
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame):
        length_s = len(frame.audio) / (2 * frame.sample_rate)
        self.played_s += length_s
        await asyncio.sleep(length_s / FASTER)
        return True


class Wire(BaseTransport):
    def __init__(self, *events):
        super().__init__()
        params = TransportParams(
            audio_out_enabled=True, audio_out_sample_rate=RATE, audio_in_enabled=True
        )
        self.ways = Input(params), Output(params)
        for event in events:
            self._register_event_handler(event)

    def input(self):
        return self.ways[0]

    def output(self):
        return self.ways[1]

    async def tell(self, event):
        await self._call_event_handler(event, self)


class Ear(FrameProcessor):
    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)

    async def voice(self):
        await self.broadcast_frame(VADUserStartedSpeakingFrame)

    async def quiet(self):
        await self.broadcast_frame(VADUserStoppedSpeakingFrame, stop_secs=0.0)

    async def words(self, text):
        frame = TranscriptionFrame(text, "", "")
        frame.finalized = True
        await self.push_frame(frame)

    async def guesses(self, text):
        await self.push_frame(InterimTranscriptionFrame(text, "", ""))

    async def says(self, text):
        await self.voice()
        await self.quiet()
        await self.words(text)


class Voice(TTSService):
    def __init__(self):
        settings = TTSSettings(model="silence", voice=None, language=None)
        super().__init__(
            settings=settings,
            push_start_frame=True,
            push_stop_frames=True,
            max_consecutive_zero_audio_contexts=0,
            sample_rate=RATE,
        )
        self.said, self.let_go = [], []
        self.dies_at = self.hangs_at = ""
        self.begins_after_s = 0.0

    async def run_tts(self, text, context_id):
        self.said.append(text)
        await asyncio.sleep(self.begins_after_s)
        if self.hangs_at and self.hangs_at in text:
            try:
                await asyncio.sleep(PATIENCE_S)
            except asyncio.CancelledError:
                self.let_go.append(text)
                raise
        if self.dies_at and self.dies_at in text:
            gone = SpeechFailedFrame("speaking", "died", "it died", unspoken=text)
            await self.push_frame(gone, FrameDirection.UPSTREAM)
            return
        for _ in text.split():
            sound = b"\x01\x00" * int(RATE * WORD_S)
            yield TTSAudioRawFrame(sound, RATE, 1, context_id=context_id)


class Call:
    """One call that is under way."""

    def __init__(self, worker, processor, wire, ear, voices, store):
        self.worker, self.processor, self.wire = worker, processor, wire
        self.ear, self.voices, self.store = ear, voices, store

    @property
    def talk(self):
        return self.processor.talk

    @property
    def heard(self):
        return [line for line in self.processor.hands.lines if line.who == "agent"]

    async def until(self, holds):
        """Waits for something to come true; the order of events is asserted, never a time."""

        async def wait():
            while not holds():
                await asyncio.sleep(0.005)

        try:
            await asyncio.wait_for(wait(), PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"it did not come to that: {self.story}") from None

    @property
    def story(self):
        return (self.talk.phase, self.talk.turns, self.processor.hands.lines, self.talk.mouth)

    async def listening(self, count):
        """Waits until so many of our utterances were heard and it is their turn."""

        def is_their_turn():
            is_quiet = len(self.heard) >= count and self.talk.mouth.is_empty
            return is_quiet and not self.talk.preparing

        await self.until(is_their_turn)

    async def speaking(self, words):
        """Waits until so many words of what we say were heard."""
        await self.until(lambda: len(self.processor.playout.heard.split()) >= words)

    def traced(self, event):
        return [
            e.payload
            for e in self.store.events
            if e.kind == "call" and e.payload.get("event") == event
        ]


@asynccontextmanager
async def led_call(
    *, direction="outbound", limits=None, wire=None, spare=False, clock=None, of=None, **settings
):
    """`of` leads a call of a runtime that is given, as (runtime, call)."""
    warm()
    call = CallStart("call-1", direction, NUMBER, meta=OUT.meta)
    runtime = call_world(call)[1].runtime
    if of is not None:
        runtime, call = of
    ear, voices = Ear(), [Voice(), *([Voice()] if spare else [])]
    wire = wire or Wire()
    speech = Speech(
        judges=False,
        ears={"en": ear},
        voices=dict(zip(("en", "spare"), voices, strict=False)),
        turn_stop=(SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.0),),
    )
    service = CallService(
        runtime=runtime,
        settings=Settings(**settings),
        clock=clock or working_hours(),
        limits=lambda _: limits or PATIENT,
        speech=lambda language, settings: speech,
    )
    worker, processor = service.open(wire, call)
    runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    led = Call(worker, processor, wire, ear, voices, runtime.store)
    try:
        yield led
        await asyncio.wait_for(running, PATIENCE_S)
    finally:
        if not running.done():
            await worker.cancel()
            await asyncio.wait_for(running, PATIENCE_S)
