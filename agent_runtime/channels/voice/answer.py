"""What a turn of a call came to."""

from dataclasses import dataclass, field
from typing import Literal

from agent_runtime.channels.voice.utterance import Utterance

Then = Literal["listen", "goodbye", "transfer", "stopped"]
"""listen: it is their turn; goodbye: the conversation has come to its end; transfer: a person of
ours takes over; stopped: they asked that contact stop, and nothing more is said."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The agent's answer to one finished turn of the other side."""

    number: int
    says: tuple[Utterance, ...] = ()
    then: Then = "listen"
    action: str = ""
    reason: str = ""
    decision: str = ""
    """What the rules said of it: `allow`, or why it is silent."""
    stopped_by: str = ""
    """Rule that kept it from being said."""
    intent: str = ""
    language: str = ""
    route_to: str = ""
    has_booked: bool = False
    is_withdrawn: bool = False
    """They spoke again before it was decided: nothing of it has happened."""
    has_failed: bool = False
    """It could not be worked; the message waits for a person."""
    latency_ms: tuple[tuple[str, float], ...] = field(default=(), compare=False)
