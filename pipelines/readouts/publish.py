"""Publishes metrics as Parquet, for everybody who must not ask the warehouse."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl

from agent_runtime.settings import Workspace
from experiments.metrics import MetricReading, read_metrics
from pipelines.lake import write

PUBLISHED = (
    "messages_sent",
    "human_messages_sent",
    "messages_received",
    "replies",
    "meetings_set",
    "first_response_minutes",
    "human_first_response_minutes",
    "coverage_rate",
    "conversation_depth",
    "positive_intent_rate",
    "compliance_pass_rate",
    "share_of_sent",
    "unsubscribe_rate",
    "program_cost_usd",
    "cost_per_touch_usd",
    "cost_per_meeting_usd",
    "cost_per_qualified_opportunity_usd",
)
"""Metrics that are published by day."""

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
    """Returns the published metrics by day, over everybody and by arm."""
    total = read_metrics(PUBLISHED, warehouse=warehouse, grain="day")
    by_arm = read_metrics(PUBLISHED, warehouse=warehouse, grain="day", by=("arm",))
    rows = [*_rows(total, EVERY_ARM), *_rows(by_arm, None)]
    return pl.DataFrame(rows, schema=DAILY, orient="row").sort("metric", "day", "arm")


def metric_by_unit(warehouse: Path) -> pl.DataFrame:
    """Returns one row per experiment and unit with its outcomes inside the window."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        table = connection.sql("select * from metric_by_unit order by experiment_id, unit_id")
        return table.pl().drop("unit_key")


def _rows(readings: Sequence[MetricReading], arm: str | None) -> list[tuple[object, ...]]:
    """Leaves out what is empty: days of a metric on which there was nothing to count."""
    return [
        (r.metric, r.period, label, r.value, r.numerator, r.denominator, r.n, r.reason)
        for r in readings
        if r.n and (label := arm or r.keys["arm"])
    ]
