"""What a campaign would do on a day, worked out in memory: nothing here writes anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from agent_runtime.contracts import OutreachTask
from agent_runtime.domain import ChannelName, Choices
from agent_runtime.library.catalog import company_library
from agent_runtime.library.playbook import Playbook
from agent_runtime.policies.choices import off_topic
from agent_runtime.policies.contact_rules import ContactRule, rules_without
from agent_runtime.store.registrations import controls_of, read_registrations
from experiments.spec import Spec
from pipelines.campaign import Campaign, experiment_of, purpose_of
from pipelines.campaigns.days import plans_from
from pipelines.campaigns.tables import CampaignTables
from pipelines.campaigns.triggers import events, open_events, reasons
from pipelines.errors import PipelineError
from pipelines.lake import Lake, read_or_empty
from pipelines.listings import read_listings
from pipelines.transforms.assign import ASSIGNMENTS, assign, hold_out
from pipelines.transforms.consent import bases
from pipelines.transforms.eligibility import judge, rule_facts
from pipelines.transforms.identity import EVENTS, aliases
from pipelines.transforms.queue import Queue, Recipient, plan
from pipelines.transforms.queue_table import read_tasks
from pipelines.transforms.recipient import Arms, outcomes, sort_by_arm
from pipelines.transforms.segment import load_segment, members

if TYPE_CHECKING:
    from agent_runtime.settings import Workspace

NO_EVENT, STOPPED, TURNED_OFF = "no_event", "suppressed", "turned_off"
ANSWERED = "answers_only"
"""Treated in a campaign that answers who writes first: nothing is planned for them."""

_OF_TOUCHES = ("no_email", "no_consent", "not_confirmed", "other_territory", "open_opportunity")
"""Contact rules that bind who is written to unasked, and not who has written."""


@dataclass(frozen=True, slots=True)
class World:
    """What all campaigns of a workspace stand on, read once."""

    lake: Lake
    tenant_id: str
    tables: Mapping[str, pl.DataFrame]
    contacts: pl.DataFrame
    """Rows of `transforms.facts.contact_facts`."""
    assignments: pl.DataFrame
    identity: pl.DataFrame
    """Events of identity, for the mergers."""
    tasks: tuple[OutreachTask, ...]
    """The queue as it stands, of every campaign."""
    stopped: Mapping[str, str]
    """Why the runtime writes to a person no more, by person; mostly their own words."""
    choices: Mapping[str, Choices]
    """What people have turned off by themselves, by person."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A campaign's day: who, which arm, which touches, and of everybody else why not."""

    campaign: Campaign
    spec: Spec
    day: date
    now: datetime
    """From when touches were planned."""
    audience: pl.DataFrame
    """Rows of `transforms.eligibility.ELIGIBILITY`."""
    purpose: str
    """To what they have to have agreed."""
    people: pl.DataFrame
    """The eligible, with what the blocks of an experiment are made of."""
    assignments: pl.DataFrame
    """Arms of everybody in every experiment, as they would stand afterwards."""
    new: tuple[OutreachTask, ...]
    outcomes: pl.DataFrame
    memberships: Mapping[str, pl.DataFrame]
    """Rows of `transforms.segment.members`, by segment."""
    events: pl.DataFrame
    """The open events of its triggers; see `triggers.EVENTS`."""
    reason_of: Mapping[str, str]
    """The event for which an account is written to."""

    @property
    def arms(self) -> pl.DataFrame:
        """Rows of the campaign's own experiment."""
        return self.assignments.filter(pl.col("experiment_id") == self.spec.id)


def read_world(
    paths: "Workspace",
    tenant_id: str,
    *,
    stopped: Mapping[str, str] | None = None,
    choices: Mapping[str, Choices] | None = None,
) -> World:
    """Returns what campaigns stand on.

    Raises:
        PipelineError: the export has not been read yet.
    """
    lake = Lake(paths)
    if not lake.contact_facts.is_file():
        raise PipelineError(
            f"{paths.root}: there is no {lake.contact_facts.name} yet; read an export first "
            "(`parley ingest`, or the assets up to `segments/contact_facts`)."
        )
    return World(
        lake=lake,
        tenant_id=tenant_id,
        tables=lake.canonical(),
        contacts=pl.read_parquet(lake.contact_facts),
        assignments=read_or_empty(lake.assignments, ASSIGNMENTS),
        identity=read_or_empty(lake.person_events, EVENTS),
        tasks=tuple(read_tasks(lake.tasks)),
        stopped=stopped or {},
        choices=choices or {},
    )


def plan_day(world: World, campaign: Campaign, day: date, *, at: datetime) -> Planned:
    """Returns what a campaign would do on a day; the same arguments give the same plan.

    Args:
        world: What it stands on.
        campaign: The campaign.
        day: A day of its own calendar.
        at: The present.
    """
    now, spec = plans_from(campaign, day, at), experiment_of(campaign)
    own = CampaignTables(world.lake.paths, campaign.id)
    found = events(world.tables, campaign.triggers, now=now)
    open_now = open_events(found, own.answered(), day)
    reason_of = reasons(open_now)
    segments = {one.id: one for one in map(load_segment, campaign.segments)}
    memberships = {name: members(world.contacts, one) for name, one in segments.items()}
    library = company_library(world.lake.paths.library)
    playbook = library.playbook(campaign.playbook)
    purpose = purpose_of(playbook)
    audience = _audience(world, campaign, playbook, memberships, reason_of)
    people = _people(world, audience)
    assignments = _assigned(world, spec, people, now)
    by_arm = sort_by_arm(
        audience,
        assignments,
        world.identity,
        Arms(spec.id, spec.treated, spec.control, spec.layer, _controls(world, spec)),
        campaign,
    )
    queue = _queue(world, campaign, by_arm.recipients, spec, now)
    return Planned(
        campaign=campaign,
        spec=spec,
        day=day,
        now=now,
        audience=audience,
        purpose=purpose,
        people=people,
        assignments=assignments,
        new=tuple(_with_reason(task, reason_of) for task in queue.tasks),
        outcomes=outcomes(audience, by_arm.left_out | queue.left_out),
        memberships=memberships,
        events=open_now,
        reason_of=reason_of,
    )


def without_unwilling(
    judged: pl.DataFrame,
    choices: Mapping[str, Choices],
    campaign: Campaign,
    playbook: Playbook,
    survivors: Mapping[str, str],
) -> pl.DataFrame:
    """Returns who is eligible, without those who turned off all that a campaign begins.

    Where somebody wants some of it, the permit decides touch by touch.

    Args:
        judged: Rows of `transforms.eligibility.ELIGIBILITY`.
        choices: What people have turned off, by person.
        campaign: Whose touches they are.
        playbook: Its playbook.
        survivors: Of the merged, whose rows they are by now; see `transforms.identity.aliases`.
    """
    off = [one for one, said in choices.items() if _turns_off(said, campaign, playbook)]
    gone = {survivors.get(one) or one for one in off}
    return _left_out(judged, pl.col("person_id").is_in(list(gone)), TURNED_OFF)


def _queue(
    world: World, campaign: Campaign, recipients: Sequence[Recipient], spec: Spec, now: datetime
) -> Queue:
    if campaign.inbound is not None:
        return Queue((), {one.person_id: ANSWERED for one in recipients})
    return plan(recipients, campaign, experiment_id=spec.id, now=now, stored=world.tasks)


def _audience(
    world: World,
    campaign: Campaign,
    playbook: Playbook,
    memberships: Mapping[str, pl.DataFrame],
    reason_of: Mapping[str, str],
) -> pl.DataFrame:
    facts = rule_facts(
        world.contacts,
        bases=bases(world.tables, purpose_of(playbook)),
        suppressions=pl.read_parquet(world.lake.suppressions),
        territories=world.tables["territories"],
        listings=read_listings(world.lake.paths, world.tenant_id),
    )
    judged = judge(
        world.contacts,
        facts,
        list(memberships.values()),
        _rules(campaign),
        tenant_id=world.tenant_id,
    )
    survivors = aliases(world.identity)
    stopped = {survivors.get(p) or p for p in world.stopped}
    judged = _left_out(judged, pl.col("person_id").is_in(list(stopped)), STOPPED)
    judged = without_unwilling(judged, world.choices, campaign, playbook, survivors)
    if campaign.triggers:
        has_event = pl.col("account_id").fill_null("").is_in(list(reason_of))
        judged = _left_out(judged, ~has_event, NO_EVENT)
    return judged


def _turns_off(choices: Choices, campaign: Campaign, playbook: Playbook) -> bool:
    """Says whether nothing that a campaign begins is wanted."""
    touches = playbook.touches[: len(campaign.touch_workdays)]
    channels: set[ChannelName] = {touch.channel for touch in touches if touch.do == "send_touch"}
    return bool(channels) and all(
        one in choices.channels_off or off_topic(choices, playbook.on(one).purpose)
        for one in channels
    )


def _rules(campaign: Campaign) -> tuple[ContactRule, ...]:
    rules = rules_without(campaign.waive)
    if campaign.inbound is None:
        return rules
    return tuple(rule for rule in rules if rule.rule_id not in _OF_TOUCHES)


def _left_out(judged: pl.DataFrame, who: pl.Expr, why: str) -> pl.DataFrame:
    is_out = pl.col("eligible") & who
    return judged.with_columns(
        pl.when(is_out).then(pl.lit(why)).otherwise("reason").alias("reason"),
        (pl.col("eligible") & ~is_out).alias("eligible"),
    )


def _people(world: World, audience: pl.DataFrame) -> pl.DataFrame:
    eligible = audience.filter(pl.col("eligible"))
    return eligible.select("person_id", "contact_id", "account_id", "segment").join(
        world.contacts, left_on="contact_id", right_on="contacts.contact_id", how="left"
    )


def _assigned(world: World, spec: Spec, people: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """The stored table is the authority; newcomers are drawn as `defs.assignment` draws them."""
    from agent_runtime.policies.arms import GLOBAL_HOLDOUT

    survivors = aliases(world.identity)
    stored = world.assignments
    more = {"tenant_id": world.tenant_id, "now": now, "survivors": survivors}
    held = hold_out(people, spec, stored=stored, **more)
    others = stored.filter(~pl.col("experiment_id").is_in([spec.id, GLOBAL_HOLDOUT]))
    kept = pl.concat([others, held])
    mine = stored.filter(pl.col("experiment_id") == spec.id)
    return pl.concat([kept, assign(people, spec, stored=pl.concat([kept, mine]), **more)])


def _controls(world: World, spec: Spec) -> dict[str, tuple[str, ...]]:
    """The controls of all registered experiments, and of this one, which may not be yet."""
    known = controls_of(read_registrations(world.lake.paths.registry))
    return known | {spec.id: tuple({*known.get(spec.id, ()), spec.control})}


def _with_reason(task: OutreachTask, reason_of: Mapping[str, str]) -> OutreachTask:
    why = reason_of.get(task.account_id or "")
    return task.model_copy(update={"reason": f"{task.reason}; {why}"}) if why else task
