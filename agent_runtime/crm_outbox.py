"""Queues rows for the CRM in the transaction that writes them; the worker delivers them later."""

from dataclasses import replace
from datetime import datetime, timedelta

from agent_runtime.arms import controls_of, is_held
from agent_runtime.crm_lists import OFF, STOPPED, change_of, joined
from agent_runtime.crm_request import record_of
from agent_runtime.policies.arms import HOLDOUT, is_control
from agent_runtime.ports import Tx
from agent_runtime.store.rows import AT_ONCE, HumanTask, Inbound, Meeting, Message, Push, PushKind

CONNECTED = "crm"
"""Under this name the worker publishes the vendor that it delivers to, or empty."""
FROM_CRM = "crm"
"""The source of a stop that was read in the CRM, or `crm:` and its name: it is there already."""
WISHES = frozenset(
    {"opt_out", "unsubscribed", "complaint", "denied", "withdrawn", "do_not_contact"}
)
"""Stops that are a person's own wish; an address that bounces is none."""


def queue(tx: Tx, kind: PushKind, row_id: str, *, at: datetime) -> None:
    """Queues a row once."""
    tx.add_push(_new(tx, kind, row_id, at))


def queue_again(tx: Tx, kind: PushKind, row_id: str, *, at: datetime) -> None:
    """Queues a row that has changed since, or that a person wants tried again."""
    known = tx.push(kind, row_id) or _new(tx, kind, row_id, at)
    since = known.queued_at if known.state == "WAITING" else at
    tx.save_push(replace(known, state="WAITING", due_at=at, queued_at=since, attempts=0, reason=""))


def queue_sent(tx: Tx, message: Message, *, at: datetime) -> None:
    """Puts a message that left on the timeline of its contact, where there is a CRM for it."""
    arm = message.experiment_id or "", message.arm or ""
    if not is_control(*arm, controls_of(tx)) and tx.published(CONNECTED):
        queue(tx, "sent", message.message_id, at=at)


def queue_heard(tx: Tx, inbound: Inbound, *, arm: str) -> None:
    """Puts what a buyer wrote on their timeline; records of the holdout are left alone."""
    if arm not in ("", HOLDOUT) and tx.published(CONNECTED):
        queue(tx, "heard", inbound.key, at=inbound.received_at)


def queue_meeting(tx: Tx, meeting: Meeting, *, at: datetime) -> None:
    """Puts a meeting, or what became of it, on the timeline of its guest."""
    if tx.published(CONNECTED) and not is_held(tx, meeting.person_id):
        queue_again(tx, "meeting", meeting.uid, at=at)


def queue_work(tx: Tx, task: HumanTask) -> None:
    """Puts work for a person on the timeline, and that it is done; the stores call it."""
    known = tx.push("work", task.task_id)
    if known is None and tx.published(CONNECTED) and not is_held(tx, task.person_id):
        queue(tx, "work", task.task_id, at=task.received_at)
    elif known is not None and task.state == "DONE" and known.state in ("PUSHED", "KEPT"):
        queue_again(tx, "work", task.task_id, at=max(task.received_at, known.due_at))


def queue_stop(tx: Tx, person_id: str, *, reason: str, source: str, at: datetime) -> None:
    """Tells the CRM of a person's wish, whatever their arm; the stores call it, so none is lost."""
    if reason in WISHES and source.partition(":")[0] != FROM_CRM and tx.published(CONNECTED):
        queue_again(tx, "stop", person_id, at=at)
    _queue_off_lists(tx, person_id, at=at + timedelta(microseconds=1))


def queue_choice(tx: Tx, person_id: str, *, at: datetime) -> None:
    """Tells the CRM what a person has turned off, whatever their arm, at each contact of theirs."""
    for one in tx.persons_of(person_id) if tx.published(CONNECTED) else ():
        contact = tx.contact_of(one)
        if contact is not None and contact.person_id == one:
            queue_again(tx, "choice", one, at=at)


def _queue_off_lists(tx: Tx, person_id: str, *, at: datetime) -> None:
    """Takes whoever is stopped off our lists, behind their opt-out, which has to stand first."""
    for one in tx.persons_of(person_id):
        contact = tx.contact_of(one)
        for name in joined(tx, contact) if contact else ():
            assert contact is not None
            off = change_of(tx, contact, name, OFF, by="agent", reason=STOPPED, at=at)
            if tx.add_change(off):
                queue(tx, "change", off.change_id, at=at)


def _new(tx: Tx, kind: PushKind, row_id: str, at: datetime) -> Push:
    record = record_of(tx, kind, row_id)
    return Push(tx.tenant_id, kind, row_id, at, queued_at=max(at, AT_ONCE), record=record)
