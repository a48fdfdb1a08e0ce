"""What is known of every contact: its own columns, its account's, and counts of what happened.

Columns are `table.column`, which is how segment rules name them. Every window ends at `now`.
"""

from collections.abc import Mapping as Frames
from datetime import datetime, timedelta

import polars as pl

from pipelines.schemas import PROVENANCE

RECENT = timedelta(days=30)

LISTS = "lists.names"
"""The lists that a contact is on, each in brackets: `[Newsletter] [Webinar March]`."""

_HIDDEN = {column.name for column in PROVENANCE} - {"synthetic"}


def contact_facts(tables: Frames[str, pl.DataFrame], *, now: datetime) -> pl.DataFrame:
    """Returns one row per contact with everything that segment rules may ask.

    Args:
        tables: Canonical tables, contacts with their `person_id`.
        now: End of every window.
    """
    contacts = _named(tables["contacts"], "contacts").with_columns(
        pl.col("contacts.contact_id").alias("_contact"),
        pl.col("contacts.account_id").alias("_account"),
    )
    accounts = _named(tables["accounts"], "accounts")
    facts = contacts.join(accounts, left_on="_account", right_on="accounts.account_id", how="left")
    facts = facts.with_columns(
        pl.coalesce("contacts.owner_id", "accounts.owner_id").alias("owners.owner_id")
    )
    owners = _named(tables["owners"], "owners")
    facts = facts.join(owners, on="owners.owner_id", how="left")
    for table, by in _aggregates(tables, now):
        key = table.columns[0]
        facts = facts.join(table, left_on=by, right_on=key, how="left")
    return facts.with_columns(pl.col(_COUNTED).fill_null(0), pl.col(LISTS).fill_null("")).drop(
        "_contact", "_account"
    )


_COUNTED = (
    "signals.intent_score_30d",
    "signals.intents_30d",
    "signals.milestones",
    "signals.forms_30d",
    "signals.events_30d",
    "usage.total_30d",
    "usage.active_days_30d",
    "opportunities.open",
    "opportunities.won",
    "opportunities.lost",
    "contracts.active",
    "activities.touches_30d",
)
"""Columns where nothing on record means none, not unknown."""


def _named(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    return frame.select(
        pl.col(name).alias(f"{table}.{name}") for name in frame.columns if name not in _HIDDEN
    )


def _aggregates(tables: Frames[str, pl.DataFrame], now: datetime) -> list[tuple[pl.DataFrame, str]]:
    """Tables with one row per account or contact, first column the key, and what joins them."""
    return [
        (_intent(tables["signals"], now), "_account"),
        (_interest(tables["signals"], now), "_contact"),
        (_usage(tables["usage"], now), "_account"),
        (_deals(tables["opportunities"], now), "_account"),
        (_contracts(tables["contracts"], now), "_account"),
        (_touches(tables["activities"], now), "_contact"),
        (_lists(tables["list_members"], tables["contacts"]), "_contact"),
    ]


def _intent(signals: pl.DataFrame, now: datetime) -> pl.DataFrame:
    known = signals.filter(pl.col("account_id").is_not_null())
    recent = _recent("occurred_at", now) & (pl.col("kind") == "intent")
    return known.group_by(pl.col("account_id").alias("_key")).agg(
        pl.col("strength").filter(recent).max().alias("signals.intent_score_30d"),
        recent.sum().cast(pl.Int64).alias("signals.intents_30d"),
        (pl.col("kind") == "milestone").sum().cast(pl.Int64).alias("signals.milestones"),
    )


def _interest(signals: pl.DataFrame, now: datetime) -> pl.DataFrame:
    known = signals.filter(pl.col("contact_id").is_not_null())
    recent = _recent("occurred_at", now)
    return known.group_by(pl.col("contact_id").alias("_key")).agg(
        ((pl.col("kind") == "form") & recent).sum().cast(pl.Int64).alias("signals.forms_30d"),
        ((pl.col("kind") == "event") & recent).sum().cast(pl.Int64).alias("signals.events_30d"),
        pl.col("strength").filter(pl.col("kind") == "event").sum().alias("signals.event_sessions"),
        pl.col("strength").filter(pl.col("kind") == "web").max().alias("signals.web_visits"),
    )


def _usage(usage: pl.DataFrame, now: datetime) -> pl.DataFrame:
    day = pl.col("day")
    recent = day.is_between((now - RECENT).date(), now.date())
    return usage.group_by(pl.col("account_id").alias("_key")).agg(
        pl.col("value").filter(recent).sum().alias("usage.total_30d"),
        day.filter(recent & (pl.col("value") > 0))
        .n_unique()
        .cast(pl.Int64)
        .alias("usage.active_days_30d"),
    )


def _deals(opportunities: pl.DataFrame, now: datetime) -> pl.DataFrame:
    is_open = pl.col("is_won").is_null() & pl.col("closed_at").is_null()
    won = pl.col("is_won").fill_null(value=False)
    lost = ~pl.col("is_won").fill_null(value=True)
    known = opportunities.filter(pl.col("account_id").is_not_null())
    return known.group_by(pl.col("account_id").alias("_key")).agg(
        is_open.sum().cast(pl.Int64).alias("opportunities.open"),
        won.sum().cast(pl.Int64).alias("opportunities.won"),
        lost.sum().cast(pl.Int64).alias("opportunities.lost"),
        pl.col("amount_usd").filter(won).sum().alias("opportunities.won_usd"),
        (pl.lit(now) - pl.col("closed_at").max())
        .dt.total_days()
        .alias("opportunities.days_since_close"),
        pl.col("lost_reason")
        .sort_by("closed_at", nulls_last=False)
        .drop_nulls()
        .last()
        .alias("opportunities.last_lost_reason"),
    )


def _contracts(contracts: pl.DataFrame, now: datetime) -> pl.DataFrame:
    active = pl.col("status") == "active"
    known = contracts.filter(pl.col("account_id").is_not_null())
    return known.group_by(pl.col("account_id").alias("_key")).agg(
        active.sum().cast(pl.Int64).alias("contracts.active"),
        (pl.col("renews_at").filter(active).min() - pl.lit(now))
        .dt.total_days()
        .alias("contracts.days_to_renewal"),
    )


def _touches(activities: pl.DataFrame, now: datetime) -> pl.DataFrame:
    known = activities.filter(pl.col("contact_id").is_not_null())
    return known.group_by(pl.col("contact_id").alias("_key")).agg(
        _recent("occurred_at", now).sum().cast(pl.Int64).alias("activities.touches_30d"),
    )


def _lists(members: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Lists by contact; a member without a contact's id is whoever has the address."""
    by_id = members.filter(pl.col("contact_id").is_not_null()).select("contact_id", "list_name")
    by_email = (
        members.filter(pl.col("contact_id").is_null())
        .select("email", "list_name")
        .join(contacts.select("email", "contact_id"), on="email")
        .select("contact_id", "list_name")
    )
    return (
        pl.concat([by_id, by_email])
        .unique()
        .sort("list_name")
        .group_by(pl.col("contact_id").alias("_key"), maintain_order=True)
        .agg(pl.format("[{}]", "list_name").str.join(" ").alias(LISTS))
    )


def _recent(column: str, now: datetime) -> pl.Expr:
    return pl.col(column).is_between(pl.lit(now - RECENT), pl.lit(now)).fill_null(value=False)
