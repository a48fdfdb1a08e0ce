"""The one processor of a call: frames become events, commands become frames.

The audio loop never waits for a turn: desk, store and calendar work in a thread of the call.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from time import perf_counter
from types import MappingProxyType

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    CancelFrame,
    CancelWorkerFrame,
    ControlFrame,
    EndFrame,
    EndWorkerFrame,
    Frame,
    InputDTMFFrame,
    InterimTranscriptionFrame,
    ManuallySwitchServiceFrame,
    OutputDTMFUrgentFrame,
    StartFrame,
    SystemFrame,
    TranscriptionFrame,
    TTSSpeakFrame,
    TTSUpdateSettingsFrame,
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
from agent_runtime.channels.voice.languages import CallLanguageFrame, language_heard
from agent_runtime.channels.voice.onlooker import Happened, Measured, Onlooker, SoFar
from agent_runtime.channels.voice.outcome import Outcome
from agent_runtime.channels.voice.playout import Playout
from agent_runtime.speech.answer_processor import AnswerProcessor, BeepFrame, WhoAnsweredFrame
from agent_runtime.speech.frames import (
    HeardAnewFrame,
    HeardOtherwiseFrame,
    LanguageHeardFrame,
    SpeechFailedFrame,
)
from agent_runtime.speech.speaking import SpeakingSettings
from agent_runtime.speech.tones import Tone

TICK_S = 0.1
_TALKS = ("recording", "talking", "ending")
WORDLESS_S = 0.9
"""Quiet after a sound for which no words came: then there are none."""
_ENDS_WITHIN_S = 10.0


@dataclass
class RecordCallFrame(ControlFrame):
    """They have given leave to record, from here on."""

    interruptible: bool = field(default=False, init=False)


@dataclass
class UnrecordCallFrame(SystemFrame):
    """They do not want a recording: it ends at once, and is forgotten."""


@dataclass
class TransferCallFrame(ControlFrame):
    """Asks the transport to put the call through; it answers with `CallTransferredFrame`."""

    route_to: str = ""
    summary: str = ""
    """What the person of ours is told first."""
    interruptible: bool = field(default=False, init=False)


@dataclass
class CallTransferredFrame(ControlFrame):
    """The transport's answer, upstream: whether a person of ours has taken the call."""

    is_taken: bool = False
    interruptible: bool = field(default=False, init=False)


@dataclass
class _TurnOver(ControlFrame):
    """Comes behind the transcripts of a turn that has ended."""

    interruptible: bool = field(default=False, init=False)


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
        self.outcome: Outcome | None = None
        self.over = asyncio.Event()
        """Set once what came of the call is written."""
        self._clock = clock
        self._is_connected = is_connected
        self._voices, self._ears = voices, ears
        self._onlooker, self._listener = onlooker, listener
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"call-{talk.call.call_id}")
        # While a turn holds the first one, words that bridge it or give it up are permitted here.
        self._aside = ThreadPoolExecutor(1, thread_name_prefix=f"beside-{talk.call.call_id}")
        self._in_turn = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None
        self._withdrawn: set[int] = set()
        self._words: list[str] = []
        self._otherwise: list[str] = []
        self._events: deque[on.Event] = deque()
        self._is_feeding = self._closes = self._is_gone = False
        self._ending: Future[Outcome] | None = None
        self._is_user_speaking = False
        self._voice_since: float | None = None
        self._voiced_s = 0.0
        self._quiet_at: float | None = None
        self._warmed = ""
        self._ended_at: float | None = None
        self._spent: dict[str, float] = {}
        self._tone: Tone | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Takes what concerns the call, and passes everything on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, _TurnOver):
            await self._turn_over()
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

    # Their side

    async def _hear(self, frame: Frame) -> None:
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._voice_since, self._quiet_at = perf_counter(), None
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self._voice_stopped(frame.stop_secs)
        elif isinstance(frame, UserStartedSpeakingFrame):
            await self._user_started()
        elif isinstance(frame, UserStoppedSpeakingFrame):
            await self.queue_frame(_TurnOver())
        elif isinstance(frame, TranscriptionFrame):
            self._words.append(frame.text.strip())
            self._spent["stt"] = self._since_quiet()
            is_late = not self._is_user_speaking and self._voice_since is None
            if is_late and self.talk.phase in _TALKS:
                await self._late_words()
        elif isinstance(frame, InterimTranscriptionFrame):
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
                self._thread.submit(self.hands.recognised, frame.who, now=now, **known)
                await self.feed(on.WhoAnswered(self._clock(), frame.who))
        elif isinstance(frame, BeepFrame):
            await self.feed(on.Beep(self._clock()))
        elif isinstance(frame, InputDTMFFrame):
            await self.feed(on.KeyPressed(self._clock()))
        elif isinstance(frame, (LanguageHeardFrame, HeardAnewFrame, HeardOtherwiseFrame)):
            await self._hear_language(frame)

    async def _hear_language(
        self, frame: LanguageHeardFrame | HeardAnewFrame | HeardOtherwiseFrame
    ) -> None:
        if isinstance(frame, LanguageHeardFrame):
            await self.feed(language_heard(frame, self._clock()))
        elif isinstance(frame, HeardAnewFrame):
            self._words = []
        else:
            self._heard_otherwise(frame.text.strip())

    def _heard_otherwise(self, text: str) -> None:
        """It goes with the turn that they are in; where it comes too late, a stop in it counts."""
        if self._is_user_speaking and self.talk.phase in _TALKS:
            self._otherwise.append(text)
        else:
            self._obey_stop(text)

    def _obey_stop(self, text: str) -> None:
        """Reads words that are no turn beside whatever goes on, and feeds the stop in them."""

        async def read() -> None:
            loop = asyncio.get_running_loop()
            asks = partial(self.hands.asks_to_stop, text, now=self._clock())
            if await loop.run_in_executor(self._aside, asks):
                await self.feed(on.StopHeard(self._clock(), text))

        if text:
            self._begin(read(), "stop")

    def _voice_stopped(self, stop_s: float) -> None:
        now = perf_counter()
        if self._voice_since is not None:
            self._voiced_s += now - self._voice_since - stop_s
        self._voice_since, self._quiet_at = None, now - stop_s
        self._spent = {"vad": round(stop_s * 1000, 1)}

    def _since_quiet(self) -> float:
        return round((perf_counter() - self._quiet_at) * 1000, 1) if self._quiet_at else 0.0

    async def _user_started(self) -> None:
        if self._is_user_speaking:
            return
        self._is_user_speaking, self._words = True, []
        await self.feed(on.UserStarted(self._clock()))

    async def _late_words(self) -> None:
        """The recogniser was slower than the end of the turn; what they said counts."""
        self._is_user_speaking = True
        await self.feed(on.UserStarted(self._clock()))
        await self._turn_over()

    async def _turn_over(self) -> None:
        if not self._is_user_speaking and not self._words:
            return
        self._is_user_speaking = False
        text, self._words = _joined(self._words), []
        spoken_s, self._voiced_s = self._voiced_s, 0.0
        self._ended_at = self._quiet_at
        self._spent["turn"] = self._since_quiet()
        otherwise, self._otherwise = " ".join(filter(None, self._otherwise)), []
        spoken_s = max(spoken_s, 0.0)
        await self.feed(on.UserStopped(self._clock(), text, spoken_s, otherwise))

    def _warm(self, text: str) -> None:
        """While they still speak, what they have said so far is read: that is what takes long."""
        if text and text != self._warmed and not self.talk.is_over:
            self._warmed = text
            self._thread.submit(self._warm_up, text)

    def _warm_up(self, text: str) -> None:
        """In the thread of the call; what has been overtaken by more words is left."""
        if text == self._warmed:
            self.hands.turns.warm(text, now=self._clock())

    # Our side

    async def _do(self, command: do.Command) -> None:
        now = self._clock()
        match command:
            case do.Prepare():
                thread = self._thread_for(is_phrase=command.kind == "phrase")
                self._later(lambda: self.hands.prepare(command, now=now), thread)
            case do.Ask():
                self._in_turn += 1
                self._later(lambda: self._asked(command, now), self._thread, is_turn=True)
            case do.Withdraw():
                self._withdrawn.add(command.number)
            case do.Say():
                await self._say(command)
            case do.Hush():
                await self.broadcast_interruption()
                await self._hushed()
            case do.Press():
                for key in command.keys:
                    await self.push_frame(OutputDTMFUrgentFrame(button=KeypadEntry(key)))
                if self._listener is not None:
                    await self._listener.put_through()
            case do.HangUp():
                self._closes = True
            case do.Overheard():
                self._thread_for().submit(self.hands.do, command, now=now)
                if command.may_stop:
                    self._obey_stop(command.text)
            case _:
                is_phrase = isinstance(command, do.KeepHeard) and not command.utterance.is_message
                self._thread_for(is_phrase=is_phrase).submit(self.hands.do, command, now=now)
                await self._tell_pipeline(command)

    async def _tell_pipeline(self, command: do.Command) -> None:
        if isinstance(command, do.SpareVoice):
            self._tone = None
            if self.playout.pieces:
                # A voice that is only late would speak into the words of the other.
                self.playout.pieces = []
                await self.broadcast_interruption()
            await self._switch(self._voices, "spare", FrameDirection.DOWNSTREAM)
            await self.push_frame(CallLanguageFrame(language=self.talk.language))
        elif isinstance(command, do.Speak):
            await self._switch(self._voices, command.language, FrameDirection.DOWNSTREAM)
            await self._switch(self._ears, command.language, FrameDirection.UPSTREAM)
            await self.broadcast_frame(CallLanguageFrame, language=command.language)
        elif isinstance(command, do.Record):
            await self.push_frame(RecordCallFrame())
        elif isinstance(command, do.Unrecord):
            await self.push_frame(UnrecordCallFrame())
        elif isinstance(command, do.Transfer):
            summary = self.hands.whisper(command.reason)
            await self.push_frame(TransferCallFrame(command.route_to, summary))

    async def _switch(
        self, services: Mapping[str, FrameProcessor], name: str, direction: FrameDirection
    ) -> None:
        """Without a service of that name the one that works goes on."""
        if len(services) > 1 and name in services:
            await self.push_frame(ManuallySwitchServiceFrame(service=services[name]), direction)

    async def _say(self, command: do.Say) -> None:
        await self.push_frame(self.playout.begin(command.pieces))
        for piece in command.pieces:
            await self._sound(command.utterance.tone_of(piece))
            await self.push_frame(TTSSpeakFrame(piece, append_to_context=False))

    async def _sound(self, tone: Tone) -> None:
        """Has what follows said in a tone, where the voice has more than one."""
        if tone != self._tone:
            self._tone = tone
            await self.push_frame(TTSUpdateSettingsFrame(delta=SpeakingSettings(tone=tone)))

    async def _hushed(self) -> None:
        if self.playout.pieces:
            heard, self.playout.pieces = self.playout.heard, []
            await self.feed(on.BotStopped(self._clock(), heard, is_cut=True))

    def _asked(self, command: do.Ask, now: datetime) -> on.Answered:
        began = perf_counter()
        answered = self.hands.ask(
            command, now=now, is_withdrawn=lambda: command.number in self._withdrawn
        )
        self._spent["loop"] = round((perf_counter() - began) * 1000, 1)
        return answered

    def _measure_first_sound(self) -> None:
        """Traces where the time went from their last sound to our first."""
        if self._ended_at is None or "loop" not in self._spent:
            return
        total = round((perf_counter() - self._ended_at) * 1000, 1)
        spent, self._spent, self._ended_at = self._spent, {}, None
        stages = spent | {"first_sound": total}
        number, now = self.talk.turns, self._clock()
        self._tell(Measured(number, stages))
        self._thread.submit(self.hands.latency, number, stages, now=now)

    def _thread_for(self, *, is_phrase: bool = False) -> ThreadPoolExecutor:
        """The thread of the call; while a turn holds it, phrases have the other one.

        Once that turn has been given up, so has everything else.
        """
        is_free = is_phrase or not self.talk.waits_for_answer
        return self._aside if self._in_turn and is_free else self._thread

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
            self._in_turn -= is_turn
            await self.feed(event)

        self._begin(run(), "work")

    def _begin(self, work: Coroutine[None, None, None], name: str) -> None:
        task = self.create_task(work, name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _speech_failed(self, frame: SpeechFailedFrame) -> None:
        now = self._clock()
        if frame.part == "hearing":
            self._is_user_speaking = False
            await self.feed(on.SttFailed(now))
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
            is_wordless = (
                self._is_user_speaking
                and self._voice_since is None
                and not self._words
                and self._since_quiet() > self._wordless_s() * 1000
            )
            if is_wordless:
                await self._turn_over()
            await self.feed(on.Tick(self._clock()))

    def _wordless_s(self) -> float:
        """A sound as short as a cough is soon none; of longer ones the words may come late."""
        is_short = self._voiced_s <= self.talk.limits.cough_s
        return WORDLESS_S if is_short else WORDLESS_S + self.talk.limits.words_s

    # The end

    async def _hang_up(self) -> None:
        await self._write_end(self._clock())
        # A voice that hangs, or a line into which nothing can be said, would keep it open for long.
        is_stuck = self.talk.end_reason == "tts_failed" or self._is_gone
        await self.push_frame(CancelWorkerFrame() if is_stuck else EndWorkerFrame())

    async def _line_closed(self) -> None:
        """The pipeline ends from outside: a socket that closed, a process that stops."""
        if not self.talk.is_over:
            await self.dropped()
        await asyncio.wait([asyncio.ensure_future(self.over.wait())], timeout=_ENDS_WITHIN_S)

    async def _write_end(self, now: datetime) -> None:
        """Written once, even where whoever waits for it is cancelled."""
        if self._ending is None:
            self._ending = self._thread_for().submit(self.hands.end, self.talk, now=now)
        try:
            done = asyncio.shield(asyncio.wrap_future(self._ending))
            self.outcome = await asyncio.wait_for(done, _ENDS_WITHIN_S)
        except TimeoutError:
            # The line is closed all the same; it is written once the turn that hangs lets go.
            await self.push_error("the end of the call is not written yet: a turn hangs")
        finally:
            self.over.set()

    async def cleanup(self) -> None:
        """Ends tasks and thread; nothing of the call is left."""
        for task in [self._ticking, *self._tasks]:
            if task is not None:
                await self.cancel_task(task)
        if self.outcome is None:
            self._is_feeding = False
            await self.feed(on.Dropped(self._clock()))
            await self._write_end(self._clock())
        for thread in (self._thread, self._aside):
            thread.shutdown(wait=False, cancel_futures=self.outcome is not None)
        await super().cleanup()

    def can_generate_metrics(self) -> bool:
        """Returns True: stage latencies are measured."""
        return True


def _joined(pieces: Sequence[str]) -> str:
    """Returns one text: a recogniser ends a sentence with a comma where only a pause was heard."""
    text = ""
    for piece in filter(None, pieces):
        is_new = text.endswith(",") and piece[0].isupper()
        text = f"{text[:-1]}. {piece}" if is_new else f"{text} {piece}".strip()
    return text
