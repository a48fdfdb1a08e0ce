"""Takes back a write to the CRM, unless somebody has written over it since."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import cast

from agent_runtime import log
from agent_runtime.crm_lists import list_of
from agent_runtime.crm_outbox import queue
from agent_runtime.crm_port import Crm, CrmTrouble, Record, RecordKind, Standing
from agent_runtime.errors import ParleyError
from agent_runtime.placeholders import fill, redact
from agent_runtime.ports import Store, Tx
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


def standing_there(store: Store, crm: Crm, change: FieldChange) -> Standing | None:
    """Returns what the CRM holds of a field that was written there; None where it was not.

    Raises:
        FieldChangeError: the CRM could not be asked.
    """
    with store.begin() as tx:
        pushed = tx.push("change", change.change_id)
        contact = tx.contact_of(change.thread_id.removeprefix("thread-"))
        originals = tx.recall(change.thread_id)
    if not crm.name or contact is None or pushed is None or pushed.state != "PUSHED":
        return None
    record = Record(cast(RecordKind, change.object), change.record_id, contact.email)
    try:
        there = crm.value(record, change.field)
    except CrmTrouble as trouble:
        raise FieldChangeError(
            f"change {change.change_id}: {crm.name} cannot be asked what the field holds "
            f"({trouble.outcome.reason}); try again later, or leave it."
        ) from None
    if there.value.strip() == fill(change.after, contact, originals).strip():
        return replace(there, value=change.after)
    return replace(there, value=redact(there.value, contact, known=originals).text)


def undo(
    tx: Tx,
    change: FieldChange,
    *,
    by: str,
    now: datetime,
    versions: log.Versions,
    there: Standing | None = None,
) -> FieldChange:
    """Writes the value from before, as a change of its own.

    Args:
        tx: The transaction in which it is written.
        change: What is taken back.
        by: Who decides.
        now: When.
        versions: For the trace.
        there: What the CRM holds, where it was asked.

    Raises:
        FieldChangeError: somebody has changed the field since; it says who and when.
    """
    written = tx.changes_of(change.object, change.record_id, change.field)
    last = written[-1] if written else change
    current = tx.crm_value(change.object, change.record_id, change.field)
    if current != change.after:
        raise FieldChangeError(
            f"change {change.change_id}: field {change.field} holds {current!r} by now, not "
            f"{change.after!r}, written by {last.by} on {last.at:%Y-%m-%d %H:%M}; undo the later "
            "change first."
        )
    if there is not None and there.value != change.after:
        who = there.by or "somebody"
        when = f" on {there.at:%Y-%m-%d %H:%M} UTC" if there.at else ""
        raise FieldChangeError(
            f"change {change.change_id}: field {change.field} holds {there.value!r} in the CRM, "
            f"not {change.after!r}, written by {who}{when}; it is left as it is."
        )
    pushed = tx.push("change", change.change_id)
    if list_of(change.field) and pushed is not None and pushed.stood == change.after:
        raise FieldChangeError(
            f"change {change.change_id}: the contact was {change.after} the list before we wrote "
            "it, so there is nothing of ours to take back."
        )
    # What a person had given leave to write over comes back, not what we knew of before.
    stood = pushed.stood if pushed is not None and pushed.state == "PUSHED" else ""
    back = replace(
        change,
        change_id=hashlib.sha256(f"{change.change_id}\x1fundo".encode()).hexdigest()[:20],
        before=change.after,
        after=stood if stood not in ("", change.after) else change.before,
        by=by,
        reason="undone",
        at=now,
        undoes=change.change_id,
    )
    if not tx.add_change(back):
        raise FieldChangeError(f"change {change.change_id}: it has been undone already.")
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
