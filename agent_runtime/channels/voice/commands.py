"""What a call asks of whoever carries it out."""

from dataclasses import dataclass
from typing import Literal

from agent_runtime.channels.voice.utterance import Utterance

Kind = Literal["opener", "handed", "reason", "voicemail", "phrase"]
"""phrase: a set phrase; handed: the message that was permitted when the call was dialled; the
others are messages that are made now."""


class Command:
    """Anything that is to be done."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Prepare(Command):
    """Have words permitted; answered by `Prepared` with the same key."""

    key: str
    kind: Kind
    text_ids: tuple[str, ...]
    frame: str = ""
    """The text that greets and discloses before them."""
    language: str = ""
    """Of a set phrase; empty: that of the thread."""


@dataclass(frozen=True, slots=True)
class Ask(Command):
    """Work a finished turn; answered by `Answered` with the same number."""

    number: int
    text: str
    only_stops: bool = False
    """Heed it where it asks that contact stop; otherwise nothing of it happens."""
    otherwise: str = ""
    """What it would be in another language; heeded where that asks that contact stop."""


@dataclass(frozen=True, slots=True)
class Withdraw(Command):
    """They speak again: a turn that is not decided yet is not wanted."""

    number: int


@dataclass(frozen=True, slots=True)
class Say(Command):
    """Give sentences to the voice; answered by `BotStarted` and `BotStopped`."""

    utterance: Utterance
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hush(Command):
    """Be silent at once; answered by `BotStopped` where we spoke."""


@dataclass(frozen=True, slots=True)
class KeepHeard(Command):
    """Write what was heard of an utterance, which may be nothing."""

    utterance: Utterance
    heard: str
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Overheard(Command):
    """They said something that is no turn: a greeting, that we wait, leave to record."""

    text: str
    taken_as: str

    @property
    def may_stop(self) -> bool:
        """Whether more may be in it than what it was taken as, such as that contact stop."""
        return self.taken_as in ("greeting", "farewell")


@dataclass(frozen=True, slots=True)
class TakeKey(Command):
    """Take note that they have pressed a key."""


@dataclass(frozen=True, slots=True)
class Press(Command):
    """Press keys, for a menu."""

    keys: str


@dataclass(frozen=True, slots=True)
class Record(Command):
    """Begin to record, with their leave."""


@dataclass(frozen=True, slots=True)
class Unrecord(Command):
    """Record no more, and forget what was recorded: they do not want it."""


@dataclass(frozen=True, slots=True)
class Speak(Command):
    """Go on in another language: hearing, voice and content."""

    language: str
    why: str = "text"
    """text: what is said is in it; spoken, asked: they did so."""
    share: float = 0.0
    """How probable it was by the sound of what they said; 0: nothing was told by it."""


@dataclass(frozen=True, slots=True)
class SpareVoice(Command):
    """Go on with the other voice, since the first has failed."""


@dataclass(frozen=True, slots=True)
class Transfer(Command):
    """Put them through to whoever has this role; answered by `Transferred`."""

    route_to: str
    reason: str


@dataclass(frozen=True, slots=True)
class HandOn(Command):
    """Leave the rest to a person, who gets back to them."""

    reason: str


@dataclass(frozen=True, slots=True)
class CallBack(Command):
    """Call again after so many seconds: the line broke."""

    after_s: float


@dataclass(frozen=True, slots=True)
class HangUp(Command):
    """End the call. Nothing comes after it."""

    reason: str
