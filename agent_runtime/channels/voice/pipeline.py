"""A call's pipeline: ears, turns, the one processor, voice; run to its end, whatever happens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.service_switcher import ServiceSwitcher, ServiceSwitcherStrategyManual
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.base_transport import BaseTransport
from pipecat.turns.user_start import VADUserTurnStartStrategy
from pipecat.turns.user_stop import BaseUserTurnStopStrategy
from pipecat.turns.user_turn_processor import UserTurnProcessor
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from agent_runtime.app import Runtime
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.conversation import LAST_WORDS, Conversation
from agent_runtime.channels.voice.dialled import dialled_of, limits_for
from agent_runtime.channels.voice.hands import CallHands
from agent_runtime.channels.voice.languages import ears_of, expect, spoken_by, voices_of
from agent_runtime.channels.voice.limits import CallLimits
from agent_runtime.channels.voice.menus import MenuKeys
from agent_runtime.channels.voice.onlooker import Onlooker
from agent_runtime.channels.voice.outcome import Outcome
from agent_runtime.channels.voice.playout import HeardTap, MadeTap, Playout
from agent_runtime.channels.voice.processor import CallProcessor
from agent_runtime.channels.voice.recording.recorder import recorder_for
from agent_runtime.channels.voice.turns import CallTurns
from agent_runtime.channels.voice.utterance import Utterance
from agent_runtime.errors import ParleyError
from agent_runtime.ports import MailChannel
from agent_runtime.settings import Settings
from agent_runtime.speech.answer_processor import AnswerProcessor
from agent_runtime.speech.answer_words import has_answers
from agent_runtime.speech.languages import NoAssets
from agent_runtime.speech.rereading import reread_for
from agent_runtime.speech.services import stt_for, tts_for
from agent_runtime.speech.speaking import SpeakingService

START_S, STOP_S = 0.1, 0.2
"""Voice that lasts so long is speech; quiet that lasts so long may be its end."""
SETUP_S = 30.0
_JOINED = ("on_client_connected", "on_connected")
_HUNG_UP = "on_client_hung_up"
"""They have ended the call on purpose: it is not taken up again."""
_LEFT = ("on_client_disconnected", "on_disconnected", "on_session_timeout")


@dataclass(frozen=True, slots=True)
class Speech:
    """What a call hears and speaks with. The defaults are made for each call by `speech_for`."""

    ears: Mapping[str, FrameProcessor]
    """By language; the first one begins."""
    voices: Mapping[str, FrameProcessor]
    """By language, and `spare` for when one fails; the first one begins."""
    vad: VADAnalyzer | None = None
    """None: the transport or a test says who speaks when."""
    judges: bool = True
    """Whether the sound of the line tells who answered; not where a test says it."""
    turn_stop: tuple[BaseUserTurnStopStrategy, ...] = ()
    """When a turn is over; empty: Smart Turn decides."""


@dataclass(frozen=True, slots=True)
class CallService:
    """Leads calls for one company; `serve` is what a transport calls for each.

    Args:
        runtime: The company's runtime.
        settings: Time limits of speech.
        clock: The runtime's.
        mail: Makes the channel by which an invitation leaves while a call goes on.
        limits: What calls wait for and may do.
        speech: Makes ears and voice of a call, by its language.
    """

    runtime: Runtime
    settings: Settings
    clock: Callable[[], datetime]
    mail: Callable[[], MailChannel] | None = None
    limits: Callable[[CallStart], CallLimits] = lambda _: CallLimits()
    navigate: Callable[[str, bool], str | None] | None = None
    """Which keys lead on in a menu, as for `Conversation`; None: those to the person called."""
    speech: "Callable[[str, Settings], Speech]" = field(default_factory=lambda: speech_for)

    async def serve(
        self, transport: BaseTransport, call: CallStart, *, onlooker: Onlooker | None = None
    ) -> Outcome | None:
        """Leads a call to its end; None where nobody of ours answers it.

        Args:
            transport: Carries its sound, and is closed with it.
            call: What is known of it.
            onlooker: Told of what happens in it.

        Raises:
            NotDialled: it names a call of the queue that is not being dialled.
        """
        led = self.open(transport, call, onlooker=onlooker)
        if led is None:
            return None
        worker, processor = led
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(worker)
        await runner.run()
        return processor.outcome

    def open(
        self, transport: BaseTransport, call: CallStart, *, onlooker: Onlooker | None = None
    ) -> tuple[PipelineWorker, CallProcessor] | None:
        """Returns the worker of a call, ready to run, and its processor."""
        dialled = dialled_of(self.runtime, call)
        call = dialled.start(call) if dialled else call
        turns = CallTurns(self.runtime, call, mail=self.mail() if self.mail else None)
        contact = turns.people.join(now=self.clock())
        if contact is None:
            return None
        language = turns.people.language()
        speech = self.speech(language, self.settings)
        listener = _listener(call, speech, language, self.settings)
        limits = limits_for(self.limits(call), call, contact, dialled, self.settings)
        limits = replace(limits, judges=listener is not None)
        keys = self.navigate or MenuKeys(contact, language)
        expect(speech.ears, contact, call.number)
        self._reserve_last_words(speech, language)
        talk = Conversation(
            call, limits, language=language, navigate=keys, spoken=spoken_by(speech.voices)
        )
        if isinstance(keys, MenuKeys):
            talk.reread = keys.reread
        joins = [name for name in _JOINED if name in transport._event_handlers]
        playout = Playout()
        processor = CallProcessor(
            talk,
            CallHands(turns, dialled),
            playout,
            clock=self.clock,
            is_connected=not joins,
            voices=speech.voices,
            ears=speech.ears,
            onlooker=onlooker,
            listener=listener,
        )
        _wire(transport, processor, joins)
        recorder = recorder_for(processor.hands, limits, self.settings, clock=self.clock)
        stages = _stages(transport, speech, listener, processor, playout)
        pipeline = Pipeline([*stages, recorder])
        worker = PipelineWorker(
            pipeline,
            params=PipelineParams(enable_metrics=True),
            cancel_on_idle_timeout=False,
            idle_timeout_secs=None,
            enable_rtvi=False,
            setup_timeout_secs=SETUP_S,
            conversation_id=call.call_id,
        )
        return worker, processor

    def _reserve_last_words(self, speech: Speech, language: str) -> None:
        """Has them made while the voices work; they are said once none does."""
        library = self.runtime.outbox.library
        text = library.live(LAST_WORDS, language=language, now=self.clock())
        said = Utterance(LAST_WORDS, text.spoken_paragraphs, language).pieces if text else ()
        voices = [one for one in speech.voices.values() if isinstance(one, SpeakingService)]
        for voice in voices:
            voice.hold_in_reserve(*said, like=voices[0])


def speech_for(language: str, settings: Settings) -> Speech:
    """Returns what hears and speaks a language offline; English where there is nothing for it.

    Raises:
        ParleyError: not even English is installed.
    """
    ears = ears_of(language, settings) or stt_for(language, settings)
    voices = voices_of(language, settings)
    if isinstance(ears, NoAssets) or not voices:
        if language == "en":
            missing = ears if isinstance(ears, NoAssets) else tts_for(language, settings)
            raise ParleyError(f"no call can be led: {missing}")
        return speech_for("en", settings)
    return Speech(
        ears={language: ears},
        voices=voices,
        vad=SileroVADAnalyzer(params=VADParams(start_secs=START_S, stop_secs=STOP_S)),
    )


def _listener(
    call: CallStart, speech: Speech, language: str, settings: Settings
) -> AnswerProcessor | None:
    """Finds out who answered; whoever calls us is there."""
    if call.direction == "inbound" or not speech.judges:
        return None
    spoken = language if has_answers(language) else "en"
    return AnswerProcessor(spoken, reread_for(spoken, settings))


def _stages(
    transport: BaseTransport,
    speech: Speech,
    listener: FrameProcessor | None,
    processor: CallProcessor,
    playout: Playout,
) -> list[FrameProcessor]:
    # The processor decides what an interruption is: a cough into our last words is none.
    strategies = UserTurnStrategies(
        start=[VADUserTurnStartStrategy(enable_interruptions=False)],
        stop=list(speech.turn_stop) or None,
    )
    vad = [VADProcessor(vad_analyzer=speech.vad)] if speech.vad is not None else []
    return [
        transport.input(),
        *vad,
        _one_of(speech.ears),
        *([listener] if listener else []),
        UserTurnProcessor(user_turn_strategies=strategies),
        processor,
        _one_of(speech.voices),
        MadeTap(playout),
        transport.output(),
        HeardTap(playout, processor.told),
    ]


def _one_of(services: Mapping[str, FrameProcessor]) -> FrameProcessor:
    found = list(services.values())
    return found[0] if len(found) == 1 else ServiceSwitcher(found, ServiceSwitcherStrategyManual)


def _wire(transport: BaseTransport, processor: CallProcessor, joins: list[str]) -> None:
    """A transport that tells when the other side joins and leaves is believed."""

    async def joined(*_: object) -> None:
        await processor.connected()

    async def left(*_: object) -> None:
        await processor.dropped()

    async def hung_up(*_: object) -> None:
        await processor.dropped(by_them=True)

    if _HUNG_UP in transport._event_handlers:
        transport.add_event_handler(_HUNG_UP, hung_up)
    for name in joins:
        transport.add_event_handler(name, joined)
    for name in _LEFT:
        if name in transport._event_handlers:
            transport.add_event_handler(name, left)
