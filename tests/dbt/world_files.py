"""Writes a made-up campaign into a workspace, as the other stages would."""

import json
from collections.abc import Sequence

import polars as pl
from campaign_world import COUNTRIES, OPENERS, World
from crm_history import activities, closings, leads
from interest_by_hand import signals, usage
from trace_payloads import CAMPAIGN, DAY_0, END, EXPERIMENT, TENANT, autonomy_of, task_of

from agent_runtime.contracts import TraceEvent
from agent_runtime.settings import Workspace
from pipelines.report import IngestReport
from pipelines.transforms.canonical import Counts

TRACE_SCHEMA = {
    "event_id": pl.String,
    "tenant_id": pl.String,
    "seq": pl.Int64,
    "kind": pl.String,
    "thread_id": pl.String,
    "person_id": pl.String,
    "contact_id": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"),
    "schema_version": pl.Int64,
    "versions": pl.String,
    "payload": pl.String,
}


def write_world(workspace: Workspace, world: World) -> None:
    """Writes all that the warehouse reads: canonical tables, arms, eligibility, traces."""
    write_people(workspace, world)
    write_traces(workspace, world.events)


def write_deals(workspace: Workspace, world: World) -> None:
    """Writes a deal for each person: half from before the first mail, at stages in turn."""
    closed = closings(world) if world.has_aftermath else {}
    rows = [deal.__dict__ | {"closed_at": closed.get(deal.opportunity_id)} for deal in world.deals]
    pl.DataFrame(rows, infer_schema_length=None).with_columns(
        tenant_id=pl.lit(TENANT), is_won=pl.col("stage") == "won", synthetic=pl.lit(False)
    ).write_parquet(workspace.canonical / "opportunities.parquet")
    read = pl.DataFrame({"tenant_id": [TENANT], "read_at": [END]})
    read.write_parquet(workspace.lake / "crm_reads.parquet")


def write_tasks(workspace: Workspace, world: World) -> None:
    """Writes the touches that the campaign wants; how free the agent is depends on the person."""
    rows = [
        {"task_id": task_of(p, touch), "person_id": p.person_id, "touch": touch, "autonomy": level}
        for p in world.persons
        for touch in range(1, len(OPENERS) + 1)
        if (level := autonomy_of(p))
    ]
    pl.DataFrame(rows).with_columns(
        tenant_id=pl.lit(TENANT), campaign_id=pl.lit(CAMPAIGN)
    ).write_parquet(workspace.lake / "outreach_tasks.parquet")


def write_people(workspace: Workspace, world: World) -> None:
    """Writes contacts, accounts, deals, eligibility, tasks and assignments."""
    workspace.canonical.mkdir(parents=True, exist_ok=True)
    write_deals(workspace, world)
    write_tasks(workspace, world)
    persons = pl.DataFrame(world.persons, infer_schema_length=None).with_columns(
        tenant_id=pl.lit(TENANT),
        country=pl.col("language").replace_strict(COUNTRIES),
        synthetic=pl.lit(False),
        do_not_contact=pl.lit(False),
    )
    contacts = persons.drop("arm", "obstacle", "segment")
    if world.has_aftermath:
        known = [{"person_id": key, **lead} for key, lead in leads(world).items()]
        contacts = contacts.join(pl.DataFrame(known, infer_schema_length=None), on="person_id")
        acts = pl.DataFrame(activities(world), infer_schema_length=None)
        acts.write_parquet(workspace.canonical / "activities.parquet")
        for name, rows in (("signals", signals(world)), ("usage", usage(world))):
            shown = pl.DataFrame(rows, infer_schema_length=None)
            shown.write_parquet(workspace.canonical / f"{name}.parquet")
    contacts.write_parquet(workspace.canonical / "contacts.parquet")
    persons.select("tenant_id", "account_id").unique(maintain_order=True).with_columns(
        name=pl.lit("Example"), synthetic=pl.lit(False)
    ).write_parquet(workspace.canonical / "accounts.parquet")
    persons.select("tenant_id", "person_id", "contact_id", key=pl.lit("email")).write_parquet(
        workspace.lake / "persons.parquet"
    )
    persons.select(
        "tenant_id",
        "person_id",
        "contact_id",
        "segment",
        eligible=pl.col("obstacle").is_null(),
        reason=pl.col("obstacle").fill_null(""),
    ).write_parquet(workspace.lake / "eligibility.parquet")
    persons.filter(pl.col("arm").is_not_null()).select(
        "tenant_id",
        "person_id",
        "arm",
        unit_id=pl.col("person_id"),
        experiment_id=pl.lit(EXPERIMENT),
        layer=pl.lit("default"),
        spec_hash=pl.lit("0" * 64),
        assigned_at=pl.lit(DAY_0),
        how=pl.lit("hash"),
    ).write_parquet(workspace.lake / "assignments.parquet")


def write_traces(workspace: Workspace, events: Sequence[TraceEvent], name: str = "export") -> None:
    """Writes events into daily partitions, one file each."""
    rows = [
        event.model_dump()
        | {"versions": json.dumps(event.versions), "payload": json.dumps(event.payload)}
        for event in events
    ]
    frame = pl.DataFrame(rows, schema=TRACE_SCHEMA).with_columns(
        day=pl.col("occurred_at").dt.date()
    )
    for (day,), part in frame.group_by("day"):
        folder = workspace.traces / f"day={day}"
        folder.mkdir(parents=True, exist_ok=True)
        part.drop("day").write_parquet(folder / f"{name}.parquet")


def write_sandbox_truth(workspace: Workspace, world: World) -> None:
    """Writes what only a sandbox knows, and what its ingest reported."""
    workspace.sandbox.mkdir(parents=True, exist_ok=True)
    agents = sum(p.arm == "agent" for p in world.persons)
    truth = {
        "planted_effect": world.lift,
        "planted_total": world.lift * agents,
        "base_rate": world.base_rate,
    }
    (workspace.sandbox / "truth.json").write_text(json.dumps(truth))
    n = world.people
    tables = [
        _counts("accounts", n // 3, 6, {"domain: not a host name": 2}),
        _counts("contacts", n, n // 9, {"email: not an address": 11, "contact_id: missing": 3}),
        _counts("opportunities", n // 2, 9, {"amount_usd: not a number": 4}),
        _counts("activities", n * 3, 31, {"occurred_at: after the batch": 5}),
        _counts("consents", n, 12, {"status: missing": 7, "basis: unknown value": 2}),
        _counts("usage", n * 9, 0, {}),
    ]
    report = IngestReport(
        mapping="sandbox",
        mapping_version=1,
        source="sandbox",
        now=DAY_0,
        files={},
        ignored_files=(),
        tables=tuple(tables),
        warnings=(),
        persons=n,
        synthetic_contacts=0,
    )
    path = workspace.lake / "ingest_report.json"
    path.write_text(json.dumps(report.to_document()))


def _counts(table: str, accepted: int, merged: int, reasons: dict[str, int]) -> Counts:
    read = accepted + merged + sum(reasons.values())
    return Counts(table, read, accepted, merged, reasons)
