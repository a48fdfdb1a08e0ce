"""What the runtime asks of a vendor's CRM; every call may be repeated and changes nothing twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

OutcomeStatus = Literal["pushed", "kept", "conflict", "refused", "retry", "unasked"]
"""pushed: it stands there now; kept: there is no vendor, our store is the CRM; conflict: a person
has changed it there; refused: it will not be taken as it is; retry: nothing is known, ask again;
unasked: it was not asked, since another request showed that the vendor is away."""

ActivityKind = Literal["email", "communication", "call", "note", "task", "meeting"]
"""communication: a text or a social message; note: what has no object of its own there."""

RecordKind = Literal["contact", "account", "deal"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request."""

    status: OutcomeStatus
    reason: str = ""
    """In words; empty where nothing has to be said."""
    vendor_id: str = ""
    """The vendor's own id of the record."""
    found: str = ""
    """What a field holds there instead, with a conflict."""
    stood: str = ""
    """What a field held there just before it was written."""
    retry_after_s: float = 0.0
    """How long the vendor wants to be left alone."""


class CrmTrouble(Exception):
    """An answer that ends a call; `outcome` is what the caller has to be told."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Record:
    """A record by our id, and by the address of the contact whose thread it belongs to."""

    kind: RecordKind
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
    """Something for the timeline of a contact: what was said, a task, a meeting."""

    activity_id: str
    kind: ActivityKind
    email: str
    values: tuple[tuple[str, str], ...]
    """Our fields of the kind, as `writable.yaml` names them; instants are ISO 8601, UTC."""
    state: str = ""
    """The field that may still change (`status`, `outcome`); empty where nothing does."""
    over: frozenset[str] = frozenset()
    """Values of that field that are ours to change; any other was set by a person."""
    is_wish: bool = False
    """What the person wants of us: it is told whoever owns the record."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A contact goes on a static list of the marketing tool, or off it."""

    email: str
    list_name: str
    """Our name of the list, as `writable.yaml` has it."""
    is_on: bool


@dataclass(frozen=True, slots=True)
class OptOut:
    """Somebody must not be written to any more, at any of their addresses."""

    person_id: str
    emails: tuple[str, ...]


Request = Write | Case | Activity | OptOut | Membership


@dataclass(frozen=True, slots=True)
class Standing:
    """What a field holds there, and who wrote it when, as far as the vendor says."""

    value: str
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What the CRM holds of one contact."""

    status: Literal["there", "gone"]
    values: Mapping[str, str] = field(default_factory=dict)
    """Our fields of a contact; those without a property there are not in it."""
    is_opted_out: bool = False


class Crm(Protocol):
    """A CRM; adapters in `tools`. Nothing here ever writes to a prospect."""

    name: str
    """The vendor; empty where our own store is all there is."""

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Carries out requests, opt-outs first, and says of each what became of it, in their order.

        Of one field of one record there is one request at the most.
        """
        ...

    def value(self, record: Record, field: str) -> Standing:
        """Returns what a field holds now, empty when it is not known.

        Raises:
            CrmTrouble: it could not be asked, or the record is not there.
        """
        ...

    def look(self, emails: Sequence[str]) -> list[Looked]:
        """Returns what the CRM holds of the contacts with these addresses, in their order.

        Raises:
            CrmTrouble: it could not be asked.
        """
        ...

    def close(self) -> None:
        """Closes the connections."""
        ...
