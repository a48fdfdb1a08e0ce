"""Holds the plan of a day against what the state of the campaign lets it do."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from agent_runtime.campaign_stage import is_test_address
from agent_runtime.settings import Workspace
from pipelines.campaigns.planning import Planned, World
from pipelines.campaigns.stages.history import Life, life_of
from pipelines.campaigns.stages.rules import Bounds, rules
from pipelines.campaigns.tables import CampaignTables


def beyond(world: World, planned: Planned) -> tuple[str, tuple[str, ...]]:
    """Returns the state, and what of a plan goes beyond it: a sentence with what to do each."""
    life = life_of(world.lake.paths, planned.campaign.id)
    bounds = rules()[life.stage].bounds
    found = (
        *_addresses(world, planned, bounds),
        *_parts(planned, bounds),
        *_people(world, planned, bounds),
        *_unreviewed(world, planned, bounds, life),
    )
    return life.stage, found


def _addresses(world: World, planned: Planned, bounds: Bounds) -> Iterator[str]:
    if not bounds.tests_only:
        return
    if planned.campaign.inbound is not None:
        name = planned.campaign.id
        yield (
            "whoever writes first has a real address, and would wait for an answer; `parley "
            f"campaign promote {name}` makes it a pilot"
        )
    emails = dict(world.tables["contacts"].select("contact_id", "email").iter_rows())
    people = {t.person_id for t in planned.new if not is_test_address(emails[t.contact_id] or "")}
    if people:
        name = planned.campaign.id
        yield (
            f"{len(people):,} people have real addresses; `parley campaign promote {name}` makes "
            "it a pilot"
        )


def _parts(planned: Planned, bounds: Bounds) -> Iterator[str]:
    campaign = planned.campaign
    for field, names, most in (
        ("segments", campaign.segments, bounds.segments),
        ("channels", campaign.channels, bounds.channels),
    ):
        if most is not None and len(names) > most:
            yield f"{field} has {len(names)} names, at most {most} allowed"


def _people(world: World, planned: Planned, bounds: Bounds) -> Iterator[str]:
    mine = [t for t in world.tasks if t.campaign_id == planned.campaign.id]
    everybody = {task.person_id for task in (*mine, *planned.new)}
    if bounds.people is not None and planned.new and len(everybody) > bounds.people:
        yield (
            f"{len(everybody):,} people in all, at most {bounds.people} allowed; narrow the "
            "segment or give the experiment a larger holdout"
        )
    days = Counter(task.not_before.date() for task in (*mine, *planned.new) if task.touch == 1)
    touched = {task.not_before.date() for task in planned.new if task.touch == 1}
    most = max((days[day] for day in touched), default=0)
    if bounds.people_a_day is not None and most > bounds.people_a_day:
        yield (
            f"{most:,} people are written to first on one day, at most {bounds.people_a_day} "
            "allowed; lower caps.mailbox_new_per_day"
        )


def _unreviewed(world: World, planned: Planned, bounds: Bounds, life: Life) -> Iterator[str]:
    if not bounds.daily_review or not planned.new:
        return
    days = queued_days(world.lake.paths, life)
    last = max((day for day in days if day < planned.day), default=None)
    if last is not None and last not in life.reviewed:
        yield (
            f"nobody has looked at {last}; see `parley campaign dry-run {life.campaign_id}` and "
            f"the threads, then `parley campaign review {life.campaign_id} --day {last}`"
        )


def queued_days(workspace: Workspace, life: Life) -> tuple[date, ...]:
    """Returns the days that were queued in the present state."""
    own = CampaignTables(workspace, life.campaign_id).days("queue")
    return tuple(day for day in own if life.since is None or day >= life.since.date())
