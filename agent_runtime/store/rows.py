"""Rows of the runtime store: what waits, what was said, what was booked. All frozen."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from agent_runtime.domain import (
    ActionKind,
    Autonomy,
    Candidate,
    ChannelName,
    Consent,
    Contact,
    Cue,
    MessageState,
    Sentence,
    Slot,
    Template,
    TouchClass,
    Verdict,
    Weighed,
)
from agent_runtime.grounding.opinions import NO_OPINIONS, Opinions

Actor = Literal["agent", "human"]
TaskState = Literal["WAITING", "PLANNED", "CANCELLED", "EXPIRED", "BLOCKED"]
InboundState = Literal["NEW", "DONE"]
MeetingState = Literal["HOLDING", "CONFIRMED", "TAKEN", "CANCELLED", "DECLINING", "DECLINED"]
"""DECLINING: the buyer said no, and the event is still to be taken out of the calendar."""
Attendance = Literal["", "accepted", "tentative", "declined", "held", "no_show"]
HumanTaskState = Literal["OPEN", "DONE"]
ApprovalState = Literal["OPEN", "APPROVED", "REJECTED", "VOID"]
"""VOID: the thread went on, or contact must stop, before anybody decided."""
LaterState = Literal["SNOOZED", "GOING", "OVER"]
"""SNOOZED: put off until a time; GOING: approved, and leaves then unless it is undone before."""
DueKind = Literal["task", "message", "inbound", "promise", "reminder", "hold", "call", "approval"]
HoldState = Literal["OPEN", "BOOKED", "RELEASED"]
"""OPEN: wanted, standing in the calendar, or still to be taken out of it."""
ReminderState = Literal["WAITING", "DONE", "CANCELLED"]
ListScope = Literal["email", "domain", "account", "person"]
"""What an entry of a suppression list names; `person` only where a recorded stop was lifted."""
PushKind = Literal["stop", "choice", "change", "ticket", "sent", "heard", "work", "meeting"]
"""An opt-out, what somebody has turned off, a field, a case for support, a message that left, one
that came in, work for a person, a meeting."""
WISHED: tuple[PushKind, ...] = ("stop", "choice")
"""What a person wants of us, by their id: told whatever their arm, and never given up."""
PushState = Literal["WAITING", "PUSHED", "MERGED", "KEPT", "CONFLICT", "REFUSED", "GIVEN_UP"]
"""MERGED: a later change of the field went in its place; KEPT: it stays here, since no CRM was
connected or the record is further on there; CONFLICT: a person has changed it there since;
GIVEN_UP: it was tried for two weeks."""
PromiseState = Literal["OPEN", "KEPT", "DUE", "CANCELLED"]
"""DUE: its time has passed and nothing shows that it was kept."""
Party = Literal["buyer", "owner"]


AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
"""An instant that has always passed."""


@dataclass(frozen=True, slots=True)
class Due:
    """A row that is due: what it is, its id, and the mailbox lane that must work it."""

    kind: DueKind
    row_id: str


@dataclass(frozen=True, slots=True)
class Brought:
    """A contact as a batch brings it, with the bases of its person where it is the primary one."""

    contact: Contact
    content: str
    """A hash of all that these two are made of."""
    consents: tuple[Consent, ...] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a store has from earlier batches; where it knows nothing, all is written again."""

    marks: dict[str, str] = field(default_factory=dict)
    """`Brought.content` by contact, where nothing else has written to either since."""
    arms: tuple[tuple[str, str, str, str], ...] = ()
    """Experiment, unit, person and arm of each assignment."""
    tasks: frozenset[str] = frozenset()
    """Ids of touches."""
    stopped: frozenset[str] = frozenset()
    """Persons whom a stop of the CRM names, and for whom nothing waits."""


@dataclass(frozen=True, slots=True)
class Task:
    """A touch that waits for its time; made from an `OutreachTask`."""

    tenant_id: str
    task_id: str
    person_id: str
    contact_id: str
    account_id: str | None
    campaign_id: str
    campaign_version: int
    touch: int
    playbook: str
    experiment_id: str
    arm: str
    mailbox: str
    expires_at: datetime
    due_at: datetime
    autonomy: Autonomy | Literal[""] = ""
    state: TaskState = "WAITING"
    was_checked: bool = False
    """Whether its first policy check has been traced; a deferred touch is checked again."""


RequestKind = Literal["access", "erasure", "correction"]
RequestState = Literal["ASKED", "OPEN", "DONE", "REFUSED"]
"""ASKED: a mail asks whether it was them; OPEN: it was, and the month counts."""


@dataclass(frozen=True, slots=True)
class DataRequest:
    """What a person wants done with their data (GDPR articles 15 to 20)."""

    tenant_id: str
    request_id: str
    """Nobody can guess it; in hex, so that a command never takes it for an option."""
    person_id: str
    thread_id: str
    kind: RequestKind
    asked_at: datetime
    ask_until: datetime
    """The mail that asks is good until then."""
    words: str = ""
    """What is wrong and how it should read, without personal data."""
    state: RequestState = "ASKED"
    confirmed_at: datetime | None = None
    due_at: datetime | None = None
    """When it must be done at the latest; None until it is confirmed."""
    closed_at: datetime | None = None
    closed_by: str = ""
    why: str = ""
    """Why it was refused."""
    removed: str = ""
    """When its words were removed, and by which rule; empty while they are there."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One entry of the suppression lists; a lifted one stays, with why and on what proof."""

    tenant_id: str
    scope: ListScope
    value: str
    """An address, a domain (its subdomains too), or an account id; in lower case."""
    reason: str
    source: str
    recorded_at: datetime
    lifted_at: datetime | None = None
    lifted_why: str = ""
    proof: str = ""
    """Where a new consent is recorded; needed to lift what a person asked for."""


@dataclass(frozen=True, slots=True)
class Message:
    """One outgoing mail; `subject` and `body` hold typed placeholders, never personal data."""

    tenant_id: str
    message_id: str
    thread_id: str
    person_id: str
    contact_id: str
    account_id: str | None
    actor: Actor
    mailbox: str
    to_email: str
    touch_class: TouchClass
    purpose: str
    action: ActionKind
    subject: str
    sentences: tuple[Sentence, ...]
    language: str
    confidence: float
    playbook: str
    due_at: datetime
    channel: ChannelName = "email"
    content_ids: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()
    template: Template | None = None
    is_drafted: bool = False
    campaign_id: str | None = None
    task_id: str | None = None
    touch: int | None = None
    arm: str | None = None
    experiment_id: str | None = None
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    invite: str = ""
    """An iCalendar request to attach; empty when there is none."""
    lead_created_at: datetime | None = None
    expires_at: datetime | None = None
    was_checked: bool = False
    """Whether a turn has traced the first policy check of this message."""
    state: MessageState = "READY"
    attempt: int = 0
    rfc_message_id: str = ""
    sent_at: datetime | None = None
    opinions: Opinions = NO_OPINIONS
    """What a model of entailment said of a draft's own words, for the permit as it is sent."""
    removed: str = ""
    """When its words were removed, and by which rule; empty while they are there."""

    @property
    def is_owed(self) -> bool:
        """Whether it may go out after a stop: what a stop, HELP or a right over data is owed."""
        owed = ("confirm_stop", "confirm_request", "explain")
        return self.touch_class == "transactional" and self.action in owed

    @property
    def body(self) -> str:
        """The text as stored, with placeholders."""
        return "\n\n".join(s.text for s in self.sentences)

    @property
    def content_hash(self) -> str:
        """SHA-256 of all that an approval binds: channel, sender, recipient, words."""
        parts = (self.channel, self.mailbox, self.to_email, self.subject, self.body, self.invite)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message that arrived, in placeholder text; `key` makes a repeat the same event."""

    tenant_id: str
    key: str
    mailbox: str
    lane: str
    thread_id: str
    person_id: str
    subject: str
    text: str
    rfc_message_id: str
    in_reply_to: str
    received_at: datetime
    due_at: datetime
    channel: ChannelName = "email"
    is_request: bool = False
    """Begins something new: a form, or a mail to the shared inbox that answers nothing."""
    auto_submitted: bool = False
    cue: Cue = ""
    bounce_of: str = ""
    bounce_status: str = ""
    is_about_invite: bool = False
    """Its calendar part answers an invitation of ours, and that was heard on arrival."""
    proposes: datetime | None = None
    """When their calendar would have a meeting begin instead (iTIP COUNTER)."""
    plain_means: str = ""
    """What a bare yes or no means as the answer to what was asked last; see `Observation`."""
    state: InboundState = "NEW"
    removed: str = ""
    """When its words were removed, and by which rule; empty while they are there."""


@dataclass(frozen=True, slots=True)
class MailCursor:
    """How far a folder of a mail server has been read."""

    source: str
    """Account and folder."""
    uid_validity: int
    """While it stays the same, the UIDs of the folder mean the same mails (RFC 9051)."""
    last_uid: int
    first_read_at: datetime
    """Mail from before is history and not ours to answer."""


@dataclass(frozen=True, slots=True)
class ChatLine:
    """One thing that was said in a chat and is to be seen there, in placeholder text."""

    line_id: str
    by: Literal["visitor", "agent", "person"]
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChatMark:
    """How far a thread is; it changes with everything that a chat window has to show."""

    lines: int = 0
    """Messages that have come in or gone out, on whatever channel."""
    waiting: int = 0
    """Messages of the buyer that nobody has dealt with yet."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A calendar event of ours; HOLDING until the calendar has confirmed it."""

    tenant_id: str
    uid: str
    thread_id: str
    person_id: str
    slot: Slot
    actor: Actor
    state: MeetingState = "HOLDING"
    event_uid: str = ""
    """UID in calendars where the meeting was moved and so keeps that of the one before."""
    sequence: int = 0
    """How often the event was moved (RFC 5545 SEQUENCE)."""
    attendance: Attendance = ""
    """What the attendee answered, or what became of it."""

    @property
    def ical_uid(self) -> str:
        """The UID that the calendar and the buyer know."""
        return self.event_uid or self.uid


@dataclass(frozen=True, slots=True)
class Hold:
    """An offered time, kept in the owner's calendar while its buyer decides."""

    tenant_id: str
    hold_id: str
    """UID in the calendar: that of the meeting which it may become."""
    thread_id: str
    person_id: str
    lane: str
    slot: Slot
    made_at: datetime
    until: datetime
    due_at: datetime
    """When it is next worked: at once to be written or taken out, else at its end."""
    state: HoldState = "OPEN"
    attempts: int = 0
    """How often the calendar could not be asked to let it go."""


def ended(hold: Hold, now: datetime) -> Hold:
    """Returns a hold that is to be taken out of the calendar at once."""
    return replace(hold, until=min(hold.until, now), due_at=min(hold.due_at, now))


def in_order(holds: Iterable[Hold]) -> tuple[Hold, ...]:
    """Returns holds with the earliest time first."""
    return tuple(sorted(holds, key=lambda hold: (hold.slot.start, hold.hold_id)))


@dataclass(frozen=True, slots=True)
class Stop:
    """One reason why a person must not be written to, and where it came from."""

    reason: str
    source: str
    """Key of the message that asked, or the system that says so."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """A meeting that its guest is to be reminded of; how and where is decided when it is due."""

    tenant_id: str
    reminder_id: str
    uid: str
    """Of the meeting."""
    person_id: str
    lane: str
    due_at: datetime
    state: ReminderState = "WAITING"


@dataclass(frozen=True, slots=True)
class Promise:
    """What somebody said they would do by when; kept by their next mail in the thread."""

    tenant_id: str
    promise_id: str
    thread_id: str
    person_id: str
    lane: str
    by: Party
    words: str
    """In placeholder text."""
    made_at: datetime
    due_at: datetime
    state: PromiseState = "OPEN"
    removed: str = ""
    """When its words were removed, and by which rule; empty while they are there."""


@dataclass(frozen=True, slots=True)
class HumanTask:
    """Work for a person: an inbound request of the control arm, a hand-off, something to read."""

    tenant_id: str
    task_id: str
    thread_id: str
    person_id: str
    kind: Literal["inbound_request", "handoff", "notice", "brief", "linkedin"]
    """notice and brief ask for no answer; linkedin: a draft to post by hand, or not."""
    route_to: str
    reason: str
    text: str
    received_at: datetime
    state: HumanTaskState = "OPEN"
    priority: Literal["usual", "fast"] = "usual"
    role: str = ""
    """The role that has it now; empty until it is routed."""
    assignee: str = ""
    """Address of the person who has it."""
    assigned_at: datetime | None = None
    acknowledged_by: str = ""
    next_at: datetime | None = AT_ONCE
    """When it is routed, or goes on to the next role; None when it stays where it is."""
    removed: str = ""
    """When its words were removed, and by which rule; empty while they are there."""

    @property
    def is_superseded(self) -> bool:
        """Whether a newer mail of the thread takes its place; a right over data stays work."""
        return self.waits_for_answer and not self.reason.startswith("data_")

    @property
    def waits_for_answer(self) -> bool:
        """Whether a buyer waits for what a person will say."""
        return self.kind in ("inbound_request", "handoff")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a CRM record, before and after, so that it can be undone."""

    tenant_id: str
    change_id: str
    thread_id: str
    object: str
    """contact, account or deal."""
    record_id: str
    field: str
    before: str
    after: str
    by: str
    """agent, or the name of a person."""
    reason: str
    at: datetime
    undoes: str = ""
    """Id of the change that this one takes back."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A case for support, in placeholder text."""

    tenant_id: str
    ticket_id: str
    thread_id: str
    person_id: str
    subject: str
    text: str
    blocker: str
    priority: Literal["usual", "fast"]
    opened_at: datetime
    state: Literal["OPEN", "SOLVED"] = "OPEN"
    removed: str = ""
    """When its words were removed, and by which rule; empty while they are there."""


@dataclass(frozen=True, slots=True)
class Push:
    """A row on its way to the vendor's CRM."""

    tenant_id: str
    kind: PushKind
    row_id: str
    due_at: datetime
    state: PushState = "WAITING"
    attempts: int = 0
    """How often it was tried in vain."""
    reason: str = ""
    """Why it is not there, in words."""
    vendor_id: str = ""
    found: str = ""
    """What the field holds there instead, in placeholder text."""
    leave: str | None = None
    """The value there that a person has given leave to write over."""
    queued_at: datetime = AT_ONCE
    """When it was first queued; rows of one record are delivered in this order."""
    record: str = ""
    """The record whose rows keep their order: `person:`, `account:` or `deal:` and its id."""
    stood: str = ""
    """What the field held there just before it was written, in placeholder text."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One thing that could be said: the candidate, and the message that it would become."""

    candidate: Candidate
    message: Message
    hits: tuple[Verdict, ...] = ()
    """What the rules had against it when it was drafted, the leave of a person aside or not."""
    edited_by: tuple[str, ...] = ()
    """Who wrote its words anew before anybody decided."""
    original: Message | None = None
    """The message as it was drafted, where somebody has edited it."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Drafts that wait for a person. Leave binds one message's words, recipient and channel."""

    tenant_id: str
    approval_id: str
    thread_id: str
    person_id: str
    drafts: tuple[Draft, ...]
    """Best first; nothing of them is sent before somebody chooses."""
    why: str
    heard: str
    """What the buyer wrote, in placeholder text; empty when the agent would write first."""
    made_at: datetime
    inbound_key: str = ""
    state: ApprovalState = "OPEN"
    stopped: tuple[Weighed, ...] = ()
    """Drafts that the rules or the style guide stopped; nobody can choose them."""
    option: int = 0
    """Number of the draft that was approved, from 1; 0 while none is."""
    message_id: str = ""
    """The message that was approved."""
    content_hash: str = ""
    is_edited: bool = False
    decided_by: str = ""
    decided_at: datetime | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    removed: str = ""
    """When its words were removed, and by which rule; empty while they are there."""
    version: int = 0
    """Counts every change, so that who decides on what they saw learns that it is another now."""
    shown_hash: str = ""
    """SHA-256 of subject and body as the approver read them, names filled in."""
    sent_back: str = ""
    """What has to be changed before it may be approved, in placeholder text; empty: nothing."""
    requested_by: tuple[str, ...] = ()
    """Who asked for a change of it."""

    @property
    def authors(self) -> frozenset[str]:
        """Who wrote or asked for what is in it, the agent aside."""
        return frozenset((*self.requested_by, *(w for d in self.drafts for w in d.edited_by)))


@dataclass(frozen=True, slots=True)
class Later:
    """An approval that is out of the queue until a time: put off, or approved and not yet gone."""

    tenant_id: str
    approval_id: str
    state: LaterState
    due_at: datetime
    by: str
    lane: str = ""
    batch_id: str = ""
    """What was approved at once, and is undone at once."""
    draft: int = 0
    """Number of the draft that leaves, from 0."""
    version: int = 0
    """That of the approval when it was decided on."""
    shown_hash: str = ""
    """As in `Approval`: what was read."""
    why_not: str = ""
    """Why it did not leave after all; empty where it did, or may still."""
