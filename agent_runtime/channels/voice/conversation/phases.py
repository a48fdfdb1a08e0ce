"""Where a call stands, and what comes next in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Phase = Literal[
    "ringing",
    "greeting",
    "opening",
    "recording",
    "talking",
    "machine",
    "menu",
    "transferring",
    "ending",
    "over",
]
"""ringing: no line yet; greeting: we wait for their "hello?"; opening: our first words; recording:
our question for leave; machine: a voicemail; menu: a telephone menu; ending: our last words."""

MEETS_PEOPLE = ("opening", "recording", "talking", "transferring")

Doing = Literal["ringing", "hearing", "thinking", "speaking", "listening", "over"]
"""What whoever looks on would say is going on; hearing: they speak, listening: they may."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """What comes once everything has been said."""

    do: Literal[
        "listen", "hang_up", "goodbye", "transfer", "ask_more", "reason", "bridge", "tell"
    ] = "listen"
    reason: str = ""
    route_to: str = ""


LISTEN = NextStep()
BRIDGE = NextStep("bridge")
"""A word that bridges a turn which takes long; behind its answer it is not said."""
TELL = NextStep("tell")
"""What goes before the answer of a turn, unless that ends the contact."""


@dataclass(slots=True)
class Asking:
    """A turn that is being answered."""

    number: int
    text: str
    since: datetime
    is_withdrawn: bool = False
    is_bridged: bool = False
    is_foreign: bool = False
    """It is in a language of no calls, and read for a stop only."""
