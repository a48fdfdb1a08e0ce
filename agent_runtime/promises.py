"""Promises of a thread: heard, kept by the next mail of who made them, or due (R33)."""

import hashlib
from datetime import datetime

from agent_runtime.domain import Contact, Session
from agent_runtime.hearing.promises import hear_promises
from agent_runtime.ports import Tx
from agent_runtime.store.rows import HumanTask, Party, Promise


def note_promises(
    tx: Tx,
    session: Session,
    contact: Contact,
    text: str,
    *,
    by: Party,
    cause: str,
    language: str,
    now: datetime,
) -> tuple[Promise, ...]:
    """Keeps what the writer had promised before, and adds what they promise now.

    Args:
        tx: The transaction of the mail.
        session: The thread.
        contact: Whose time zone says what "Monday" is.
        text: What was written, in placeholder text.
        by: Who wrote it.
        cause: Id of the mail, so that working it again adds nothing.
        language: Two letters.
        now: When it was written.
    """
    for promise in tx.open_promises(session.thread_id):
        if promise.by == by and promise.made_at < now:
            tx.close_promise(promise.promise_id, "KEPT")
    made = []
    for number, heard in enumerate(hear_promises(text, language, now=now, zone=contact.time_zone)):
        promise = Promise(
            tenant_id=session.tenant_id,
            promise_id=_digest(session.thread_id, cause, str(number)),
            thread_id=session.thread_id,
            person_id=session.person_id,
            lane=contact.mailbox,
            by=by,
            words=heard.words,
            made_at=now,
            due_at=heard.due_at,
        )
        if tx.add_promise(promise):
            made.append(promise)
    return tuple(made)


def remind(tx: Tx, promise: Promise) -> HumanTask:
    """Puts a promise whose time has passed before the owner of the thread."""
    tx.close_promise(promise.promise_id, "DUE")
    ours = promise.by == "owner"
    task = HumanTask(
        tenant_id=promise.tenant_id,
        task_id=f"{promise.promise_id}:due",
        thread_id=promise.thread_id,
        person_id=promise.person_id,
        kind="notice",
        route_to="owner",
        reason="our_promise_is_due" if ours else "their_promise_is_due",
        text=promise.words,
        received_at=promise.due_at,
        priority="fast" if ours else "usual",
    )
    tx.save_human_task(task)
    return task


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]
