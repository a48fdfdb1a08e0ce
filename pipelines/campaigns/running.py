"""One day of a campaign: looked at in a dry run, or carried out in the same words."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from agent_runtime.contracts import OutreachTask
from agent_runtime.library.catalog import Library, company_library
from agent_runtime.settings import Workspace
from experiments.registry import register
from pipelines.campaign import Campaign, write_limits
from pipelines.campaigns.approving import last_approval
from pipelines.campaigns.budgets import spent
from pipelines.campaigns.checking import Finding, check_plan
from pipelines.campaigns.dry_run import DryRun, dry_run
from pipelines.campaigns.gates import why_not_now
from pipelines.campaigns.inbound import requests, write_inbound
from pipelines.campaigns.planning import Planned, World, plan_day, read_world
from pipelines.campaigns.rehearsal import rehearse
from pipelines.campaigns.runtime import Runtime, open_runtime
from pipelines.campaigns.stages.binding import bind
from pipelines.campaigns.tables import CampaignTables, only_writer
from pipelines.coherence import check_campaign
from pipelines.errors import PipelineError
from pipelines.lake import Lake, read_or_empty, write, write_all
from pipelines.transforms.assign import ASSIGNED_OWNERS
from pipelines.transforms.queue_table import from_tasks, read_tasks
from pipelines.transforms.segment import load_segment

REHEARSED = 500
"""So many first messages are written in a dry run; the rest is counted by the plan alone."""

JUMPS = ("volume_steady",)
"""Checks over which somebody may decide."""


class RefusedRunError(PipelineError):
    """A campaign that may not run; nothing was written."""

    def __init__(self, why: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(why)
        self.findings = tuple(findings)
        """What the checks said, where it came to them."""


@dataclass(frozen=True, slots=True)
class Day:
    """A campaign, one of its days, and the present."""

    paths: Workspace
    tenant_id: str
    campaign: Campaign
    day: date
    at: datetime

    @property
    def tables(self) -> CampaignTables:
        """Where it keeps what it did."""
        return CampaignTables(self.paths, self.campaign.id)


@dataclass(frozen=True, slots=True)
class Done:
    """What a run has put into the queue."""

    planned: Planned
    findings: tuple[Finding, ...]
    new: tuple[OutreachTask, ...]
    unlike: tuple[str, ...]
    """People of whom the day's dry run said something else; the world has changed since."""


def look(day: Day, *, rehearsed: int | None = None) -> DryRun:
    """Returns the dry run of a day; writes nothing anywhere.

    Args:
        day: What is looked at.
        rehearsed: How many first messages are written, `REHEARSED` by default.

    Raises:
        PipelineError: the campaign goes beyond its playbook, or there is nothing to look at.
    """
    with _opened(day) as (runtime, world, library):
        planned = plan_day(world, day.campaign, day.day, at=day.at)
        findings = check_plan(world, planned, library)
        firsts = sorted(
            (task for task in planned.new if task.touch == 1), key=lambda t: t.not_before
        )
        people = {
            task.person_id for task in firsts[: REHEARSED if rehearsed is None else rehearsed]
        }
        messages = rehearse(world, planned, people, flags=runtime.flags()) if people else ()
        over = (line.said for line in spent(runtime, day.campaign, now=day.at) if line.is_over)
        return dry_run(
            world,
            planned,
            messages=messages,
            findings=findings,
            requests=requests(world, planned, runtime, library),
            why_not_yet=[*why_not_now(day.paths, runtime, day.campaign), *over],
        )


def carry_out(day: Day, *, code_version: str, allows_jump: bool = False) -> Done:
    """Writes a day of a campaign into arms and queue; running it again adds nothing.

    Refused are a campaign that nobody approved as it is, one that is paused, and a plan that fails
    a check. The runtime sees the queue when it is imported.

    Args:
        day: What is run.
        code_version: Version of the code, for the registration of the experiment.
        allows_jump: Whether somebody has looked at a jump of the volume and wants it.

    Raises:
        RefusedRunError: it may not run; nothing was written.
        ExperimentError: the experiment is not what was registered; nobody is assigned.
    """
    with only_writer(day.paths), _opened(day) as (runtime, world, library):
        for why in why_not_now(day.paths, runtime, day.campaign):
            raise RefusedRunError(why)
        planned = plan_day(world, day.campaign, day.day, at=day.at)
        findings = check_plan(world, planned, library)
        broken = [f for f in findings if not (f.passed or (allows_jump and f.name in JUMPS))]
        if broken:
            said = "; ".join(f"{f.name}: {f.says}" for f in broken)
            raise RefusedRunError(f"campaign {day.campaign.id} on {day.day}: {said}.", findings)
        approval = last_approval(day.paths, day.campaign.id)
        register(
            day.paths.registry,
            planned.spec,
            approver=approval.by if approval else "",
            code_version=code_version,
            now=planned.now,
        )
        bind(day.paths, runtime)
        _write(day, world, planned)
    return Done(planned, findings, planned.new, _unlike(day))


def _write(day: Day, world: World, planned: Planned) -> None:
    """Arms stand before a touch does; a crash in between leaves nothing that could be sent."""
    lake = Lake(day.paths)
    write_all(dict(planned.memberships), lake.segments)
    write(planned.audience, lake.eligibility)
    write(_owners(lake, planned), lake.assigned_owners)
    write(planned.assignments, lake.assignments)
    write_limits(day.campaign, lake.campaign_limits)
    write_inbound(day.campaign, lake)
    new = {task.task_id for task in planned.new}
    mine = [task for task in _queued_on(day) if task.task_id not in new]
    write(from_tasks([*mine, *planned.new]), day.tables.of(day.day, "queue"))
    accounts = {t.account_id for t in planned.new}
    answered = planned.events.filter(pl.col("account_id").is_in(list(accounts - {None})))
    day.tables.add_answered(answered, day.day)
    write(planned.outcomes, lake.outcomes)
    write(from_tasks([*world.tasks, *planned.new]), lake.tasks)


def _queued_on(day: Day) -> list[OutreachTask]:
    return read_tasks(day.tables.of(day.day, "queue"))


def _owners(lake: Lake, planned: Planned) -> pl.DataFrame:
    """Who owned whom when they were assigned: what stands is kept, as the arms are."""
    known = read_or_empty(lake.assigned_owners, ASSIGNED_OWNERS)
    newcomers = planned.arms.join(known, on=["experiment_id", "person_id"], how="anti")
    owned = planned.audience.filter(pl.col("eligible")).select("person_id", "owner_id")
    added = newcomers.join(owned, on="person_id").select(list(ASSIGNED_OWNERS))
    return pl.concat([known, added])


def _unlike(day: Day) -> tuple[str, ...]:
    path = day.tables.of(day.day, "dry_run")
    if not path.is_file():
        return ()
    said = pl.read_parquet(path).filter(pl.col("touches") > 0)
    foretold = dict(said.select("person_id", "first_at").iter_rows())
    done = {t.person_id: t.not_before for t in _queued_on(day) if t.touch == 1}
    return tuple(sorted(p for p in foretold | done if foretold.get(p) != done.get(p)))


@contextmanager
def _opened(day: Day) -> Iterator[tuple[Runtime, World, Library]]:
    library = company_library(day.paths.library)
    segments = [load_segment(name).id for name in day.campaign.segments]
    check_campaign(day.campaign, segments, library)
    with open_runtime(day.paths, day.tenant_id) as runtime:
        world = read_world(
            day.paths,
            day.tenant_id,
            stopped=runtime.stopped(),
            choices=runtime.choices(),
        )
        yield runtime, world, library
