"""Runs the batch stages in one process: all of them for a campaign, two for `parley ingest`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import dagster as dg
import polars as pl
import typer
from rich.console import Console

from agent_runtime import batch_journal
from agent_runtime.library.catalog import company_library
from agent_runtime.sandbox.export_clock import FILE as CLOCK
from agent_runtime.sandbox.export_clock import read_export_clock
from agent_runtime.settings import Workspace
from pipelines.campaign import experiment_of, load_campaign
from pipelines.canonical_batch import AHEAD
from pipelines.coherence import check_campaign
from pipelines.defs import assignment, crm, fit, outreach, segments, sources
from pipelines.errors import PipelineError
from pipelines.lake import Lake
from pipelines.report import IngestReport, read_report, render
from pipelines.report_gaps import DryRun, gaps_of
from pipelines.resources import FROM_EXPORT, BatchResource, WorkspaceResource

INGEST = (sources.exports, crm.canonical_tables, crm.canonical_expectations)
CAMPAIGN = (
    segments.contact_facts,
    segments.memberships,
    segments.eligibilities,
    assignment.registrations,
    assignment.assignments,
    outreach.outreach_queue,
    outreach.told_facts,
    outreach.public_signals,
)

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a batch did, from the rows of the export to the outreach queue."""

    ingest: IngestReport
    eligible: int
    arms: dict[str, int]
    """People per arm of the campaign's experiment."""
    tasks: int
    outcomes: dict[str, int]
    """People by what became of them: `queued`, `holdout`, or why they were left out."""


def run_batch(
    workspace: Workspace,
    *,
    mapping: str = "sandbox",
    campaign: str = "prospecting",
    segment_files: Sequence[str] = (),
    exports: Path | None = None,
    tenant_id: str = "northbeam",
    now: datetime | None = None,
    loads_store: bool = True,
    has_checks: bool = True,
    instance: dg.DagsterInstance | None = None,
) -> BatchReport:
    """Materialises the stages from the export to the runtime store, in this process.

    Args:
        workspace: Where the lake and the store are.
        mapping: Name of a shipped mapping, or the path of one.
        campaign: Name of a shipped campaign, or the path of one.
        segment_files: Segments in place of those that the campaign names.
        exports: Folder of the export; None means the workspace's.
        tenant_id: Whose batch it is.
        now: Instant of the batch; None means the day after the last date in the export.
        loads_store: Whether the last stage puts the queue into the runtime store.
        has_checks: Whether the canonical tables go through their expectations, which cost more
            than all the rest; simulations of many seeds leave them out.
        instance: Where Dagster keeps the run; None keeps nothing.

    Raises:
        PipelineError: something that a person wrote or exported cannot be used.
    """
    batch = BatchResource(
        exports=str(exports or ""),
        mapping=mapping,
        campaign=campaign,
        segments=list(segment_files),
    )
    planned = load_campaign(campaign)
    check_campaign(planned, batch.segment_ids(), company_library(workspace.library))
    ingest = INGEST if has_checks else INGEST[:2]
    scored = (fit.scores,) if planned.order_by == "fit" else ()
    assets = (*ingest, *scored, *CAMPAIGN, *((outreach.runtime_imports,) if loads_store else ()))
    _materialise(
        assets, workspace, batch, tenant_id=tenant_id, now=now, instance=instance, name="batch"
    )
    lake = Lake(workspace)
    outcomes = pl.read_parquet(lake.outcomes)
    own = pl.col("experiment_id") == experiment_of(planned).id
    arms = pl.read_parquet(lake.assignments).filter(own).get_column("arm")
    return BatchReport(
        ingest=read_report(lake.report),
        eligible=int(pl.read_parquet(lake.eligibility).get_column("eligible").sum()),
        arms=dict(arms.value_counts(sort=True).iter_rows()),
        tasks=pl.read_parquet(lake.tasks).height,
        outcomes=dict(outcomes.get_column("reason").value_counts(sort=True).iter_rows()),
    )


def run_ingest(
    exports: Path,
    mapping: str,
    workspace: Workspace,
    *,
    tenant_id: str = "northbeam",
    now: datetime | None = None,
    has_checks: bool = True,
    instance: dg.DagsterInstance | None = None,
) -> IngestReport:
    """Reads an export into canonical tables and checks them; returns what became of every row."""
    batch = BatchResource(exports=str(exports), mapping=mapping)
    assets = INGEST if has_checks else INGEST[:2]
    _materialise(
        assets, workspace, batch, tenant_id=tenant_id, now=now, instance=instance, name="ingest"
    )
    return read_report(Lake(workspace).report)


@app.command()
def ingest(
    exports: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Folder of the export; none with --source."),
    ] = None,
    mapping: Annotated[
        str,
        typer.Option(
            help="YAML file, or one of sandbox, maven_crm, x_education, hubspot.",
            show_default="hubspot with --source hubspot",
        ),
    ] = "",
    source: Annotated[
        str, typer.Option(help="Pull from here first: hubspot.", show_default="a folder")
    ] = "",
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            "-w",
            help="Where tables and quarantine are written.",
            show_default="out/ingest/<name of the mapping>",
        ),
    ] = None,
    now: Annotated[
        datetime | None,
        typer.Option(
            help="UTC. Refuse what happened later.",
            show_default="the real time, or the sandbox's own in an export of it",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say who would get what and when; nothing is sent.")
    ] = False,
    campaign: Annotated[
        str, typer.Option(help="With --dry-run: YAML file, or name of a shipped campaign.")
    ] = "adopted_export",
    segment: Annotated[
        list[str] | None, typer.Option(help="With --dry-run: in place of the campaign's.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="With --source: read everything again.")
    ] = False,
    scopes: Annotated[
        bool, typer.Option("--scopes", help="With --source: list what the token needs, and stop.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Read a CRM export through a mapping; say what became of every row, and what is missing.

    A first mapping of an unknown export comes from [bold]parley sources suggest DIR[/bold].

    Example: [bold]parley ingest exports/2026-01-12 --mapping mapping.yaml --json[/bold]

    Example: [bold]parley ingest exports/2026-01-12 --mapping mapping.yaml --dry-run[/bold]

    Example: [bold]PARLEY_HUBSPOT_TOKEN=… parley ingest --source hubspot -w out/pilot[/bold]
    """
    if scopes:
        from pipelines.sources.hubspot.objects import read_scopes

        typer.echo(json.dumps(read_scopes()) if as_json else "\n".join(read_scopes()))
        return
    instant = now.replace(tzinfo=UTC) if now else None
    mapping = mapping or source
    paths = Workspace(workspace or Path("out/ingest") / Path(mapping).stem)
    exports, pulled = _found(
        exports, source, mapping, paths, now=instant, is_full=full, is_quiet=as_json
    )
    instant, whose = _as_of(instant, exports)
    if dry_run:
        options: dict[str, Any] = {"campaign": campaign, "segment_files": segment or ()}
        batch = run_batch(
            paths, mapping=mapping, exports=exports, now=instant, loads_store=False, **options
        )
        report, plan = batch.ingest, DryRun.of(batch, Lake(paths))
    else:
        report, plan = run_ingest(exports, mapping, paths, now=instant), None
    gaps = gaps_of(exports, mapping, Lake(paths))
    if as_json:
        document = pulled | report.to_document() | {"now_from": whose} | gaps.to_document()
        document |= {"dry_run": plan.to_document()} if plan else {}
        typer.echo(json.dumps(document, indent=1, default=str))
        return
    console = Console()
    for table in render(report):
        console.print(table)
    for line in (*gaps.lines(), *(plan.lines() if plan else ())):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    later = sum(n for table in report.tables for n in _ahead(table.quarantined))
    said = f"{later:,} rows that it dates later were refused" if later else "nothing is dated later"
    console.print(f"As of {report.now:%Y-%m-%d %H:%M} UTC, by {whose}; {said}.", soft_wrap=True)
    console.print(f"Tables, quarantine and report: {paths.lake}")


def _as_of(given: datetime | None, exports: Path) -> tuple[datetime, str]:
    """The instant of the batch, and whose it is."""
    if given is not None:
        return given, "--now"
    clock = read_export_clock(exports)
    if clock is not None:
        return clock, f"the sandbox's clock in {exports / CLOCK}"
    return datetime.now(UTC), "the real time"


def _ahead(quarantined: Mapping[str, int]) -> Iterator[int]:
    return (count for reason, count in quarantined.items() if reason.endswith(AHEAD))


def _found(
    exports: Path | None,
    source: str,
    mapping: str,
    paths: Workspace,
    *,
    now: datetime | None,
    is_full: bool,
    is_quiet: bool,
) -> tuple[Path, dict[str, Any]]:
    """The folder to read: the one that was named, or the files of a source that is pulled first."""
    if source:
        if source != "hubspot":
            raise PipelineError(f"--source {source!r} is unknown; use hubspot, or name a folder.")
        if exports is not None:
            raise PipelineError(f"{exports}: name a folder or --source, not both.")
        from pipelines.sources.hubspot.cli import pull_and_say

        return pull_and_say(
            paths, mapping, now=now or datetime.now(UTC), is_full=is_full, is_quiet=is_quiet
        )
    if exports is None or not exports.is_dir():
        raise PipelineError(f"{exports or 'DIR'}: there is no such folder.")
    if not mapping:
        raise PipelineError("--mapping is empty; name a YAML file or a shipped mapping.")
    return exports, {}


def _materialise(
    assets: Sequence[Any],
    workspace: Workspace,
    batch: BatchResource,
    *,
    tenant_id: str,
    now: datetime | None,
    instance: dg.DagsterInstance | None,
    name: str,
) -> None:
    resource = WorkspaceResource(
        root=str(workspace.root.resolve()),
        tenant_id=tenant_id,
        now=now.isoformat() if now else FROM_EXPORT,
    )
    batch_journal.begin(workspace, name, now=resource.wall_clock())
    try:
        dg.materialize(
            assets,
            resources={"workspace": resource, "batch": batch},
            instance=instance,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    except Exception as error:
        said = " ".join(str(error).split())
        batch_journal.end(workspace, now=resource.wall_clock(), why=said, is_done=False)
        if isinstance(error, dg.DagsterError):
            raise PipelineError(said) from error
        raise
    batch_journal.end(workspace, now=resource.wall_clock())
