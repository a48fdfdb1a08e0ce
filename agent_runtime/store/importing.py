"""Loads what batch code decided into the runtime store; running it again changes nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from unicodedata import normalize
from zlib import crc32

import polars as pl

from agent_runtime.arms import add_controls
from agent_runtime.campaign_limits import FILE as LIMITS
from agent_runtime.campaign_limits import publish_limits
from agent_runtime.campaign_stage import FILE as STAGES
from agent_runtime.campaign_stage import publish_bounds
from agent_runtime.contracts import Assignment, OutreachTask
from agent_runtime.crm_news import stop_newly_known
from agent_runtime.domain import TEXT_CHANNELS, Consent, Contact, PublicSignal
from agent_runtime.intake import BY_TEXT
from agent_runtime.meetings.routing import turn_of
from agent_runtime.newcomers import EXPERIMENT, OWNERS, Owner
from agent_runtime.policies.arms import CONFLICT, HOLDOUT, Controls, is_control
from agent_runtime.ports import Store, Tx
from agent_runtime.settings import Settings, Workspace
from agent_runtime.store.engine import open_engine
from agent_runtime.store.parting import follow
from agent_runtime.store.registrations import controls_of, online_of, read_registrations
from agent_runtime.store.rows import Task
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
    """Loads owners, merges, assignments, contacts, consents, stops and touches; returns how many.

    People of the holdout are loaded too: an inbound mail of theirs must find their arm. Merges and
    arms come before everything else, so that nobody is written to in between.
    """
    lake = workspace.lake
    owners = {
        o.owner_id: o for o in _owners(pl.read_parquet(workspace.canonical / "owners.parquet"))
    }
    eligibility = pl.read_parquet(lake / "eligibility.parquet")
    contacts = list(_contacts(workspace, tenant_id, owners, eligibility))
    consents = _consents(workspace, contacts, now)
    numbers = _numbers(workspace)
    stops = dict(pl.read_parquet(lake / "suppressions.parquet")["person_id", "reason"].iter_rows())
    assignments = [Assignment(**row) for row in _rows(lake / "assignments.parquet")]
    fields = set(OutreachTask.model_fields)
    tasks = [
        _task(OutreachTask(**{k: v for k, v in row.items() if k in fields}))
        for row in _rows(lake / "outreach_tasks.parquet")
    ]
    registrations = read_registrations(workspace.registry)
    controls = controls_of(registrations)
    with store.begin() as tx:
        tx.publish("owners", OWNERS.dump_json(tuple(owners.values())).decode())
        tx.publish("online_experiment", EXPERIMENT.dump_json(online_of(registrations)).decode())
        add_controls(tx, controls)
        publish_limits(tx, lake / LIMITS)
        follow(tx, *_merges(workspace), now=now)
        publish_bounds(tx, lake / STAGES)
    for page in _pages(assignments):
        with store.begin() as tx:
            for assignment in page:
                assign_once(tx, assignment, controls)
    for page in _pages(contacts):
        with store.begin() as tx:
            for contact in page:
                _welcome(tx, contact, consents, stops, now)
                _reach_by_text(tx, contact, consents, numbers, now)
    with store.begin() as tx:
        stop_newly_known(tx, now=now)
    added = 0
    for page in _pages(tasks):
        with store.begin() as tx:
            added += sum(tx.add_task(task) for task in page)
    return {
        "contacts": len(contacts),
        "assignments": len(assignments),
        "touches": len(tasks),
        "touches_new": added,
    }


def _welcome(
    tx: Tx,
    contact: Contact,
    consents: Mapping[str, list[Consent]],
    stops: Mapping[str, str],
    now: datetime,
) -> None:
    tx.add_contact(contact)
    if contact.is_primary:
        # What somebody agreed to by text, form or chat is known here only.
        here = [c for c in tx.consents(contact.person_id) if _was_given_here(c)]
        tx.add_consents(contact.person_id, [*consents.get(contact.person_id, []), *here])
        if contact.person_id in stops:
            tx.suppress(contact.person_id, reason=stops[contact.person_id], source="crm", now=now)


def _was_given_here(consent: Consent) -> bool:
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


def _reach_by_text(
    tx: Tx,
    contact: Contact,
    consents: Mapping[str, list[Consent]],
    numbers: Mapping[str, str],
    now: datetime,
) -> None:
    """Notes the number of who agreed to texts; one that is known already stays as it is."""
    number = numbers.get(contact.contact_id, "")
    for channel in sorted(TEXT_CHANNELS) if number and contact.is_primary else ():
        agreed = any(c.channel == channel for c in consents.get(contact.person_id, []))
        if agreed and not tx.person_at(channel, number):
            tx.add_address(channel, number, contact.person_id, now=now)


def _numbers(workspace: Workspace) -> dict[str, str]:
    """Returns the telephone of each contact that has one, in E.164."""
    rows = _rows(workspace.canonical / "contacts.parquet")
    return {row["contact_id"]: row["phone"] for row in rows if row.get("phone")}


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


def _contacts(
    workspace: Workspace, tenant_id: str, owners: Mapping[str, Owner], eligibility: pl.DataFrame
) -> Iterator[Contact]:
    """Whoever has no active owner is never written to first; their own mails reach somebody."""
    chosen = dict(eligibility.select("person_id", "contact_id").drop_nulls().iter_rows())
    owner_of = dict(eligibility.select("person_id", "owner_id").drop_nulls().iter_rows())
    companies = dict(
        pl.read_parquet(workspace.canonical / "accounts.parquet")
        .select("account_id", "name")
        .iter_rows()
    )
    everybody = tuple(owners.values())
    had: Counter[str] = Counter()
    signals = _public_signals(workspace)
    told = defaultdict(list)
    for contact_id, name, value in _told(workspace):
        told[contact_id].append((name, value))
    frame = pl.read_parquet(workspace.canonical / "contacts.parquet")
    for row in frame.filter(pl.col("email").is_not_null()).sort("contact_id").iter_rows(named=True):
        person_id = row["person_id"]
        owned_by = owner_of.get(person_id) or row["owner_id"] or ""
        owner = owners.get(owned_by)
        if owner is None:
            country, language = row["country"] or "", (row["language"] or "")[:2].lower()
            turn = turn_of(
                owners, country=country, language=language, key=person_id, had=had.__getitem__
            )
            owner = owners.get(turn) or everybody[crc32(person_id.encode()) % len(everybody)]
            had[owner.owner_id] += 1
        yield Contact(
            tenant_id=tenant_id,
            contact_id=row["contact_id"],
            person_id=person_id,
            account_id=row["account_id"],
            email=row["email"],
            first_name=row["first_name"] or "",
            last_name=row["last_name"] or "",
            title=row["title"] or "",
            company=companies.get(row["account_id"] or "", ""),
            country=row["country"] or "",
            language=row["language"] or "",
            time_zone=row["time_zone"] or "",
            owner_id=owner.owner_id,
            owner_name=owner.name,
            mailbox=owner.mailbox,
            owner_email=owner.email,
            facts=tuple(told[row["contact_id"]]),
            signals=tuple(signals.get(row["account_id"] or "", ())),
            is_primary=chosen.setdefault(person_id, row["contact_id"]) == row["contact_id"],
        )


def _told(workspace: Workspace) -> Iterator[tuple[str, str, str]]:
    path = workspace.lake / "told_facts.parquet"
    if path.is_file():
        yield from pl.read_parquet(path).iter_rows()


def _public_signals(workspace: Workspace) -> dict[str, list[PublicSignal]]:
    """Returns what companies made public, by account; none where no source brings any.

    `lake/public_signals.parquet`: account_id, kind, source, headline, url, published_on.
    """
    path = workspace.lake / "public_signals.parquet"
    found: dict[str, list[PublicSignal]] = defaultdict(list)
    for row in _rows(path) if path.is_file() else ():
        account_id = row.pop("account_id")
        found[account_id].append(PublicSignal(**row))
    return found


def _consents(
    workspace: Workspace, contacts: list[Contact], now: datetime
) -> dict[str, list[Consent]]:
    """Returns the granted bases to write, by person."""
    by_contact = {c.contact_id: c.person_id for c in contacts}
    by_email = {c.email: c.person_id for c in contacts}
    given: dict[str, list[Consent]] = defaultdict(list)
    for row in _rows(workspace.canonical / "consents.parquet"):
        person_id = by_contact.get(row["contact_id"] or "") or by_email.get(row["email"] or "")
        if person_id is not None and row["status"] == "granted":
            given[person_id].append(
                Consent(
                    channel=row["channel"],
                    purpose=row["purpose"],
                    basis=row["basis"],
                    source=row["source_text"] or row["source"],
                    recorded_at=row["recorded_at"] or now,
                )
            )
    return given


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


def _rows(path: Any) -> Iterator[dict[str, Any]]:
    yield from pl.read_parquet(path).iter_rows(named=True)


def _pages(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
