"""A call that was led in sound: both sides as samples, what happened when, and how long it took."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agent_runtime.channels.voice.conversation import Conversation
from agent_runtime.channels.voice.hands import CallHands
from agent_runtime.channels.voice.outcome import Line, Outcome
from agent_runtime.channels.voice.verdict import problems_of

if TYPE_CHECKING:
    from agent_runtime.library.call_scenario import CallScenario

RATE = 16_000
"""Samples a second of both tracks."""
_BY_THE_WAY = ("says:", "turns:", "interruptions:")
Track = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the call, in seconds from its first sample."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class SoundEvent:
    """One thing that happened; `what` is the name of an event, a command or a frame."""

    at_s: float
    what: str
    text: str = ""
    """Words, a text's id, or keys, as far as it has any."""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SoundTurn:
    """One utterance of the caller, and how soon we were heard after it; measured in the sound."""

    number: int
    """From 1 on, in the order in which they were said."""
    said: str
    """What the caller's voice was given."""
    voice: Span
    """From the caller's first voiced sample to the last."""
    heard_as: str = ""
    """What the recogniser made of it."""
    first_sound_ms: float | None = None
    """From the last voiced sample to our first audible one; None: nothing was said to it."""
    first_word_ms: float | None = None
    """The same to the first sample of content: a filler like "One moment." is none."""
    is_bridged: bool = False
    """Whether a filler came first."""
    text_id: str = ""
    """Id of the first text of content."""
    stages_ms: dict[str, float] = field(default_factory=dict)
    """Where the time went, as the pipeline itself traces it; empty where this was no turn."""


@dataclass(frozen=True, slots=True)
class BargeIn:
    """The caller spoke into our words."""

    onset_s: float
    """Their first voiced sample."""
    silent_ms: float | None
    """From there to our last audible sample; None: we did not fall silent, and need not have."""


@dataclass(frozen=True, slots=True)
class Sounded:
    """A call, as it sounded. Both tracks have the same length and begin at the same instant."""

    scenario: "CallScenario"
    began: datetime
    caller: Track
    """16 kHz mono, as it arrived at our side: with the noise and the losses of the line."""
    agent: Track
    """16 kHz mono, as it left our side."""
    reached: Track
    """The same as they heard it: with the losses of the line, and late by its jitter."""
    turns: tuple[SoundTurn, ...]
    barge_ins: tuple[BargeIn, ...]
    caller_voiced: tuple[Span, ...]
    """Where the caller made any sound, taken before the line."""
    agent_audible: tuple[Span, ...]
    vad: tuple[Span, ...]
    """Where the voice detector found speech of theirs."""
    events: tuple[SoundEvent, ...]
    lines: tuple[Line, ...]
    """What the record says was said and heard, in order."""
    outcome: Outcome
    conversation: Conversation
    hands: CallHands
    pressed: str
    """Keys that were pressed on our side."""
    whispered: Track = field(default_factory=lambda: np.zeros(0, np.int16))
    """What a person of ours heard before they took the call."""

    @property
    def length_s(self) -> float:
        """Seconds from the first sample to the last."""
        return len(self.caller) / RATE

    @property
    def heard(self) -> tuple[Line, ...]:
        """What was heard of us, by the record."""
        return tuple(line for line in self.lines if line.who == "agent")

    @property
    def says(self) -> tuple[str, ...]:
        """Ids of all texts of which something was heard, in order."""
        return self.hands.texts_heard

    def problems(self) -> Iterator[str]:
        """Yields a sentence for everything that came of it otherwise than its author expects."""
        return (one for one in problems_of(self) if not one.startswith(_BY_THE_WAY))

    def remarks(self) -> Iterator[str]:
        """Yields what went another way to the same end: a misheard word costs a question."""
        return (one for one in problems_of(self) if one.startswith(_BY_THE_WAY))

    def save(self, folder: Path) -> None:
        """Writes `caller.wav`, `agent.wav` (mono, 16 kHz, 16 bits) and `call.json`."""
        import soundfile

        folder.mkdir(parents=True, exist_ok=True)
        tracks = {"caller": self.caller, "agent": self.agent, "whispered": self.whispered}
        for name, track in tracks.items():
            if len(track) or name != "whispered":
                soundfile.write(folder / f"{name}.wav", track, RATE, subtype="PCM_16")
        told = json.dumps(self.as_json(), indent=1, ensure_ascii=False, default=str)
        (folder / "call.json").write_text(told + "\n", encoding="utf-8")

    def as_json(self) -> dict[str, Any]:
        """Returns everything but the sound; times of lines are seconds in the call, too."""
        lines = [
            asdict(line) | {"at_s": (line.at - self.began).total_seconds()} for line in self.lines
        ]
        return {
            "scenario": self.scenario.id,
            "began": self.began.isoformat(),
            "rate": RATE,
            "length_s": self.length_s,
            "outcome": asdict(self.outcome),
            "turns": [asdict(turn) for turn in self.turns],
            "barge_ins": [asdict(one) for one in self.barge_ins],
            "caller_voiced": [asdict(span) for span in self.caller_voiced],
            "agent_audible": [asdict(span) for span in self.agent_audible],
            "vad": [asdict(span) for span in self.vad],
            "events": [asdict(event) for event in self.events],
            "lines": lines,
            "problems": list(self.problems()),
            "remarks": list(self.remarks()),
        }
