"""Rows of another tenant in a lake: the same people and deals, won and praised, with a canary."""

from pathlib import Path

import polars as pl

RIVAL = "rival"
CANARY = "canary-zebra-quartz"
_WORDS = ("payload", "name", "title", "topic")
"""Columns in which a person might write."""


def plant_rivals(lake: Path) -> int:
    """Adds a rival's twin to every row of every table of a lake, and returns how many rows.

    Traces get files of their own, as a shared store would export them; tables are written anew.
    """
    planted = 0
    for path in sorted(lake.rglob("*.parquet")):
        frame = pl.read_parquet(path)
        if "tenant_id" not in frame.columns:
            continue
        twins = frame.with_columns(*_otherwise(frame))
        planted += twins.height
        if "payload" in frame.columns:
            twins.write_parquet(path.with_name(f"rival-{path.name}"))
        else:
            pl.concat([frame, twins]).write_parquet(path)
    return planted


def _otherwise(frame: pl.DataFrame) -> list[pl.Expr]:
    """The tenant, ids of events, labels that would teach something else, and the canary."""
    changes = [pl.lit(RIVAL).alias("tenant_id")]
    if "event_id" in frame.columns:
        changes.append((pl.lit("r-") + pl.col("event_id")).alias("event_id"))
    if "is_won" in frame.columns:
        changes.append(pl.lit(True).alias("is_won"))
    if "amount_usd" in frame.columns:
        changes.append((pl.col("amount_usd") * 7).alias("amount_usd"))
    for name in _WORDS:
        if frame.schema.get(name) == pl.String and name != "payload":
            changes.append(pl.lit(CANARY).alias(name))
    if "payload" in frame.columns:
        taught = (
            pl.col("payload")
            .str.replace_all(r'"accuracy": ?\d', '"accuracy": 1')
            .str.replace_all(r'"confidence": ?[\d.]+', '"confidence": 0.99')
            .str.replace(r"^\{", f'{{"said": "{CANARY}", ')
        )
        changes.append(taught.alias("payload"))
    return changes
