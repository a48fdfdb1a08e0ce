"""What a queued row asks of the CRM, read from the store at the moment of asking."""

import hashlib
from collections.abc import Mapping
from typing import Literal, cast

from agent_runtime.channels.email.chat_links import without_chat_line
from agent_runtime.crm_port import Activity, Case, Outcome, Record, Write
from agent_runtime.domain import Contact
from agent_runtime.placeholders import fill
from agent_runtime.ports import Tx
from agent_runtime.store.rows import FieldChange, Push, Ticket

Request = Write | Case | Activity

_STAYS_HERE = ("SECRET", "WALLET", "CARD", "IBAN", "NATIONAL_ID", "IP")
"""Kinds of placeholders whose originals never leave the vault for a CRM."""
_CHANNELS = {"email": "E-mail", "sms": "SMS", "whatsapp": "WhatsApp", "chat": "Chat"}


def person_of(tx: Tx, push: Push) -> str:
    """Returns whose thread a queued row belongs to, empty when it is gone."""
    if push.kind == "change":
        row = tx.change(push.row_id)
    elif push.kind == "ticket":
        row = tx.ticket(push.row_id)
    else:
        row = tx.message(push.row_id) if push.kind == "sent" else tx.inbound(push.row_id)
    return row.thread_id.removeprefix("thread-") if row else ""


def request_of(tx: Tx, push: Push, contact: Contact) -> Request | Outcome | Push:
    """Returns what to ask; a refusal where it must not be asked; an earlier row to wait for."""
    originals = _shown(tx.recall(f"thread-{contact.person_id}"))
    if push.kind == "change":
        change = tx.change(push.row_id)
        return _write(tx, push, change, contact, originals) if change else _GONE
    if push.kind == "ticket":
        ticket = tx.ticket(push.row_id)
        return _case(ticket, contact, originals) if ticket else _GONE
    return _activity(tx, push, contact, originals)


_GONE = Outcome("refused", "the row is no longer in the store")


def _write(
    tx: Tx, push: Push, change: FieldChange, contact: Contact, originals: Mapping[str, str]
) -> Write | Outcome | Push:
    owner = {"contact": contact.contact_id, "account": contact.account_id}
    if owner.get(change.object, change.record_id) != change.record_id:
        return Outcome("refused", f"the thread's {change.object} is another one by now")
    over = {change.before}
    written = tx.changes_of(change.object, change.record_id, change.field)
    earlier = written[: [c.change_id for c in written].index(change.change_id)]
    known = [(c, tx.push("change", c.change_id)) for c in earlier]
    waiting = next((p for _, p in known if p is not None and p.state == "WAITING"), None)
    if waiting is not None:
        return waiting
    ours = [c.after for c, p in known if p is not None and p.state == "PUSHED"]
    over.add(ours[-1] if ours else "")
    if push.leave is not None:
        over.add(push.leave)
    return Write(
        Record(
            cast(Literal["contact", "account", "deal"], change.object),
            change.record_id,
            contact.email,
        ),
        change.field,
        fill(change.after, contact, originals),
        frozenset(fill(value, contact, originals) for value in over),
    )


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
) -> Activity | Outcome:
    if push.kind == "sent":
        message = tx.message(push.row_id)
        if message is None:
            return _GONE
        channel, subject, body = message.channel, message.subject, message.body
        what, at = f"sent by the {message.actor} ({message.action})", message.sent_at
    else:
        inbound = tx.inbound(push.row_id)
        if inbound is None:
            return _GONE
        channel, subject, body = inbound.channel, inbound.subject, inbound.text
        what, at = "received", inbound.received_at
    body = without_chat_line(body)
    parts = (f"{_CHANNELS.get(channel, channel)} {what}, by Parley", subject, body)
    text = "\n\n".join(part for part in parts if part)
    key = hashlib.sha256(f"{push.kind}\x1f{push.row_id}".encode()).hexdigest()[:20]
    return Activity(f"A-{key}", contact.email, fill(text, contact, originals), at or push.due_at)


def _shown(originals: Mapping[str, str]) -> dict[str, str]:
    return {
        token: value for token, value in originals.items() if not token[2:].startswith(_STAYS_HERE)
    }
