"""Which lessons somebody has read and which lines of checklists they have ticked."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import delete

from agent_runtime.store.coaching_tables import steps
from agent_runtime.store.sql import SqlTx


def done_by(tx: SqlTx, user_id: str) -> frozenset[str]:
    """Returns the ids of the steps that somebody has done."""
    return frozenset(row.step_id for row in tx.rows(steps, user_id=user_id))


def people_by_step(tx: SqlTx, playbook: str) -> dict[str, frozenset[str]]:
    """Returns who has done each step of a playbook."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in tx.rows(steps, playbook=playbook):
        found[row.step_id].add(row.user_id)
    return {step: frozenset(people) for step, people in found.items()}


def mark(
    tx: SqlTx, user_id: str, step_id: str, *, playbook: str, is_done: bool, at: datetime
) -> None:
    """Notes that somebody has done a step, or has not after all; a repeat changes nothing."""
    if is_done:
        row = {"user_id": user_id, "step_id": step_id, "playbook": playbook, "done_at": at}
        tx.insert(steps, row)
        return
    c = steps.c
    theirs = (c.tenant_id == tx.tenant_id, c.user_id == user_id, c.step_id == step_id)
    tx.connection.execute(delete(steps).where(*theirs))
