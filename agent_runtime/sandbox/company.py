"""Writes a company in a box: every export file of a seed and a size, and the truth beside them."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

import polars as pl

from agent_runtime.sandbox.dirt import DirtCount, soil
from agent_runtime.sandbox.export_clock import write_export_clock
from agent_runtime.sandbox.exports import (
    accounts,
    activities,
    consents,
    contacts,
    deals,
    leads,
    reference,
    signals,
    subscribers,
    usage,
)
from agent_runtime.sandbox.exports.later_deals import later_deals
from agent_runtime.sandbox.exports.layout import COLUMNS, Row
from agent_runtime.sandbox.overlaps import overlaps
from agent_runtime.sandbox.people import write_people
from agent_runtime.sandbox.world import LAUNCH_AT, World, world

_USAGE_SCHEMA = {
    "account_id": pl.String,
    "day": pl.Date,
    "metric": pl.String,
    "value": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class CompanyReport:
    """What was written: rows per export file, the people behind them, and the dirt."""

    seed: int
    size: int
    launch_at: datetime
    files: Mapping[str, int]
    people: int
    accounts: int
    dirt: tuple[DirtCount, ...]


def write_company(
    exports: Path, sandbox: Path, seed: int, size: int, *, launch_at: datetime = LAUNCH_AT
) -> CompanyReport:
    """Writes all export files, the people and the dirt counts; the same seed gives the same bytes.

    Args:
        exports: folder for the files that a CRM and its neighbours would export.
        sandbox: folder for what only the sandbox knows.
        seed: names the world.
        size: people in it; a larger world of the same seed has the same first people.
        launch_at: day 0; everything in the exports happened before.
    """
    scene = world(seed, size, launch_at=launch_at)
    exports.mkdir(parents=True, exist_ok=True)
    files: dict[str, int] = {}
    dirt: list[DirtCount] = overlaps(scene)
    for name, rows in _exports(scene).items():
        soiled = soil(seed, name, rows, spell_nulls=name.endswith(".csv"))
        _write(exports / name, soiled.rows)
        files[name] = len(soiled.rows)
        dirt += soiled.dirt
    write_export_clock(exports, launch_at)
    write_people(sandbox / "people.parquet", scene.people)
    _write_dirt(sandbox / "dirt.json", seed, size, dirt)
    return CompanyReport(
        seed=seed,
        size=size,
        launch_at=launch_at,
        files=files,
        people=len(scene.people),
        accounts=len(scene.firms),
        dirt=tuple(dirt),
    )


def export_later_deals(
    exports: Path,
    seed: int,
    size: int,
    held: Mapping[str, datetime],
    *,
    now: datetime,
    launch_at: datetime = LAUNCH_AT,
) -> int:
    """Writes the CRM's deals again, as they stand after a campaign, with dirt of the same kinds.

    Args:
        exports: The folder of the company's exports.
        seed: Names the world.
        size: People in it.
        held: `buyer_id` to the end of their first meeting.
        now: When the CRM is exported.
        launch_at: Day 0.

    Returns:
        How many deals came since.
    """
    scene = world(seed, size, launch_at=launch_at)
    later = list(later_deals(scene, held, now=now))
    name = "crm_opportunities.csv"
    soiled = soil(seed, name, chain(deals.opportunities(scene), later))
    _write(exports / name, soiled.rows)
    write_export_clock(exports, now)
    return len(later)


def _exports(scene: World) -> dict[str, Iterable[Row]]:
    touches = activities.activities(scene)
    last_touches = {row["contact_id"]: row["occurred_at"] for row in touches}
    return {
        "crm_owners.csv": reference.owners(),
        "crm_territories.csv": reference.territories(),
        "crm_products.csv": reference.products(),
        "crm_meeting_types.csv": reference.meeting_types(),
        "crm_accounts.csv": accounts.accounts(scene),
        "crm_contacts.csv": contacts.contacts(scene, last_touches),
        "crm_leads.csv": leads.leads(scene),
        "crm_opportunities.csv": deals.opportunities(scene),
        "crm_contracts.csv": deals.contracts(scene),
        "crm_activities.csv": touches,
        "crm_consents.csv": consents.consents(scene),
        "marketing_list.csv": subscribers.subscribers(scene),
        "usage_daily.parquet": usage.daily_usage(scene),
        "usage_milestones.csv": usage.milestones(scene),
        "intent_signals.csv": signals.intent_signals(scene),
        "form_fills.csv": signals.form_fills(scene),
        "event_registrations.csv": signals.event_registrations(scene),
    }


def _write(path: Path, rows: list[Row]) -> None:
    columns = COLUMNS[path.name]
    if any(tuple(row) != columns for row in rows):
        raise ValueError(f"{path.name}: a row has other columns than {', '.join(columns)}")
    if path.suffix == ".parquet":
        pl.DataFrame(rows, schema=_USAGE_SCHEMA).write_parquet(path)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(row.values() for row in rows)


def _write_dirt(path: Path, seed: int, size: int, dirt: list[DirtCount]) -> None:
    document = {"seed": seed, "size": size, "dirt": [asdict(count) for count in dirt]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
