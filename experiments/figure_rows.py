"""Rows that a figure draws, and how a figure takes its arrays from them.

A trace says in `meta` where each of its arrays comes from, so that Python and a page's script fill
the same figure with the same numbers and neither of them computes any:

- `["each", "value"]` takes one field of every row;
- `["span", "low", "high"]` takes two fields of every row, and a gap: many short lines;
- `["loop", "low", "high"]` goes along the first field and back along the second, once for each run
  of rows that have an interval: the outline of a band;
- `["same", 0]` repeats a constant.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plotly import graph_objects

from experiments.figures import COLOURS
from experiments.metric_words import (
    basis_text,
    day_text,
    group_text,
    reading_text,
    value_text,
)
from experiments.metrics import MetricReading
from experiments.rate_intervals import Interval, intervals_of
from experiments.semantic_layer import MetricDefinition

TICKS = 7
"""Labels that fit below a series of days on a phone."""

NO_VALUE = "no value"
"""What stands in a figure for a row without one; why, is said beside it."""

Shown = float | str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line or point of a figure.

    Attributes:
        at: Where it stands: an ISO day, or what tells it from the other rows.
        label: What it is called.
        value: In the metric's unit; None is not drawn.
        low: Lower end of what is drawn around the value, or None.
        high: Upper end, or None.
        said: Value with its interval, or with n, in words; why there is none, where there is none.
        basis: What it rests on, in words.
    """

    at: str
    label: str
    value: float | None
    low: float | None
    high: float | None
    said: str
    basis: str = ""


def rows_of(
    readings: Sequence[MetricReading],
    definitions: Mapping[str, MetricDefinition],
    *,
    by: str | None = None,
) -> tuple[Row, ...]:
    """Returns one row a reading, with the interval of each share.

    Args:
        readings: Of one metric, in order.
        definitions: By name, with the parts of the metric.
        by: The dimension that names the rows; by default their period, else the metric's label.
    """
    intervals = intervals_of(readings, definitions)
    return tuple(
        _row(reading, interval, definitions, by)
        for reading, interval in zip(readings, intervals, strict=True)
    )


def ranked(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Returns the rows from the highest value to the lowest, those without one last."""
    return tuple(sorted(rows, key=lambda row: (row.value is None, -(row.value or 0))))


def pair_row(label: str, median: MetricReading, tail: MetricReading, unit: str) -> Row:
    """Returns one row from the median to the 95th percentile of the same thing."""
    if median.value is None or tail.value is None:
        return Row(label, label, None, None, None, median.reason or tail.reason)
    said = f"{value_text(median.value, unit)} · {value_text(tail.value, unit)}"
    return Row(label, label, median.value, median.value, tail.value, said)


def fill(figure: graph_objects.Figure, rows: Sequence[Row]) -> graph_objects.Figure:
    """Returns the figure with its arrays taken from the rows; see the module for how."""
    filled: Any = graph_objects.Figure(figure)
    traces: Sequence[Any] = filled.data
    for trace in traces:
        for name, source in trace.meta["from"].items():
            trace[name] = _taken(source, rows)
    hints: dict[str, Any] = filled.layout.meta or {}
    if row_height := hints.get("row_height"):
        filled.update_layout(height=hints["base_height"] + row_height * max(len(rows), 1))
        filled.update_yaxes(categoryarray=[r.at for r in rows], range=[len(rows) - 0.6, -0.8])
        filled.update_layout(annotations=[n for r in rows for n in _words(r, hints["lift"])])
    if hints.get("has_days"):
        step = -(-len(rows) // TICKS) or 1
        filled.update_xaxes(tickvals=[row.at for row in rows][::step])
    return filled


def _row(
    reading: MetricReading,
    interval: Interval | None,
    definitions: Mapping[str, MetricDefinition],
    by: str | None,
) -> Row:
    definition = definitions[reading.metric]
    at = label = definition.label
    if by is not None:
        at, label = reading.keys[by] or "", group_text(reading.keys[by], by)
    elif reading.period is not None:
        at, label = reading.period.isoformat(), day_text(reading.period)
    return Row(
        at=at,
        label=label,
        value=reading.value,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        said=reading_text(reading, interval, definitions),
        basis=basis_text(reading.numerator, reading.denominator, reading.n, definition.unit),
    )


def _words(row: Row, lift: int) -> Iterable[dict[str, Any]]:
    """Its name at the left, what is said of it at the right, above its line."""
    said = NO_VALUE if row.value is None else row.said
    for x, anchor, text, role in ((0, "left", row.label, "ink"), (1, "right", said, "muted")):
        yield {
            "x": x,
            "xref": "paper",
            "xanchor": anchor,
            "y": row.at,
            "yshift": lift,
            "text": text,
            "showarrow": False,
            "borderpad": 1,
            "font": {"size": 13, "color": COLOURS[role]},
            "name": role,
        }


def _taken(source: Sequence[Any], rows: Sequence[Row]) -> list[Shown]:
    how, *fields = source
    if how == "same":
        return [fields[0] for _ in rows]
    if how == "each":
        return [getattr(row, fields[0]) for row in rows]
    first, second = fields
    if how == "span":
        return [x for r in _bounded(rows) for x in (getattr(r, first), getattr(r, second), None)]
    return [
        x
        for run in _runs(rows)
        for x in (
            *(getattr(row, first) for row in run),
            *(getattr(row, second) for row in reversed(run)),
            None,
        )
    ]


def _bounded(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.low is not None]


def _runs(rows: Sequence[Row]) -> list[list[Row]]:
    """Neighbours that all have an interval."""
    runs: list[list[Row]] = [[]]
    for row in rows:
        if row.low is None:
            runs.append([])
        else:
            runs[-1].append(row)
    return [run for run in runs if run]
