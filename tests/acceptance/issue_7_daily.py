"""A day's batch: the same as a rebuild of everything on any history, and what it costs."""

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from tests.acceptance.check import Check, Result, Verdict

PARTS, HISTORIES, DAYS = 50, 2, 4
SIZES, BOUND = ("100000", "300000", "1000000"), "1000000"
"""Contacts; the bounds are of the last, where what costs the same each day tells no more."""
NOW = datetime(2026, 1, 12, tzinfo=UTC)
EXPORT = Path(__file__).parents[1] / "pipelines" / "small_export"


def _run(case: str) -> Result:
    found = [_history(Random(int(case) * 1000 + number)) for number in range(HISTORIES)]
    return {
        "days": sum(one["days"] for one in found),
        "different": [name for one in found for name in one["different"]],
    }


def _history(random: Random) -> dict[str, Any]:
    """Plays some days with changes; returns every table that differs from that of a rebuild."""
    from agent_runtime.settings import Workspace
    from pipelines.ingest import run_batch
    from tests.pipelines.conftest import write_export
    from tests.pipelines.export_edits import change

    different: list[str] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        exports = write_export(folder / "exports")
        daily, whole = Workspace(folder / "daily"), Workspace(folder / "whole")
        for day in range(DAYS):
            for what, *on in _edits(random) if day else ():
                change(exports, what, *on)
            more = {"exports": exports, "now": NOW + timedelta(days=day), "has_checks": False}
            run_batch(daily, **more)
            _forget(whole)
            run_batch(whole, **more)
            different += [f"day {day}: {table}" for table in _differences(daily, whole)]
    return {"days": DAYS, "different": different}


def _edits(random: Random) -> list[tuple[Any, ...]]:
    from tests.pipelines.export_edits import FILES, VALUES

    kinds = ("edit", "edit", "add", "delete", "reverse", "withdraw")
    edits: list[tuple[Any, ...]] = []
    for what in random.choices(kinds, k=random.randint(0, 5)):
        if what == "withdraw":
            edits.append((what, random.randint(0, 9)))
        else:
            numbers = (random.randint(0, 9), random.randint(0, 99), random.choice(VALUES))
            edits.append((what, random.choice(FILES), *numbers))
    return edits


def _forget(workspace: Any) -> None:
    """Takes away what batches keep, in the lake and in the store, but not the histories."""
    from agent_runtime.store import tables as t
    from agent_runtime.store.engine import open_engine

    shutil.rmtree(workspace.lake / "kept", ignore_errors=True)
    if workspace.store.exists():
        engine = open_engine(f"sqlite:///{workspace.store}")
        with engine.begin() as connection:
            connection.execute(t.import_marks.delete())
        engine.dispose()


def _differences(daily: Any, whole: Any) -> list[str]:
    """Names of tables of the lake and the store that differ; an undated consent's date may."""
    import polars as pl
    from sqlalchemy import select

    from agent_runtime.store import tables as t
    from agent_runtime.store.engine import open_engine

    found = []
    for path in sorted(whole.lake.rglob("*.parquet")):
        other = daily.lake / path.relative_to(whole.lake)
        if "kept" not in path.parts and not pl.read_parquet(path).equals(pl.read_parquet(other)):
            found.append(path.name)
    engines = [open_engine(f"sqlite:///{side.store}") for side in (daily, whole)]
    for table in (t.contacts, t.assignments, t.suppressions, t.tasks, t.addresses, t.consents):
        sides = []
        for engine in engines:
            with engine.connect() as connection:
                rows = [repr(tuple(row)) for row in connection.execute(select(table))]
            undated = table is t.consents
            sides.append(sorted(row.split("recorded_at")[0] if undated else row for row in rows))
        if sides[0] != sides[1]:
            found.append(f"store.{table.name}")
    for engine in engines:
        engine.dispose()
    reports = [
        json.loads((side.lake / "ingest_report.json").read_text()) for side in (daily, whole)
    ]
    return found + (["report"] if reports[0] != reports[1] else [])


def _judge(results: Mapping[str, Result]) -> Verdict:
    days = sum(part["days"] for part in results.values())
    different = [name for part in results.values() for name in part["different"]]
    figure = f"{len(different)} tables differ on {days} days" + (
        f", first {different[0]}" if different else ""
    )
    return Verdict(not different and days > 0, figure, "none")


def _cost(contacts: str) -> Result:
    from tests.benchmarks.daily import measure

    return measure(int(contacts))


def _judge_cost(results: Mapping[str, Result]) -> Verdict:
    from tests.benchmarks.daily import MOST_OVERHEAD, MOST_SHARE

    bounded = results.get(BOUND)
    passed = (
        bounded is not None
        and bounded["day_share_of_first_cpu"] <= MOST_SHARE
        and bounded["day_share_of_first_wall"] <= MOST_SHARE
        and bounded["dagster_share_of_day"] <= MOST_OVERHEAD
    )
    figure = "; ".join(
        f"{int(contacts):,} contacts: {one['day_share_of_first_cpu']:.1%} of the first run's "
        f"processor time and {one['day_share_of_first_wall']:.1%} of its duration, of which "
        f"Dagster {one['dagster_share_of_day']:.1%}, peak {one['day']['peak_gb']} GB "
        f"(first {one['first']['peak_gb']})"
        for contacts, one in results.items()
    )
    bound = f"1,000,000 contacts: day {MOST_SHARE:.0%} of either, Dagster {MOST_OVERHEAD:.0%}"
    return Verdict(passed, figure, bound)


CHECKS = {
    "daily": Check(cases=list(SIZES), sample=[], run=_cost, judge=_judge_cost),
    "daily batch": Check(
        cases=[str(part) for part in range(1, PARTS + 1)], sample=["1"], run=_run, judge=_judge
    ),
}
