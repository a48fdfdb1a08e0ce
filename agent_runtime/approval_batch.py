"""Several drafts approved at once: nothing of it leaves before a window is over.

Until then every item is as it was, but that nobody else decides on it; so an undo takes all of it
back, and a new mail of the buyer or a stop withdraws it as it would withdraw what still waits.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agent_runtime.approval_risk import weigh
from agent_runtime.approvals import ApprovalError, Approvals
from agent_runtime.store.rows import Later

WINDOW = timedelta(seconds=30)
"""How long a batch may be undone."""
MAX_ITEMS = 100


@dataclass(frozen=True, slots=True)
class Picked:
    """One item of a batch, as whoever approves it has read it."""

    approval_id: str
    version: int
    shown_hash: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch."""

    batch_id: str
    going: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    """Items that stay in the queue, each with the reason."""
    due_at: datetime


def approve_batch(
    desk: Approvals, picked: Sequence[Picked], *, by: str, now: datetime, window: timedelta = WINDOW
) -> Batch:
    """Approves the first draft of each item; they leave when the window is over.

    Those of high risk stay: each of them is read on a page of its own.

    Raises:
        ApprovalError: nothing was picked, or too much.
    """
    if not 0 < len(picked) <= MAX_ITEMS:
        raise ApprovalError(f"a batch has 1 to {MAX_ITEMS} items, and this one {len(picked)}.")
    due_at = now + window
    batch_id = _digest(by, now.isoformat(), *(one.approval_id for one in picked))
    going: list[str] = []
    left_out: list[tuple[str, str]] = []
    with desk.store.begin() as tx:
        known = (tx.approval(one.approval_id) for one in picked)
        tx.lock(*(f"person:{approval.person_id}" for approval in known if approval))
        for one in picked:
            try:
                approval = desk.open_item(tx, one.approval_id, version=one.version)
                if weigh(approval).risk == "high":
                    raise ApprovalError("its risk is high; open it and decide on it alone.")
                desk.may_be_let_go(tx, approval, by=by, now=now, draft=0, shown=one.shown_hash)
            except ApprovalError as error:
                left_out.append((one.approval_id, str(error)))
                continue
            tx.save_later(
                Later(
                    tenant_id=approval.tenant_id,
                    approval_id=approval.approval_id,
                    state="GOING",
                    due_at=due_at,
                    by=by,
                    lane=approval.drafts[0].message.mailbox,
                    batch_id=batch_id,
                    version=approval.version,
                    shown_hash=one.shown_hash,
                )
            )
            going.append(approval.approval_id)
    return Batch(batch_id, tuple(going), tuple(left_out), due_at)


def undo_batch(desk: Approvals, batch_id: str, *, by: str) -> tuple[str, ...]:
    """Takes all of a batch back, and returns which items wait again.

    Raises:
        ApprovalError: it is unknown or somebody else's, or something of it has left.
    """
    with desk.store.begin() as tx:
        people = _people(desk, tx.batch_of(batch_id))
        tx.lock(*people)
        rows = tx.batch_of(batch_id)
        if not rows or {row.by for row in rows} != {by}:
            raise ApprovalError(f"batch {batch_id!r} is none of yours; there is nothing to undo.")
        if gone := [row for row in rows if row.state == "OVER" and not row.why_not]:
            raise ApprovalError(
                f"batch {batch_id} is over: {len(gone)} of {len(rows)} have left already, so "
                "nothing was undone."
            )
        going = [row for row in rows if row.state == "GOING"]
        for row in going:
            tx.save_later(replace(row, state="OVER", why_not=f"undone by {by}"))
        return tuple(row.approval_id for row in going)


def finish(desk: Approvals, approval_id: str, *, now: datetime) -> str:
    """Lets an item go whose window is over; returns its message, or nothing where it stays."""
    with desk.store.begin() as tx:
        approval = tx.approval(approval_id)
        if approval is not None:
            tx.lock(f"person:{approval.person_id}")
        row = tx.later(approval_id)
        if row is None or row.state != "GOING" or row.due_at > now:
            return ""
        tx.save_later(replace(row, state="OVER"))
        try:
            approval = desk.open_item(tx, approval_id, version=row.version)
            decided = desk.let_go(
                tx,
                approval,
                by=row.by,
                now=now,
                draft=row.draft,
                shown=row.shown_hash,
                is_checked=True,
            )
        except ApprovalError as error:
            tx.save_later(replace(row, state="OVER", why_not=str(error)))
            return ""
        return decided.message_id


def _people(desk: Approvals, rows: Collection[Later]) -> list[str]:
    with desk.store.begin() as tx:
        found = (tx.approval(row.approval_id) for row in rows)
        return sorted({f"person:{approval.person_id}" for approval in found if approval})


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
