"""Whoever wants to know what happens in a call while it lasts: a page, a console, a test."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_runtime.channels.voice.commands import Command
from agent_runtime.channels.voice.events import Event

if TYPE_CHECKING:
    from agent_runtime.channels.voice.processor import CallProcessor


@dataclass(frozen=True, slots=True)
class SoFar:
    """What they have said so far of what they are saying; it may still change."""

    text: str


@dataclass(frozen=True, slots=True)
class Measured:
    """Where the time went between their last sound and our first."""

    number: int
    """Of the turn."""
    stages_ms: Mapping[str, float]
    """As traced, milliseconds since their last sound: `vad`, `stt`, `turn`, `first_sound`; `loop`
    is a length."""


Happened = Event | Command | SoFar | Measured
Onlooker = Callable[["CallProcessor", Happened], None]
"""Called in the loop of the call, in order; it must neither block nor raise."""
