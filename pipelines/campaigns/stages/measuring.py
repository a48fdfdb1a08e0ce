"""What has to be met before a campaign enters a state, and how far it is from that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import company_library
from agent_runtime.library.playbook import Playbook
from agent_runtime.policies.ruleset import STANDARD, profile_of
from agent_runtime.settings import Settings
from experiments.errors import ExperimentError
from experiments.metrics import MetricReading, read_metrics
from pipelines.campaign import experiment_of
from pipelines.campaigns.approving import why_unapproved
from pipelines.campaigns.book import Page
from pipelines.campaigns.days import day_at
from pipelines.campaigns.runtime import open_runtime
from pipelines.campaigns.stages.history import Life, Measured
from pipelines.campaigns.stages.keeping import queued_days
from pipelines.campaigns.stages.rules import Criterion, Stage, rules
from pipelines.errors import PipelineError
from pipelines.manifest import ensure_manifest
from pipelines.readiness.dns import Dns


@dataclass(frozen=True)
class Subject:
    """A campaign of which it is asked whether it may enter a state."""

    settings: Settings
    page: Page
    life: Life
    now: datetime
    dns: Dns | None = None
    """Answers for names of the mail domain; None looks nothing up."""

    @cached_property
    def dry_run(self) -> tuple[int, list[str]]:
        """People who would get a message today, and the checks that are broken."""
        from pipelines.campaigns.running import Day, look

        campaign, paths = self.page.campaign, self.settings.paths
        day = Day(paths, self.settings.tenant_id, campaign, day_at(campaign, self.now), at=self.now)
        found = look(day)
        # The state that the campaign is still in says nothing about the one that it wants.
        broken = [f.says for f in found.findings if not f.passed and f.name != "stage_kept"]
        return found.reached, broken


Found = tuple[float | None, str]
"""A value and what it rests on; no value and why there is none."""


def measure(subject: Subject, target: Stage) -> tuple[Measured, ...]:
    """Returns every criterion of a state; what has no value, or rests on too little, is not met."""
    entry = rules()[target].entry
    readings = _read(subject, [one.metric for one in entry if one.metric])
    return tuple(_measured(subject, one, readings) for one in entry)


def _measured(
    subject: Subject, one: Criterion, readings: Mapping[str, MetricReading] | str
) -> Measured:
    value, why = _metric(one, readings) if one.metric else _checked(subject, one)
    return Measured(
        id=one.id,
        title=one.title,
        bound=one.bound,
        met=value is not None and one.holds(value) and not why.startswith(_TOO_FEW),
        value=value,
        why=why,
        todo=one.todo.format(campaign=subject.page.campaign.id),
    )


_TOO_FEW = "too few"


def _metric(one: Criterion, readings: Mapping[str, MetricReading] | str) -> Found:
    if isinstance(readings, str):
        return None, readings
    reading = readings.get(one.metric)
    if reading is None or reading.value is None:
        return None, reading.reason if reading else "nothing has happened yet"
    if reading.n < one.least_n:
        return reading.value, f"{_TOO_FEW}: it rests on {reading.n:,}, at least {one.least_n:,}"
    return reading.value, f"it rests on {reading.n:,}" if one.least_n else ""


def _read(subject: Subject, names: list[str]) -> Mapping[str, MetricReading] | str:
    """Returns the metrics of the campaign since it entered its state, or why there are none."""
    if not names:
        return {}
    since = subject.life.since
    try:
        ensure_manifest()
        found = read_metrics(
            list(dict.fromkeys(names)),
            warehouse=subject.settings.paths.warehouse,
            where={"campaign": subject.page.campaign.id},
            since=since.date() if since else None,
        )
    except ExperimentError as error:
        return str(error)
    return {reading.metric: reading for reading in found}


def _checked(subject: Subject, one: Criterion) -> Found:
    try:
        return CHECKS[one.id](subject)
    except (ParleyError, PipelineError, ExperimentError) as error:
        return None, str(error)


def _readiness(subject: Subject) -> Found:
    from pipelines.readiness.assess import assess
    from pipelines.readiness.world import read_world

    found = assess(read_world(subject.settings, str(subject.page.path), dns=subject.dns))
    return float(len(found.missing) + len(found.unchecked)), found.why


def _unapproved(subject: Subject) -> Found:
    why = why_unapproved(subject.settings.paths, subject.page.campaign)
    return float(bool(why)), why


def _segments(subject: Subject) -> Found:
    names = subject.page.campaign.segments
    return float(len(names)), ", ".join(names)


def _channels(subject: Subject) -> Found:
    names = subject.page.campaign.channels
    return float(len(names)), ", ".join(names)


def _dry_run_people(subject: Subject) -> Found:
    return float(subject.dry_run[0]), ""


def _dry_run_faults(subject: Subject) -> Found:
    broken = subject.dry_run[1]
    return float(len(broken)), "; ".join(broken)


def _days_in_state(subject: Subject) -> Found:
    if subject.life.since is None:
        return None, "nobody has written down when it entered its state"
    return float((subject.now - subject.life.since).days), f"since {subject.life.since:%Y-%m-%d}"


def _days_unreviewed(subject: Subject) -> Found:
    days = queued_days(subject.settings.paths, subject.life)
    if not days:
        return None, "no day was queued in this state yet"
    left = [day.isoformat() for day in days if day not in subject.life.reviewed]
    return float(len(left)), ", ".join(left[:5])


def _search_scopes(subject: Subject) -> Found:
    scopes = _playbook(subject).scopes
    return float(len(scopes)), ", ".join(scopes)


def _policies(subject: Subject) -> Found:
    campaign, playbook = subject.page.campaign, _playbook(subject)
    with open_runtime(subject.settings.paths, subject.settings.tenant_id) as runtime:
        profile = profile_of(runtime.flags(), playbook.id).profile
    known = {
        "offers": campaign.offers is not None,
        "meetings": campaign.meetings is not None,
        "redlines": bool(playbook.redlines),
        f"profile {profile}": profile != STANDARD,
    }
    stricter = [name for name, is_so in known.items() if is_so]
    return float(len(stricter)), ", ".join(stricter)


def _alerts(subject: Subject) -> Found:
    campaign = subject.page.campaign
    stops = len(experiment_of(campaign).stop_rules)
    limits = campaign.budget.model_dump(exclude={"usd_per_euro"}, exclude_none=True)
    return float(stops + len(limits)), f"{stops} stop rules, {len(limits)} lines of budget"


def _playbook(subject: Subject) -> Playbook:
    return company_library(subject.settings.paths.library).playbook(subject.page.campaign.playbook)


CHECKS: dict[str, Callable[[Subject], Found]] = {
    "readiness": _readiness,
    "unapproved": _unapproved,
    "segments": _segments,
    "channels": _channels,
    "dry_run_people": _dry_run_people,
    "dry_run_faults": _dry_run_faults,
    "days_in_state": _days_in_state,
    "days_unreviewed": _days_unreviewed,
    "search_scopes": _search_scopes,
    "policies": _policies,
    "alerts": _alerts,
}
"""What looks at each criterion that is no metric."""
