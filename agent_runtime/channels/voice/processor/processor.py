"""Leads a call through its pipeline: frames become events, commands become frames.

The audio loop never waits for a turn: desk, store and calendar work in a thread of the call.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from time import perf_counter
from types import MappingProxyType

from pipecat.frames.frames import (
    CancelFrame,
    CancelWorkerFrame,
    EndFrame,
    EndWorkerFrame,
    Frame,
    InputDTMFFrame,
    InterimTranscriptionFrame,
    StartFrame,
    TranscriptionFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from agent_runtime.channels.voice import commands as do
from agent_runtime.channels.voice import events as on
from agent_runtime.channels.voice.conversation import Conversation
from agent_runtime.channels.voice.hands import CallHands
from agent_runtime.channels.voice.languages import language_heard
from agent_runtime.channels.voice.onlooker import Happened, Measured, Onlooker, SoFar
from agent_runtime.channels.voice.outcome import Outcome
from agent_runtime.channels.voice.playout import Playout
from agent_runtime.channels.voice.processor.ending import CallEnd
from agent_runtime.channels.voice.processor.frames import (
    CallTransferredFrame,
    RecordCallFrame,
    TransferCallFrame,
    TurnOverFrame,
    UnrecordCallFrame,
)
from agent_runtime.channels.voice.processor.pipe import CallPipe
from agent_runtime.channels.voice.processor.their_turn import TheirTurn
from agent_runtime.channels.voice.processor.threads import CallThreads
from agent_runtime.speech.answer_processor import (
    AnswerProcessor,
    BeepFrame,
    RereadFrame,
    WhoAnsweredFrame,
)
from agent_runtime.speech.frames import (
    HeardAnewFrame,
    HeardNothingFrame,
    HeardOtherwiseFrame,
    LanguageHeardFrame,
    SpeechFailedFrame,
)

TICK_S = 0.1
_TALKS = ("recording", "talking", "ending")


class CallProcessor(FrameProcessor):
    """Leads one call.

    Args:
        talk: The call's state machine.
        hands: The runtime's side of it.
        playout: What is being said, counted by the taps.
        clock: The runtime's.
        is_connected: Whether the line stands when the pipeline starts; else `connected` says so.
        voices: What speaks, by language, and `spare` for when one fails; the first one begins.
        ears: What hears, by language.
        onlooker: Told of what happens.
        listener: Who tells who answered.
    """

    def __init__(
        self,
        talk: Conversation,
        hands: CallHands,
        playout: Playout,
        *,
        clock: Callable[[], datetime],
        is_connected: bool = True,
        voices: Mapping[str, FrameProcessor] = MappingProxyType({}),
        ears: Mapping[str, FrameProcessor] = MappingProxyType({}),
        onlooker: Onlooker | None = None,
        listener: AnswerProcessor | None = None,
    ) -> None:
        super().__init__(name="call")
        self.talk, self.hands, self.playout = talk, hands, playout
        self._clock = clock
        self._is_connected = is_connected
        self._onlooker, self._listener = onlooker, listener
        self._pipe = CallPipe(self, playout, voices=voices, ears=ears)
        self._turn, self._threads, self._end = TheirTurn(), CallThreads(talk), CallEnd()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None
        self._withdrawn: set[int] = set()
        self._events: deque[on.Event] = deque()
        self._is_feeding = self._closes = self._is_gone = False
        self._warmed = ""

    @property
    def outcome(self) -> Outcome | None:
        """What came of the call, once it is written."""
        return self._end.outcome

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Takes what concerns the call, and passes everything on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TurnOverFrame):
            self._turn.is_due = self._turn.is_speaking or bool(self._turn.words)
            await self._turn_due()
            return
        await self.push_frame(frame, direction)
        if isinstance(frame, StartFrame):
            self._ticking = self.create_task(self._tick(), "tick")
            if self._is_connected:
                await self.connected()
        elif isinstance(frame, (EndFrame, CancelFrame)):
            await self._line_closed()
        elif isinstance(frame, SpeechFailedFrame):
            await self._speech_failed(frame)
        elif isinstance(frame, CallTransferredFrame):
            await self.feed(on.Transferred(self._clock(), frame.is_taken))
        else:
            await self._hear(frame)

    async def connected(self) -> None:
        """The other side has picked up, or we have."""
        await self.feed(on.Connected(self._clock()))

    async def dropped(self, *, by_them: bool = False) -> None:
        """The other side is gone."""
        self._is_gone = True
        await self._hushed()
        await self.feed(on.Dropped(self._clock(), by_them=by_them))

    async def feed(self, event: on.Event) -> None:
        """Takes an event, of this pipeline or from beside it: a verdict, a tone, a transfer.

        One is dealt with after the other, whoever brings the next meanwhile.
        """
        self._events.append(event)
        if self._is_feeding:
            return
        self._is_feeding = True
        try:
            while self._events:
                event = self._events.popleft()
                done = self.talk.on(event)
                for happened in (event, *done):
                    self._tell(happened)
                for command in done:
                    await self._do(command)
        finally:
            self._is_feeding = False
        if self._closes and self.outcome is None:
            self._closes = False
            await self._hang_up()

    async def told(self, what: str) -> None:
        """Takes note of the first sound of ours, the end of an utterance, or a voice's failure."""
        if what == "begun":
            self._measure_first_sound()
            await self.feed(on.BotStarted(self._clock()))
        elif what == "failed":
            # Whoever tells it plays our sound, and would not live through an interruption.
            self._begin(self._voice_failed(), "voice failed")
        else:
            heard, self.playout.pieces = self.playout.heard, []
            await self.feed(on.BotStopped(self._clock(), heard))

    def _tell(self, happened: Happened) -> None:
        if self._onlooker is not None:
            self._onlooker(self, happened)

    async def _hear(self, frame: Frame) -> None:
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._turn.voice_started()
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self._turn.voice_stopped(frame.stop_secs)
        elif isinstance(frame, UserStartedSpeakingFrame):
            await self._user_started()
        elif isinstance(frame, UserStoppedSpeakingFrame):
            await self.queue_frame(TurnOverFrame())
        elif isinstance(frame, TranscriptionFrame):
            self._turn.write(frame.text)
            await self._turn_due()
            if self._turn.is_late and self.talk.phase in (*_TALKS, "menu"):
                await self._late_words()
        elif isinstance(frame, InterimTranscriptionFrame):
            self._turn.guess()
            self._warm(frame.text)
            self._tell(SoFar(frame.text))
        else:
            await self._learn(frame)

    async def _learn(self, frame: Frame) -> None:
        """Takes what is found out of the line, and keys."""
        if isinstance(frame, WhoAnsweredFrame):
            if frame.who != "nobody_yet":
                known = {"confidence": frame.confidence, "reasons": frame.reasons}
                now = self._clock()
                self._threads.main.submit(self.hands.recognised, frame.who, now=now, **known)
                await self.feed(on.WhoAnswered(self._clock(), frame.who))
        elif isinstance(frame, BeepFrame):
            await self.feed(on.Beep(self._clock()))
        elif isinstance(frame, RereadFrame):
            await self.feed(on.MenuReread(self._clock(), frame.text, frame.is_done))
        elif isinstance(frame, InputDTMFFrame):
            await self.feed(on.KeyPressed(self._clock()))
        elif isinstance(frame, HeardNothingFrame):
            self._turn.heard()
            await self._turn_due()
        elif isinstance(frame, (LanguageHeardFrame, HeardAnewFrame, HeardOtherwiseFrame)):
            await self._hear_language(frame)

    async def _hear_language(
        self, frame: LanguageHeardFrame | HeardAnewFrame | HeardOtherwiseFrame
    ) -> None:
        if isinstance(frame, LanguageHeardFrame):
            await self.feed(language_heard(frame, self._clock()))
        elif isinstance(frame, HeardAnewFrame):
            self._turn.words = []
        else:
            self._heard_otherwise(frame.text.strip())

    def _heard_otherwise(self, text: str) -> None:
        """It goes with the turn that they are in; where it comes too late, a stop in it counts."""
        if self._turn.is_speaking and self.talk.phase in _TALKS:
            self._turn.otherwise.append(text)
        else:
            self._obey_stop(text)

    def _obey_stop(self, text: str) -> None:
        """Reads words that are no turn beside whatever goes on, and feeds the stop in them."""

        async def read() -> None:
            loop = asyncio.get_running_loop()
            asks = partial(self.hands.asks_to_stop, text, now=self._clock())
            if await loop.run_in_executor(self._threads.beside, asks):
                await self.feed(on.StopHeard(self._clock(), text))

        if text:
            self._begin(read(), "stop")

    async def _user_started(self) -> None:
        if self._turn.is_speaking:
            return
        self._turn.is_speaking, self._turn.words = True, []
        await self.feed(on.UserStarted(self._clock()))

    async def _late_words(self) -> None:
        """The recogniser was slower than the end of the turn; what they said counts."""
        self._turn.is_speaking = True
        await self.feed(on.UserStarted(self._clock()))
        await self._turn_over()

    async def _turn_due(self) -> None:
        """Ends a turn that is over once all its words are there: half of it may mean another."""
        if self._turn.is_due and not self._turn.is_being_heard:
            await self._turn_over()

    async def _turn_over(self) -> None:
        if self._turn.is_speaking or self._turn.words:
            text, spoken_s, otherwise = self._turn.take()
            await self.feed(on.UserStopped(self._clock(), text, spoken_s, otherwise))

    def _warm(self, text: str) -> None:
        """While they still speak, what they have said so far is read: that is what takes long."""
        if text and text != self._warmed and not self.talk.is_over:
            self._warmed = text
            self._threads.main.submit(self._warm_up, text)

    def _warm_up(self, text: str) -> None:
        """In the thread of the call; what has been overtaken by more words is left."""
        if text == self._warmed:
            self.hands.turns.reader.warm(text, now=self._clock())

    async def _do(self, command: do.Command) -> None:
        now = self._clock()
        match command:
            case do.Prepare():
                thread = self._threads.free(is_phrase=command.kind == "phrase")
                self._later(lambda: self.hands.prepare(command, now=now), thread)
            case do.Ask():
                self._threads.in_turn += 1
                thread = self._threads.main
                self._later(lambda: self._asked(command, now), thread, is_turn=True)
            case do.Withdraw():
                self._withdrawn.add(command.number)
            case do.Say():
                await self._pipe.say(command)
            case do.Hush():
                await self.broadcast_interruption()
                await self._hushed()
            case do.Press():
                await self._pipe.press(command.keys)
                if self._listener is not None:
                    await self._listener.put_through()
            case do.HangUp():
                self._closes = True
            case do.Overheard():
                self._threads.free().submit(self.hands.do, command, now=now)
                if command.may_stop:
                    self._obey_stop(command.text)
            case _:
                is_phrase = isinstance(command, do.KeepHeard) and not command.utterance.is_message
                self._threads.free(is_phrase=is_phrase).submit(self.hands.do, command, now=now)
                await self._tell_pipeline(command)

    async def _tell_pipeline(self, command: do.Command) -> None:
        if isinstance(command, do.SpareVoice):
            await self._pipe.spare_voice(self.talk.language)
        elif isinstance(command, do.Speak):
            await self._pipe.speak(command.language)
        elif isinstance(command, do.Record):
            await self.push_frame(RecordCallFrame())
        elif isinstance(command, do.Unrecord):
            await self.push_frame(UnrecordCallFrame())
        elif isinstance(command, do.Transfer):
            summary = self.hands.whisper(command.reason)
            await self.push_frame(TransferCallFrame(command.route_to, summary))

    async def _hushed(self) -> None:
        if self.playout.pieces:
            heard, self.playout.pieces = self.playout.heard, []
            await self.feed(on.BotStopped(self._clock(), heard, is_cut=True))

    def _asked(self, command: do.Ask, now: datetime) -> on.Answered:
        began = perf_counter()
        answered = self.hands.ask(
            command, now=now, is_withdrawn=lambda: command.number in self._withdrawn
        )
        self._turn.spent["loop"] = round((perf_counter() - began) * 1000, 1)
        return answered

    def _measure_first_sound(self) -> None:
        """Traces where the time went from their last sound to our first."""
        stages = self._turn.first_sound()
        if stages:
            number, now = self.talk.turns, self._clock()
            self._tell(Measured(number, stages))
            self._threads.main.submit(self.hands.latency, number, stages, now=now)

    def _later(
        self, work: Callable[[], on.Event], thread: ThreadPoolExecutor, *, is_turn: bool = False
    ) -> None:
        """Works in a thread, and feeds what it comes to."""

        async def run() -> None:
            loop = asyncio.get_running_loop()
            try:
                # It happens now: whatever waits for it does so from here on.
                event = replace(await loop.run_in_executor(thread, work), at=self._clock())
            except Exception as error:
                await self.push_error(f"a turn of the call failed: {error!r}")
                event = on.Broken(self._clock())
            self._threads.in_turn -= is_turn
            await self.feed(event)

        self._begin(run(), "work")

    def _begin(self, work: Coroutine[None, None, None], name: str) -> None:
        task = self.create_task(work, name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _speech_failed(self, frame: SpeechFailedFrame) -> None:
        if frame.part == "hearing":
            self._turn.lose()
            await self.feed(on.SttFailed(self._clock()))
            return
        if not self.playout.ends_before(f"{frame.spoken} {frame.unspoken}"):
            await self._voice_failed()

    async def _voice_failed(self) -> None:
        heard = self.playout.heard
        await self.broadcast_interruption()
        self.playout.pieces = []
        await self.feed(on.TtsFailed(self._clock(), heard))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            limits = self.talk.limits
            if self._turn.is_wordless(cough_s=limits.cough_s, words_s=limits.words_s):
                await self._turn_over()
            await self.feed(on.Tick(self._clock()))

    async def _hang_up(self) -> None:
        await self._write_end(self._clock())
        # A voice that hangs, or a line into which nothing can be said, would keep it open for long.
        is_stuck = self.talk.end_reason == "tts_failed" or self._is_gone
        await self.push_frame(CancelWorkerFrame() if is_stuck else EndWorkerFrame())

    async def _line_closed(self) -> None:
        """The pipeline ends from outside: a socket that closed, a process that stops."""
        if not self.talk.is_over:
            await self.dropped()
        await self._end.wait()

    async def _write_end(self, now: datetime) -> None:
        work = partial(self.hands.end, self.talk, now=now)
        await self._end.write(self._threads.free(), work, self)

    async def cleanup(self) -> None:
        """Ends tasks and thread; nothing of the call is left."""
        for task in [self._ticking, *self._tasks]:
            if task is not None:
                await self.cancel_task(task)
        if self.outcome is None:
            self._is_feeding = False
            await self.feed(on.Dropped(self._clock()))
            await self._write_end(self._clock())
        self._threads.shutdown(drops_work=self.outcome is not None)
        await super().cleanup()

    def can_generate_metrics(self) -> bool:
        """Returns True: stage latencies are measured."""
        return True
