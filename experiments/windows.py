"""Which units have been watched for as long as the spec promised, at the time of a look."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import polars as pl

from experiments.errors import ExperimentError, UnitsError
from experiments.readout import Windows
from experiments.spec import Spec


@dataclass(frozen=True, slots=True)
class CheckedWindows:
    """Which units' windows are closed, in the order of the units, and how many in each arm."""

    are_closed: pl.Series
    counts: Windows

    def hide(self, mode: Literal["fixed", "sequential"]) -> bool:
        """Whether the metrics stay hidden: in fixed mode as long as any window is open."""
        return mode == "fixed" and not self.counts.are_closed


def checked_windows(
    units: pl.DataFrame, spec: Spec, *, now: datetime | None, source: str
) -> CheckedWindows | None:
    """Returns the windows of the units, or None where the spec does not tell of any.

    A spec tells of them if it names `assigned_at` and `primary.window_days`. The window of a unit
    runs from its assignment, a time without a zone being UTC and a day its first moment; it is
    closed from its last moment on.

    Raises:
        ExperimentError: No `now`, without which every window might still be open.
        UnitsError: A unit whose time of assignment is missing or not a time.
    """
    column, days = spec.assigned_at, spec.primary.window_days
    if column is None or days is None:
        return None
    if now is None:
        raise ExperimentError(
            f"{spec.id}: the spec names 'assigned_at' and a window of {days} days, but the time of "
            "the look is missing; give it (now, or --as-of), so that open windows are known"
        )
    if now.tzinfo is None:
        raise ExperimentError(f"the time of the look is {now}, but needs a time zone, such as UTC")
    closes_at = _instants(units, column, source) + timedelta(days=days)
    are_closed = closes_at <= now.astimezone(UTC)
    counts = Windows(
        as_of=now.astimezone(UTC),
        days=days,
        closed=_counts(units, are_closed, spec),
        open=_counts(units, ~are_closed, spec),
        last_closes_at=closes_at.sort()[-1],
    )
    return CheckedWindows(are_closed, counts)


def _counts(units: pl.DataFrame, are_in: pl.Series, spec: Spec) -> dict[str, int]:
    found = dict(units.filter(are_in)["arm"].cast(pl.String).value_counts().iter_rows())
    return {arm: found.get(arm, 0) for arm in spec.arms}


def _instants(units: pl.DataFrame, column: str, source: str) -> pl.Series:
    if column not in units.columns:
        raise UnitsError(
            f"{source}: the column {column!r} (time of assignment) is missing; there are "
            f"{', '.join(units.columns)}"
        )
    values = units[column]
    where = f"{source}: the column {column!r} (time of assignment)"
    if empty := values.null_count():
        raise UnitsError(f"{where} is empty in {empty} rows; fill it")
    if values.dtype == pl.String:
        texts = values.str.strip_chars()
        read = _read(texts)
        if read.null_count():
            wrong = texts.filter(read.is_null())[0]
            raise UnitsError(
                f"{where} holds {wrong!r}, but must hold a time such as 2026-03-09T08:00:00Z"
            )
        return read
    if isinstance(values.dtype, pl.Datetime):
        zone = values.dtype.time_zone
        zoned = values.dt.convert_time_zone("UTC") if zone else values.dt.replace_time_zone("UTC")
        return zoned.cast(pl.Datetime("us", "UTC"))
    if values.dtype == pl.Date:
        return values.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    raise UnitsError(f"{where} holds {values[0]!r}, a {values.dtype}, but must hold times")


def _read(texts: pl.Series) -> pl.Series:
    """ISO 8601 texts as instants; null where one is none."""
    distinct = texts.unique()
    instants = [_instant(text) for text in distinct]
    read = pl.Series(instants, dtype=pl.Datetime("us", "UTC"))
    return texts.replace_strict(distinct, read, return_dtype=pl.Datetime("us", "UTC"))


def _instant(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
