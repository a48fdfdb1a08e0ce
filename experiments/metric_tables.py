"""Metrics as a Polars table, one row a group: for single units, joins and further sums."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from experiments.semantic_layer import DBT_PROJECT, Question, load_semantic_layer
from experiments.warehouse import open_warehouse


def metric_table(
    names: Sequence[str],
    *,
    warehouse: Path,
    by: Sequence[str],
    since: date | None = None,
    until: date | None = None,
    project: Path = DBT_PROJECT,
) -> pl.DataFrame:
    """Returns a column a dimension and a column a metric; what is not there is null.

    An entity is a dimension too: by `person` or `thread` these are the values of single units.
    Where numerators and denominators are wanted, `read_metrics` gives them with the value.

    Raises:
        ExperimentError: A metric or a dimension is unknown, or there is no warehouse.
    """
    layer = load_semantic_layer(project)
    for name in names:
        layer.definition(name)
    question = Question(metrics=tuple(names), by=tuple(by), since=since, until=until)
    columns = dict(zip(layer.columns(question), by, strict=True))
    with open_warehouse(warehouse) as connection:
        found = connection.sql(layer.sql(question)).pl()
    return found.rename(columns).with_columns(pl.col(names).cast(pl.Float64))
