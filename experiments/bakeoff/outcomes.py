"""Joins what every party delivered to the draw: the draw decides who counts where."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from experiments.bakeoff.config import HOLDOUT, BakeOff
from experiments.errors import BakeOffError
from experiments.units import read_units

REHEARSAL = "rehearsal"
"""Stands in `how` of a draw that was made of a finished run, to try the routine."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Every contact that was drawn, with what is known of it.

    Attributes:
        units: One row a contact: unit_id, arm, assigned_at, how, and the delivered columns.
        deviations: What blurs the reading, a sentence each.
    """

    units: pl.DataFrame
    deviations: tuple[str, ...]


def arms_of(assignments: pl.DataFrame, plan: BakeOff, *, source: str) -> pl.DataFrame:
    """Returns unit_id, arm, assigned_at and how of everybody whom the bake-off drew."""
    for column in ("unit_id", "arm"):
        if column not in assignments.columns:
            raise BakeOffError(f"{source}: the column {column!r} is missing from the draw")
    mine = assignments
    if "experiment_id" in mine.columns:
        mine = mine.filter(pl.col("experiment_id") == plan.id)
    if mine.is_empty():
        raise BakeOffError(
            f"{source}: nobody is drawn for {plan.id!r}; run parley bakeoff assign first"
        )
    kept = [c for c in ("unit_id", "arm", "assigned_at", "how") if c in mine.columns]
    return mine.select(kept).with_columns(pl.col("unit_id", "arm").cast(pl.String))


def read_outcomes(plan: BakeOff, files: Sequence[Path]) -> dict[str, pl.DataFrame]:
    """Returns the delivered tables by name of file, CSV or Parquet; ids stay text."""
    return {str(path): read_units(path, plan.to_spec()) for path in files}


def joined(plan: BakeOff, drawn: pl.DataFrame, delivered: dict[str, pl.DataFrame]) -> Outcomes:
    """Returns everybody drawn with what was delivered; who is missing there counts as missing.

    Raises:
        BakeOffError: A table without ids, with a contact twice, whom nobody drew, or who was
            drawn for another candidate.
    """
    arms = dict(drawn.select("unit_id", "arm").iter_rows())
    tables: list[pl.DataFrame] = []
    seen: dict[str, str] = {}
    for source, table in delivered.items():
        _check(table, arms, seen, source)
        given = ("arm", "candidate", "assigned_at", "how")
        tables.append(
            table.with_columns(pl.col("unit_id").cast(pl.String)).drop(given, strict=False)
        )
    whole = (
        pl.concat(tables, how="diagonal_relaxed")
        if tables
        else pl.DataFrame(schema={"unit_id": pl.String})
    )
    units = drawn.join(whole, on="unit_id", how="left").sort("unit_id")
    return Outcomes(units, tuple(_deviations(plan, units, seen)))


def _check(table: pl.DataFrame, arms: dict[str, str], seen: dict[str, str], source: str) -> None:
    if "unit_id" not in table.columns:
        raise BakeOffError(
            f"{source}: the column 'unit_id' is missing; there are {', '.join(table.columns)}"
        )
    told = next((c for c in ("candidate", "arm") if c in table.columns), None)
    for row in table.select("unit_id", *([told] if told else [])).iter_rows():
        unit = str(row[0])
        if unit not in arms:
            raise BakeOffError(
                f"{source}: {unit!r} has outcomes, but the bake-off did not draw it; leave it out"
            )
        if unit in seen:
            raise BakeOffError(
                f"{source}: {unit!r} has outcomes twice (also in {seen[unit]}); one row a contact"
            )
        if told and row[1] is not None and str(row[1]) != arms[unit]:
            raise BakeOffError(
                f"{source}: {unit!r} is told as {row[1]!r}, but was drawn for {arms[unit]!r}; each "
                "contact counts where it was drawn"
            )
        seen[unit] = source


def _deviations(plan: BakeOff, units: pl.DataFrame, seen: dict[str, str]) -> list[str]:
    found: list[str] = []
    if "how" in units.columns and (units["how"] == REHEARSAL).any():
        found.append(
            "this is a rehearsal: the candidates are one and the same agent, split after the fact, "
            "so that any difference between them is chance"
        )
    if "touches" in units.columns:
        wrote = units.filter((pl.col("arm") == HOLDOUT) & (pl.col("touches").fill_null(0) > 0))
        if wrote.height:
            found.append(
                f"the holdout is spoilt: {wrote.height} of its contacts were written to by a "
                "candidate"
            )
    for arm in plan.arms:
        mine = units.filter(pl.col("arm") == arm)["unit_id"]
        if missing := sum(unit not in seen for unit in mine):
            found.append(
                f"{missing} of {len(mine)} contacts of {plan.label(arm)} have no outcomes; they "
                "are left out, not counted as zero, so that the arms may no longer be comparable"
            )
    return found
