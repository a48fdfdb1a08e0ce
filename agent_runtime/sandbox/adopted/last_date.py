"""Finds the last day that an export speaks of, so that a campaign may start the day after."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

# Columns that speak of what has happened; renewals and due dates lie in the future.
_HAPPENED = re.compile(r"date|day|time|_at$|_on$|timestamp|created|updated|modified", re.I)
_TO_COME = re.compile(r"renew|due|expir|valid|until|next|expected|forecast|end", re.I)
_ISO = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:$|[T ])")
_SLASHED = re.compile(r"^(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:$| )")
# A typing error of a century must not move a campaign.
_EARLIEST, _LATEST = date(1990, 1, 1), date(2060, 1, 1)


def last_date(source: Path) -> date | None:
    """Returns the last day in the date columns of an export's files, or None if it has none."""
    days = [day for column in _columns(source) if (day := _last_of(column)) is not None]
    return max(days, default=None)


def _columns(source: Path) -> Iterator[list[str]]:
    for path in sorted(source.glob("*.csv")):
        yield from _csv_columns(path)
    for path in sorted(source.glob("*.parquet")):
        frame = pl.read_parquet(path)
        for name, dtype in frame.schema.items():
            if dtype.is_temporal() and _may_hold_days(name):
                yield frame[name].drop_nulls().cast(pl.Date).cast(pl.String).to_list()


def _csv_columns(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        places = [place for place, name in enumerate(header) if _may_hold_days(name)]
        columns: list[list[str]] = [[] for _ in places]
        try:
            for row in rows:
                for column, place in zip(columns, places, strict=True):
                    if place < len(row) and row[place]:
                        column.append(row[place])
        except csv.Error:
            # Ingest says what is wrong with the file; here it only has no days.
            return
    yield from columns


def _may_hold_days(name: str) -> bool:
    return bool(_HAPPENED.search(name)) and not _TO_COME.search(name)


def _last_of(column: list[str]) -> date | None:
    days = [*_iso_days(column), *_slashed_days(column)]
    return max(days, default=None)


def _iso_days(column: list[str]) -> Iterator[date]:
    for text in column:
        if match := _ISO.match(text):
            yield from _day(*map(int, match.groups()))


def _slashed_days(column: list[str]) -> Iterator[date]:
    parts = [tuple(map(int, match.groups())) for text in column if (match := _SLASHED.match(text))]
    is_day_first = any(first > 12 for first, _, _ in parts)
    for first, second, year in parts:
        if first > 12 or (is_day_first and second <= 12):
            yield from _day(year, second, first)
        else:
            yield from _day(year, first, second)


def _day(year: int, month: int, day: int) -> Iterator[date]:
    try:
        found = date(year, month, day)
    except ValueError:
        return
    if _EARLIEST <= found < _LATEST:
        yield found
