"""When a campaign runs by itself: its schedule, and what its sensors wait for."""

import hashlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.campaigns.book import Page, open_campaign
from pipelines.campaigns.parts import FIRST_DAY
from pipelines.resources import WorkspaceResource

EVERY_S = 60


def schedule_of(page: Page, job: Any) -> dg.ScheduleDefinition:
    """Returns the schedule: by the clock on the wall of the campaign's zone, once a local day."""
    campaign = page.campaign
    assert campaign.schedule is not None

    @dg.schedule(
        name=f"{page.slug}_daily",
        job=job,
        cron_schedule=campaign.schedule.cron,
        execution_timezone=campaign.time_zone,
        description=f"{campaign.schedule.at} in {campaign.time_zone} on "
        f"{', '.join(campaign.schedule.days)}: plans, checks and queues the day.",
    )
    def daily(
        context: dg.ScheduleEvaluationContext, workspace: WorkspaceResource
    ) -> dg.RunRequest | dg.SkipReason:
        day = _local_day(page, context.scheduled_execution_time)
        why = _why_not(page, workspace)
        return dg.SkipReason(why) if why else dg.RunRequest(run_key=day, partition_key=day)

    return daily


def sensors_of(page: Page, run: Any, progress: Any) -> list[dg.SensorDefinition]:
    """Returns what watches for replies, and for events and a budget where the file has any."""
    sensors = [_replies(page, progress)]
    if page.campaign.triggers:
        sensors.append(_events(page, run))
    if page.campaign.budget.model_dump(exclude={"usd_per_euro"}, exclude_none=True):
        sensors.append(_budget(page))
    return sensors


def _replies(page: Page, job: Any) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{page.slug}_replies",
        job=job,
        minimum_interval_seconds=EVERY_S,
        description="Somebody has written in a thread of the campaign: reads the day anew.",
    )
    def replies(
        context: dg.SensorEvaluationContext, workspace: WorkspaceResource
    ) -> dg.SensorResult | dg.SkipReason:
        from pipelines.campaigns.ledger import replied_since
        from pipelines.campaigns.runtime import open_runtime
        from pipelines.campaigns.steps import present

        before = int(context.cursor or 0)
        with open_runtime(workspace.paths, workspace.tenant_id) as runtime:
            people, position = replied_since(runtime, before, page.campaign.id)
        if not people:
            return dg.SensorResult(skip_reason="Nobody has replied since.", cursor=str(position))
        day = _local_day(page, present(workspace))
        request = dg.RunRequest(run_key=f"{page.slug}:{position}", partition_key=day)
        return dg.SensorResult(run_requests=[request], cursor=str(position))

    return replies


def _events(page: Page, job: Any) -> dg.SensorDefinition:
    kinds = ", ".join(one.event for one in page.campaign.triggers)

    @dg.sensor(
        name=f"{page.slug}_events",
        job=job,
        minimum_interval_seconds=EVERY_S,
        description=f"An account has had an event ({kinds}) that was not written for yet: runs "
        "the day. Once per account and event.",
    )
    def events(
        context: dg.SensorEvaluationContext, workspace: WorkspaceResource
    ) -> dg.SensorResult | dg.SkipReason:
        from pipelines.campaigns.steps import present
        from pipelines.campaigns.waiting import events_waiting

        why = _why_not(page, workspace)
        if why:
            return dg.SkipReason(why)
        now = present(workspace)
        day = _local_day(page, now)
        waiting = events_waiting(workspace.paths, open_campaign(page.path), now=now)
        if not waiting:
            return dg.SkipReason("No account has an event that was not written for.")
        mark = hashlib.sha256("\n".join(waiting).encode()).hexdigest()[:16]
        # The key keeps the same events from being run for twice, however often they are seen.
        request = dg.RunRequest(run_key=f"{page.slug}:{mark}", partition_key=day)
        return dg.SensorResult(run_requests=[request])

    return events


def _budget(page: Page) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{page.slug}_budget",
        minimum_interval_seconds=EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Pauses the campaign when its budget is spent, and ends that pause with the "
        "day or month. It starts no run.",
    )
    def budget(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SkipReason:
        from pipelines.campaigns.budgets import hold_to_budget
        from pipelines.campaigns.runtime import open_runtime
        from pipelines.campaigns.steps import present

        campaign, now = open_campaign(page.path), present(workspace)
        with open_runtime(workspace.paths, workspace.tenant_id) as runtime:
            why = hold_to_budget(workspace.paths, runtime, campaign, now=now)
        return dg.SkipReason(f"Paused: {why}" if why else "The budget is not spent.")

    return budget


def _local_day(page: Page, instant: datetime) -> str:
    day = instant.astimezone(ZoneInfo(page.campaign.time_zone)).date()
    return max(day, FIRST_DAY).isoformat()


def _why_not(page: Page, workspace: WorkspaceResource) -> str:
    """Why a run would be refused from the start; it is not even begun then."""
    from pipelines.campaigns.gates import why_not_now
    from pipelines.campaigns.runtime import open_runtime

    with open_runtime(workspace.paths, workspace.tenant_id) as runtime:
        reasons = why_not_now(workspace.paths, runtime, open_campaign(page.path))
    return reasons[0] if reasons else ""
