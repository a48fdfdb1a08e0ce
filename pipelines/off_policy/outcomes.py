"""What came of threads, as the warehouse counts it."""

from pathlib import Path
from typing import Literal

import polars as pl

from experiments.warehouse import open_warehouse

Reward = Literal["positive_reply", "meeting", "opt_out"]
"""positive_reply: the buyer wants the next step, in a reply or by a meeting; meeting: one is set;
opt_out: they ask that contact stop, which is a guardrail: less is better."""

REWARDS: tuple[Reward, ...] = ("positive_reply", "meeting", "opt_out")

_EVENTS = """
    select thread_id, 'positive_reply' as reward, occurred_at
    from fct_messages where is_reply and is_positive
    union all
    select thread_id, 'positive_reply', set_at from fct_meetings where is_set
    union all
    select thread_id, 'meeting', set_at from fct_meetings where is_set
    union all
    select thread_id, 'opt_out', occurred_at from fct_suppressions where is_opt_out
"""


def outcomes_in(warehouse: Path) -> pl.DataFrame:
    """Returns one row per event: `thread`, `reward`, `at` (UTC).

    Raises:
        ExperimentError: the warehouse is not there, is being written, or lacks a table.
    """
    with open_warehouse(warehouse) as connection:
        found = connection.sql(_EVENTS).pl()
    return found.select(
        pl.col("thread_id").alias("thread"),
        "reward",
        pl.col("occurred_at").dt.replace_time_zone("UTC").dt.cast_time_unit("us").alias("at"),
    ).drop_nulls()
