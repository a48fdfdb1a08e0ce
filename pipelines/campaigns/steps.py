"""What the assets of a campaign do, with the metadata that Dagster shows; imports when called."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from pipelines.campaigns.book import Page, open_campaign
from pipelines.resources import WorkspaceResource

if TYPE_CHECKING:
    from pipelines.campaigns.checking import Finding
    from pipelines.campaigns.running import Day

Metadata = Mapping[str, Any]


class QueueConfig(dg.Config):
    """What somebody has decided about a day."""

    allow_jump: bool = Field(
        default=False,
        description="Somebody has looked at the jump of the volume and wants it.",
    )


@dataclass(frozen=True, slots=True)
class Queued:
    """What a run of the queue came to."""

    refused: str
    """Why it may not run; empty where it did."""
    findings: "tuple[Finding, ...]"
    metadata: Metadata


def present(workspace: WorkspaceResource) -> datetime:
    """Returns the `now` of a campaign: the resource's, else the clock of the runtime store."""
    from pipelines.campaigns.runtime import open_runtime

    if workspace.now:
        return workspace.instant()
    with open_runtime(workspace.paths, workspace.tenant_id) as runtime:
        return runtime.now(workspace.wall_clock())


def opened(page: Page, workspace: WorkspaceResource, day: date) -> "Day":
    """Returns a day of a campaign; its file is read anew, since it may have been edited."""
    from pipelines.campaigns.running import Day

    campaign = open_campaign(page.path)
    return Day(workspace.paths, workspace.tenant_id, campaign, day, present(workspace))


def keep_plan(day: "Day", wanted: Collection[str]) -> Iterator[tuple[str, Metadata]]:
    """Writes the tables of a plan that are wanted; yields each name with its metadata."""
    from pipelines.campaigns.running import look
    from pipelines.campaigns.words import as_markdown
    from pipelines.lake import write

    found = look(day, rehearsed=None if "dry_runs" in wanted else 0)
    planned = found.planned
    if "audiences" in wanted:
        write(planned.audience, day.tables.of(day.day, "audience"))
        reasons = planned.audience.get_column("reason").value_counts(sort=True)
        eligible = int(planned.audience.get_column("eligible").sum())
        yield (
            "audiences",
            {
                "dagster/row_count": planned.audience.height,
                "eligible": eligible,
                "reasons": {why or "eligible": n for why, n in reasons.iter_rows()},
            },
        )
    if "arms" in wanted:
        write(planned.arms, day.tables.of(day.day, "arms"))
        arms = dict(planned.arms.get_column("arm").value_counts(sort=True).iter_rows())
        yield "arms", {"dagster/row_count": planned.arms.height, "arms": arms}
    if "dry_runs" in wanted:
        write(found.table, day.tables.of(day.day, "dry_run"))
        yield (
            "dry_runs",
            {
                "dry_run": dg.MetadataValue.md(as_markdown(found)),
                "dagster/row_count": found.table.height,
                "people": found.counts["gets"],
                "touches": found.touches,
                "table": str(day.tables.of(day.day, "dry_run")),
            },
        )


def put_into_queue(day: "Day", code_version: str, *, allows_jump: bool) -> Queued:
    """Carries a day out; a refusal is a value, with what the checks said."""
    from pipelines.campaigns.running import RefusedRunError, carry_out

    try:
        done = carry_out(day, code_version=code_version, allows_jump=allows_jump)
    except RefusedRunError as error:
        return Queued(str(error), error.findings, {})
    people = {task.person_id for task in done.new}
    metadata = {
        "dagster/row_count": len(done.new),
        "people": len(people),
        "planned_from": done.planned.now.isoformat(),
        "unlike_the_dry_run": len(done.unlike),
    }
    return Queued("", done.findings, metadata)


def keep_progress(day: "Day", wanted: Collection[str]) -> Iterator[tuple[str, Metadata]]:
    """Writes what became of a day; yields each table's name with its metadata."""
    from pipelines.campaigns.progress import delivered, results
    from pipelines.campaigns.runtime import open_runtime
    from pipelines.lake import write

    with open_runtime(day.paths, day.tenant_id) as runtime:
        if "deliveries" in wanted:
            table = delivered(runtime, day.campaign, day.day)
            write(table, day.tables.of(day.day, "delivered"))
            states = dict(table.get_column("state").value_counts(sort=True).iter_rows())
            yield "deliveries", {"dagster/row_count": table.height, "states": states}
        if "results" in wanted:
            table = results(day.paths, runtime, day.campaign, day.day)
            write(table, day.tables.of(day.day, "results"))
            told = {row.pop("arm"): row for row in table.to_dicts()}
            yield "results", {"dagster/row_count": table.height, "by_arm": told}
