"""The stages of a demo run. Each can be run again after an interruption and ends the same."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import yaml

from agent_runtime.sandbox.simulation import (
    Simulation,
    read_people,
    read_simulation,
    write_truth,
)
from agent_runtime.sandbox.truth import Params
from agent_runtime.sandbox.world import LAUNCH_AT
from agent_runtime.settings import Settings
from agent_runtime.status import open_store, read_status
from agent_runtime.supervisor import DAYS, Supervisor
from pipelines.campaign import load_campaign
from pipelines.demo_morning import play_morning
from pipelines.demo_plan import Plan
from pipelines.documents import find_document

USUAL_SIZE = 3600
"""People for whom the caps of the shipped campaign are enough."""

NO_MEETING = ("declined", "no_show")
"""What an attendee says or does where nobody meets."""

Tell = Callable[[str], None]
"""Says on the terminal what is going on right now."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what it says while it runs, and the work, which returns what it achieved."""

    says: str
    run: Callable[[Plan, Settings, Tell], str]


def make_company(plan: Plan, settings: Settings, tell: Tell) -> str:
    """Writes the sandbox company, or adopts a real export."""
    paths = settings.paths
    if plan.data:
        from agent_runtime.sandbox.adopt import adopt

        adopted = adopt(Path(plan.data), paths.root, plan.mapping, plan.seed)
        day0 = _day_after(adopted.last_date) if adopted.last_date else LAUNCH_AT
        said = f"adopted {Path(plan.data).name}: {adopted.people:,} people got sandbox addresses"
    else:
        from agent_runtime.sandbox.company import write_company

        company = write_company(paths.exports, paths.sandbox, plan.seed, plan.size)
        day0 = company.launch_at
        said = (
            f"company of seed {plan.seed}: {company.people:,} people, {company.accounts:,} "
            f"accounts, {sum(company.files.values()):,} rows in {len(company.files)} exports"
        )
    params = Params(seed=plan.seed, planted_effect=plan.effect)
    Simulation(params, day0, plan.days).write(paths)
    return said


def run_batch(plan: Plan, settings: Settings, tell: Tell) -> str:
    """Ingests, segments, assigns and queues, in one Dagster run."""
    from pipelines import ingest

    simulation = read_simulation(settings.paths)
    report = ingest.run_batch(
        settings.paths,
        tenant_id=settings.tenant_id,
        mapping=plan.mapping,
        campaign=_sized(plan, settings),
        segment_files=[plan.segment] if plan.segment else [],
        now=simulation.day0,
    )
    assigned = pl.read_parquet(settings.paths.lake / "assignments.parquet")
    arms = ", ".join(f"{n:,} {arm}" for arm, n in _counts(assigned, "arm"))
    return f"ingested, {report.ingest.quarantined:,} rows in quarantine; randomised: {arms}"


def play(plan: Plan, settings: Settings, tell: Tell) -> str:
    """Plays the campaign days with real mail, calendar and crashes that mend themselves."""
    simulation = read_simulation(settings.paths)
    supervisor = Supervisor(settings, DAYS)

    def progress() -> None:
        status = read_status(settings)
        day = (status.now - simulation.day0).days
        sent = status.messages.get("SENT", 0)
        tell(
            f"day {min(day, plan.days)} of {plan.days}: {sent:,} mails out, "
            f"{status.inbound.get('DONE', 0):,} in, "
            f"{status.meetings.get('CONFIRMED', 0):,} meetings"
        )

    supervisor.run(progress)
    status = read_status(settings)
    restarts = sum(supervisor.deaths.values())
    mended = f", {restarts} crashes mended" if restarts else ""
    return (
        f"{plan.days} days: {status.messages.get('SENT', 0):,} mails out, "
        f"{status.inbound.get('DONE', 0):,} in, "
        f"{status.meetings.get('CONFIRMED', 0):,} meetings{mended}"
    )


def read_out(plan: Plan, settings: Settings, tell: Tell) -> str:
    """Takes traces back to tables: dbt, metrics, experiment readout, MLflow, the pages."""
    from pipelines import readout
    from pipelines.costs.publish import publish_cost_at_volume
    from pipelines.readouts.dashboards.build import build_dashboards
    from pipelines.readouts.movements import publish_movements
    from pipelines.readouts.slices import publish_slices

    paths = settings.paths
    simulation = read_simulation(paths)
    write_truth(paths, simulation, randomised_units(settings))
    if not plan.data:
        tell("reading what became of the meetings from the CRM")
        read_crm_again(plan, settings)
    experiment = find_document(
        load_campaign(campaign_of(plan)).experiment, Path("experiments/specs")
    )
    readout.run_readout(
        paths, tenant_id=settings.tenant_id, now=simulation.ends_at, spec_path=experiment
    )
    tell("comparing the last weeks with those before")
    publish_movements(paths)
    publish_cost_at_volume(paths, tenant=settings.tenant_id)
    tell("asking for every metric in every combination of filters")
    publish_slices(paths)
    build_dashboards(paths)
    return f"tables, metrics, four dashboards and the page {paths.page}"


def read_crm_again(plan: Plan, settings: Settings) -> int:
    """Exports the sandbox's CRM as it stands after the campaign, ingests it, returns new deals."""
    from agent_runtime.sandbox.company import export_later_deals
    from pipelines import ingest

    paths, simulation = settings.paths, read_simulation(settings.paths)
    new = export_later_deals(
        paths.exports,
        plan.seed,
        plan.size,
        meetings_held(settings),
        now=simulation.ends_at,
        launch_at=simulation.day0,
    )
    ingest.run_ingest(
        paths.exports,
        plan.mapping,
        paths,
        tenant_id=settings.tenant_id,
        now=simulation.ends_at,
    )
    return new


def meetings_held(settings: Settings) -> dict[str, datetime]:
    """Returns the end of the first meeting of each buyer of the sandbox who has one."""
    buyers = {person.email: person.buyer_id for person in read_people(settings.paths)}
    held: dict[str, datetime] = {}
    with open_store(settings).begin() as tx:
        for meeting in tx.meetings_standing():
            contact = tx.contact_of(meeting.person_id)
            buyer = buyers.get(contact.email) if contact else None
            if buyer and meeting.state == "CONFIRMED" and meeting.attendance not in NO_MEETING:
                held[buyer] = min(meeting.slot.end, held.get(buyer, meeting.slot.end))
    return held


def campaign_of(plan: Plan) -> str:
    """Returns the campaign of a plan: the one asked for, or the mapping's own."""
    if plan.campaign:
        return plan.campaign
    own = {
        "sandbox": "prospecting",
        "maven_crm": "maven_accounts",
        "x_education": "x_education",
    }
    return own.get(Path(plan.mapping).stem, "adopted_export")


def _sized(plan: Plan, settings: Settings) -> str:
    """The sandbox has four reps at every size: in a large company their mailboxes send more."""
    name = campaign_of(plan)
    factor = -(-plan.size // USUAL_SIZE)
    if plan.data or factor == 1:
        return name
    campaign = load_campaign(name)
    caps = {
        "mailbox_per_day": campaign.caps.mailbox_per_day * factor,
        "mailbox_new_per_day": campaign.caps.mailbox_new_per_day * factor,
    }
    larger = campaign.model_copy(update={"caps": campaign.caps.model_copy(update=caps)})
    path = settings.workspace / "campaign.yaml"
    path.write_text(yaml.safe_dump(larger.model_dump(mode="json")), encoding="utf-8")
    return str(path)


def randomised_units(settings: Settings) -> dict[str, str]:
    """Returns the unit of every address that belongs to a randomised person."""
    paths = settings.paths
    assigned = pl.read_parquet(paths.lake / "assignments.parquet").select("person_id", "unit_id")
    contacts = pl.read_parquet(paths.canonical / "contacts.parquet")
    known = contacts.filter(pl.col("email").is_not_null()).join(assigned.unique(), on="person_id")
    return dict(known.select("email", "unit_id").iter_rows())


def _counts(frame: pl.DataFrame, column: str) -> list[tuple[str, int]]:
    return sorted(frame.get_column(column).value_counts().iter_rows())


def _day_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


STAGES = {
    "company": Stage("writing the company", make_company),
    "batch": Stage("ingesting, randomising, queueing", run_batch),
    "play": Stage("starting mail, calendar, people and worker", play),
    "page": Stage("from traces to tables to the page", read_out),
    "morning": Stage("the morning after, with a person before every answer", play_morning),
}
