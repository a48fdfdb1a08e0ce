"""Plays a dialogue through the real runtime, in memory: every rule, every word, nothing sent."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agent_runtime.app import Runtime, assemble
from agent_runtime.arms import publish_controls
from agent_runtime.channels.email.parse import ReceivedMail
from agent_runtime.contracts import Assignment
from agent_runtime.domain import Consent, Contact
from agent_runtime.intake import opened_by_buyer
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Playbook
from agent_runtime.models.language import LanguageModel
from agent_runtime.newcomers import Newcomers, Owner
from agent_runtime.placeholders import fill
from agent_runtime.policies.arms import HOLDOUT
from agent_runtime.policies.permit import Permit
from agent_runtime.ports import Mail, Receipt
from agent_runtime.samples.dialogues import Dialogue, Step
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Message, Task
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

TENANT, EXPERIMENT = "samples", "samples"
OWNER = Owner("owner", "Kim Novak", "kim@samples.example", "relay@samples.example", "Europe/Dublin")
_INBOUND = "hello@samples.example"
_FIRST_NAMES = ("Alex", "Robin", "Sam", "Jules", "Toni", "Kai", "Mika", "Noa", "Luca", "Sascha")
_LAST_NAMES = ("Miller", "Brandt", "Costa", "Lefebvre", "Moretti", "Vega", "Walsh", "Nowak", "Lund")
_PLACES = {
    "en": ("IE", "Europe/Dublin"),
    "de": ("DE", "Europe/Berlin"),
    "es": ("ES", "Europe/Madrid"),
    "fr": ("FR", "Europe/Paris"),
    "pt": ("PT", "Europe/Lisbon"),
    "it": ("IT", "Europe/Rome"),
}
_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a thread, as its reader sees it."""

    by: str
    """`agent` or `buyer`."""
    at: datetime
    subject: str
    text: str
    facts: tuple[str, ...] = ()
    """The approved texts that it is made of."""
    is_approved: bool = True
    """Whether every sentence reads as one of them says; what a buyer writes is no matter."""


@dataclass(frozen=True, slots=True)
class Thread:
    """One sample: who it is with, what was said, and how it ended."""

    dialogue: Dialogue
    reader: str
    lines: tuple[Line, ...]
    outcome: str

    @property
    def ours(self) -> tuple[Line, ...]:
        """What the agent wrote."""
        return tuple(line for line in self.lines if line.by == "agent")


class _Shelf:
    """A channel that keeps what it is given; a permit is asked for as on every other."""

    def send(self, mail: Mail, permit: Permit, *, permitted_words: tuple[str, str]) -> Receipt:
        """Takes a mail that is permitted word for word."""
        subject, body = permitted_words
        if not permit.covers(
            recipient=mail.recipient, mailbox=mail.sender, subject=subject, body=body
        ):
            raise PermissionError("a sample was to be sent without a permit")
        return Receipt("sent", "250")


def play(
    dialogue: Dialogue,
    number: int,
    *,
    playbook: Playbook,
    library: Library,
    model: LanguageModel,
    at: datetime,
) -> Thread:
    """Returns the thread of one dialogue; the same arguments always play the same.

    Args:
        dialogue: What happens, and with whom.
        number: Which sample it is, from 0; gives the reader a name.
        playbook: Which one speaks.
        library: What may be said.
        model: Reads the buyer.
        at: When it begins; a working hour, in which mail may go out.
    """
    reader = _reader(dialogue, number)
    store = MemoryStore(TENANT)
    publish_controls(store, {EXPERIMENT: (HOLDOUT,)})
    store.add_contact(reader)
    basis = Consent("email", playbook.on("email").purpose, "consent", "samples", at)
    store.add_consents(reader.person_id, [basis])
    store.add_assignment(
        Assignment(
            tenant_id=TENANT,
            experiment_id=EXPERIMENT,
            unit_id=reader.person_id,
            person_id=reader.person_id,
            arm="agent",
            layer="samples",
            spec_hash="samples",
            assigned_at=at,
            how="hash",
        )
    )
    hosts = (OWNER.owner_id, reader.fact("specialist_id"))
    runtime = assemble(
        store,
        library=library,
        model=model,
        calendar=MemoryCalendar(dict.fromkeys(hosts, OfficeHours(OWNER.time_zone))),
        newcomers=Newcomers(TENANT, (OWNER,), None),
        inbound_address=_INBOUND,
    )
    if dialogue.opened_by == "buyer":
        store.save_session(
            replace(opened_by_buyer(reader), playbook=playbook.id, state=playbook.start)
        )
    said: list[Line] = []
    for place, step in enumerate(dialogue.steps):
        now = at + place * _PAUSE
        said += _happens(step, place, store, runtime, reader, playbook, now)
    lines = sorted([*said, *_ours(store, library, reader)], key=lambda line: line.at)
    name = f"{reader.first_name} {reader.last_name}"
    return Thread(dialogue, name, tuple(lines), _outcome(store, reader))


def _happens(
    step: Step,
    place: int,
    store: MemoryStore,
    runtime: Runtime,
    reader: Contact,
    playbook: Playbook,
    now: datetime,
) -> Iterator[Line]:
    if step.due is not None:
        store.add_task(_task(step.due, reader, playbook, now))
    else:
        yield Line("buyer", now, "", step.text)
        mail = ReceivedMail(
            key=f"mail-{place}",
            sender=reader.email,
            recipient=reader.mailbox,
            subject="",
            text=step.text,
            rfc_message_id=f"<mail-{place}@{reader.email.partition('@')[2]}>",
            in_reply_to="",
            auto_submitted=step.is_auto_reply,
        )
        runtime.inbox.receive(mail, now=now)
    until, shelf = now + _PAUSE / 2, _Shelf()
    while due := store.take_due(until):
        for _, row in due:
            runtime.desk.work(row, shelf, now=max(now, until))


def _task(touch: int, reader: Contact, playbook: Playbook, now: datetime) -> Task:
    return Task(
        tenant_id=TENANT,
        task_id=f"touch-{touch}",
        person_id=reader.person_id,
        contact_id=reader.contact_id,
        account_id=reader.account_id,
        campaign_id="",
        campaign_version=1,
        touch=touch,
        playbook=playbook.id,
        experiment_id=EXPERIMENT,
        arm="agent",
        mailbox=reader.mailbox,
        expires_at=now + timedelta(days=20),
        due_at=now,
        autonomy="autonomous",
    )


def _ours(store: MemoryStore, library: Library, reader: Contact) -> Iterator[Line]:
    for message in store.messages.values():
        if message.state != "SENT" or message.sent_at is None:
            continue
        originals = store.recall(message.thread_id)
        yield Line(
            by="agent",
            at=message.sent_at,
            subject=fill(message.subject, reader, originals),
            text=fill(message.body, reader, originals),
            facts=tuple(dict.fromkeys(f for s in message.sentences for f in s.facts)),
            is_approved=_is_approved(message, library),
        )


def _is_approved(message: Message, library: Library) -> bool:
    at = message.sent_at or message.due_at
    return all(
        any(
            library.is_approved(fact, text=s.text, language=message.language, now=at)
            for fact in s.facts
        )
        for s in message.sentences
    )


def _outcome(store: MemoryStore, reader: Contact) -> str:
    if reader.person_id in store.suppressions():
        return "They asked us to stop, and we did."
    if meetings := [m for m in store.meetings.values() if m.state == "CONFIRMED"]:
        return f"A meeting is booked: {meetings[-1].slot.start:%A %d %B, %H:%M} UTC."
    if work := [t for t in store.open_human_tasks() if t.kind == "handoff"]:
        who, why = (said.replace("_", " ") for said in (work[-1].route_to, work[-1].reason))
        return f"Handed over to {who}: {why}."
    session = store.session_of(reader.person_id)
    return f"The conversation stands at: {session.state.replace('_', ' ')}." if session else ""


def _reader(dialogue: Dialogue, number: int) -> Contact:
    country, zone = _PLACES[dialogue.language]
    domain = f"{dialogue.company.split()[0].lower()}.example"
    first = _FIRST_NAMES[number % len(_FIRST_NAMES)]
    return Contact(
        tenant_id=TENANT,
        contact_id=f"c-{number}",
        person_id=f"p-{number}",
        account_id=f"a-{number}",
        email=f"{first.lower()}.{number}@{domain}",
        first_name=first,
        last_name=_LAST_NAMES[number % len(_LAST_NAMES)],
        title=dialogue.title,
        company=dialogue.company,
        country=country,
        language=dialogue.language,
        time_zone=zone,
        owner_id=OWNER.owner_id,
        owner_name=OWNER.name,
        mailbox=OWNER.mailbox,
        owner_email=OWNER.email,
        facts=dialogue.facts,
    )
