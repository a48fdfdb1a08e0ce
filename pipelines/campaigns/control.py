"""Pausing a campaign and letting it go on; the runtime obeys at its next permit."""

from datetime import UTC, datetime

from agent_runtime.settings import Workspace
from agent_runtime.steering import pausing
from experiments.hash_chain import appending
from pipelines.campaigns.runtime import PAUSE, open_runtime

DECISIONS = "decisions.jsonl"
"""Where stop rules write as well; see `pipelines.stopping`."""


def pause(
    workspace: Workspace, tenant_id: str, campaign_id: str, *, why: str, by: str, now: datetime
) -> str:
    """Raises the campaign's pause flag in the runtime store; returns the reason that stands.

    The flag is what binds, on whatever machine and after whatever restart. One that is up already
    keeps its reason, since whoever raised it wants to see it again.
    """
    with open_runtime(workspace, tenant_id, is_made=True) as runtime:
        assert runtime.store is not None
        with runtime.store.begin() as tx:
            up = tx.flags().get(f"{PAUSE}:{campaign_id}")
            if up is None:
                pausing.pause(tx, campaign=campaign_id, why=why, by=by, at=now)
    if up is None:
        _write(workspace, "pause", campaign_id, why=why, by=by, now=now)
    return up or why


def resume(
    workspace: Workspace, tenant_id: str, campaign_id: str, *, why: str, by: str, now: datetime
) -> str:
    """Takes the campaign's pause flag down; returns why it was up, empty where it was not.

    A flag of the whole runtime stays: `parley resume` takes that one down.
    """
    with open_runtime(workspace, tenant_id) as runtime:
        if runtime.store is None:
            return ""
        with runtime.store.begin() as tx:
            up = pausing.resume(tx, campaign=campaign_id, why=why, by=by, at=now)
    if up:
        _write(workspace, "resume", campaign_id, why=why, by=by, now=now)
    return up


def _write(
    workspace: Workspace, decision: str, campaign_id: str, *, why: str, by: str, now: datetime
) -> None:
    with appending(workspace.root / DECISIONS) as log:
        log.append(
            {
                "decision": decision,
                "campaign_id": campaign_id,
                "by": by,
                "why": why,
                "decided_at": now.astimezone(UTC).isoformat(),
            }
        )
