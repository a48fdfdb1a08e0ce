"""Publishes metrics as Parquet, for everybody who must not ask the warehouse."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl

from agent_runtime.settings import Workspace
from experiments.metrics import MetricReading, read_metrics
from experiments.semantic_layer import load_semantic_layer
from pipelines.lake import write

BATCH = 8
"""Metrics of one query: planning grows faster than their number, and starting costs little."""

EVERY_ARM = "all"
"""Value of `arm` in rows that count everybody, also people who are in no experiment."""

DAILY = pl.Schema(
    {
        "metric": pl.String,
        "day": pl.Date,
        "arm": pl.String,
        "value": pl.Float64,
        "numerator": pl.Float64,
        "denominator": pl.Float64,
        "n": pl.Int64,
        "reason": pl.String,
    }
)
"""One row per metric, day and arm; `reason` says why a value is null."""


def publish_metrics(workspace: Workspace) -> tuple[Path, Path]:
    """Writes `metric_daily` and `metric_by_unit` and returns their files."""
    daily = workspace.metrics / "metric_daily.parquet"
    units = workspace.metrics / "metric_by_unit.parquet"
    write(metric_daily(workspace.warehouse), daily)
    write(metric_by_unit(workspace.warehouse), units)
    return daily, units


def metric_daily(warehouse: Path) -> pl.DataFrame:
    """Returns the metrics of the saved query `metric_daily`, over everybody and by arm."""
    saved = load_semantic_layer().saved_queries["metric_daily"]
    [arm] = saved.by
    rows = [
        row
        for by in ((), (arm,))
        for at in range(0, len(saved.metrics), BATCH)
        for row in _rows(
            read_metrics(
                saved.metrics[at : at + BATCH], warehouse=warehouse, grain=saved.grain, by=by
            )
        )
    ]
    return pl.DataFrame(rows, schema=DAILY, orient="row").sort("metric", "day", "arm")


def metric_by_unit(warehouse: Path) -> pl.DataFrame:
    """Returns one row per experiment and unit with its outcomes inside the window."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        table = connection.sql("select * from metric_by_unit order by experiment_id, unit_id")
        return table.pl().drop("unit_key")


def _rows(readings: Sequence[MetricReading]) -> list[tuple[object, ...]]:
    """Leaves out what is empty: no date, no arm, or days on which there was nothing to count."""
    return [
        (r.metric, r.period, arm, r.value, r.numerator, r.denominator, r.n, r.reason)
        for r in readings
        for arm in (r.keys.values() or (EVERY_ARM,))
        if r.n and r.period and arm
    ]
