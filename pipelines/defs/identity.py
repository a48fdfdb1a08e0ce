"""Checks on who is who: no merge reaches an arm or lifts a stop."""

import dagster as dg

from pipelines.resources import WorkspaceResource


@dg.asset_check(
    asset=dg.AssetKey(["crm", "persons"]),
    name="merges_and_splits_are_kept",
    description="Persons are what exact keys and the decisions that stand add up to, none apart.",
    blocking=True,
)
def merges_and_splits_are_kept(workspace: WorkspaceResource) -> dg.AssetCheckResult:
    """Every pair that was merged is one person, and no pair that was split or refused is."""
    from pipelines.identity.checking import broken_decisions
    from pipelines.lake import Lake

    broken = broken_decisions(Lake(workspace.paths))
    return dg.AssetCheckResult(
        passed=not broken,
        metadata={"broken": len(broken), "examples": broken[:5]},
    )


@dg.asset_check(
    asset=dg.AssetKey(["crm", "identity_questions"]),
    name="questions_are_answered",
    description="No more questions about who is who wait than a colleague answers in a day.",
)
def questions_are_answered(workspace: WorkspaceResource) -> dg.AssetCheckResult:
    """`parley identity review` answers them; until then nobody is merged."""
    from pipelines.identity.checking import MOST_WAITING, waiting_questions
    from pipelines.lake import Lake

    waiting = waiting_questions(Lake(workspace.paths))
    return dg.AssetCheckResult(
        passed=waiting <= MOST_WAITING,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"waiting": waiting, "most": MOST_WAITING},
    )
