"""What the runtime asks of a vendor's CRM; every call may be repeated and changes nothing twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

OutcomeStatus = Literal["pushed", "kept", "conflict", "refused", "retry"]
"""pushed: it stands there now; kept: there is no vendor, our store is the CRM; conflict: a person
has changed it there; refused: it will not be taken as it is; retry: nothing is known, ask again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one call."""

    status: OutcomeStatus
    reason: str = ""
    """In words; empty where nothing has to be said."""
    vendor_id: str = ""
    """The vendor's own id of the record."""
    found: str = ""
    """What a field holds there instead, with a conflict."""
    retry_after_s: float = 0.0
    """How long the vendor wants to be left alone."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record by our id, and by the address of the contact whose thread it belongs to."""

    kind: Literal["contact", "account", "deal"]
    record_id: str
    email: str


@dataclass(frozen=True, slots=True)
class Write:
    """One field of one record, and the values over which it may be written."""

    record: Record
    field: str
    value: str
    over: frozenset[str]
    """What we know to have stood there; anything else was written by somebody else since."""


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket, as support is to read it."""

    ticket_id: str
    email: str
    values: tuple[tuple[str, str], ...]
    """Our fields: subject, text, blocker, priority."""
    is_solved: bool


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that was said to or by a contact, for their timeline."""

    activity_id: str
    email: str
    text: str
    at: datetime


class Crm(Protocol):
    """A CRM; adapters in `tools`. Nothing here ever writes to a prospect."""

    name: str
    """The vendor; empty where our own store is all there is."""

    def value(self, record: Record, field: str) -> str:
        """Returns what a field holds now, empty when it is not known."""
        ...

    def write(self, write: Write) -> Outcome:
        """Writes a field unless somebody has changed it since."""
        ...

    def put_ticket(self, case: Case) -> Outcome:
        """Opens a ticket once, and closes it when it is solved."""
        ...

    def log_activity(self, activity: Activity) -> Outcome:
        """Puts something on the timeline of a contact once."""
        ...

    def close(self) -> None:
        """Closes the connections."""
        ...
