"""What the runtime asks of the outside: a store, a mail channel, a calendar."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from agent_runtime.asking.answers import AnswerRows
from agent_runtime.band.rows import BandRows
from agent_runtime.calling.rows import CallRows
from agent_runtime.contracts import Assignment, TraceEvent
from agent_runtime.domain import (
    NO_ROOM,
    ChannelName,
    Choices,
    Consent,
    Contact,
    MessageState,
    Room,
    Session,
    Slot,
    Template,
)
from agent_runtime.news_port import NewsRows
from agent_runtime.policies.facts import Sent
from agent_runtime.policies.permit import Permit
from agent_runtime.push_port import PushRows
from agent_runtime.store.rows import (
    Approval,
    Brought,
    ChatLine,
    ChatMark,
    Due,
    FieldChange,
    Hold,
    HumanTask,
    Inbound,
    Later,
    Listing,
    ListScope,
    MailCursor,
    Meeting,
    MeetingState,
    Message,
    Promise,
    PromiseState,
    Reminder,
    ReminderState,
    Standing,
    Stop,
    Task,
    Ticket,
)


@dataclass(frozen=True, slots=True)
class BookingResult:
    """What the calendar said: our event stands, or somebody else has the slot."""

    status: Literal["booked", "taken"]
    etag: str = ""
    code: str = field(default="", compare=False)
    """What the server answered to the write; `busy` where none was tried."""
    why: str = field(default="", compare=False)


class Calendar(Protocol):
    """Calendars of the owners; adapters in `tools`."""

    def free_slots(
        self,
        owner_id: str,
        *,
        now: datetime,
        key: str,
        limit: int = 3,
        minutes: int = 30,
        held_too: bool = False,
        room: Room = NO_ROOM,
    ) -> tuple[Slot, ...]:
        """Returns free slots to offer; the same `key` is offered the same while they last.

        Somebody whose office hours are not known has none. `held_too`: also what is only on hold
        for an offer, for where nothing else is left.
        """
        ...

    def book(
        self,
        slot: Slot,
        *,
        uid: str,
        summary: str,
        description: str,
        attendee: str,
        organizer: str,
        sequence: int = 0,
        own: Collection[str] = (),
        over_hold: bool = False,
        room: Room = NO_ROOM,
    ) -> BookingResult:
        """Writes the event unless the slot is taken; asking again with one uid changes nothing.

        Holds of the uids in `own` are the same buyer's and do not stand in the way; with
        `over_hold` those of others give way too, never a meeting. `room` is kept free around it
        from then on.
        """
        ...

    def hold(
        self,
        slot: Slot,
        *,
        uid: str,
        until: datetime,
        own: Collection[str] = (),
        room: Room = NO_ROOM,
    ) -> BookingResult:
        """Keeps a slot out of offers until then; `book` with the same uid makes it a meeting."""
        ...

    def release(self, slot: Slot, *, uid: str) -> bool:
        """Ends a hold; False where there is none, or where it has become a meeting."""
        ...

    def move(
        self,
        old: Slot,
        new: Slot,
        *,
        uid: str,
        sequence: int,
        summary: str,
        description: str,
        attendee: str,
        organizer: str,
        own: Collection[str] = (),
        over_hold: bool = False,
        room: Room = NO_ROOM,
    ) -> BookingResult:
        """Gives a meeting another time; until the new one is got the old one stands."""
        ...

    def meetings_ahead(self, owner_id: str, *, now: datetime) -> int:
        """Returns how many meetings with people an owner has in the coming two weeks."""
        ...

    def cancel(self, slot: Slot, *, uid: str) -> bool:
        """Removes an event of ours; False when it is not there."""
        ...


@dataclass(frozen=True, slots=True)
class Mail:
    """One rendered mail, with personal data filled in, ready for the wire."""

    sender: str
    sender_name: str
    recipient: str
    subject: str
    body: str
    rfc_message_id: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    invite: str = ""
    task_id: str = ""
    touch: int | None = None
    is_answer: bool = False
    channel: ChannelName = "email"
    message_id: str = ""
    """Our own id of the message, the same in every attempt."""
    attempt: int = 1
    template: Template | None = None
    """The carrier's own copy of these words, its places filled."""
    person_id: str = ""
    language: str = ""
    is_proactive: bool = False
    """Whether we began: then the reader can stop us with one click."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one attempt.

    `rejected` and `retry` are proofs that the mail did not leave; `unknown` is the honest
    rest: the connection broke after the words were on the wire. `speaking` means that it is being
    said, and that what was heard of it is reported later; `handed` that a person of
    ours will post it by hand, or not.
    """

    status: Literal["sent", "rejected", "retry", "unknown", "handed", "speaking"]
    code: str = ""
    detail: str = ""
    provider_id: str = ""
    """What the carrier calls the message; empty where our own id travels with it."""
    segments: int = 1
    """Pieces that a carrier counts and charges."""
    says: Literal["", "opted_out", "unreachable"] = ""
    """What a refusal tells of the person: has stopped us there, or is not there."""
    enhanced: str = ""
    """RFC 3463 status that came with the code, `5.1.1`; empty where the server gave none."""
    took_ms: float | None = field(default=None, compare=False)
    """How long the attempt took, milliseconds; None where nobody timed it."""


class MailChannel(Protocol):
    """Sends mails over one connection."""

    def send(self, mail: Mail, permit: Permit, *, permitted_words: tuple[str, str]) -> Receipt:
        """Sends what the permit covers; `permitted_words` are subject and body as permitted."""
        ...


class Tx(PushRows, NewsRows, AnswerRows, BandRows, CallRows, Protocol):
    """One transaction: what is written in it is seen whole or not at all."""

    tenant_id: str

    def lock(self, *names: str) -> None:
        """Waits until nobody else holds any of these names; they are held until the commit.

        What is read afterwards is the newest, so that what was counted stays true until then.
        """
        ...

    def contact_of(self, person_id: str) -> Contact | None:
        """The contact by which a person, or whom they were merged with, is written to."""
        ...

    def contact_by_email(self, email: str) -> Contact | None:
        """The contact with this address, in lower case."""
        ...

    def contacts_at(self, domain: str) -> tuple[Contact, ...]:
        """Every contact whose address is at exactly this domain."""
        ...

    def merge(self, person_id: str, same_as: str, *, now: datetime) -> bool:
        """Notes that two persons are one; False when that was known.

        From then on each is bound by the arms and stops of both.
        """
        ...

    def merged(self) -> frozenset[tuple[str, str]]:
        """Every two persons who are one, either way round."""
        ...

    def part(self, person_id: str, others: Collection[str], *, now: datetime) -> bool:
        """Takes a merge back: a person is none of these others; False when they were not merged.

        Whatever stopped one of them stops each of them from then on; arms stay as they are.
        """
        ...

    def persons_of(self, person_id: str) -> tuple[str, ...]:
        """The person, and then everybody with whom they were merged, directly or not."""
        ...

    def contacts(self) -> tuple[Contact, ...]:
        """Every contact by which a person is written to."""
        ...

    def add_contact(self, contact: Contact) -> None:
        """Adds or renews a contact."""
        ...

    def standing(self) -> Standing:
        """What earlier batches brought and nothing has changed since; it may tell less."""
        ...

    def bring(self, brought: Sequence[Brought], keeps: Callable[[Consent], bool]) -> None:
        """Adds or renews contacts; of a person's bases only those stay that `keeps` names."""
        ...

    def person_at(self, channel: ChannelName, address: str) -> str:
        """Whose number or chat window this is, or empty."""
        ...

    def address_on(self, channel: ChannelName, person_id: str) -> str:
        """Where a person is reached on a channel other than mail, or empty."""
        ...

    def add_address(
        self, channel: ChannelName, address: str, person_id: str, *, now: datetime
    ) -> bool:
        """Notes whose an address is, and that it is their latest; False when it is another's."""
        ...

    def move_address(
        self, channel: ChannelName, address: str, person_id: str, *, now: datetime
    ) -> None:
        """Gives an address to another person, and keeps which thread it was in before."""
        ...

    def former_threads(self, channel: ChannelName, address: str) -> tuple[str, ...]:
        """The threads that an address was in before it was moved, the earliest first."""
        ...

    def chat_of(self, thread_id: str) -> tuple[ChatLine, ...]:
        """What was said in the chat of a thread, oldest first; of ours only what has left."""
        ...

    def chat_marks(self, thread_ids: Collection[str]) -> dict[str, ChatMark]:
        """How far each of these threads is; one without any message is left out."""
        ...

    def is_settled(self, thread_id: str) -> bool:
        """Whether nothing of a thread waits, is on its way, or is on hold in a calendar."""
        ...

    def refuse_address(self, channel: ChannelName, address: str, *, now: datetime) -> None:
        """Notes that nobody is reached there, until somebody writes from there again."""
        ...

    def consents(self, person_id: str) -> tuple[Consent, ...]:
        """Recorded bases to write to a person."""
        ...

    def add_consents(self, person_id: str, consents: Iterable[Consent]) -> None:
        """Replaces the recorded bases of a person."""
        ...

    def choices(self, person_id: str) -> Choices:
        """What a person, or whom they were merged with, has turned off; of several, all."""
        ...

    def save_choices(self, person_id: str, choices: Choices) -> None:
        """Replaces what a person and whom they were merged with have turned off."""
        ...

    def assignments(self, person_id: str) -> tuple[Assignment, ...]:
        """Every assignment of a person, and then of everybody with whom they were merged."""
        ...

    def add_assignment(self, assignment: Assignment) -> bool:
        """Writes an assignment once; False where one of the same unit stands, which is kept."""
        ...

    def add_assignments(self, assignments: Sequence[Assignment]) -> tuple[Assignment, ...]:
        """Writes assignments once; returns those of whose unit another arm stands and is kept."""
        ...

    def suppressed(self, person_id: str) -> str:
        """Why a person must not be written to, or empty."""
        ...

    def suppress(self, person_id: str, *, reason: str, source: str, now: datetime) -> bool:
        """Records a stop and cancels all that waits; False when one stood already."""
        ...

    def stops(self, person_id: str) -> tuple[Stop, ...]:
        """Every stop that stands for a person or whom they were merged with, the first first."""
        ...

    def unsuppress(self, person_id: str) -> None:
        """Removes every stop of a person, on proof; what they had cancelled stays cancelled."""
        ...

    def listing(self, scope: ListScope, value: str) -> Listing | None:
        """An entry of the suppression lists, lifted or not."""
        ...

    def save_listing(self, listing: Listing) -> None:
        """Adds an entry, or changes it."""
        ...

    def listings(self) -> tuple[Listing, ...]:
        """Every entry of the suppression lists."""
        ...

    def session_of(self, person_id: str) -> Session | None:
        """The one thread of a person."""
        ...

    def save_session(self, session: Session) -> None:
        """Writes a session."""
        ...

    def remember(self, thread_id: str, originals: Mapping[str, str]) -> None:
        """Puts the originals of placeholders into the vault."""
        ...

    def recall(self, thread_id: str) -> dict[str, str]:
        """Returns the originals of a thread's placeholders."""
        ...

    def task(self, task_id: str) -> Task | None:
        """A waiting touch."""
        ...

    def save_task(self, task: Task) -> None:
        """Adds a touch, or changes its state or time."""
        ...

    def add_task(self, task: Task) -> bool:
        """Adds a touch unless its id stands already."""
        ...

    def add_tasks(self, tasks: Sequence[Task]) -> None:
        """Adds touches, each unless its id stands already."""
        ...

    def message(self, message_id: str) -> Message | None:
        """An outgoing message."""
        ...

    def message_by_rfc_id(self, rfc_message_id: str) -> Message | None:
        """The message that carries this Message-ID."""
        ...

    def add_message(self, message: Message) -> bool:
        """Adds a message unless its id stands already."""
        ...

    def claim(self, message_id: str, *, attempt: int, rfc_message_id: str, claimed_by: str) -> bool:
        """Moves READY to SENDING; False when somebody else has it or had it."""
        ...

    def sending(self, claimed_by: str) -> tuple[Message, ...]:
        """What a worker had claimed; after its death their fate is unknown."""
        ...

    def unknown(self) -> tuple[Message, ...]:
        """All messages that may or may not have left."""
        ...

    def settle(
        self,
        message_id: str,
        state: MessageState,
        *,
        sent_at: datetime | None = None,
        due_at: datetime | None = None,
        rfc_message_id: str = "",
    ) -> None:
        """Writes what became of a message, and the id that a carrier gave it."""
        ...

    def keep_heard(self, message: Message) -> None:
        """Writes the words of a spoken message over those that were to be spoken."""
        ...

    def has_unknown(self, thread_id: str) -> bool:
        """Whether a mail of the thread has an unknown fate."""
        ...

    def sent_counts(
        self,
        *,
        person_id: str,
        account_id: str | None,
        mailbox: str,
        provider: str = "",
        but: str = "",
        now: datetime,
    ) -> Sent:
        """Proactive touches so far: the person's two weeks, the account's and mailbox's day.

        The message `but` does not count: a call asks about itself.
        """
        ...

    def has_left(self, task_id: str, *, but: str = "") -> bool:
        """Whether any other message of this touch is SENDING, SENT or UNKNOWN."""
        ...

    def add_inbound(self, inbound: Inbound) -> bool:
        """Stores a mail that arrived, once."""
        ...

    def last_inbound_at(self, thread_id: str, channel: ChannelName) -> datetime | None:
        """When the buyer last wrote on a channel."""
        ...

    def inbound(self, key: str) -> Inbound | None:
        """A mail that arrived."""
        ...

    def mail_cursor(self, source: str) -> MailCursor | None:
        """How far a folder has been read; None before the first time."""
        ...

    def save_mail_cursor(self, cursor: MailCursor) -> None:
        """Notes how far a folder has been read."""
        ...

    def close_inbound(self, key: str) -> None:
        """Marks a mail as dealt with."""
        ...

    def has_unread(self, thread_id: str) -> bool:
        """Whether mail of the buyer waits in this thread."""
        ...

    def set_aside(self, due: Due) -> None:
        """Takes a row that cannot be worked out of the way; a mail that waited goes to a person."""
        ...

    def meeting(self, uid: str) -> Meeting | None:
        """A meeting of ours."""
        ...

    def save_meeting(self, meeting: Meeting) -> None:
        """Adds a meeting or changes its state."""
        ...

    def meetings_of(self, thread_id: str, state: MeetingState) -> tuple[Meeting, ...]:
        """Meetings of a thread in a state."""
        ...

    def meetings_on_hold(self) -> tuple[Meeting, ...]:
        """All meetings that the calendar has yet to confirm."""
        ...

    def meetings_standing(self) -> tuple[Meeting, ...]:
        """All meetings that are confirmed or on hold, past ones included."""
        ...

    def hold(self, hold_id: str) -> Hold | None:
        """An offered time that is kept for a buyer."""
        ...

    def save_hold(self, hold: Hold) -> None:
        """Adds a hold or changes its state."""
        ...

    def open_holds(self, thread_id: str = "") -> tuple[Hold, ...]:
        """Holds that have not ended, of one thread or of all, the earliest time first."""
        ...

    def holds_made(self, owner_id: str, *, since: datetime) -> int:
        """How many offers have been held in an owner's calendar since then."""
        ...

    def add_promise(self, promise: Promise) -> bool:
        """Adds a promise unless its id stands already."""
        ...

    def promise(self, promise_id: str) -> Promise | None:
        """A promise that somebody made."""
        ...

    def open_promises(self, thread_id: str) -> tuple[Promise, ...]:
        """Promises of a thread whose time has not come, the earliest first."""
        ...

    def close_promise(self, promise_id: str, state: PromiseState) -> None:
        """Writes what became of a promise."""
        ...

    def add_reminder(self, reminder: Reminder) -> bool:
        """Adds a reminder unless its id stands already."""
        ...

    def reminder(self, reminder_id: str) -> Reminder | None:
        """A reminder of a meeting."""
        ...

    def close_reminder(self, reminder_id: str, state: ReminderState) -> None:
        """Writes what became of a reminder."""
        ...

    def save_human_task(self, task: HumanTask) -> None:
        """Adds work for a person, or changes its state."""
        ...

    def human_task(self, task_id: str) -> HumanTask | None:
        """Work for a person."""
        ...

    def tasks_to_route(self, now: datetime, *, limit: int) -> tuple[HumanTask, ...]:
        """Open work that nobody has yet, or that nobody took within its service level."""
        ...

    def supersede_human_tasks(self, thread_id: str) -> None:
        """Closes what waits for an answer in a thread: a newer mail stands for all of it."""
        ...

    def open_human_tasks(self) -> tuple[HumanTask, ...]:
        """All work that waits for a person."""
        ...

    def crm_value(self, kind: str, record_id: str, field: str) -> str:
        """What we last wrote into a field of the CRM, or empty."""
        ...

    def add_change(self, change: FieldChange) -> bool:
        """Writes a field of the CRM, unless this change stands already."""
        ...

    def changes(self) -> tuple[FieldChange, ...]:
        """Every change of a field, the earliest first."""
        ...

    def add_ticket(self, ticket: Ticket) -> bool:
        """Opens a ticket unless its id stands already."""
        ...

    def save_ticket(self, ticket: Ticket) -> None:
        """Writes what became of a ticket."""
        ...

    def tickets(self) -> tuple[Ticket, ...]:
        """All tickets, the earliest first."""
        ...

    def save_approval(self, approval: Approval) -> None:
        """Adds drafts that wait for a person, or writes what was decided."""
        ...

    def change_approval(self, before: Approval, after: Approval) -> bool:
        """Writes a change of an approval; False where it is not as `before` any more."""
        ...

    def save_later(self, later: Later) -> None:
        """Puts an approval off, or writes what became of that."""
        ...

    def later(self, approval_id: str) -> Later | None:
        """Until when an approval is out of the queue, and why."""
        ...

    def batch_of(self, batch_id: str) -> tuple[Later, ...]:
        """What was approved at once."""
        ...

    def approval(self, approval_id: str) -> Approval | None:
        """Drafts that wait or waited for a person."""
        ...

    def approval_of(self, message_id: str) -> Approval | None:
        """The leave that a person gave for a message."""
        ...

    def open_approvals(self) -> tuple[Approval, ...]:
        """All drafts that wait for a person, the oldest first."""
        ...

    def void_approvals(self, person_id: str) -> None:
        """Withdraws what waits for leave: the buyer wrote again, or must not be written to."""
        ...

    def trace(self, *events: TraceEvent) -> None:
        """Appends events to the outbox, once by event id."""
        ...

    def flags(self) -> dict[str, str]:
        """Flags that are up, by name (`pause`, `pause:<campaign>`)."""
        ...

    def set_flag(self, name: str, value: str | None) -> None:
        """Raises a flag, or lowers it with None."""
        ...

    def publish(self, name: str, value: str) -> None:
        """Writes what batch code has to say to the runtime: owners, the online experiment."""
        ...

    def published(self, name: str) -> str:
        """What `publish` wrote last, or empty."""
        ...


class Store(Protocol):
    """The runtime store: `SqlStore` for real, `MemoryStore` for the fast path."""

    tenant_id: str

    def begin(self) -> AbstractContextManager[Tx]:
        """Opens a transaction that commits at the end of the block."""
        ...
