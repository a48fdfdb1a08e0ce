"""Plays a scenario in sound, in real time, through the same service that leads real calls."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from pipecat.pipeline.worker import PipelineWorker
from pipecat.workers.runner import WorkerRunner

from agent_runtime.channels.voice import events as on
from agent_runtime.channels.voice.onlooker import Happened
from agent_runtime.channels.voice.pipeline import CallService, Speech, speech_for
from agent_runtime.channels.voice.processor import CallProcessor
from agent_runtime.channels.voice.rehearsal import limits_of
from agent_runtime.channels.voice.sound.caller import FRAME_S, Caller, parts_of
from agent_runtime.channels.voice.sound.caller_voice import speak
from agent_runtime.channels.voice.sound.exchange import Exchange
from agent_runtime.channels.voice.sound.faults import Faults, StallingModel, may_fail
from agent_runtime.channels.voice.sound.logbook import Logbook
from agent_runtime.channels.voice.sound.loop_transport import Ends, LoopTransport
from agent_runtime.channels.voice.sound.sounded import Sounded, Track
from agent_runtime.channels.voice.sound.told import told_of
from agent_runtime.channels.voice.sound.wire_faults import LatePackets, TelephoneLine
from agent_runtime.channels.voice.stage import Postman, by_day, call_of, play_call, stage_for
from agent_runtime.errors import ParleyError
from agent_runtime.library.call_scenario import CallScenario, Sound
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import LOCALES
from agent_runtime.models.language import LanguageModel
from agent_runtime.models.oracle import Oracle
from agent_runtime.settings import Settings
from agent_runtime.speech.sound import to_pcm

_CLOSES_WITHIN_S = 20.0
_WHO = {"user_stopped": "they", "keep_heard": "we  ", "hang_up": "end "}


def play_call_in_sound(
    scenario: CallScenario,
    library: Library,
    model: LanguageModel,
    *,
    clock: Callable[[], datetime],
    settings: Settings | None = None,
    speech: Callable[[str, Settings], Speech] = speech_for,
    progress: Callable[[float, str], None] = lambda at_s, what: None,
    oracle: Oracle | None = None,
) -> Sounded:
    """Leads one call in sound and returns it; it takes as long as the call.

    Args:
        scenario: What the caller does.
        library: The company's.
        model: Reads what the caller says.
        clock: The runtime's; it must run at the pace of the wall.
        settings: Time limits of speech.
        speech: Makes ears and voice of the call, by its language.
        progress: Told of each utterance, with its second.
        oracle: A language model on a server, asked in every turn; the caller of this closes it.

    Raises:
        ParleyError: nobody of ours could answer this call, or a voice of it is missing.
    """
    return asyncio.run(
        call_in_sound(
            scenario,
            library,
            model,
            clock=clock,
            settings=settings,
            speech=speech,
            progress=progress,
            oracle=oracle,
        )
    )


async def call_in_sound(
    scenario: CallScenario,
    library: Library,
    model: LanguageModel,
    *,
    clock: Callable[[], datetime],
    settings: Settings | None = None,
    speech: Callable[[str, Settings], Speech] = speech_for,
    progress: Callable[[float, str], None] = lambda at_s, what: None,
    oracle: Oracle | None = None,
) -> Sounded:
    """The same in an event loop, where several calls may go on at once."""
    quiet_logs()
    clock = _by_day(scenario, clock)
    parts = await asyncio.to_thread(parts_of, scenario)
    await asyncio.to_thread(_read_once, scenario, library, model, clock())
    known = _on_stage(settings or Settings())
    playing = _Playing(scenario, known, clock, speech, progress, oracle)
    return await playing.play(library, model, parts)


def _by_day(scenario: CallScenario, clock: Callable[[], datetime]) -> Callable[[], datetime]:
    """Returns a clock that goes as fast and begins by day."""
    now = clock()
    later = by_day(scenario, now) - now
    return lambda: clock() + later


def _on_stage(settings: Settings) -> Settings:
    """A stage leads calls in every language that it can hear and speak, unless some are named."""
    named = settings.voice_languages or LOCALES
    return settings.model_copy(update={"voice_languages": named})


def _read_once(
    scenario: CallScenario, library: Library, model: LanguageModel, now: datetime
) -> None:
    """Plays it as text, so that words and models are loaded before anybody waits for them."""
    play_call(scenario, library, model, now=now)


def quiet_logs() -> None:
    """Leaves errors of Pipecat on stderr, and no more."""
    from loguru import logger

    logger.remove()
    logger.add(sys.stderr, level="ERROR")


@dataclass(slots=True)
class _Playing:
    scenario: CallScenario
    settings: Settings
    clock: Callable[[], datetime]
    speech: Callable[[str, Settings], Speech]
    progress: Callable[[float, str], None]
    oracle: Oracle | None = None
    faults: Faults = field(default_factory=Faults)
    caller: Caller = field(init=False)
    exchange: Exchange = field(init=False)
    book: Logbook = field(init=False)
    transport: LoopTransport = field(init=False)
    processor: CallProcessor = field(init=False)
    whispered: Track = field(default_factory=lambda: np.zeros(0, np.int16))
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _began: datetime | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def play(self, library: Library, model: LanguageModel, parts: Any) -> Sounded:
        self._loop = asyncio.get_running_loop()
        runtime = stage_for(
            self.scenario,
            library,
            StallingModel(model, self.faults),
            now=self.clock(),
            oracle=self.oracle,
        )
        made: list[Speech] = []

        def ears_and_voices(language: str, settings: Settings) -> Speech:
            made.append(may_fail(self.speech(language, settings), self.faults))
            return made[-1]

        service = CallService(
            runtime=runtime,
            settings=self.settings,
            clock=self.clock,
            mail=Postman,
            limits=lambda _: limits_of(self.scenario),
            speech=ears_and_voices,
        )
        self._wire(parts)
        call = call_of(self.scenario, carrier="loop")
        led = service.open(self.transport, call, onlooker=self._look)
        if led is None:
            raise ParleyError(f"{self.scenario.id}: nobody of ours could answer this call.")
        worker, self.processor = led
        worker.add_observer(self.book.observer())
        await _warm(made[0])
        await self._run(worker)
        return told_of(self)

    def _wire(self, parts: Any) -> None:
        sound = self.scenario.sound
        speaks_first = self.scenario.direction == "outbound"
        self.caller = Caller(parts, self._from_caller, speaks_first=speaks_first)
        self.exchange = Exchange(
            self.caller,
            TelephoneLine(sound),
            TelephoneLine(sound, with_noise=False),
            self._frame,
            late=LatePackets(sound.jitter_ms, seed=sound.seed),
            late_back=round(sound.jitter_ms / 1000 / FRAME_S),
        )
        self.book = Logbook(lambda: self.exchange.now_s)
        self.transport = LoopTransport(
            Ends(
                play=self.exchange.play,
                waiting_s=lambda: self.exchange.waiting_s,
                pressed=self._pressed,
                transfer=self._transfer,
                opened=self._opened,
                closed=self._closed,
            )
        )

    async def _run(self, worker: PipelineWorker) -> None:
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(worker)
        running = asyncio.create_task(runner.run())
        limit_s = self.exchange.longest_s + _CLOSES_WITHIN_S
        try:
            await asyncio.wait_for(asyncio.shield(running), limit_s)
        except TimeoutError:
            self.book.note("did_not_end")
            await worker.cancel()
            await asyncio.wait_for(running, _CLOSES_WITHIN_S)
        finally:
            self.exchange.stop()

    def stage_events(self) -> list[Any]:
        """Returns what the runtime has traced of calls."""
        store = self.processor.hands.turns.runtime.store
        events = getattr(store, "events", [])
        return [event for event in events if event.kind == "call"]

    # From the pipeline, in the event loop

    def _opened(self) -> None:
        self._began = self.clock()
        self.exchange.start()
        self.book.note("connected")
        self._soon(self.transport.tell("on_client_connected"))

    def _closed(self) -> None:
        self.book.note("closed")
        self.exchange.stop()
        self.transport.output().has_room()

    def _pressed(self, keys: str) -> None:
        self.caller.pressed += keys
        self.book.pressed += keys

    def _transfer(self, summary: str) -> None:
        """A person of ours hears what it is about before they take the call."""
        self._soon(self._whisper(summary))

    async def _whisper(self, summary: str) -> None:
        spoken = await asyncio.to_thread(speak, summary, Sound())
        self.whispered = np.frombuffer(to_pcm(spoken), "<i2")
        self.book.note("whispered", summary)
        self.caller.is_asked_to_take = True

    def _look(self, processor: CallProcessor, happened: Happened) -> None:
        if isinstance(happened, on.SttFailed):
            self.faults.ear_hangs = False
        before = len(self.book.events)
        saying = processor.talk.mouth.saying
        text_id = saying.utterance.text_id if saying else ""
        contents = saying.utterance.content_ids if saying else ()
        self.book.conversation(happened, contents[0] if contents else text_id)
        for told in self.book.events[before:]:
            if told.what in ("user_stopped", "keep_heard", "hang_up") and told.text:
                self.progress(told.at_s, f"{_WHO[told.what]} {told.text}")

    # From the caller, in the thread of the exchange

    def _frame(self, pcm: bytes) -> None:
        self._loop.call_soon_threadsafe(self._soon_frame, pcm)

    def _soon_frame(self, pcm: bytes) -> None:
        self._soon(self.transport.arrived(pcm))

    def _from_caller(self, what: str, value: object) -> None:
        self._loop.call_soon_threadsafe(self._act, what, value)

    def _act(self, what: str, value: Any) -> None:
        self.book.note(f"caller_{what}", str(value))
        if what == "stt_fails":
            self.faults.ear_hangs = True
        elif what == "tts_fails":
            self.faults.voice_dies_in = 1
        elif what == "turn_takes":
            self.faults.turn_takes_s = value
        elif what == "presses":
            self._soon(self.transport.pressed(value))
        elif what == "takes_call":
            self._soon(self.processor.feed(on.Transferred(self.clock(), is_taken=value)))
        else:
            self.exchange.stop()
            event = "on_client_hung_up" if what == "hangs_up" else "on_client_disconnected"
            self._soon(self.transport.tell(event))

    def _soon(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _warm(speech: Speech) -> None:
    """Loads what hears and speaks; a service does so when it starts, not in its first call."""
    for part in (*speech.ears.values(), *speech.voices.values()):
        engines = getattr(part, "_engines", None) or getattr(part, "_voice", None)
        if engines is not None:
            await engines.warm()
