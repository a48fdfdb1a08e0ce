"""What a text may say of a person's account or of their doings: one row per contact and fact.

Only what reads in the language of the reader is told: names and dates to everybody, milestones,
which the product names in English, to readers of English. A fact that is not here is unknown to
the runtime, and a text that needs it is not used.
"""

from collections.abc import Mapping as Frames
from datetime import datetime

import polars as pl

TOLD = pl.Schema({"contact_id": pl.String(), "name": pl.String(), "value": pl.String()})


def told_facts(tables: Frames[str, pl.DataFrame], *, now: datetime) -> pl.DataFrame:
    """Returns contact, name of the fact and its value, sorted.

    Args:
        tables: Canonical tables.
        now: What lies after it is not known yet, but for renewal dates, which lie ahead.
    """
    contacts = tables["contacts"].select("contact_id", "account_id", "language")
    readers = contacts.filter(pl.col("language").str.starts_with("en"))
    contracts = contacts.join(_contract(tables["contracts"], now), on="account_id")
    milestones = readers.join(_milestone(tables["signals"], now), on="account_id")
    facts = pl.concat(
        [frame.select(TOLD.names()) for frame in (contracts, milestones)]
        + [_event(tables["signals"], now)]
    )
    return facts.drop_nulls().unique().sort(TOLD.names())


def _contract(contracts: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """The product that they have and when its contract renews: the next one that does."""
    ahead = contracts.filter(
        pl.col("account_id").is_not_null()
        & (pl.col("status") == "active")
        & (pl.col("renews_at") > now)
    )
    nearest = ahead.sort("renews_at", "contract_id").group_by("account_id").first()
    return pl.concat(
        [
            _named(nearest, "product", pl.col("product")),
            _named(nearest, "renewal_date", pl.col("renews_at").dt.strftime("%d.%m.%Y")),
        ]
    )


def _milestone(signals: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """The milestone of product use that the account reached last."""
    reached = signals.filter(
        pl.col("account_id").is_not_null()
        & (pl.col("kind") == "milestone")
        & (pl.col("occurred_at") <= now)
    )
    latest = reached.sort("occurred_at", "signal_id").group_by("account_id").last()
    return _named(latest, "milestone", pl.col("topic").str.replace_all("_", " "))


def _event(signals: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """The event that the contact registered for last."""
    mine = signals.filter(
        pl.col("contact_id").is_not_null()
        & (pl.col("kind") == "event")
        & (pl.col("occurred_at") <= now)
    )
    latest = mine.sort("occurred_at", "signal_id").group_by("contact_id").last()
    return latest.select(
        "contact_id", pl.lit("event").alias("name"), pl.col("topic").cast(pl.String).alias("value")
    )


def _named(frame: pl.DataFrame, name: str, value: pl.Expr) -> pl.DataFrame:
    return frame.select(
        "account_id", pl.lit(name).alias("name"), value.cast(pl.String).alias("value")
    )
