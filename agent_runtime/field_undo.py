"""Takes back a write to the CRM, unless somebody has written over it since."""

import hashlib
from dataclasses import replace
from datetime import datetime

from agent_runtime import log
from agent_runtime.crm_outbox import queue
from agent_runtime.errors import ParleyError
from agent_runtime.ports import Tx
from agent_runtime.store.rows import FieldChange


class FieldChangeError(ParleyError):
    """A change that is not there, or that cannot be taken back any more."""


def find_change(tx: Tx, change_id: str) -> FieldChange:
    """Returns the change whose id begins so.

    Raises:
        FieldChangeError: there is none, or more than one.
    """
    found = [change for change in tx.changes() if change.change_id.startswith(change_id)]
    if len(found) == 1:
        return found[0]
    how_many = "no change" if not found else f"{len(found)} changes"
    raise FieldChangeError(
        f"change {change_id!r}: {how_many} with this id; see `parley crm changes` for the ids."
    )


def undo(
    tx: Tx, change: FieldChange, *, by: str, now: datetime, versions: log.Versions
) -> FieldChange:
    """Writes the value from before, as a change of its own.

    Raises:
        FieldChangeError: the field holds something else by now.
    """
    current = tx.crm_value(change.object, change.record_id, change.field)
    if current != change.after:
        raise FieldChangeError(
            f"change {change.change_id}: field {change.field} holds {current!r} by now, not "
            f"{change.after!r}; undo the later change first."
        )
    back = replace(
        change,
        change_id=hashlib.sha256(f"{change.change_id}\x1fundo".encode()).hexdigest()[:20],
        before=change.after,
        after=change.before,
        by=by,
        reason="undone",
        at=now,
        undoes=change.change_id,
    )
    if not tx.add_change(back):
        raise FieldChangeError(f"change {change.change_id}: it has been undone already.")
    pushed = tx.push("change", change.change_id)
    if pushed is not None and pushed.state in ("WAITING", "PUSHED", "KEPT"):
        queue(tx, "change", back.change_id, at=now)
    if change.by.startswith("enrichment:"):
        _restore_fact(tx, change)
    session = tx.session_of(change.thread_id.removeprefix("thread-"))
    if session is not None:
        journal = log.Journal(tx, session, now=now, versions=versions)
        journal.write("crm_write", back.change_id, payload=log.undone(back))
    return back


def _restore_fact(tx: Tx, change: FieldChange) -> None:
    """What a source said stands among the facts of every contact of the account."""
    for contact in tx.contacts():
        if contact.account_id == change.record_id:
            facts = dict(contact.facts) | {change.field: change.before}
            kept = tuple((name, value) for name, value in facts.items() if value)
            tx.add_contact(replace(contact, facts=kept))
