"""Days of a campaign that were missed: which of them a backfill does, and what stands of each."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from agent_runtime.settings import Settings
from pipelines.campaign import Campaign
from pipelines.campaigns.days import day_at, days_between, runs_on
from pipelines.campaigns.gates import why_not_now
from pipelines.campaigns.parts import FIRST_DAY
from pipelines.campaigns.runtime import open_runtime
from pipelines.campaigns.tables import CampaignTables
from pipelines.errors import PipelineError
from pipelines.transforms.queue_table import read_tasks


def days_of(campaign: Campaign, first: date, last: date, *, now: datetime) -> tuple[date, ...]:
    """Returns the days of the timetable between two days, both included.

    Raises:
        PipelineError: there is none, or one has not begun yet or has no partition.
    """
    asked, today = f"--from {first} --to {last}", day_at(campaign, now)
    if first < FIRST_DAY:
        raise PipelineError(f"{asked}: campaigns have no day before {FIRST_DAY}; begin there.")
    if last > today:
        raise PipelineError(
            f"{asked}: {last} lies ahead, and a backfill makes up for what was missed; end with "
            f"{today}, and leave later days to the schedule."
        )
    days = tuple(day for day in days_between(first, last) if runs_on(campaign, day))
    if not days:
        raise PipelineError(f"{asked}: the timetable of {campaign.id} has no day there.")
    return days


def foretell(settings: Settings, campaign: Campaign, days: Sequence[date]) -> Iterator[str]:
    """Yields a line per day, which is its partition: done before, or missed; nothing is run."""
    tables = CampaignTables(settings.paths, campaign.id)
    queued = set(tables.days("queue"))
    for day in days:
        if day in queued:
            touches = len(read_tasks(tables.of(day, "queue")))
            yield f"{day}  was run: {touches:,} touches stand, and none of them is queued again"
        else:
            yield f"{day}  was missed: it would be run, and touches begin now at the earliest"
    missed = sum(day not in queued for day in days)
    yield (
        f"{campaign.id}: {len(days):,} days, {missed:,} of them missed. This is a dry run: nothing "
        "was written to the queue."
    )
    with open_runtime(settings.paths, settings.tenant_id) as runtime:
        for why in why_not_now(settings.paths, runtime, campaign):
            yield f"It would not run now: {why}"
