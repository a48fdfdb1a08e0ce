"""Canonical tables and persons, with the checks at the boundary."""

from collections.abc import Iterator

import dagster as dg

from pipelines.resources import BatchResource, WorkspaceResource
from pipelines.suites import SUITES
from pipelines.tables import GRAINS

EXPORTS = dg.AssetKey(["sources", "exports"])
REPORTED = {
    "persons": "One row per contact: the person it belongs to, and the key that says so.",
    "person_events": "One row per event of identity: created, joined, merged, split; its memory.",
    "identity_decisions": "One row per two persons who were merged, split or kept apart, and why.",
    "identity_questions": "One row per two persons of whom a colleague is asked: are they one?",
    "suppressions": "One row per refusal and person: denied, withdrawn, unreadable, flagged.",
    "reads": "One row: as of when the export tells.",
    "quarantined_rows": "One row per refused row and canonical table, with the reason.",
}


def _specs() -> Iterator[dg.AssetSpec]:
    described = {name: f"{g.text}. Source: the CRM export." for name, g in GRAINS.items()}
    for name, description in (described | REPORTED).items():
        yield dg.AssetSpec(
            ["crm", name],
            group_name="crm",
            deps=[EXPORTS],
            description=description,
            kinds={"polars", "parquet"},
        )


@dg.multi_asset(name="canonical_tables", specs=list(_specs()))
def canonical_tables(
    workspace: WorkspaceResource, batch: BatchResource
) -> Iterator[dg.MaterializeResult]:
    """Canonical tables of the export: accepted rows, merged repeats, and the rest in quarantine."""
    from pipelines.canonical_batch import make_canonical
    from pipelines.lake import Lake

    lake, mapping = Lake(workspace.paths), batch.export_mapping(workspace)
    made = make_canonical(
        lake,
        mapping,
        tenant_id=workspace.tenant_id,
        given=workspace.instant_if_known(),
        or_else=workspace.wall_clock(),
        ignored=lambda read: batch.ignored_files(workspace, read),
    )
    counts = {one.table: one for one in made.report.tables}
    for name, height in made.rows.items():
        metadata: dict[str, int | dict[str, int]] = {"dagster/row_count": height}
        if name in counts:
            one = counts[name]
            metadata |= {"read": one.read, "merged": one.merged, "quarantined": one.quarantined}
        yield dg.MaterializeResult(asset_key=["crm", name], metadata=metadata)


@dg.multi_asset_check(
    name="canonical_expectations",
    specs=[
        dg.AssetCheckSpec(
            suite.name,
            asset=["crm", suite.table],
            blocking=suite.blocks,
            description=suite.description,
        )
        for suite in SUITES
    ],
)
def canonical_expectations(workspace: WorkspaceResource) -> Iterator[dg.AssetCheckResult]:
    """Great Expectations suites over the canonical tables."""
    from pipelines.judged import judge_tables
    from pipelines.lake import Lake

    for suite, verdict in judge_tables(Lake(workspace.paths), now=workspace.instant()):
        yield dg.AssetCheckResult(
            asset_key=["crm", suite.table],
            check_name=suite.name,
            passed=verdict.passed,
            severity=dg.AssetCheckSeverity.ERROR if suite.blocks else dg.AssetCheckSeverity.WARN,
            metadata={"rows": verdict.rows, "failures": list(verdict.failures)},
        )
