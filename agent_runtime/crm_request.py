"""What a queued row asks of the CRM, read from the store at the moment of asking."""

from collections.abc import Mapping, Sequence
from typing import cast

from agent_runtime import crm_timeline
from agent_runtime.crm_lists import list_of, membership_of
from agent_runtime.crm_port import (
    Activity,
    Case,
    OptOut,
    Outcome,
    Record,
    RecordKind,
    Request,
    Write,
)
from agent_runtime.domain import Contact
from agent_runtime.placeholders import fill
from agent_runtime.ports import Tx
from agent_runtime.store.rows import WISHED, FieldChange, Push, PushKind, Ticket

_STAYS_HERE = ("SECRET", "WALLET", "CARD", "IBAN", "NATIONAL_ID", "IP")
"""Kinds of placeholders whose originals never leave the vault for a CRM."""
BY_CRM = "crm"
"""Who made a change that was found in the CRM."""
GONE = Outcome("refused", "the row is no longer in the store")
NOBODY = Outcome("refused", "the thread has no contact any more")


def person_of(tx: Tx, kind: PushKind, row_id: str) -> str:
    """Returns whom a queued row is about, empty when it is gone."""
    if kind in WISHED:
        return row_id
    if kind == "change":
        change = tx.change(row_id)
        return change.thread_id.removeprefix("thread-") if change else ""
    reads = {
        "ticket": tx.ticket,
        "work": tx.human_task,
        "meeting": tx.meeting,
        "sent": tx.message,
        "heard": tx.inbound,
    }
    row = reads[kind](row_id)
    return row.thread_id.removeprefix("thread-") if row else ""


def record_of(tx: Tx, kind: PushKind, row_id: str) -> str:
    """Returns the record whose rows are delivered in their order; empty: in any order."""
    change = tx.change(row_id) if kind == "change" else None
    if change is not None and change.object != "contact":
        return f"{change.object}:{change.record_id}"
    person = person_of(tx, kind, row_id)
    return f"person:{person}" if person else ""


def request_of(
    tx: Tx, push: Push, contact: Contact | None, carried: Sequence[Push] = ()
) -> Request | Outcome:
    """Returns what to ask, or a refusal where it must not be asked.

    Args:
        tx: The transaction that reads the row.
        push: The row of the queue.
        contact: The contact of its thread, if there is one yet.
        carried: Earlier waiting changes of the same field, in whose place this one goes.
    """
    if push.kind == "stop":
        return OptOut(push.row_id, _addresses(tx, push.row_id))
    if contact is None:
        return NOBODY
    originals = _shown(tx.recall(f"thread-{contact.person_id}"))
    if push.kind == "change":
        change = tx.change(push.row_id)
        if change is not None and list_of(change.field):
            return membership_of(tx, push, change, contact)
        return _write(tx, push, change, contact, originals, carried) if change else GONE
    if push.kind == "ticket":
        ticket = tx.ticket(push.row_id)
        return _case(ticket, contact, originals) if ticket else GONE
    return _activity(tx, push, contact, originals) or GONE


def _addresses(tx: Tx, person_id: str) -> tuple[str, ...]:
    """The addresses of everybody who is the same person."""
    contacts = (tx.contact_of(one) for one in tx.persons_of(person_id))
    return tuple(sorted({c.email.strip().lower() for c in contacts if c and c.email}))


def _write(
    tx: Tx,
    push: Push,
    change: FieldChange,
    contact: Contact,
    originals: Mapping[str, str],
    carried: Sequence[Push],
) -> Write | Outcome:
    owner = {"contact": contact.contact_id, "account": contact.account_id}
    if owner.get(change.object, change.record_id) != change.record_id:
        return Outcome("refused", f"the thread's {change.object} is another one by now")
    written = tx.changes_of(change.object, change.record_id, change.field)
    place = {c.change_id: number for number, c in enumerate(written)}
    earlier = written[: place[change.change_id]]
    ours = [c.after for c in earlier if (p := tx.push("change", c.change_id)) and _is_there(p)]
    over = {ours[-1] if ours else ""}
    for number in (place[row.row_id] for row in (*carried, push)):
        # What somebody has written there, and was read back since, is not ours to write over.
        is_theirs = number > 0 and written[number - 1].by == BY_CRM and written[number - 1].after
        over |= set[str]() if is_theirs else {written[number].before}
    over |= {one.leave for one in (push, *carried) if one.leave is not None}
    return Write(
        Record(cast(RecordKind, change.object), change.record_id, contact.email),
        change.field,
        fill(change.after, contact, originals),
        frozenset(fill(value, contact, originals) for value in over),
    )


def _is_there(push: Push) -> bool:
    return push.state == "PUSHED"


def _case(ticket: Ticket, contact: Contact, originals: Mapping[str, str]) -> Case:
    values = {
        "subject": ticket.subject.replace("_", " "),
        "text": fill(ticket.text, contact, originals),
        "blocker": ticket.blocker,
        "priority": ticket.priority,
    }
    is_solved = ticket.state == "SOLVED"
    return Case(ticket.ticket_id, contact.email, tuple(values.items()), is_solved)


def _activity(
    tx: Tx, push: Push, contact: Contact, originals: Mapping[str, str]
) -> Activity | None:
    if push.kind == "choice":
        return crm_timeline.choice(push, tx.choices(push.row_id), contact)
    if push.kind == "sent":
        message = tx.message(push.row_id)
        return crm_timeline.said(message, contact, originals) if message else None
    if push.kind == "heard":
        inbound = tx.inbound(push.row_id)
        return crm_timeline.heard(inbound, contact, originals) if inbound else None
    if push.kind == "work":
        task = tx.human_task(push.row_id)
        return crm_timeline.work(task, contact, originals) if task else None
    meeting = tx.meeting(push.row_id)
    return crm_timeline.meeting(meeting, contact) if meeting else None


def _shown(originals: Mapping[str, str]) -> dict[str, str]:
    return {
        token: value for token, value in originals.items() if not token[2:].startswith(_STAYS_HERE)
    }
