"""What each person, thread or deal adds to a metric, by the semantic layer, and its account."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np

from experiments.metrics import read_metrics
from experiments.movements.periods import Days
from experiments.semantic_layer import DBT_PROJECT, MetricDefinition, load_semantic_layer
from experiments.statistics.changes import PeriodSums
from experiments.statistics.estimate import Sample

Group = tuple[str | None, ...]
"""Values of the dimensions that a metric is split by."""

_ACCOUNTS = {
    "person": ("dim_persons", "person_id"),
    "opportunity": ("fct_opportunities", "opportunity_id"),
}
"""Entity to the table that knows its account."""


@dataclass(frozen=True, slots=True)
class UnitValues:
    """A metric's parts in one period and group: one value a unit, with the unit's cluster."""

    clusters: Sequence[str]
    numerators: Sequence[float]
    denominators: Sequence[float]
    fixed: float = 0.0
    """Numerator that belongs to nobody, such as a licence."""


@dataclass
class _Rows:
    clusters: list[str] = field(default_factory=list)
    numerators: list[float] = field(default_factory=list)
    denominators: list[float] = field(default_factory=list)
    fixed: float = 0.0

    def add(self, cluster: str | None, numerator: float, denominator: float, name: str) -> None:
        if cluster is None and not denominator:
            self.fixed += numerator
            return
        self.clusters.append(cluster or name)
        self.numerators.append(numerator)
        self.denominators.append(denominator)


def read_unit_values(
    definitions: Sequence[MetricDefinition],
    *,
    unit: str,
    warehouse: Path,
    days: Days,
    by: Sequence[str] = (),
    project: Path = DBT_PROJECT,
) -> dict[tuple[str, Group], UnitValues]:
    """Returns the unit values of metrics that share an entity, by metric and group.

    Units of one account are one cluster, where the warehouse knows the account.

    Raises:
        ExperimentError: A metric cannot be split by the entity.
    """
    parts = list(dict.fromkeys(p for d in definitions for p in _parts(d)))
    known = load_semantic_layer(project).dimensions(parts)
    entities = [e for e in dict.fromkeys([unit, "person"]) if e == unit or e in known]
    readings = read_metrics(
        parts,
        warehouse=warehouse,
        by=[*entities, *by],
        since=days.since,
        until=days.until,
        project=project,
    )
    accounts = [_accounts(warehouse, entity) for entity in entities]
    found: dict[str, dict[tuple[str | None, ...], float]] = defaultdict(dict)
    for reading in readings:
        if reading.value:
            found[reading.metric][tuple(reading.keys.values())] = reading.value
    return {
        (d.name, group): UnitValues(r.clusters, r.numerators, r.denominators, r.fixed)
        for d in definitions
        for group, r in _by_group(d, found, accounts).items()
    }


def aligned(before: UnitValues, after: UnitValues) -> tuple[PeriodSums, PeriodSums]:
    """Returns both periods' sums by cluster; who is in one of them only is zero in the other."""
    names = list(dict.fromkeys([*before.clusters, *after.clusters]))
    place = {name: i for i, name in enumerate(names)}

    def sums(side: UnitValues) -> PeriodSums:
        at = np.array([place[name] for name in side.clusters], dtype=np.int64)
        top, bottom = (
            np.bincount(at, np.asarray(values, dtype=np.float64), len(names))
            for values in (side.numerators, side.denominators)
        )
        return PeriodSums(top, bottom, side.fixed)

    return sums(before), sums(after)


def sample_of(side: UnitValues) -> Sample:
    """Returns the values themselves, for a quantile."""
    ids = np.unique(np.asarray(side.clusters, dtype=str), return_inverse=True)[1]
    values = np.asarray(side.numerators, dtype=np.float64)
    return Sample(values, np.empty((len(values), 0)), ids.astype(np.int64))


def _parts(definition: MetricDefinition) -> Iterable[str]:
    if definition.numerator and definition.denominator:
        return (definition.numerator, definition.denominator)
    return (definition.name,)


def _by_group(
    definition: MetricDefinition,
    found: Mapping[str, Mapping[tuple[str | None, ...], float]],
    accounts: Sequence[Mapping[str, str]],
) -> dict[Group, _Rows]:
    """Rows by group; a value that is no ratio has the denominator 1 where it is there at all."""
    names = tuple(_parts(definition))
    top = found.get(names[0], {})
    bottom = found.get(names[1], {}) if len(names) > 1 else dict.fromkeys(top, 1.0)
    rows: dict[Group, _Rows] = defaultdict(_Rows)
    for keys in dict.fromkeys([*top, *bottom]):
        entities, group = keys[: len(accounts)], keys[len(accounts) :]
        rows[group].add(
            _cluster(entities, accounts),
            top.get(keys, 0.0),
            bottom.get(keys, 0.0),
            f"{definition.name}: without a name",
        )
    return rows


def _cluster(
    entities: Sequence[str | None], accounts: Sequence[Mapping[str, str]]
) -> str | None:
    """The account, else the person, else the unit itself; None of what belongs to nobody."""
    for entity, known in zip(entities, accounts, strict=True):
        if entity is not None and entity in known:
            return f"account {known[entity]}"
    return next((entity for entity in reversed(entities) if entity is not None), None)


def _accounts(warehouse: Path, entity: str) -> dict[str, str]:
    if entity not in _ACCOUNTS:
        return {}
    table, key = _ACCOUNTS[entity]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.sql(
            f"select {key}, account_id from {table} where account_id is not null"
        ).fetchall()
    return dict(rows)


