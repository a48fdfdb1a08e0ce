"""Daily counts of landed events, in the shape of the canonical table `usage`."""

from pathlib import Path

import polars as pl

from pipelines.lake import write
from pipelines.sources.kinds.base import Rollup
from pipelines.sources.reader import GONE

DAILY = pl.Schema(
    {"account_id": pl.String(), "day": pl.Date(), "metric": pl.String(), "value": pl.Float64()}
)


def daily(events: pl.DataFrame, rollup: Rollup) -> pl.DataFrame:
    """Returns one row per account, UTC day and metric; events without one of them do not count."""
    at = pl.col(rollup.at)
    if events.schema[rollup.at] == pl.String():
        at = at.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    count = pl.len() if rollup.count == "events" else pl.col(rollup.user).drop_nulls().n_unique()
    return (
        events.select(
            pl.col(rollup.account).cast(pl.String).alias("account_id"),
            at.dt.date().alias("day"),
            pl.col(rollup.metric).cast(pl.String).alias("metric"),
            *([rollup.user] if rollup.user else []),
        )
        .drop_nulls(["account_id", "day", "metric"])
        .group_by("account_id", "day", "metric")
        .agg(count.cast(pl.Float64).alias("value"))
        .sort("account_id", "day", "metric")
        .cast(DAILY)
    )


def write_rollup(home: Path, name: str, rollup: Rollup) -> int:
    """Counts the events that have landed, and puts the daily table beside them."""
    path = home / f"{rollup.of}.parquet"
    if not path.is_file():
        return 0
    events = pl.read_parquet(path).filter(pl.col(GONE).is_null())
    made = daily(events, rollup)
    there = home / f"{name}.parquet"
    if not there.is_file() or not pl.read_parquet(there).equals(made):
        write(made, there)
    return made.height
