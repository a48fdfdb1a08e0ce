"""Reads metrics from the warehouse, by the definitions of the semantic layer and by no other."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from experiments.semantic_layer import (
    DBT_PROJECT,
    Grain,
    MetricDefinition,
    Question,
    load_semantic_layer,
)
from experiments.warehouse import open_warehouse

Filter = Mapping[str, str | Sequence[str]]
"""Dimension to the value, or the values, that are wanted."""


@dataclass(frozen=True, slots=True)
class MetricReading:
    """One value of a metric and what it is made of.

    Attributes:
        metric: Name in the semantic layer.
        value: In the metric's unit; None where it cannot be computed, see `reason`.
        numerator: Of a ratio, else None.
        denominator: Of a ratio, else None.
        n: How many things it rests on: threads, persons, proposals; the metric's definition says.
        period: First day of the grain, or None for the whole time.
        keys: Dimension to value, in the order asked for; None where an event has no such value.
        reason: Why there is no value; empty when there is one.
    """

    metric: str
    value: float | None
    numerator: float | None
    denominator: float | None
    n: int
    period: date | None = None
    keys: Mapping[str, str | None] = field(default_factory=dict)
    reason: str = ""


def read_metric(
    name: str,
    *,
    warehouse: Path,
    grain: Grain | None = None,
    by: Sequence[str] = (),
    where: Filter | None = None,
    since: date | None = None,
    until: date | None = None,
    project: Path = DBT_PROJECT,
) -> tuple[MetricReading, ...]:
    """Returns the metric at the grain wanted, one reading a period and group, in their order.

    Without `grain` and `by` it is one reading over everything. What has no date is in that one and
    in no period. A median or a count of unique persons cannot be summed up from days, so ask at the
    grain that you need.

    Args:
        name: Metric of the semantic layer, `docs/metrics.md` lists them.
        warehouse: DuckDB file that dbt built.
        grain: Length of a period of `metric_time`.
        by: Dimensions to split by: arm, playbook, campaign, language, segment, experiment …
        where: Dimension to the value or values wanted.
        since: First day, inclusive.
        until: Last day, inclusive.
        project: The parsed dbt project.

    Raises:
        ExperimentError: The metric or a dimension is unknown, with the names that come close, or
            there is no warehouse.
    """
    return read_metrics(
        [name],
        warehouse=warehouse,
        grain=grain,
        by=by,
        where=where,
        since=since,
        until=until,
        project=project,
    )


def read_metrics(
    names: Sequence[str],
    *,
    warehouse: Path,
    grain: Grain | None = None,
    by: Sequence[str] = (),
    where: Filter | None = None,
    since: date | None = None,
    until: date | None = None,
    project: Path = DBT_PROJECT,
) -> tuple[MetricReading, ...]:
    """Returns several metrics with one query, grouped by metric; see `read_metric`."""
    layer = load_semantic_layer(project)
    definitions = [layer.definition(name) for name in names]
    question = Question(
        metrics=tuple(dict.fromkeys(part for d in definitions for part in _parts(d))),
        grain=grain,
        by=tuple(by),
        where=tuple((key, _values(value)) for key, value in (where or {}).items()),
        since=since,
        until=until,
    )
    columns = dict(zip(by, layer.columns(question), strict=True))
    counts = {name for name in question.metrics if layer.definition(name).is_count}
    rows = [_counted(row, counts) for row in _rows(layer.sql(question), warehouse)]
    period = f"metric_time__{grain}" if grain else None
    rows = [row for row in rows if not period or row[period] is not None]
    return tuple(_reading(d, row, period, columns) for d in definitions for row in rows)


def list_metrics(project: Path = DBT_PROJECT) -> tuple[MetricDefinition, ...]:
    """Returns all definitions, by name."""
    definitions = load_semantic_layer(project).definitions
    return tuple(definitions[name] for name in sorted(definitions))


def _parts(definition: MetricDefinition) -> Iterable[str]:
    parts = (definition.name, definition.numerator, definition.denominator, definition.n)
    return (part for part in parts if part)


def _values(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _rows(sql: str, warehouse: Path) -> list[dict[str, Any]]:
    with open_warehouse(warehouse) as connection:
        answer = connection.sql(sql)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]


def _counted(row: Mapping[str, Any], counts: Collection[str]) -> dict[str, Any]:
    """A count that has no row in a group is zero; any other metric is unknown there."""
    return {name: 0 if value is None and name in counts else value for name, value in row.items()}


def _reading(
    definition: MetricDefinition, row: Mapping[str, Any], period: str | None, by: Mapping[str, str]
) -> MetricReading:
    value = _number(row[definition.name])
    n = int(row[definition.n] or 0)
    return MetricReading(
        metric=definition.name,
        value=value,
        numerator=_number(row[definition.numerator]) if definition.numerator else None,
        denominator=_number(row[definition.denominator]) if definition.denominator else None,
        n=n,
        period=row[period].date() if period else None,
        keys={name: row[column] for name, column in by.items()},
        reason="" if value is not None else _reason(definition, n),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _reason(definition: MetricDefinition, n: int) -> str:
    if n == 0 or not definition.null_when:
        return f"nothing to count: {definition.n} is 0"
    return definition.null_when
