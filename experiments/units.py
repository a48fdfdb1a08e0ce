"""The table that an analysis stands on: one row a unit, checked before any number is made."""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
import polars as pl

from experiments.codes import dense_codes, first_repeated
from experiments.columns import (
    columns_of,
    may_be_unmeasured,
    numeric_columns,
    other_columns,
    parts_of,
    randomised_as_one,
)
from experiments.errors import UnitsError
from experiments.spec import Spec
from experiments.unit_files import read_units

__all__ = ["checked_units", "joined_units", "read_units"]


def joined_units(assignments: pl.DataFrame, metrics: pl.DataFrame, spec: Spec) -> pl.DataFrame:
    """Returns every assigned unit with its metrics: intention to treat, the table is the authority.

    Args:
        assignments: Stored assignments; several rows a unit where people inherit an account's arm.
        metrics: One row a unit and experiment, with one column a metric.
        spec: Whose experiment it is.

    Returns:
        One row a unit: unit_id, arm and the columns of `metrics`.

    Raises:
        UnitsError: An assigned unit has no metrics, or the two tables differ about its arm.
    """
    mine = pl.col("experiment_id") == spec.id
    assigned = assignments.filter(mine).select("unit_id", "arm").unique()
    measured = metrics.filter(mine).drop("experiment_id").rename({"arm": "measured_arm"})
    units = assigned.join(measured, on="unit_id", how="left", validate="m:1")
    unmeasured = units.filter(pl.col("measured_arm").is_null())
    if unmeasured.height:
        raise UnitsError(
            f"{unmeasured.height} of {units.height} assigned units have no metrics, unit "
            f"{unmeasured['unit_id'][0]!r} for one; every assigned unit is measured, also at zero"
        )
    moved = units.filter(pl.col("arm") != pl.col("measured_arm"))
    if moved.height:
        raise UnitsError(
            f"unit {moved['unit_id'][0]!r} was assigned to {moved['arm'][0]!r} but measured as "
            f"{moved['measured_arm'][0]!r}; measure each unit in the arm that it was assigned to"
        )
    return units.drop("measured_arm").sort("unit_id")


def checked_units(units: pl.DataFrame, spec: Spec, *, source: str) -> pl.DataFrame:
    """Returns the columns of the spec: numbers as floats, NaN as missing, clusters numbered from 1.

    Ids are left out unless folds are drawn by them. A missing covariate becomes the mean of all
    units, which no arm can have moved. A secondary metric may have no value at all.

    Raises:
        UnitsError: One sentence on the first thing from which no honest number follows.
    """
    parts = parts_of(spec)
    for column, part in parts.items():
        if column not in units.columns:
            known = ", ".join(units.columns)
            raise UnitsError(
                f"{source}: the column {column!r} ({part}) is missing; there are {known}"
            )
    _check_ids(units, spec, source)
    if spec.cluster is None:
        return _measured(units, spec, source)
    with ThreadPoolExecutor(1) as beside:
        numbering = beside.submit(dense_codes, units[spec.cluster])
        checked = _measured(units, spec, source)
        numbered = checked.with_columns(numbering.result() + 1)
    _check_clusters(checked, numbered, spec, spec.cluster, source)
    return numbered


def _measured(units: pl.DataFrame, spec: Spec, source: str) -> pl.DataFrame:
    """The columns of the spec, checked but for the clusters."""
    _check_unique(units["unit_id"], source)
    parts = parts_of(spec)
    for column in (*spec.segments, *spec.cupac):
        _check_known_before(units[column], column, parts[column], source)
    optional = may_be_unmeasured(spec)
    is_named = randomised_as_one(spec) is None and bool(spec.segments or spec.cupac)
    checked = units.select(
        *(["unit_id"] if is_named else []),
        pl.col("arm").cast(pl.String).cast(pl.Enum(list(spec.arms))),
        *([pl.col(spec.cluster)] if spec.cluster else []),
        *(
            _no_value(units, column)
            if column in optional and _empty_count(units[column]) == units.height
            else _number(units, column, parts[column], source)
            for column in numeric_columns(spec)
        ),
        *other_columns(spec),
    ).with_columns(pl.col(list(spec.covariates)).fill_null(strategy="mean"))
    _check_arms(checked, spec, source)
    _check_contacted(checked, spec, source)
    return _with_periods(checked, spec.switchback.period, source) if spec.switchback else checked


_TOO_LARGE = 1e30
"""Variances of sums over all units, and their squares, must stay finite."""


def _check_ids(units: pl.DataFrame, spec: Spec, source: str) -> None:
    for column in ("unit_id", "arm", *([spec.cluster] if spec.cluster else [])):
        values = units[column]
        if values.dtype.is_nested() or values.dtype in (pl.Binary, pl.Object):
            raise UnitsError(
                f"{source}: the column {column!r} is a {values.dtype}, but must hold texts or "
                "whole numbers"
            )
        if empty := _empty_count(values):
            raise UnitsError(f"{source}: the column {column!r} is empty in {empty} rows; fill it")
    unknown = units.filter(~pl.col("arm").cast(pl.String).is_in(list(spec.arms)))
    if unknown.height:
        raise UnitsError(
            f"{source}: the column 'arm' holds {unknown['arm'][0]!r}, but {spec.id} knows "
            f"{', '.join(spec.arms)}"
        )


def _check_unique(ids: pl.Series, source: str) -> None:
    if (repeated := first_repeated(ids)) is not None:
        raise UnitsError(f"{source}: the column 'unit_id' holds {repeated!r} twice; one row a unit")


def _empty_count(values: pl.Series) -> int:
    """Cells without a value: null, not a number, or blank."""
    if values.dtype.is_float():
        values = values.fill_nan(None)
    blank = 0
    if values.dtype == pl.String:
        # White space stands before "!" or is not ASCII: few texts need to be looked into.
        suspects = values.filter((values < "!") | (values >= "\x80"))
        blank = (suspects.str.strip_chars() == "").sum()
    return values.null_count() + int(blank)


def _no_value(units: pl.DataFrame, column: str) -> pl.Series:
    return pl.Series(column, [None], pl.Float64).new_from_index(0, units.height)


def _number(units: pl.DataFrame, column: str, part: str, source: str) -> pl.Series:
    values = units[column]
    where = f"{source}: the column {column!r} ({part})"
    if values.null_count() == values.len():
        raise UnitsError(f"{where} holds no value at all; leave it out of the spec or fill it")
    if values.dtype.is_nested() or values.dtype in (pl.Binary, pl.Object):
        raise UnitsError(f"{where} is a {values.dtype}, but must hold numbers")
    if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
        raise UnitsError(
            f"{where} holds {_no_number(values)!r}, a {values.dtype}, but must hold numbers"
        )
    numbers = values.cast(pl.Float64)
    if numbers.is_nan().any():
        numbers = numbers.fill_nan(None)
        if numbers.null_count() == numbers.len():
            raise UnitsError(f"{where} holds no value at all; leave it out of the spec or fill it")
    ends = [cast(float, numbers.min()), cast(float, numbers.max())]
    if any(math.isinf(end) for end in ends):
        raise UnitsError(f"{where} holds an infinite value, but must hold finite numbers")
    if far := [end for end in ends if abs(end) > _TOO_LARGE]:
        raise UnitsError(
            f"{where} holds {far[0]:g}, which is too large to compute with; mend it, or use a "
            "larger unit"
        )
    return numbers


def _check_known_before(values: pl.Series, column: str, part: str, source: str) -> None:
    """A segment or a column for CUPAC: numbers, or names of any kind, and not nothing at all."""
    if values.dtype.is_numeric() or values.dtype.is_nested() or values.dtype == pl.Binary:
        _number(values.to_frame(), column, part, source)
    elif values.null_count() == values.len():
        raise UnitsError(
            f"{source}: the column {column!r} ({part}) holds no value at all; leave it out of the "
            "spec or fill it"
        )


def _no_number(values: pl.Series) -> object:
    """The first value that is no number; of numbers written as text the first one."""
    known = values.drop_nulls()
    if known.dtype == pl.String:
        odd = known.filter(known.cast(pl.Float64, strict=False).is_null())
        known = odd if odd.len() else known
    return known[0]


def _check_arms(units: pl.DataFrame, spec: Spec, source: str) -> None:
    every = dict.fromkeys(c for metric in spec.metrics for c in columns_of(spec, metric))
    metrics = [column for column in every if column not in may_be_unmeasured(spec)]
    for arm in spec.arms:
        is_mine = units["arm"] == arm
        counts = {m: (is_mine & units[m].is_not_null()).sum() for m in metrics}
        for column, count in {"unit_id": is_mine.sum(), **counts}.items():
            if count < 2:
                what = "units" if column == "unit_id" else f"units with a value in {column!r}"
                raise UnitsError(f"{source}: the arm {arm!r} has {count} {what}, but needs two")


def _check_contacted(units: pl.DataFrame, spec: Spec, source: str) -> None:
    if spec.contacted is None:
        return
    known = units[spec.contacted].is_in([0.0, 1.0])
    if not known.fill_null(False).all():
        odd = units.filter(~known.fill_null(False))[spec.contacted][0]
        raise UnitsError(
            f"{source}: the column {spec.contacted!r} (whether contacted) holds {odd}, but must "
            "hold 0 or 1 for every unit"
        )


def _with_periods(units: pl.DataFrame, period: str, source: str) -> pl.DataFrame:
    """Returns the periods as numbers in order of time; each must be in one arm as a whole."""
    if empty := units[period].null_count():
        raise UnitsError(f"{source}: the column {period!r} is empty in {empty} rows; fill it")
    arms = units.group_by(period).agg(pl.col("arm").cast(pl.String).unique().sort())
    split = arms.filter(pl.col("arm").list.len() > 1)
    if split.height:
        raise UnitsError(
            f"{source}: the period {split[period][0]!r} ({period}) is in the arms "
            f"{', '.join(split['arm'][0])}, but a period is in one arm as a whole"
        )
    return units.with_columns(pl.col(period).rank("dense").cast(pl.Int64) - 1)


def _check_clusters(
    units: pl.DataFrame, numbered: pl.DataFrame, spec: Spec, cluster: str, source: str
) -> None:
    arms = numbered["arm"].to_physical().to_numpy()
    ids = numbered[cluster].to_numpy()
    arm_of = np.empty(int(ids.max()) + 1, arms.dtype)
    arm_of[ids] = arms
    if (is_apart := arm_of[ids] != arms).any():
        split = units[cluster][int(is_apart.argmax())]
        found = units.filter(pl.col(cluster) == split)["arm"].cast(pl.String).unique().sort()
        raise UnitsError(
            f"{source}: the cluster {split!r} ({cluster}) is in the arms "
            f"{', '.join(found)}, but a cluster is in one arm as a whole"
        )
    counts = np.bincount(arm_of[1:], minlength=len(spec.arms))
    for arm, count in zip(spec.arms, counts, strict=True):
        if count < 2:
            raise UnitsError(
                f"{source}: the arm {arm!r} has {count} cluster ({cluster}), but needs two"
            )
