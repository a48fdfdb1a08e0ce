"""What each person, thread or deal adds to a metric, by the semantic layer, and its account."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from experiments.metric_tables import metric_table
from experiments.movements.periods import Days
from experiments.semantic_layer import DBT_PROJECT, MetricDefinition, load_semantic_layer
from experiments.statistics.changes import PeriodSums
from experiments.statistics.estimate import Sample
from experiments.warehouse import open_warehouse

Group = tuple[str | None, ...]
"""Values of the dimensions that a metric is split by."""

_ACCOUNTS = {
    "person": ("dim_persons", "person_id"),
    "opportunity": ("fct_opportunities", "opportunity_id"),
}
"""Entity to the table that knows its account."""

_CLUSTER = "_cluster"


@dataclass(frozen=True, slots=True)
class UnitValues:
    """A metric's parts in one period and group: one value a unit, with the unit's cluster."""

    clusters: Sequence[str]
    numerators: ArrayLike
    denominators: ArrayLike
    fixed: float = 0.0
    """Numerator that belongs to nobody, such as a licence."""


NO_UNITS = UnitValues((), (), ())


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
    table = metric_table(
        parts,
        warehouse=warehouse,
        by=[*entities, *by],
        since=days.since,
        until=days.until,
        project=project,
    )
    table = table.with_columns(_cluster(entities, warehouse).alias(_CLUSTER))
    return {
        (d.name, group): values
        for d in definitions
        for group, values in _by_group(d, table, by).items()
    }


def aligned(before: UnitValues, after: UnitValues) -> tuple[PeriodSums, PeriodSums]:
    """Returns both periods' sums by cluster; who is in one of them only is zero in the other."""
    names = list(dict.fromkeys([*before.clusters, *after.clusters]))
    place = {name: i for i, name in enumerate(names)}

    def sums(side: UnitValues) -> PeriodSums:
        at = np.array([place[name] for name in side.clusters], dtype=np.int64)
        top, bottom = (
            np.bincount(at, np.asarray(values, dtype=np.float64), len(names)).astype(np.float64)
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
    definition: MetricDefinition, table: pl.DataFrame, by: Sequence[str]
) -> dict[Group, UnitValues]:
    """A value that is no ratio has the denominator 1 where it is there at all."""
    names = list(_parts(definition))
    top = pl.col(names[0])
    bottom = pl.col(names[1]) if len(names) > 1 else pl.lit(1.0)
    rows = table.filter(pl.any_horizontal(pl.col(names).is_not_null())).select(
        *by,
        pl.col(_CLUSTER),
        top.fill_null(0.0).alias("numerator"),
        bottom.fill_null(0.0).alias("denominator"),
    )
    groups = rows.partition_by(by, as_dict=True) if by else {(): rows}
    return {group: _values(rows) for group, rows in groups.items()}


def _values(rows: pl.DataFrame) -> UnitValues:
    belongs_to_nobody = pl.col(_CLUSTER).is_null() & (pl.col("denominator") == 0)
    own = rows.filter(~belongs_to_nobody)
    return UnitValues(
        clusters=own[_CLUSTER].fill_null("nobody").to_list(),
        numerators=own["numerator"].to_numpy(),
        denominators=own["denominator"].to_numpy(),
        fixed=float(rows.filter(belongs_to_nobody)["numerator"].sum()),
    )


def _cluster(entities: Sequence[str], warehouse: Path) -> pl.Expr:
    """The account, else the person, else the unit itself; null of what belongs to nobody."""
    accounts = [
        pl.col(entity).replace_strict(_accounts(warehouse, entity), default=None)
        for entity in entities
        if entity in _ACCOUNTS
    ]
    return pl.coalesce(*accounts, *(pl.col(entity) for entity in reversed(entities)))


def _accounts(warehouse: Path, entity: str) -> dict[str, str]:
    table, key = _ACCOUNTS[entity]
    with open_warehouse(warehouse) as connection:
        rows = connection.sql(
            f"select {key}, 'account ' || account_id from {table} where account_id is not null"
        ).fetchall()
    return dict(rows)
