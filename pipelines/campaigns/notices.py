"""Tells people that a campaign has stopped by itself, or soon will: a notice in their queue."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from agent_runtime.newcomers import OWNERS
from agent_runtime.ports import Tx
from agent_runtime.routing.table import routing_of
from agent_runtime.store.rows import HumanTask


def readers(tx: Tx, root: Path, roles: Collection[str]) -> list[str]:
    """Returns the owners whose people are written to, and the colleagues who have these roles."""
    owners = OWNERS.validate_json(tx.published("owners") or "[]")
    named = {p.email for p in routing_of(root).people if set(roles) & set(p.roles)}
    return sorted({*(owner.email for owner in owners), *named})


def tell(
    tx: Tx,
    root: Path,
    campaign_id: str,
    cause: str,
    reason: str,
    *,
    headline: str = "",
    roles: Collection[str] = (),
    now: datetime,
) -> list[str]:
    """Writes a notice for each reader in the transaction of the caller; returns who they are.

    Without a headline it says that the campaign has stopped.
    """
    told = readers(tx, root, roles)
    for reader in told:
        key = "\x1f".join((cause, campaign_id, reader, now.isoformat()))
        tx.save_human_task(
            HumanTask(
                tenant_id=tx.tenant_id,
                task_id=f"{cause}-{hashlib.sha256(key.encode()).hexdigest()[:16]}",
                thread_id="",
                person_id="",
                kind="notice",
                route_to="team",
                reason=headline or f"campaign {campaign_id} stopped",
                text=reason,
                received_at=now,
                priority="fast",
                assignee=reader,
            )
        )
    return told
