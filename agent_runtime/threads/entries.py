"""What stands on the time line of a thread; words are as stored, with placeholders."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

EntryKind = Literal[
    "heard",
    "said",
    "decided",
    "speaker",
    "call",
    "meeting",
    "task",
    "write",
    "review",
    "stop",
    "rule",
    "delivery",
    "incident",
    "survey",
]
"""heard and said are messages; decided: a turn of the agent from which no message came; speaker:
another one speaks from here on; write: a change in the CRM or a calendar; rule: a message that the
rules kept; delivery: news of a message that had left."""

Who = Literal["buyer", "agent", "human", "system"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    entry_id: str
    at: datetime
    kind: EntryKind
    who: Who
    title: str
    """In plain words, without personal data."""
    channel: str = ""
    subject: str = ""
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    """What else is known of it, name and value, both without personal data."""
    by: str = ""
    """Which colleague did it or has it: an address or a name."""
    turn_id: str = ""
    """The turn whose trace tells why; empty where there is none."""
    call_id: str = ""
    """The call that has a page of its own."""
    is_trouble: bool = False
    """Whether something did not go as it should."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a turn looked up; of approved texts the words as well."""

    fact_id: str
    version: int
    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that could have been done."""

    action: str
    reason: str
    score: float
    propensity: float
    draft: str
    is_chosen: bool = False
    stopped_by: tuple[str, ...] = ()
    """Rules that did not let it pass."""
    merits: tuple[tuple[str, float, float, str], ...] = ()
    """Name, points, the most there are, and why."""
    slips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule said."""

    rule: str
    version: int
    decision: str
    reason: str


@dataclass(frozen=True, slots=True)
class Check:
    """One time at which the rules were asked about the message of a turn."""

    at: datetime
    decision: str
    rulings: tuple[Ruling, ...]


@dataclass(frozen=True, slots=True)
class TurnTrace:
    """One turn: what came in, what it was read as, what could be done, what was, and why."""

    turn_id: str
    at: datetime
    heard: str
    subject: str
    channel: str
    touch: int | None
    playbook: str
    state_before: str
    state_after: str
    reading: tuple[tuple[str, str], ...]
    """What the words were taken to mean, name and value."""
    facts: tuple[Fact, ...]
    options: tuple[Option, ...]
    action: str
    reason: str
    decision: str
    until: str
    checks: tuple[Check, ...]
    """The first is the turn's own; the others were made as the message left."""
    sent: str
    """The words that left; empty where nothing has."""
    sent_as: str
    """State of that message."""
    latency_ms: tuple[tuple[str, float], ...]
    costs: tuple[tuple[str, float, str], ...]
    """Item, quantity and unit."""
    versions: tuple[tuple[str, str], ...]
    model: tuple[tuple[str, str], ...] = ()
    """Which language model drafted, and what that took."""


@dataclass(frozen=True, slots=True)
class Line:
    """The time line of a thread."""

    entries: tuple[Entry, ...]
    turns: int
    """Turns of the agent in all."""
    costs: tuple[tuple[str, float, str], ...]
    """What the whole thread used: item, quantity and unit."""
    spoke_since: datetime | None = None
    """Since when whoever speaks now has spoken; None where it has been so from the beginning."""
