"""Canonical tables and persons, with the checks at the boundary."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.resources import BatchResource, WorkspaceResource
from pipelines.suites import SUITES
from pipelines.tables import GRAINS

if TYPE_CHECKING:
    import polars as pl

EXPORTS = dg.AssetKey(["sources", "exports"])
REPORTED = {
    "persons": "One row per contact: the person it belongs to, and the key that says so.",
    "person_events": "One row per event of identity: created, joined, merged; the memory of it.",
    "suppressions": "One row per refusal and person: denied, withdrawn, unreadable, flagged.",
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
    import polars as pl

    from pipelines.kept import code, keep_rows, known_rows
    from pipelines.lake import Lake, read_or_empty, write, write_all, write_json
    from pipelines.report import IngestReport
    from pipelines.transforms.canonical import build
    from pipelines.transforms.consent import suppressions
    from pipelines.transforms.identity import EVENTS, identify

    lake, mapping = Lake(workspace.paths), batch.export_mapping(workspace)
    raw = {path.stem: pl.read_parquet(path) for path in sorted(lake.raw.glob("*.parquet"))}
    given = workspace.instant_if_known()
    read_by = {"code": code(), "mapping": mapping.model_dump(), "tenant": workspace.tenant_id}
    made = build(
        raw,
        mapping,
        tenant_id=workspace.tenant_id,
        now=given,
        known=known_rows(lake, read_by, given),
    )
    keep_rows(lake, made.clear, read_by, given)
    now = made.now or workspace.wall_clock()
    identity = identify(
        made.contact_keys,
        tenant_id=workspace.tenant_id,
        now=now,
        history=read_or_empty(lake.person_events, EVENTS),
    )
    tables = made.tables | {"contacts": _with_person(made.tables["contacts"], identity.persons)}
    refusals = suppressions(tables, made.quarantine)
    report = IngestReport(
        mapping=mapping.mapping,
        mapping_version=mapping.version,
        source=mapping.source,
        now=now,
        files={name: frame.height for name, frame in raw.items()},
        ignored_files=batch.ignored_files(workspace, raw),
        tables=made.counts,
        warnings=made.warnings,
        persons=identity.persons.get_column("person_id").n_unique(),
        synthetic_contacts=int(tables["contacts"].get_column("synthetic").sum()),
    )
    write_all(tables, workspace.paths.canonical)
    write_all(made.quarantine, workspace.paths.quarantine)
    write(identity.persons, lake.persons)
    write(identity.events, lake.person_events)
    write(refusals, lake.suppressions)
    write_json(report.to_document(), lake.report)

    counts = {one.table: one for one in made.counts}
    rows = {name: frame.height for name, frame in tables.items()} | {
        "persons": report.persons,
        "person_events": identity.events.height,
        "suppressions": refusals.height,
        "quarantined_rows": report.quarantined,
    }
    for name, height in rows.items():
        metadata: dict[str, int | dict[str, int]] = {"dagster/row_count": height}
        if name in counts:
            one = counts[name]
            metadata |= {"read": one.read, "merged": one.merged, "quarantined": one.quarantined}
        yield dg.MaterializeResult(asset_key=["crm", name], metadata=metadata)


def _with_person(contacts: "pl.DataFrame", persons: "pl.DataFrame") -> "pl.DataFrame":
    columns = contacts.columns
    person_of = persons.select("contact_id", "person_id").unique("contact_id")
    return (
        contacts.drop("person_id")
        .join(person_of, on="contact_id", how="left", maintain_order="left")
        .select(columns)
    )


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
    from pipelines.expectations import validate
    from pipelines.lake import Lake

    tables = Lake(workspace.paths).canonical()
    for suite, verdict in validate(tables, now=workspace.instant()):
        yield dg.AssetCheckResult(
            asset_key=["crm", suite.table],
            check_name=suite.name,
            passed=verdict.passed,
            severity=dg.AssetCheckSeverity.ERROR if suite.blocks else dg.AssetCheckSeverity.WARN,
            metadata={"rows": verdict.rows, "failures": list(verdict.failures)},
        )
