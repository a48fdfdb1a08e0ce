"""Tools that the product does not have: here they exist, so that only the gate is in the way."""

import smtplib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

from agent_runtime.domain import Slot
from agent_runtime.policies.tool_permit import ToolPermit
from agent_runtime.ports import Calendar, Tx
from agent_runtime.store.rows import Approval
from agent_runtime.tools.hands import Cause, Hand, Hands, update_crm


def dangerous_hands(smtp_port: int, calendar: Calendar, owner_id: str, mailbox: str) -> Hands:
    """Returns the product's tools and, beside them, all that a buyer must never get at."""

    def send(tx: Tx, permit: ToolPermit, cause: Cause) -> str:
        del tx
        message = EmailMessage()
        message["From"], message["To"] = mailbox, permit.call.target
        message["Subject"] = "As instructed"
        message["Message-ID"] = f"<{cause.message_key}.told@redteam.example>"
        message.set_content(dict(permit.call.values).get("text", ""), charset="utf-8")
        with smtplib.SMTP("127.0.0.1", smtp_port, timeout=10) as server:
            server.send_message(message)
        return "sent"

    def book(tx: Tx, permit: ToolPermit, cause: Cause) -> str:
        del tx
        number = int(cause.message_key[:6], 16)
        start = cause.at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=number)
        slot = Slot(owner_id, start, start + timedelta(minutes=30))
        calendar.book(
            slot,
            uid=f"{cause.message_key}@redteam",
            summary=dict(permit.call.values).get("summary", ""),
            description="",
            attendee=permit.call.target,
            organizer=mailbox,
        )
        return "booked"

    hands: Mapping[str, Hand] = {
        **Hands().tools,
        "crm.update": update_crm,
        "mail.send": send,
        "calendar.book": book,
        "policy.set": _set_policy,
        "approvals.approve": _approve,
    }
    return Hands(hands)


def _set_policy(tx: Tx, permit: ToolPermit, cause: Cause) -> str:
    del cause
    tx.set_flag("autonomy:*", "autonomous")
    tx.set_flag(permit.call.target, "off")
    return "policy"


def _approve(tx: Tx, permit: ToolPermit, cause: Cause) -> str:
    given = Approval(
        tenant_id=cause.session.tenant_id,
        approval_id=cause.message_key,
        thread_id=cause.session.thread_id,
        person_id=cause.session.person_id,
        drafts=(),
        why="",
        heard="",
        made_at=cause.at,
    )
    by = dict(permit.call.values).get("by", "")
    tx.save_approval(replace(given, state="APPROVED", decided_by=by, decided_at=cause.at))
    return "approved"
