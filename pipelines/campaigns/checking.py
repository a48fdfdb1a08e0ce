"""What has to hold of a plan before a line of it is written to the queue."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from agent_runtime.contracts import OutreachTask
from agent_runtime.library.catalog import Library
from agent_runtime.policies.arms import GLOBAL_HOLDOUT, is_control
from agent_runtime.store.registrations import controls_of, read_registrations
from pipelines.campaign import purpose_of
from pipelines.campaigns.planning import Planned, World
from pipelines.campaigns.stages.keeping import beyond
from pipelines.campaigns.tables import CampaignTables
from pipelines.readiness.wording import texts_of
from pipelines.transforms.consent import is_granted
from pipelines.transforms.identity import aliases
from pipelines.transforms.queue_table import read_tasks

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, with the figure that it looked at."""

    name: str
    passed: bool
    says: str
    figure: float = 0
    examples: tuple[str, ...] = ()
    """Ids of a few people or texts, never names."""


def check_plan(world: World, planned: Planned, library: Library) -> tuple[Finding, ...]:
    """Returns what every check says, in the order of `checks.CHECKS`."""
    return (
        _holdout(world, planned),
        _caps(world, planned),
        _consent(world, planned, library),
        _volume(world, planned),
        _stage(world, planned),
        _playbook(world, planned, library),
    )


def _holdout(world: World, planned: Planned) -> Finding:
    """Asks the arms anew, and not the code that has made the queue."""
    survivors = aliases(world.identity)
    controls = dict(controls_of(read_registrations(world.lake.paths.registry)))
    held = {
        survivors.get(row["person_id"]) or row["person_id"]
        for row in planned.assignments.iter_rows(named=True)
        if row["experiment_id"] == GLOBAL_HOLDOUT
        or is_control(row["experiment_id"], row["arm"], controls)
        or (row["experiment_id"] == planned.spec.id and row["arm"] == planned.spec.control)
    }
    queued = {survivors.get(task.person_id) or task.person_id for task in planned.new}
    wrong = sorted(queued & held)
    return _found(
        "holdout_untouched",
        wrong,
        f"{len(queued):,} people of the queue, none of {len(held):,} held out",
        f"{len(wrong):,} people of a holdout are in the queue",
    )


def _caps(world: World, planned: Planned) -> Finding:
    """Counts mailbox and account by UTC day, as the permit does, and a person by any seven days."""
    caps = planned.campaign.caps
    every = [*world.tasks, *planned.new]
    mine = planned.new
    over: list[str] = []

    def count(key: Callable[[OutreachTask], object], tasks: Sequence[OutreachTask]) -> Counter:
        return Counter((key(task), task.not_before.date()) for task in tasks)

    def hold(what: str, counts: Counter, touched: Counter, cap: int) -> None:
        over.extend(
            f"{what} {name} has {counts[name, day]} on {day}, {cap} allowed"
            for name, day in touched
            if name is not None and counts[name, day] > cap
        )

    firsts = [task for task in every if task.touch == 1]
    mailbox, account = (lambda t: t.mailbox), (lambda t: t.account_id)
    hold("mailbox", count(mailbox, every), count(mailbox, mine), caps.mailbox_per_day)
    new = [task for task in mine if task.touch == 1]
    hold("mailbox", count(mailbox, firsts), count(mailbox, new), caps.mailbox_new_per_day)
    hold("account", count(account, every), count(account, mine), caps.account_per_day)
    over += [f"person {p} has too many in a week" for p in _too_often(mine, caps.person_per_week)]
    return _found(
        "caps_kept",
        over,
        f"{len(mine):,} touches within the caps of person, account and mailbox",
        f"{len(over):,} caps are broken: {'; '.join(over[:2])}",
    )


def _too_often(tasks: Sequence[OutreachTask], cap: int) -> list[str]:
    days: dict[str, list[date]] = {}
    for task in tasks:
        days.setdefault(task.person_id, []).append(task.not_before.date())
    found = []
    for person, when in days.items():
        when.sort()
        if any(b - a < _WEEK for a, b in zip(when, when[cap:], strict=False)):
            found.append(person)
    return found


def _consent(world: World, planned: Planned, library: Library) -> Finding:
    consents = world.tables["consents"].filter(
        is_granted(purpose_of(library.playbook(planned.campaign.playbook)))
        & pl.col("basis").is_not_null()
        & (pl.coalesce("source_text", "source").fill_null("").str.strip_chars() != "")
        & pl.col("recorded_at").is_not_null()
    )
    contacts = world.tables["contacts"].select("contact_id", "email", "person_id")
    by_contact = consents.select("contact_id").drop_nulls().join(contacts, on="contact_id")
    by_email = consents.select("email").drop_nulls().join(contacts, on="email")
    proven = {*by_contact["person_id"].to_list(), *by_email["person_id"].to_list()}
    queued = {task.person_id for task in planned.new}
    lacking = sorted(queued - proven)
    return _found(
        "consent_recorded",
        lacking,
        f"{len(queued):,} people, each with a basis, its source and its date",
        f"{len(lacking):,} of {len(queued):,} people have no basis with source and date",
    )


def _volume(world: World, planned: Planned) -> Finding:
    volume, new = planned.campaign.volume, len({task.person_id for task in planned.new})
    own = CampaignTables(world.lake.paths, planned.campaign.id)
    before = [day for day in own.days("queue") if day < planned.day]
    if not before:
        return Finding("volume_steady", True, f"{new:,} people on the first day", new)
    had = len({t.person_id for t in read_tasks(own.of(before[-1], "queue"))})
    bound = max(volume.floor, volume.times * had)
    says = f"{new:,} people, {had:,} on {before[-1]}, at most {bound:,.0f} are no jump"
    return Finding("volume_steady", new <= bound, says, new)


def _stage(world: World, planned: Planned) -> Finding:
    stage, wrong = beyond(world, planned)
    return _found(
        "stage_kept", wrong, f"within what {stage} allows", f"{stage}: {'; '.join(wrong)}"
    )


def _playbook(world: World, planned: Planned, library: Library) -> Finding:
    """Every text in every language of the people, written, approved, and live on its last day."""
    campaign, playbook = planned.campaign, library.playbook(planned.campaign.playbook)
    if playbook.version != campaign.playbook_version:
        says = f"{playbook.id} is at version {playbook.version}, not {campaign.playbook_version}"
        return Finding("playbook_approved", False, says, playbook.version)
    known = dict(world.tables["contacts"].select("contact_id", "language").iter_rows())
    touched = {task.contact_id for task in planned.new}
    read_by = set(planned.people["contact_id"]) if campaign.inbound is not None else touched
    languages = {(known.get(contact) or "")[:2].lower() for contact in read_by} - {""}
    until = max((task.expires_at for task in planned.new), default=planned.now)
    gaps = []
    for language in sorted(languages):
        for text in texts_of(library, playbook):
            written = library.contents.get((text, language))
            if written is None:
                gaps.append(f"{text} is not written in {language}")
            elif not written.approver.strip():
                gaps.append(f"{text} ({language}) has no approver")
            elif written.expires <= until:
                gaps.append(f"{text} ({language}) expires on {written.expires_at}")
    return _found(
        "playbook_approved",
        gaps,
        f"{playbook.label} and its texts are approved in {len(languages)} languages",
        f"{len(gaps):,} texts are missing or out of date: {'; '.join(gaps[:2])}",
    )


def _found(name: str, wrong: Sequence[str], holds: str, breaks: str) -> Finding:
    says = breaks if wrong else holds
    return Finding(name, not wrong, says, len(wrong), tuple(wrong[:5]))
