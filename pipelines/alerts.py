"""Tells people that a batch failed or that a table is late, as the stop rules tell them."""

import hashlib
from datetime import datetime

from agent_runtime.ports import Store
from agent_runtime.routing.table import routing_of
from agent_runtime.settings import Workspace
from agent_runtime.store.rows import HumanTask

ROLE = "operations"
"""Whom the routing table names for this; where nobody has it, the notice waits for the team."""


def tell(
    workspace: Workspace, store: Store, *, key: str, reason: str, text: str, now: datetime
) -> tuple[str, ...]:
    """Puts one notice for each colleague of operations in the queue; returns who is told.

    The worker sends it on by mail or webhook, as the routing table says. The same key tells once.

    Args:
        workspace: Whose routing table is asked.
        store: Where the queue is.
        key: What happened, so that a repeat is no second notice.
        reason: In a few words.
        text: What to know, and the command that says more.
        now: When it happened.
    """
    people = routing_of(workspace.root).people
    readers = sorted(one.email for one in people if ROLE in one.roles) or [""]
    told: list[str] = []
    with store.begin() as tx:
        for reader in readers:
            digest = hashlib.sha256(f"batch\x1f{key}\x1f{reader}".encode()).hexdigest()[:16]
            task = HumanTask(
                tenant_id=tx.tenant_id,
                task_id=f"batch-{digest}",
                thread_id="",
                person_id="",
                kind="notice",
                route_to="team",
                reason=reason,
                text=text,
                received_at=now,
                priority="fast",
                assignee=reader,
            )
            if tx.human_task(task.task_id) is None:
                tx.save_human_task(task)
                told.append(reader)
    return tuple(told)
