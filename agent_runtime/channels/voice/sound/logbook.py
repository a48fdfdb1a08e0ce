"""What happened in a call, with its second: events and commands of the conversation, and frames."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipecat.frames.frames import (
    InterimTranscriptionFrame,
    InterruptionFrame,
    TranscriptionFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed

from agent_runtime.channels.voice import commands as do
from agent_runtime.channels.voice import events as on
from agent_runtime.channels.voice.onlooker import Happened, Measured, SoFar
from agent_runtime.channels.voice.sound.sounded import SoundEvent, Span
from agent_runtime.channels.voice.sound.timing import Said

_FRAMES = {
    VADUserStartedSpeakingFrame: "vad_started",
    VADUserStoppedSpeakingFrame: "vad_stopped",
    UserStartedSpeakingFrame: "turn_started",
    UserStoppedSpeakingFrame: "turn_stopped",
    InterimTranscriptionFrame: "interim",
    TranscriptionFrame: "transcript",
    InterruptionFrame: "interruption",
}


@dataclass(slots=True)
class Logbook:
    """Collects what happens. `second` says how far the call is."""

    second: Callable[[], float]
    events: list[SoundEvent] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    """Our texts, each with when its first sound left."""
    pressed: str = ""

    def note(self, what: str, text: str = "", **details: Any) -> None:
        """Writes one thing down."""
        self.events.append(SoundEvent(round(self.second(), 3), what, text, details))

    def conversation(self, happened: Happened, text_id: str) -> None:
        """Takes an event of the conversation, or what was to be done about one.

        Args:
            happened: What happened.
            text_id: Of what is being said.
        """
        if isinstance(happened, on.BotStarted):
            self.said.append(Said(self.second(), text_id))
            self.note("bot_started", text_id)
        elif not isinstance(happened, (on.Tick, SoFar, Measured)):
            number = {"number": happened.number} if isinstance(happened, do.Ask) else {}
            self.note(_name(happened), *_text_of(happened), **number)

    def observer(self) -> BaseObserver:
        """Returns what watches the frames of the pipeline."""
        return _Frames(self)

    def vad(self) -> tuple[Span, ...]:
        """Returns where the voice detector found speech, up to its own delay."""
        found: list[Span] = []
        began: float | None = None
        for event in self.events:
            if event.what == "vad_started":
                began = event.at_s - event.details["after_s"]
            elif event.what == "vad_stopped" and began is not None:
                found.append(Span(round(began, 3), round(event.at_s - event.details["after_s"], 3)))
                began = None
        return tuple(found)


class _Frames(BaseObserver):
    def __init__(self, book: Logbook) -> None:
        super().__init__(observe_every_push=False)
        self._book = book
        self._seen: set[int] = set()

    async def on_push_frame(self, data: FramePushed) -> None:
        """Notes each frame of interest once, whichever way it goes."""
        what = _FRAMES.get(type(data.frame))
        if what is None or data.frame.broadcast_sibling_id in self._seen:
            return
        self._seen.add(data.frame.id)
        frame = data.frame
        text = getattr(frame, "text", "")
        late = getattr(frame, "start_secs", None) or getattr(frame, "stop_secs", None)
        details = {"after_s": late or 0.0} if what.startswith("vad") else {}
        self._book.note(what, text, **details)


def _name(thing: object) -> str:
    name = type(thing).__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _text_of(thing: object) -> tuple[str, ...]:
    if isinstance(thing, do.Say):
        return (thing.utterance.text_id,)
    if isinstance(thing, do.KeepHeard):
        return (thing.heard,)
    for name in ("text", "heard", "keys", "who", "language", "reason", "key"):
        if isinstance(found := getattr(thing, name, None), str):
            return (found,)
    return ()
