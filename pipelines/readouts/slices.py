"""Publishes metrics for every combination of filters that a dashboard offers, as one table.

A dashboard computes nothing: a median or a count of persons cannot be summed up from its parts, so
each combination is asked for, and each number is the one that `read_metrics` returned.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Literal

import duckdb
import polars as pl

from agent_runtime.settings import Workspace
from experiments.metrics import MetricReading, read_metrics
from experiments.rate_intervals import intervals_of
from experiments.semantic_layer import SemanticLayer, load_semantic_layer
from pipelines.errors import PipelineError
from pipelines.lake import write
from pipelines.readouts.dashboards.definitions import DIMENSIONS, Split, shown_metrics, shown_splits

Grain = Literal["run", "week", "month"]

BATCH = 8
"""Metrics of one query: planning grows faster than their number, and starting costs little."""

SLICES = pl.Schema(
    {
        "metric": pl.String,
        "grain": pl.String,
        "period": pl.Date,
        "segment": pl.String,
        "channel": pl.String,
        "playbook": pl.String,
        "autonomy": pl.String,
        "split": pl.String,
        "part": pl.String,
        "value": pl.Float64,
        "numerator": pl.Float64,
        "denominator": pl.Float64,
        "n": pl.Int64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "reason": pl.String,
    }
)
"""One row per metric, period and combination of filters; a filter that is null is not set.

`grain` is run (then `period` is null), week or month. `split` names a further dimension that one
panel shows, and `part` its value. A combination without a row had nothing to count.
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Metrics that are split by the same dimensions."""

    metrics: tuple[str, ...]
    filters: tuple[str, ...]
    split: str | None


def slices_path(workspace: Workspace) -> Path:
    """Returns where the slices of a workspace are kept."""
    return workspace.metrics / "metric_slices.parquet"


def publish_slices(workspace: Workspace) -> Path:
    """Writes the metrics of all dashboards in every combination of filters; returns the file."""
    path = slices_path(workspace)
    write(metric_slices(workspace.warehouse, shown_metrics(), shown_splits()), path)
    return path


def metric_slices(
    warehouse: Path, metrics: Sequence[str], splits: Sequence[Split] = ()
) -> pl.DataFrame:
    """Returns metrics for every subset of the filters, over the run, by week and by month.

    Args:
        warehouse: DuckDB file that dbt built.
        metrics: Names in the semantic layer.
        splits: Metrics that one panel shows by a further dimension.
    """
    if not warehouse.exists():
        raise PipelineError(
            f"{warehouse}: there is no such file; the asset group `warehouse` builds it."
        )
    layer = load_semantic_layer()
    with duckdb.connect(str(warehouse), read_only=True):  # held open, each further one is cheap
        return _sliced(layer, warehouse, metrics, splits)


def _sliced(
    layer: SemanticLayer, warehouse: Path, metrics: Sequence[str], splits: Sequence[Split]
) -> pl.DataFrame:
    span = _weeks_of_work(warehouse)
    filters = tuple(name for name in DIMENSIONS if _has_choice(warehouse, name))
    asked = [
        question
        for wanted, split in ((metrics, None), *(((s.metric,), s.by) for s in splits))
        for question in _questions(layer, wanted, filters, split)
    ]
    rows = [row for question in asked for row in _rows(warehouse, question, span)]
    return pl.DataFrame(rows, schema=SLICES, orient="row")


def _questions(
    layer: SemanticLayer, metrics: Sequence[str], filters: Sequence[str], split: str | None
) -> Iterable[_Asked]:
    """Every subset of the filters, with the metrics that can be split by all of it, in batches."""
    order = {name: at for at, name in enumerate(layer.definitions)}
    home = sorted(metrics, key=lambda name: order[layer.definition(name).numerator or name])
    known = {name: layer.dimensions([name]) for name in home}
    extra = (split,) if split else ()
    for size in range(len(filters) + 1):
        for subset in combinations(filters, size):
            by = (*subset, *extra)
            able = [name for name in home if {*known[name]} >= {*by}]
            for batch in _batches({name: tuple(known[name][d] for d in by) for name in able}):
                yield _Asked(batch, subset, split)


def _batches(roads: Mapping[str, tuple[str, ...]]) -> Iterable[tuple[str, ...]]:
    """Metrics that reach their dimensions on the same road, a few at a time."""
    for road in dict.fromkeys(roads.values()):
        alike = [name for name, taken in roads.items() if taken == road]
        for at in range(0, len(alike), BATCH):
            yield tuple(alike[at : at + BATCH])


def _rows(
    warehouse: Path, asked: _Asked, span: tuple[date, date] | None
) -> Iterable[tuple[object, ...]]:
    by = (*asked.filters, *([asked.split] if asked.split else []))
    grains: tuple[Grain, ...] = ("run", "week", "month") if span else ("run",)
    for grain in grains:
        readings = read_metrics(
            asked.metrics, warehouse=warehouse, by=by, grain=None if grain == "run" else grain
        )
        kept = [r for r in readings if _is_kept(r, asked, grain, span)]
        definitions = load_semantic_layer().definitions
        for reading, interval in zip(kept, intervals_of(kept, definitions), strict=True):
            yield (
                reading.metric,
                grain,
                reading.period,
                *(reading.keys.get(name) for name in DIMENSIONS),
                asked.split,
                reading.keys[asked.split] if asked.split else None,
                reading.value,
                reading.numerator,
                reading.denominator,
                reading.n,
                interval.low if interval else None,
                interval.high if interval else None,
                reading.reason,
            )


def _is_kept(
    reading: MetricReading, asked: _Asked, grain: Grain, span: tuple[date, date] | None
) -> bool:
    """Leaves out who is in no group, days before the run, and groups with nothing to count."""
    if any(value is None for value in reading.keys.values()):
        return False
    if reading.period and span and not _first(span[0], grain) <= reading.period <= span[1]:
        return False
    return bool(reading.n or reading.value) or not (asked.filters or reading.period)


def _weeks_of_work(warehouse: Path) -> tuple[date, date] | None:
    """First and last week in which messages went either way; none before the first."""
    weekly = read_metrics(["messages_sent", "messages_received"], warehouse=warehouse, grain="week")
    weeks = sorted(r.period for r in weekly if r.value and r.period)
    return (weeks[0], weeks[-1]) if weeks else None


def _first(week: date, grain: Grain) -> date:
    return week.replace(day=1) if grain == "month" else week


def _has_choice(warehouse: Path, dimension: str) -> bool:
    readings = read_metrics(
        ["messages_sent", "messages_received"], warehouse=warehouse, by=(dimension,)
    )
    return len({r.keys[dimension] for r in readings if r.value} - {None}) > 1
