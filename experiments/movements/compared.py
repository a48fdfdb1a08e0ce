"""Asks the semantic layer for both periods and says what changed: `what_changed`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from experiments.errors import ExperimentError
from experiments.metric_words import reason_text
from experiments.metrics import MetricReading, read_metrics
from experiments.movements.document import Changes, Period
from experiments.movements.findings import CAUTION, findings_of, quiet_of
from experiments.movements.movement import NOTHING, Compared, Side, compare, told
from experiments.movements.periods import FEWEST_DAYS, Days, Periods, periods_of
from experiments.movements.rules import Rules, load_rules
from experiments.movements.units import Group, UnitValues, read_unit_values
from experiments.semantic_layer import (
    DBT_PROJECT,
    MetricDefinition,
    Question,
    SemanticLayer,
    load_semantic_layer,
)

DAYS = 14


def what_changed(
    warehouse: Path,
    *,
    days: int = DAYS,
    until: date | None = None,
    by: Sequence[str] = (),
    rules: Rules | None = None,
    project: Path = DBT_PROJECT,
) -> Changes:
    """Returns what changed in the last days of a run against as many days before them.

    Args:
        warehouse: DuckDB file that dbt built.
        days: Length of a period at most; a short run makes it shorter.
        until: Last day; by default the last of the run.
        by: Dimensions to split by; everything is then looked at together.
        rules: Those that ship, by default.
        project: The parsed dbt project.

    Raises:
        ExperimentError: There is no warehouse, or no metric can be split like that.
    """
    rules = rules or load_rules()
    run = _run(warehouse, until, project)
    whole = run and periods_of(run, days=days)
    if run is None or whole is None:
        return Changes(
            period=None, findings=(), movements=(), quiet=_too_short(run), caution=CAUTION
        )
    asked = _Asked(warehouse, run, days, tuple(by), project)
    movements = told([found for part in _parts(rules, asked) for found in part])
    movements.sort(key=lambda m: list(rules.metrics).index(m.metric))
    findings = findings_of(movements, rules)
    return Changes(
        period=Period(
            before=(whole.before.since, whole.before.until),
            after=(whole.after.since, whole.after.until),
        ),
        findings=findings,
        movements=tuple(movements),
        quiet=quiet_of(movements, findings),
        caution=CAUTION,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    warehouse: Path
    run: Days
    days: int
    by: tuple[str, ...]
    project: Path


def _parts(rules: Rules, asked: _Asked) -> Iterator[list[Compared]]:
    """Metrics that settle alike are asked for together."""
    layer = load_semantic_layer(asked.project)
    if not any(_can_be_split(layer, layer.definition(name), asked.by) for name in rules.metrics):
        layer.columns(Question(metrics=tuple(rules.metrics)[:1], by=asked.by))

    def settling(name: str) -> int:
        return rules.metrics[name].settles_days

    for settles_days, names in groupby(sorted(rules.metrics, key=settling), settling):
        definitions = [layer.definition(name) for name in names]
        periods = periods_of(asked.run, days=asked.days, settles_days=settles_days)
        if periods is None:
            yield [_untold(d, rules, _too_short(asked.run)) for d in definitions]
            continue
        can = [d for d in definitions if _can_be_split(layer, d, asked.by)]
        why = f"it cannot be split by {' and '.join(asked.by)}"
        yield [_untold(d, rules, why) for d in definitions if d not in can]
        if can:
            yield list(_compared(can, periods, rules, asked))


def _compared(
    definitions: Sequence[MetricDefinition], periods: Periods, rules: Rules, asked: _Asked
) -> Iterator[Compared]:
    before = _sides(definitions, periods.before, rules, asked)
    after = _sides(definitions, periods.after, rules, asked)
    groups = dict.fromkeys(group for _, group in [*before, *after]) if asked.by else [()]
    for definition in definitions:
        for group in groups:
            yield compare(
                definition,
                rules.metrics[definition.name],
                before.get((definition.name, group), NOTHING),
                after.get((definition.name, group), NOTHING),
                periods,
                keys=dict(zip(asked.by, group, strict=True)),
            )


def _sides(
    definitions: Sequence[MetricDefinition], days: Days, rules: Rules, asked: _Asked
) -> dict[tuple[str, Group], Side]:
    values: dict[tuple[str, Group], UnitValues] = {}
    for unit in dict.fromkeys(rules.metrics[d.name].unit for d in definitions):
        values |= read_unit_values(
            [d for d in definitions if rules.metrics[d.name].unit == unit],
            unit=unit,
            warehouse=asked.warehouse,
            days=days,
            by=asked.by,
            project=asked.project,
        )
    readings = read_metrics(
        [d.name for d in definitions],
        warehouse=asked.warehouse,
        by=asked.by,
        since=days.since,
        until=days.until,
        project=asked.project,
    )
    known = load_semantic_layer(asked.project).definitions
    return {
        _key(reading): Side(
            reading.value,
            reading.n,
            "" if reading.value is not None else reason_text(reading, known),
            values.get(_key(reading)),
        )
        for reading in readings
    }


def _key(reading: MetricReading) -> tuple[str, Group]:
    return reading.metric, tuple(reading.keys.values())


def _untold(definition: MetricDefinition, rules: Rules, why: str) -> Compared:
    nothing = Side(None, 0)
    watch = rules.metrics[definition.name]
    return Compared(definition, watch, {}, nothing, nothing, None, None, why)


def _can_be_split(layer: SemanticLayer, definition: MetricDefinition, by: Iterable[str]) -> bool:
    names = (definition.name, definition.numerator, definition.denominator, definition.n)
    return set(by) <= set(layer.dimensions([name for name in names if name]))


def _run(warehouse: Path, until: date | None, project: Path) -> Days | None:
    """The days of the ledger, which has a row for every day of the run."""
    readings = read_metrics(["program_costs"], warehouse=warehouse, grain="day", project=project)
    days = [r.period for r in readings if r.n and r.period]
    if not days:
        return None
    if until and not min(days) <= until <= max(days):
        raise ExperimentError(
            f"--until {until}: the run has {min(days)} to {max(days)}; choose a day in it."
        )
    return Days(min(days), until or max(days))


def _too_short(run: Days | None) -> str:
    if run is None:
        return "Nothing can be compared: the run has no day yet."
    return (
        f"Nothing can be compared yet: the run has {run.count} days, and two periods of "
        f"{FEWEST_DAYS} days are the least."
    )
