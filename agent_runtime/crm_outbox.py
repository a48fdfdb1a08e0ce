"""Queues rows for the CRM in the transaction that writes them; the worker delivers them later."""

from dataclasses import replace
from datetime import datetime

from agent_runtime.arms import controls_of
from agent_runtime.policies.arms import HOLDOUT, is_control
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Inbound, Message, Push, PushKind

CONNECTED = "crm"
"""Under this name the worker publishes the vendor that it delivers to, or empty."""


def queue(tx: Tx, kind: PushKind, row_id: str, *, at: datetime) -> None:
    """Queues a row once."""
    tx.add_push(Push(tx.tenant_id, kind, row_id, at))


def queue_again(tx: Tx, kind: PushKind, row_id: str, *, at: datetime) -> None:
    """Queues a row that has changed since, or that a person wants tried again."""
    known = tx.push(kind, row_id) or Push(tx.tenant_id, kind, row_id, at)
    tx.save_push(replace(known, state="WAITING", due_at=at, attempts=0, reason=""))


def queue_sent(tx: Tx, message: Message, *, at: datetime) -> None:
    """Puts a message that left on the timeline of its contact, where there is a CRM for it."""
    arm = message.experiment_id or "", message.arm or ""
    if not is_control(*arm, controls_of(tx)) and tx.published(CONNECTED):
        queue(tx, "sent", message.message_id, at=at)


def queue_heard(tx: Tx, inbound: Inbound, *, arm: str) -> None:
    """Puts what a buyer wrote on their timeline; records of the holdout are left alone."""
    if arm not in ("", HOLDOUT) and tx.published(CONNECTED):
        queue(tx, "heard", inbound.key, at=inbound.received_at)
