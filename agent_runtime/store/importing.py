"""Loads what batch code decided into the runtime store; running it again changes nothing."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from unicodedata import normalize

import polars as pl

from agent_runtime.arms import add_controls
from agent_runtime.campaign_limits import FILE as LIMITS
from agent_runtime.campaign_limits import publish_limits
from agent_runtime.campaign_stage import FILE as STAGES
from agent_runtime.campaign_stage import publish_bounds, publish_names
from agent_runtime.contracts import Assignment, OutreachTask
from agent_runtime.crm_news import stop_newly_known
from agent_runtime.domain import TEXT_CHANNELS, Consent, Contact, PublicSignal
from agent_runtime.inbound_campaign import FILE as INBOUND
from agent_runtime.inbound_campaign import publish_inbound
from agent_runtime.intake import BY_TEXT
from agent_runtime.newcomers import EXPERIMENT, OWNERS, Owner
from agent_runtime.policies.arms import CONFLICT, HOLDOUT, Controls, is_control
from agent_runtime.ports import Store, Tx
from agent_runtime.settings import Settings, Workspace
from agent_runtime.store.brought import contacts_to_bring
from agent_runtime.store.engine import open_engine
from agent_runtime.store.parting import follow
from agent_runtime.store.registrations import controls_of, online_of, read_registrations
from agent_runtime.store.rows import Brought, Standing, Task
from agent_runtime.store.sql import SqlStore

BATCH = 500
_ZONES = {
    "AMER": "America/New_York",
    "UKI": "Europe/London",
    "DACH": "Europe/Berlin",
    "SEUR": "Europe/Madrid",
}
"""Where an owner keeps office hours when the CRM says only the territory."""


def load(workspace: Workspace, tenant_id: str, now: datetime) -> dict[str, int]:
    """Loads a workspace's tables into its own runtime store."""
    settings = Settings(workspace=workspace.root, tenant_id=tenant_id)
    engine = open_engine(settings.store_url or f"sqlite:///{workspace.store}")
    try:
        return load_into(SqlStore(engine, tenant_id), workspace, tenant_id, now)
    finally:
        engine.dispose()


def load_into(store: Store, workspace: Workspace, tenant_id: str, now: datetime) -> dict[str, int]:
    """Loads owners, merges, stops, arms, contacts, consents and touches; returns how many.

    People of the holdout are loaded too: an inbound mail of theirs must find their arm. Merges,
    stops and arms come before everything else, so that nobody is written to in between. What an
    earlier batch brought and nothing has changed since is not written again.
    """
    lake = workspace.lake
    owners = {
        o.owner_id: o for o in _owners(pl.read_parquet(workspace.canonical / "owners.parquet"))
    }
    registrations = read_registrations(workspace.registry)
    controls = controls_of(registrations)
    with store.begin() as tx:
        tx.publish("owners", OWNERS.dump_json(tuple(owners.values())).decode())
        tx.publish("online_experiment", EXPERIMENT.dump_json(online_of(registrations)).decode())
        add_controls(tx, controls)
        publish_limits(tx, lake / LIMITS)
        publish_inbound(tx, lake / INBOUND)
        follow(tx, *_merges(workspace), now=now)
        publish_bounds(tx, lake / STAGES)
        known = tx.standing()
    stops = dict(pl.read_parquet(lake / "suppressions.parquet")["person_id", "reason"].iter_rows())
    for page in _pages([person for person in stops if person not in known.stopped]):
        with store.begin() as tx:
            for person_id in page:
                tx.suppress(person_id, reason=stops[person_id], source="crm", now=now)
    assignments = pl.read_parquet(lake / "assignments.parquet")
    for page in _pages(list(_unknown_arms(assignments, known))):
        with store.begin() as tx:
            for assignment in tx.add_assignments(page):
                assign_once(tx, assignment, controls)
    contacts = contacts_to_bring(workspace, owners)
    marks = pl.DataFrame(
        {"contact_id": list(known.marks), "content": list(known.marks.values())},
        schema={"contact_id": pl.String, "content": pl.String},
    )
    changed = contacts.join(marks, on=["contact_id", "content"], how="anti", maintain_order="left")
    for rows in changed.iter_slices(BATCH):
        page = [(row, _brought(row, tenant_id, owners, now)) for row in rows.iter_rows(named=True)]
        with store.begin() as tx:
            tx.bring([brought for _, brought in page], _was_given_here)
            for row, brought in page:
                _reach_by_text(tx, brought, row["phone"] or "", now)
    with store.begin() as tx:
        stop_newly_known(tx, now=now)
    tasks = pl.read_parquet(lake / "outreach_tasks.parquet")
    with store.begin() as tx:
        publish_names(tx, tasks["campaign_id"].unique())
    new = tasks.filter(~pl.col("task_id").is_in(list(known.tasks)))
    for rows in new.select(OutreachTask.model_fields.keys()).iter_slices(BATCH):
        touches = [_task(OutreachTask(**row)) for row in rows.iter_rows(named=True)]
        with store.begin() as tx:
            tx.add_tasks(touches)
    return {
        "contacts": contacts.height,
        "contacts_changed": changed.height,
        "assignments": assignments.height,
        "touches": tasks.height,
        "touches_new": new.height,
    }


def _unknown_arms(assignments: pl.DataFrame, known: Standing) -> Iterator[Assignment]:
    """Assignments that do not stand in the store as they are here."""
    keys = ["experiment_id", "unit_id", "person_id", "arm"]
    arms = pl.DataFrame(list(known.arms), schema=dict.fromkeys(keys, pl.String), orient="row")
    rows = assignments.join(arms, on=keys, how="anti", maintain_order="left")
    yield from (Assignment(**row) for row in rows.iter_rows(named=True))


def _was_given_here(consent: Consent) -> bool:
    """What somebody agreed to by text, form or chat is known to the runtime only."""
    return consent.state != "recorded" or consent.source.startswith(BY_TEXT)


def assign_once(tx: Tx, assignment: Assignment, controls: Controls) -> None:
    """Writes an arm once. Where the store knows another and either is a control, nobody writes.

    Such a table was restored from a backup, or edited: which arm was real is not known any more.
    """
    if tx.add_assignment(assignment):
        return
    key = (assignment.experiment_id, assignment.unit_id, assignment.person_id)
    arms = {
        a.arm
        for a in (*tx.assignments(assignment.person_id), assignment)
        if (a.experiment_id, a.unit_id, a.person_id) == key
    }
    if len(arms) > 1 and any(is_control(key[0], arm, controls) for arm in arms):
        tx.add_assignment(
            assignment.model_copy(
                update={"experiment_id": CONFLICT, "arm": HOLDOUT, "layer": CONFLICT}
            )
        )


def _merges(workspace: Workspace) -> tuple[dict[str, str], list[str]]:
    """Returns who is merged into whom, and of whom a merge was taken back."""
    path = workspace.lake / "person_events.parquet"
    if not path.is_file():
        return {}, []
    into: dict[str, str] = {}
    parted: dict[str, None] = {}
    told = pl.read_parquet(path).filter(pl.col("kind").is_in(["merged", "split"]))
    for kind, person, other in told.select("kind", "person_id", "into_person_id").iter_rows():
        if kind == "merged":
            into[person] = other
        elif into.get(person) == other:
            del into[person]
            parted |= {person: None, other: None}
    return into, list(parted)


def _reach_by_text(tx: Tx, brought: Brought, number: str, now: datetime) -> None:
    """Notes the number of who agreed to texts; one that is known already stays as it is."""
    agreed = {consent.channel for consent in brought.consents or ()}
    for channel in sorted(TEXT_CHANNELS & agreed) if number else ():
        if not tx.person_at(channel, number):
            tx.add_address(channel, number, brought.contact.person_id, now=now)


def _owners(frame: pl.DataFrame) -> Iterator[Owner]:
    for row in frame.filter(pl.col("active")).sort("owner_id").iter_rows(named=True):
        yield Owner(
            owner_id=row["owner_id"],
            name=row["name"],
            email=row["email"],
            mailbox=mailbox_of(row["name"]),
            time_zone=_ZONES.get(row["territory"] or "", "UTC"),
        )


def mailbox_of(owner_name: str) -> str:
    """Returns the address from which the agent writes for an owner."""
    folded = normalize("NFKD", owner_name).encode("ascii", "ignore").decode().lower()
    slug = "-".join("".join(c if c.isalnum() else " " for c in folded).split())
    return f"relay-{slug}@mail.northbeam.example"


def _brought(
    row: dict[str, Any], tenant_id: str, owners: Mapping[str, Owner], now: datetime
) -> Brought:
    """Returns a row of `brought.contacts_to_bring` as the store keeps it."""
    owner = owners[row["owner_id"]]
    contact = Contact(
        tenant_id=tenant_id,
        contact_id=row["contact_id"],
        person_id=row["person_id"],
        account_id=row["account_id"],
        email=row["email"],
        first_name=row["first_name"] or "",
        last_name=row["last_name"] or "",
        title=row["title"] or "",
        company=row["company"] or "",
        country=row["country"] or "",
        language=row["language"] or "",
        time_zone=row["time_zone"] or "",
        owner_id=owner.owner_id,
        owner_name=owner.name,
        mailbox=owner.mailbox,
        owner_email=owner.email,
        facts=tuple((fact["name"], fact["value"]) for fact in row["facts"] or ()),
        signals=tuple(PublicSignal(**signal) for signal in row["signals"] or ()),
        is_primary=row["is_primary"],
    )
    consents = tuple(_consent(one, now) for one in row["consents"] or ())
    return Brought(contact, row["content"], consents if contact.is_primary else None)


def _consent(row: dict[str, Any], now: datetime) -> Consent:
    return Consent(
        channel=row["channel"],
        purpose=row["purpose"],
        basis=row["basis"],
        source=row["source_text"] or row["source"],
        recorded_at=row["recorded_at"] or now,
    )


def _task(task: OutreachTask) -> Task:
    return Task(
        tenant_id=task.tenant_id,
        task_id=task.task_id,
        person_id=task.person_id,
        contact_id=task.contact_id,
        account_id=task.account_id,
        campaign_id=task.campaign_id,
        campaign_version=task.campaign_version,
        touch=task.touch,
        playbook=task.playbook,
        experiment_id=task.experiment_id,
        arm=task.arm,
        mailbox=task.mailbox,
        expires_at=task.expires_at,
        due_at=task.not_before,
        autonomy=task.autonomy,
    )


def _pages(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
