"""Rows of calls and of do-not-call lists, and what a transaction must know of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

CallState = Literal[
    "READY",
    "DIALLING",
    "ANSWERED",
    "ENDED",
    "NO_ANSWER",
    "BUSY",
    "VOICEMAIL",
    "FAILED",
    "UNKNOWN",
    "BLOCKED",
    "CANCELLED",
]
"""READY: waits for its time. DIALLING: claimed, and perhaps ringing. ANSWERED: somebody is on the
line. UNKNOWN: it may have rung; it is never dialled again by itself. ENDED: it was taken and is
over."""

Outcome = Literal[
    "",
    "completed",
    "transferred",
    "dropped",
    "voicemail",
    "no_answer",
    "busy",
    "rejected",
    "failed",
    "unknown",
]
"""How a call ended, as traces and metrics have it; empty while it lasts."""

AnsweredBy = Literal["", "person", "machine", "menu"]

OPEN: tuple[CallState, ...] = ("DIALLING", "ANSWERED")
"""States in which a line may stand."""

OWN_LIST = "internal"
"""The company's own do-not-call list."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that we want to make; its opener is the message of the same id."""

    tenant_id: str
    call_id: str
    thread_id: str
    person_id: str
    contact_id: str
    lane: str
    number: str
    """E.164; empty once the person was erased."""
    campaign_id: str
    playbook: str
    language: str
    purpose: str
    due_at: datetime
    """When it is to be dialled; while the line stands, when it must be over."""
    task_id: str = ""
    experiment_id: str = ""
    arm: str = ""
    own_number: str = ""
    """From which it was last dialled."""
    state: CallState = "READY"
    attempt: int = 0
    provider_id: str = ""
    """What the carrier calls the present attempt."""
    claimed_by: str = ""
    dialled_at: datetime | None = None
    answered_by: AnsweredBy = ""
    outcome: Outcome = ""
    result: str = ""
    """What came of the talk, as whoever led it says: `meeting_booked`, `not_interested`, ..."""
    duration_s: float | None = None
    """Seconds from the answer to the end."""
    is_callback: bool = False
    """Whether the next attempt takes up a call that dropped."""
    why: str = ""
    """Why it was not dialled, by rule."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time that a number was dialled; what caps and the abandoned share are counted from."""

    tenant_id: str
    call_id: str
    attempt: int
    number: str
    campaign_id: str
    dialled_at: datetime
    rang: bool = True
    """Whether it may have rung; False only on proof."""
    answered_by: AnsweredBy = ""
    is_abandoned: bool = False
    """A person took it and heard nothing of us in time."""


@dataclass(frozen=True, slots=True)
class CallCounts:
    """How often a number was rung, and how the calls of a campaign went."""

    in_a_day: int
    in_a_week: int
    answered: int
    abandoned: int


@dataclass(frozen=True, slots=True)
class DncList:
    """One do-not-call list as it stands here."""

    tenant_id: str
    name: str
    as_of: date
    """Day of the data, by which it grows old."""
    imported_at: datetime
    source: str
    numbers: int


def attempt_of(call: Call) -> Attempt:
    """Returns the attempt that a claimed call begins."""
    if call.dialled_at is None:
        raise ValueError(f"call {call.call_id} is claimed without the instant of its dialling")
    return Attempt(
        tenant_id=call.tenant_id,
        call_id=call.call_id,
        attempt=call.attempt,
        number=call.number,
        campaign_id=call.campaign_id,
        dialled_at=call.dialled_at,
    )


class CallRows(Protocol):
    """The part of a transaction that calls need."""

    def add_call(self, call: Call) -> bool:
        """Adds a call; False where one of its id stands, which is kept."""
        ...

    def call(self, call_id: str) -> Call | None:
        """One call, None where there is none."""
        ...

    def calls(self, *states: CallState) -> tuple[Call, ...]:
        """All calls in these states, or all there are, by id."""
        ...

    def save_call(self, call: Call) -> None:
        """Writes a call over what was known of it."""
        ...

    def claim_call(self, claimed: Call) -> bool:
        """Takes a READY call to dial it, and notes the attempt; False where it is not READY."""
        ...

    def calls_of(self, person_id: str) -> tuple[Call, ...]:
        """All calls to a person, by id."""
        ...

    def cancel_calls(self, person_id: str) -> None:
        """Cancels what waits to be dialled."""
        ...

    def attempt(self, call_id: str, number: int) -> Attempt | None:
        """One attempt, by its number from 1."""
        ...

    def save_attempt(self, attempt: Attempt) -> None:
        """Writes an attempt over what was known of it."""
        ...

    def call_counts(
        self, number: str, campaign_id: str, *, now: datetime, window_days: int
    ) -> CallCounts:
        """Counts attempts at a number, and answered calls of a campaign within a window."""
        ...

    def dnc_lists(self) -> tuple[DncList, ...]:
        """Every do-not-call list that was imported, by name."""
        ...

    def dnc_of(self, number: str) -> tuple[str, ...]:
        """Names of the lists on which a number is."""
        ...

    def replace_dnc(self, made: DncList, numbers: Iterable[str]) -> int:
        """Puts the numbers in place of a list's and returns how many there are."""
        ...

    def add_dnc(self, name: str, number: str) -> bool:
        """Puts one number on a list; False where it was."""
        ...
