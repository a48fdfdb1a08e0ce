"""What happens in a call, each with its time; nothing here reads a clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent_runtime.channels.voice.answer import Answer
from agent_runtime.channels.voice.utterance import Utterance

Party = Literal["person", "voicemail", "ivr", "screening", "unavailable", "uncertain"]
"""Who answered; who is uncertain is treated as a person."""


@dataclass(frozen=True, slots=True)
class Event:
    """Anything that happens, and when."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Connected(Event):
    """The line stands: they have picked up, or we have."""


@dataclass(frozen=True, slots=True)
class UserStarted(Event):
    """Voice is heard on their side."""


@dataclass(frozen=True, slots=True)
class UserStopped(Event):
    """They have finished: with words, or with a sound that was none, as a cough."""

    text: str = ""
    spoken_s: float = 0.0
    otherwise: str = ""
    """Its words if it was said in another language; heeded where they ask that contact stop."""


@dataclass(frozen=True, slots=True)
class StopHeard(Event):
    """Words of theirs that are no turn, as a greeting or a goodbye, ask that contact stop."""

    text: str


@dataclass(frozen=True, slots=True)
class BotStarted(Event):
    """The first sound of what we say has left."""


@dataclass(frozen=True, slots=True)
class BotStopped(Event):
    """Our voice has ended: `heard` of the sentences that were given to it was heard."""

    heard: str
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Prepared(Event):
    """What was to be prepared may be said, or not: then it is empty."""

    key: str
    says: tuple[Utterance, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """The turn has come to its answer."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class WhoAnswered(Event):
    """Who is on the other side, as far as it is known."""

    who: Party


@dataclass(frozen=True, slots=True)
class LanguageHeard(Event):
    """They have spoken, or asked for, another language; the words of it come after this."""

    language: str
    is_led: bool = True
    """Whether calls are led in it here: otherwise a person gets back to them."""
    is_asked: bool = False
    """They asked for it in words; otherwise it is what they spoke."""
    is_ready: bool = True
    """Otherwise its words come late, since it has to be loaded."""
    share: float = 0.0
    """How probable it is by the sound."""


@dataclass(frozen=True, slots=True)
class MenuReread(Event):
    """Another ear has read all that was said lately as a whole, or begins to."""

    text: str = ""
    is_done: bool = True


@dataclass(frozen=True, slots=True)
class KeyPressed(Event):
    """They have pressed a key; which one is no matter, since none means anything here."""


@dataclass(frozen=True, slots=True)
class Beep(Event):
    """The tone after which a voicemail records."""


@dataclass(frozen=True, slots=True)
class Transferred(Event):
    """Whether a person of ours has taken the call."""

    is_taken: bool


@dataclass(frozen=True, slots=True)
class Dropped(Event):
    """Their side has gone: they hung up, or the line broke."""

    by_them: bool = False
    """Whether they hung up on purpose."""


@dataclass(frozen=True, slots=True)
class SttFailed(Event):
    """Nothing can be heard: the recogniser hangs or has died."""


@dataclass(frozen=True, slots=True)
class TtsFailed(Event):
    """Nothing can be said: the voice hangs or has died, after `heard`."""

    heard: str = ""


@dataclass(frozen=True, slots=True)
class Broken(Event):
    """Something of ours failed that should not: a database, a calendar."""


@dataclass(frozen=True, slots=True)
class Tick(Event):
    """Time has passed."""
