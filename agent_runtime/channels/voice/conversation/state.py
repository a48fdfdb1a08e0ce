"""What is known of a call while it goes on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from agent_runtime.channels.voice.answer import Answer
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.conversation.phases import LISTEN, Asking, NextStep, Phase
from agent_runtime.channels.voice.events import Party
from agent_runtime.channels.voice.limits import CallLimits
from agent_runtime.channels.voice.mouth import Mouth
from agent_runtime.channels.voice.utterance import Utterance


@dataclass(slots=True)
class CallState:
    """The state that all parts of a conversation share; whoever looks on reads it and no more."""

    call: CallStart
    limits: CallLimits = field(default_factory=CallLimits)
    language: str = "en"
    navigate: Callable[[str, bool], str | None] = lambda words, is_over: ""
    reread: Callable[[str, bool], None] = lambda text, is_done: None
    spoken: frozenset[str] = frozenset()
    phase: Phase = field(default="ringing", init=False)
    phase_since: datetime | None = field(default=None, init=False)
    who: Party | None = field(default=None, init=False)
    end_reason: str = field(default="", init=False)
    connected_at: datetime | None = field(default=None, init=False)
    greeted_at: datetime | None = field(default=None, init=False)
    """When the greeting of a person was over."""
    greeted: str = field(default="", init=False)
    """What was said before anybody was known: a menu may have begun with it."""
    has_leave_to_record: bool = field(default=False, init=False)

    mouth: Mouth = field(default_factory=Mouth, init=False)
    heard_us_at: datetime | None = field(default=None, init=False)
    """Our first sound."""
    then: NextStep = field(default=LISTEN, init=False)
    preparing: dict[str, NextStep] = field(default_factory=dict, init=False)
    """What comes after words that are not permitted yet, by the key of their `Prepare`."""
    preparations: int = field(default=0, init=False)
    openings: int = field(default=0, init=False)
    fillers: int = field(default=0, init=False)
    is_final: bool = field(default=False, init=False)
    """Whether our last words stand, whatever they say to them but that contact stop."""

    has_spoken: bool = field(default=False, init=False)
    """Whether they have said anything of their own."""
    user_since: datetime | None = field(default=None, init=False)
    """Since when they have been speaking; None: they are not."""
    quiet_since: datetime | None = field(default=None, init=False)
    interruptions: int = field(default=0, init=False)
    turns: int = field(default=0, init=False)
    asking: Asking | None = field(default=None, init=False)
    held: Answer | None = field(default=None, init=False)
    """An answer that came while they were speaking."""
    words: str | None = field(default=None, init=False)
    """Words that wait for the end of the turn before."""
    withdrawn: str = field(default="", init=False)
    """Words of a turn that was withdrawn: they belong to the next."""
    answered_last: str = field(default="", init=False)
    """Words of the turn whose answer is being said, where nothing came of it but words."""
    unanswered: str = field(default="", init=False)
    """Words of a turn of whose answer nothing was heard: they belong to the next, too."""
    holds: bool = field(default=False, init=False)
    """Whether they have asked us to wait."""
    keyed_at: datetime | None = field(default=None, init=False)
    """Their last key, while it has not been said to them that none is read."""
    keys_told: bool = field(default=False, init=False)
    has_stopped: bool = field(default=False, init=False)
    """Whether they have asked that contact stop, and it was done."""

    otherwise: str = field(default="", init=False)
    """What they said since we last answered, as it would be in another language."""
    foreign: str = field(default="", init=False)
    """Language in which a person gets back to them, once what they said in it was read."""
    foreign_since: datetime | None = field(default=None, init=False)
    tells: Literal["", "spoken", "asked"] = field(default="", init=False)
    """Why the call has a language in which nothing has been said yet."""
    told_first: tuple[Utterance, ...] = field(default=(), init=False)
    """What goes before the next answer."""

    prompts: int = field(default=0, init=False)
    """How often we have asked into their silence."""
    unheard: int = field(default=0, init=False)
    """How often in a row a sound of theirs gave no words."""
    deaf: int = field(default=0, init=False)
    """How often in a row the recogniser failed."""
    mute: int = field(default=0, init=False)
    """How often the voice failed."""
