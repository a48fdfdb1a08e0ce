"""The published slices as a page looks them up: one cell per metric, period and filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from agent_runtime.readouts.board import RUN, Cell
from experiments.metric_words import (
    basis_text,
    group_text,
    interval_text,
    is_amount,
    reading_text,
    reason_text,
    value_text,
)
from experiments.metrics import MetricReading
from experiments.rate_intervals import Interval
from experiments.semantic_layer import MetricDefinition
from pipelines.readouts.dashboards.definitions import DIMENSIONS


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time to choose: `run`, `week 2026-01-12` or `month 2026-01-01`."""

    key: str
    label: str
    short: str
    first: date | None = None


@dataclass(frozen=True)
class Cells:
    """All cells of the slices, with what can be chosen among them."""

    slices: pl.DataFrame
    definitions: Mapping[str, MetricDefinition]
    able: Mapping[str, frozenset[str]]
    """Metric to the filters by which it can be told."""

    @cached_property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """Filter to its values, those with more than one only."""
        found = {
            name: tuple(self.slices[name].drop_nulls().unique().sort().to_list())
            for name in DIMENSIONS
        }
        return {name: values for name, values in found.items() if len(values) > 1}

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The whole run, its months and its weeks, in that order."""
        weeks = self._days("week")
        whole = Period(RUN, "Whole run", "Whole run")
        if weeks:
            last = weeks[-1] + timedelta(days=6)
            whole = Period(RUN, f"Whole run, {weeks[0]:%-d %b} to {last:%-d %b %Y}", "Whole run")
        return (
            whole,
            *(Period(f"month {d}", f"{d:%B %Y}", f"{d:%b}", d) for d in self._days("month")),
            *(Period(f"week {d}", f"Week of {d:%-d %B %Y}", f"{d:%-d %b}", d) for d in weeks),
        )

    def key(self, period: str, chosen: Mapping[str, str], part: str = "") -> str:
        """Returns how a page calls a cell of a metric."""
        places = (
            str(values.index(chosen[name])) if name in chosen else ""
            for name, values in self.filters.items()
        )
        return "|".join((period, *places, part))

    @cached_property
    def by_metric(self) -> dict[str, dict[str, Cell]]:
        """Metric, or metric and split, to its cells by key."""
        found: dict[str, dict[str, Cell]] = {}
        for row in self.slices.iter_rows(named=True):
            name = f"{row['metric']}/{row['split']}" if row["split"] else row["metric"]
            period = f"{row['grain']} {row['period']}" if row["period"] else RUN
            chosen = {d: row[d] for d in self.filters if row[d] is not None}
            key = self.key(period, chosen, row["part"] or "")
            found.setdefault(name, {})[key] = self._cell(row)
        return found

    def get(self, metric: str, period: str, chosen: Mapping[str, str]) -> Cell:
        """Returns the cell of a metric; where there is none, that there was nothing to count."""
        if unable := [name for name in chosen if name not in self.able.get(metric, ())]:
            return untold(unable)
        cells = self.by_metric.get(metric, {})
        return cells.get(self.key(period, chosen)) or self.empty(metric)

    def parts(self, metric: str, split: str) -> tuple[str, ...]:
        """Returns the values of a split, those of the whole run that are largest first."""
        rows = self.slices.filter(pl.col("metric") == metric, pl.col("split") == split)
        whole = rows.filter(pl.col("grain") == RUN, *(pl.col(d).is_null() for d in DIMENSIONS))
        return tuple(whole.sort("value", descending=True, nulls_last=True)["part"].to_list())

    def empty(self, metric: str) -> Cell:
        """Returns the cell where nothing happened: a count is zero, all else is unknown."""
        definition = self.definitions[metric]
        if definition.is_count:
            zero = value_text(0.0, definition.unit)
            return Cell(0.0, None, None, None, None, 0, zero, "", "", zero)
        nothing = MetricReading(metric, None, None, None, 0, reason="nothing to count")
        why = reason_text(nothing, self.definitions)
        return Cell(None, None, None, None, None, 0, "–", "", why, why)

    def _days(self, grain: str) -> list[date]:
        return (
            self.slices.filter(pl.col("grain") == grain)["period"].drop_nulls().unique().sort()
        ).to_list()

    def _cell(self, row: Mapping[str, Any]) -> Cell:
        definition = self.definitions[row["metric"]]
        parts = {name: row[name] for name in ("value", "numerator", "denominator", "n", "reason")}
        reading = MetricReading(metric=row["metric"], **parts)
        low, high = row["ci_low"], row["ci_high"]
        interval = None if low is None else Interval(low, high)
        said = reading_text(reading, interval, self.definitions)
        basis = basis_text(reading.numerator, reading.denominator, reading.n, definition.unit)
        return Cell(
            reading.value,
            low,
            high,
            reading.numerator,
            reading.denominator,
            reading.n,
            value_text(reading.value, definition.unit),
            interval_text(interval),
            said if reading.value is None else "" if is_amount(definition) else basis,
            said,
        )


def untold(filters: list[str]) -> Cell:
    """Returns the cell of a metric that cannot be told by a filter."""
    why = f"cannot be told by {' or '.join(filters)}"
    return Cell(None, None, None, None, None, 0, "–", "", why, why)


def choices(cells: Cells) -> list[dict[str, Any]]:
    """Returns the filters as a page offers them."""
    return [
        {
            "name": name,
            "label": name.capitalize(),
            "values": [{"value": v, "label": group_text(v, name)} for v in values],
        }
        for name, values in cells.filters.items()
    ]
