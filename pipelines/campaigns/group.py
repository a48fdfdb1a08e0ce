"""One campaign as a group of Dagster: six assets a day, their checks, jobs, schedule and sensors.

Dagster reads this at every start, so nothing heavy is imported here.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from pipelines.campaigns.book import Page
from pipelines.campaigns.checks import CHECKS
from pipelines.campaigns.jobs import dry_run_job, progress_job, run_job, switches
from pipelines.campaigns.keys import group_name, key_of
from pipelines.campaigns.parts import FIRST_DAY
from pipelines.campaigns.steps import QueueConfig, keep_plan, keep_progress, opened, put_into_queue
from pipelines.campaigns.timing import schedule_of, sensors_of
from pipelines.resources import BatchResource, WorkspaceResource

KINDS = {"polars", "parquet"}
FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=5), warn_window=timedelta(days=4))
"""Timetables leave weekends out, and a long one is no fault."""
PLAN = {
    "audiences": "One row per person and day: may be written to in this campaign, or the first "
    "reason why not. Source: contact facts, consents, suppressions and the campaign's events.",
    "arms": "One row per person and day: the arm that stands, or that newcomers would draw. "
    "Nobody is assigned by it. Source: the audience and the campaign's experiment.",
    "dry_runs": "One row per person and day: what they would get, when and why, or why nothing. "
    "Writes nothing to the queue. Source: audience and arms, played by the runtime's own desk.",
}
QUEUES = (
    "One row per person and touch that the day has put into the queue: an effect, so it needs an "
    "approval, no pause, and every check. Source: the plan of the dry run, worked out anew."
)
PROGRESS = {
    "deliveries": "One row per message of the day that left, or may have left. "
    "Source: the runtime store.",
    "results": "One row per arm and day: people, messages, replies, stops, meetings. "
    "Source: the runtime store and the assignments.",
}


def group_of(page: Page) -> dg.Definitions:
    """Returns all that Dagster shows of one campaign."""
    days = dg.DailyPartitionsDefinition(
        start_date=FIRST_DAY.isoformat(), timezone=page.campaign.time_zone, end_offset=1
    )
    run, progress = run_job(page), progress_job(page)
    return dg.Definitions(
        assets=[_plan(page, days), _queue(page, days), _progress(page, days)],
        jobs=[run, dry_run_job(page), progress, *switches(page)],
        schedules=[schedule_of(page, run)] if page.campaign.schedule else [],
        sensors=sensors_of(page, run, progress),
    )


def _spec(
    page: Page, name: str, text: str, deps: list[dg.AssetKey], days: dg.DailyPartitionsDefinition
) -> dg.AssetSpec:
    return dg.AssetSpec(
        key_of(page, name),
        group_name=group_name(page.slug),
        deps=deps,
        description=text,
        partitions_def=days,
        kinds=KINDS,
        freshness_policy=FRESH,
        metadata={"campaign": page.campaign.id, "file": str(page.path)},
    )


def _plan(page: Page, days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    upstream = {
        "audiences": [
            dg.AssetKey(["segments", "contact_facts"]),
            dg.AssetKey(["crm", "consents"]),
            dg.AssetKey(["crm", "suppressions"]),
        ],
        "arms": [key_of(page, "audiences"), dg.AssetKey(["assignment", "assignments"])],
        "dry_runs": [key_of(page, "arms")],
    }

    @dg.multi_asset(
        name=f"plan_{page.slug}",
        specs=[_spec(page, name, text, upstream[name], days) for name, text in PLAN.items()],
        can_subset=True,
    )
    def plan(
        context: dg.AssetExecutionContext, workspace: WorkspaceResource
    ) -> Iterator[dg.MaterializeResult]:
        """Works a day out in memory and keeps it as tables; nothing is assigned or queued."""
        day = opened(page, workspace, date.fromisoformat(context.partition_key))
        wanted = {key.path[-1] for key in context.selected_asset_keys}
        for name, metadata in keep_plan(day, wanted):
            yield dg.MaterializeResult(asset_key=key_of(page, name), metadata=metadata)

    return plan


def _queue(page: Page, days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    key = key_of(page, "queues")

    @dg.multi_asset(
        name=f"queue_{page.slug}",
        specs=[_spec(page, "queues", QUEUES, [key_of(page, "dry_runs")], days)],
        check_specs=[
            dg.AssetCheckSpec(name, asset=key, description=text, blocking=True)
            for name, text in CHECKS.items()
        ],
    )
    def queue(
        context: dg.AssetExecutionContext,
        config: QueueConfig,
        workspace: WorkspaceResource,
        batch: BatchResource,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        """Puts a day's touches into the queue, or says in one sentence why not."""
        day = opened(page, workspace, date.fromisoformat(context.partition_key))
        found = put_into_queue(day, batch.code_version, allows_jump=config.allow_jump)
        for one in found.findings:
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=one.name,
                passed=one.passed,
                severity=_severity(one.passed, bool(found.refused)),
                metadata={"says": one.says, "figure": one.figure, "examples": list(one.examples)},
            )
        if found.refused:
            raise dg.Failure(found.refused, allow_retries=False)
        yield dg.MaterializeResult(asset_key=key, metadata=found.metadata)

    return queue


def _severity(passed: bool, is_refused: bool) -> dg.AssetCheckSeverity:
    """A check over which somebody has decided warns and lets what is downstream go on."""
    stops = passed or is_refused
    return dg.AssetCheckSeverity.ERROR if stops else dg.AssetCheckSeverity.WARN


def _progress(page: Page, days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=f"read_{page.slug}",
        specs=[
            _spec(page, name, text, [key_of(page, "queues")], days)
            for name, text in PROGRESS.items()
        ],
        can_subset=True,
    )
    def progress(
        context: dg.AssetExecutionContext, workspace: WorkspaceResource
    ) -> Iterator[dg.MaterializeResult]:
        """Reads from the runtime store what became of the day."""
        day = opened(page, workspace, date.fromisoformat(context.partition_key))
        wanted = {key.path[-1] for key in context.selected_asset_keys}
        for name, metadata in keep_progress(day, wanted):
            yield dg.MaterializeResult(asset_key=key_of(page, name), metadata=metadata)

    return progress
