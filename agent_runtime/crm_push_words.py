"""How far a row is on its way to the CRM, as a person reads it and as JSON."""

from typing import Any

from agent_runtime.ports import Tx
from agent_runtime.store.rows import Push

WORDS = {
    "WAITING": "waits",
    "PUSHED": "there",
    "MERGED": "there with a later change",
    "KEPT": "kept here",
    "CONFLICT": "conflict",
    "REFUSED": "refused",
    "GIVEN_UP": "given up",
}
DEAD = frozenset({"REFUSED", "GIVEN_UP"})
"""States in which nothing happens any more until a person queues the row again."""


def push_row(tx: Tx, push: Push) -> dict[str, Any]:
    """Returns one row of the queue as JSON can hold it."""
    what = push.kind
    if push.kind == "change" and (change := tx.change(push.row_id)):
        what = f"{change.object}:{change.record_id} {change.field}: {change.after or '(empty)'!r}"
    elif push.kind == "ticket" and (ticket := tx.ticket(push.row_id)):
        what = f"ticket: {ticket.subject}, {ticket.state.lower()}"
    elif push.kind in ("sent", "heard"):
        what = f"timeline: what was {push.kind}"
    elif push.kind == "stop":
        what = f"opt-out of {push.row_id}"
    elif push.kind == "choice":
        what = f"note: what {push.row_id} has turned off"
    elif push.kind == "work" and (work := tx.human_task(push.row_id)):
        what = (
            f"{work.kind.replace('_', ' ')}: {work.reason.replace('_', ' ')}, {work.state.lower()}"
        )
    elif push.kind == "meeting" and (meeting := tx.meeting(push.row_id)):
        what = f"meeting of {meeting.slot.start:%Y-%m-%d %H:%M}: {meeting.state.lower()}"
    return {
        "id": push.row_id,
        "kind": push.kind,
        "what": what,
        "state": push.state,
        "reason": push.reason,
        "found": push.found,
        "vendor_id": push.vendor_id,
        "attempts": push.attempts,
        "due_at": push.due_at.isoformat(),
        "queued_at": push.queued_at.isoformat(),
    }


def said(row: dict[str, Any]) -> str:
    """Returns how far a row is, in words."""
    words = WORDS[row["state"]]
    if row["state"] == "PUSHED":
        words += f" as {row['vendor_id']}"
    if row["state"] == "WAITING" and row["attempts"]:
        words += f", tried {row['attempts']} times, next at {row['due_at'][:16]}"
    if row["reason"]:
        words += f": {row['reason']}"
    return words + (
        f"; it holds {row['found'] or '(empty)'!r}" if row["state"] == "CONFLICT" else ""
    )
