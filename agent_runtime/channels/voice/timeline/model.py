"""What a timeline holds; every time is in seconds from the first instant of the call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

BOUND_MS, AIM_MS = 800.0, 500.0
"""From their last sound to our first: what a call may take, and what it should."""
_AT_ONCE_S = 0.02
"""Nobody answers so soon after the end of a sentence: it was cut, as a rehearsal does at once."""
Who = Literal["them", "us"]
MomentKind = Literal["barge_in", "effect", "stop", "who", "record", "person", "fault", "other"]
"""barge_in: they spoke into ours; effect: something of ours changed the world, a meeting or a
mail; who: a verdict on who answered; record: about the recording; person: one of ours is asked."""
STAGES = ("pause", "hearing", "turn", "deciding", "voice")
"""Of an answer, in order: quiet until it may be the end, the words, the end of the turn, reading,
planning and permits, and the first sound of the voice."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when to when."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """One thing that was said."""

    who: Who
    start_s: float
    end_s: float
    heard: str
    """Words as they were heard, with placeholders for personal data."""
    unheard: str = ""
    """What was cut off, where the words are known."""
    unheard_words: int = 0
    note: str = ""
    """What it was taken as, where it was no turn: a greeting, that we wait."""
    turn: int = 0
    """Number of the turn; 0: none of its own."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a turn came to."""

    turn: int
    at_s: float
    intent: str
    action: str
    reason: str
    decision: str
    rules: tuple[str, ...]
    """Rules that did not simply allow it."""


@dataclass(frozen=True, slots=True)
class Permit:
    """What the rules said of one proposal."""

    at_s: float
    action: str
    decision: str
    asked: int
    """How many rules were asked."""
    hit: tuple[str, ...]
    """Each that objected, with its reason."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened."""

    at_s: float
    kind: MomentKind
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Took:
    """Where the time of one answer went, in milliseconds from their last sound on."""

    turn: int
    at_s: float
    stages: tuple[tuple[str, float], ...]

    @property
    def total_ms(self) -> float:
        """To our first sound."""
        return sum(ms for _, ms in self.stages)


@dataclass(frozen=True, slots=True)
class Waves:
    """How loud both sides were, from 0 to 1, in steps of `step_s` from `start_s` on."""

    start_s: float
    step_s: float
    them: tuple[float, ...]
    us: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """One call."""

    call_id: str
    began: datetime
    length_s: float
    direction: str
    language: str
    playbook: str
    answered_by: str
    disposition: str
    reason: str
    summary: str
    next_steps: tuple[str, ...]
    spoken: tuple[Spoken, ...]
    decided: tuple[Decided, ...]
    permits: tuple[Permit, ...]
    moments: tuple[Moment, ...]
    took: tuple[Took, ...]
    them: tuple[Stretch, ...] = ()
    """Voice of theirs, as the voice detector has it."""
    us: tuple[Stretch, ...] = ()
    """Voice of ours, a sentence each."""
    waves: Waves | None = None
    why_silent: str = ""
    """Why there is no sound to look at."""

    @property
    def slow(self) -> int:
        """How many answers took longer than the bound."""
        return sum(took.total_ms > BOUND_MS for took in self.took)


def stages_of(spent: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """Returns how long each stage took, from what a call traces of a turn.

    Args:
        spent: `vad`, `stt`, `turn` and `first_sound` in milliseconds from their last sound on, and
            `loop` as long as it took.
    """
    pause = spent.get("vad", 0.0)
    words = max(spent.get("stt", pause), pause)
    over = max(spent.get("turn", words), words)
    loop = spent.get("loop", 0.0)
    voice = max(spent.get("first_sound", over + loop) - over - loop, 0.0)
    found = (pause, words - pause, over - words, loop, voice)
    return tuple(zip(STAGES, (round(ms, 1) for ms in found), strict=True))


def barge_ins(them: Sequence[Stretch], us: Sequence[Stretch]) -> tuple[Moment, ...]:
    """Returns where they began to speak while we did, and how soon we were silent."""
    found = []
    for voice in them:
        into = [s for s in us if s.start_s < voice.start_s <= s.end_s + _AT_ONCE_S]
        if into:
            silent_ms = max(into[0].end_s - voice.start_s, 0.0) * 1000
            told = f"our sentence ended {silent_ms:.0f} ms later"
            found.append(Moment(voice.start_s, "barge_in", "They speak into ours", told))
    return tuple(found)
