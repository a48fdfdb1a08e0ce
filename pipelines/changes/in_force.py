"""From when on turns were decided by another version, as their traces say."""

import json
from collections.abc import Iterator

import polars as pl

from agent_runtime.settings import Workspace
from pipelines.changes.change import Change
from pipelines.traces import own_traces

_NAMES = {
    "policy": "policy set",
    "prompt": "prompt",
    "model": "reader",
    "content": "playbooks and texts",
    "code": "code",
}
"""What traces name, in words."""

_PARTS = {"policy": "policy", "prompt": "prompt", "model": "reader", "content": "playbooks"}
"""The same, as evaluated versions call it."""


def versions_in_force(workspace: Workspace, *, tenant_id: str) -> Iterator[Change]:
    """Yields the first turn by each version that another one went before; the oldest first."""
    events = own_traces(workspace, tenant_id=tenant_id)
    if events is None:
        return
    turns = (
        events.filter(pl.col("kind") == "turn")
        .group_by("versions")
        .agg(pl.col("occurred_at").min())
        .sort("occurred_at", "versions")
        .collect()
    )
    standing: dict[str, str] = {}
    for versions, at in turns.iter_rows():
        for name, value in sorted(json.loads(versions or "{}").items()):
            before, standing[name] = standing.get(name), value
            if before in (None, value) or name not in _NAMES:
                continue
            by = f"{_NAMES[name]} {value}, before by {before}"
            said = f"From here on turns were decided by {by}."
            yield Change(
                at=at,
                kind="in force",
                name=_NAMES[name],
                version=value,
                says=said,
                source="traces",
                part=f"{_PARTS[name]}={value}" if name in _PARTS else "",
            )
