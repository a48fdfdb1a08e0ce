"""Holds a campaign against its stop rules, pauses it in the store, and writes down why."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from agent_runtime.ports import Store
from agent_runtime.settings import Workspace
from agent_runtime.steering import pausing
from experiments.errors import ExperimentError
from experiments.hash_chain import appending, read_chain
from experiments.metrics import MetricReading, read_metric
from experiments.registry import current
from experiments.spec import Spec
from experiments.stop_rules import Finding, judge
from pipelines.campaign import Campaign
from pipelines.campaigns.notices import readers, tell
from pipelines.readouts.publish import metric_by_unit

BY_RULE = "stop rule: "
"""How a pause begins that a rule has raised; any other is a person's."""
STOP_RULES = "its stop rules"
"""Who raised such a pause."""


def decisions_path(workspace: Workspace) -> Path:
    """Returns the decision log of a workspace: append-only, hash-chained, one JSON a line."""
    return workspace.root / "decisions.jsonl"


def promised(workspace: Workspace, spec: Spec) -> Spec:
    """Returns the registered version of a spec, which binds; without one, the spec itself."""
    entry = current(workspace.registry, spec.id)
    return entry.to_spec() if entry else spec


def findings(workspace: Workspace, spec: Spec) -> tuple[Finding, ...]:
    """Returns what the stop rules of an experiment say now, from the warehouse as it is."""
    assigned = pl.read_parquet(workspace.lake / "assignments.parquet").filter(
        pl.col("experiment_id") == spec.id
    )
    counts = dict(assigned.group_by("arm").agg(pl.col("unit_id").n_unique()).iter_rows())

    def read(name: str, *, by_arm: bool) -> tuple[MetricReading, ...]:
        split = {"by": ("arm",), "where": {"experiment": spec.id}} if by_arm else {}
        return read_metric(name, warehouse=workspace.warehouse, **split)

    def units() -> pl.DataFrame:
        """Those that the warehouse knows; who was assigned since is counted at a later look."""
        try:
            measured = metric_by_unit(workspace.warehouse)
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise ExperimentError(f"{workspace.warehouse}: it cannot be read ({reason})") from None
        return measured.filter(pl.col("experiment_id") == spec.id)

    return judge(spec, read, {arm: counts.get(arm, 0) for arm in spec.arms}, units)


def stop_if_broken(
    workspace: Workspace,
    campaign: Campaign,
    spec: Spec,
    store: Store,
    *,
    now: datetime,
) -> tuple[Finding, ...]:
    """Pauses a campaign whose stop rules are broken, once, and returns what was found.

    The flag, and a notice to everybody who is to know, are one transaction; a line in the decision
    log that a crash kept from being written is written by the next look.

    Args:
        workspace: Where warehouse, registry and decisions lie.
        campaign: Which campaign.
        spec: Its experiment; the registered version binds, not the file.
        store: Of the runtime, in which the flag is raised.
        now: When it is judged.
    """
    binding = promised(workspace, spec)
    found = findings(workspace, binding)
    broken = [finding for finding in found if finding.is_broken]
    if not broken:
        return found
    flag = f"pause:{campaign.id}"
    reason = BY_RULE + "; ".join(finding.said for finding in broken)
    with store.begin() as tx:
        raised = tx.flags().get(flag)
        roles = {role for finding in broken for role in finding.rule.tell}
        told = readers(tx, workspace.root, roles)
        if raised is None:
            pausing.pause(tx, campaign=campaign.id, why=reason, by=STOP_RULES, at=now)
            tell(tx, workspace.root, campaign.id, "stop", reason, roles=roles, now=now)
    is_of_a_person = raised is not None and not raised.startswith(BY_RULE)
    if is_of_a_person or (raised is not None and _is_written(workspace, campaign.id)):
        return found
    _write(workspace, campaign, binding, broken, told=told, now=now)
    return found


def decisions(workspace: Workspace) -> tuple[dict[str, Any], ...]:
    """Returns the decisions so far, oldest first."""
    path = decisions_path(workspace)
    return tuple(read_chain(path).entries) if path.exists() else ()


def record_resume(
    workspace: Workspace, campaign_id: str, *, by: str, why: str, now: datetime
) -> None:
    """Writes who let a stopped campaign go on, and why; a later breach then stops it again."""
    with appending(decisions_path(workspace)) as log:
        log.append(
            {
                "decision": "resume",
                "campaign_id": campaign_id,
                "by": by,
                "why": why,
                "decided_at": now.astimezone(UTC).isoformat(),
            }
        )


def _is_written(workspace: Workspace, campaign_id: str) -> bool:
    mine = [entry for entry in decisions(workspace) if entry["campaign_id"] == campaign_id]
    return bool(mine) and mine[-1]["decision"] == "stop"


def _write(
    workspace: Workspace,
    campaign: Campaign,
    spec: Spec,
    broken: list[Finding],
    *,
    told: list[str],
    now: datetime,
) -> None:
    with appending(decisions_path(workspace)) as log:
        log.append(
            {
                "decision": "stop",
                "campaign_id": campaign.id,
                "experiment_id": spec.id,
                "spec_hash": spec.spec_hash,
                "rules": [
                    {
                        "metric": finding.rule.metric,
                        "arm": finding.arm,
                        "value": finding.value,
                        "n": finding.n,
                        "said": finding.said,
                    }
                    for finding in broken
                ],
                "told": told,
                "by": "stop rule",
                "decided_at": now.astimezone(UTC).isoformat(),
            }
        )
