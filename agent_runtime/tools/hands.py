"""Carries out permitted calls: fields of the CRM, tickets; each once, with before and after."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent_runtime.crm_outbox import queue
from agent_runtime.domain import Session
from agent_runtime.policies.tool_permit import ToolPermit
from agent_runtime.ports import Tx
from agent_runtime.store.rows import FieldChange, Ticket


@dataclass(frozen=True, slots=True)
class Cause:
    """In which thread a call is made, by what message, and when."""

    session: Session
    message_key: str
    at: datetime


Hand = Callable[[Tx, ToolPermit, Cause], str]
"""Carries out one permitted call and returns the id of what it made."""


def update_crm(tx: Tx, permit: ToolPermit, cause: Cause) -> str:
    """Writes fields of one record; a value that stands already changes nothing."""
    kind, _, record_id = permit.call.target.partition(":")
    made = ""
    for name, value in permit.call.values:
        change = FieldChange(
            tenant_id=cause.session.tenant_id,
            change_id=_digest(cause.message_key, permit.call.target, name),
            thread_id=cause.session.thread_id,
            object=kind,
            record_id=record_id,
            field=name,
            before=tx.crm_value(kind, record_id, name),
            after=value,
            by="agent",
            reason=permit.call.reason,
            at=cause.at,
        )
        if change.before != change.after and tx.add_change(change):
            queue(tx, "change", change.change_id, at=cause.at)
            made = made or change.change_id
    return made


def open_ticket(tx: Tx, permit: ToolPermit, cause: Cause) -> str:
    """Opens a ticket for support; the same message opens it once."""
    values = dict(permit.call.values)
    ticket = Ticket(
        tenant_id=cause.session.tenant_id,
        ticket_id=f"T-{_digest(cause.message_key, 'ticket')[:10]}",
        thread_id=cause.session.thread_id,
        person_id=cause.session.person_id,
        subject=values.get("subject", ""),
        text=values.get("text", ""),
        blocker=values.get("blocker", ""),
        priority="fast" if values.get("priority") == "fast" else "usual",
        opened_at=cause.at,
    )
    if not tx.add_ticket(ticket):
        return ""
    queue(tx, "ticket", ticket.ticket_id, at=cause.at)
    return ticket.ticket_id


@dataclass(frozen=True, slots=True)
class Hands:
    """The tools that there are, by name. A tool that is not here cannot be used by anybody."""

    tools: Mapping[str, Hand] = field(
        default_factory=lambda: {"crm.update": update_crm, "tickets.open": open_ticket}
    )

    def do(self, tx: Tx, permit: ToolPermit, cause: Cause) -> str:
        """Carries out a permitted call in the transaction of its turn; returns what it made."""
        return self.tools[permit.call.tool](tx, permit, cause)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]
