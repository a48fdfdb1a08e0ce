"""Events at accounts for which a campaign writes, each at most once."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

import polars as pl

from pipelines.campaigns.parts import Trigger
from pipelines.schemas import DAY, INSTANT, TEXT

EVENTS = pl.Schema(
    {"account_id": TEXT, "event_id": TEXT, "kind": TEXT, "occurred_at": INSTANT, "why": TEXT}
)
"""One row per account and event. The id of an event is the same whenever it is looked for: that of
the signal, of the contract and its day, or of the month in which use has dropped."""

ANSWERED = pl.Schema({"account_id": TEXT, "event_id": TEXT, "day": DAY})
"""One row per account and event that a campaign has written for, and on which of its days."""


def events(
    tables: Mapping[str, pl.DataFrame], triggers: Iterable[Trigger], *, now: datetime
) -> pl.DataFrame:
    """Returns the events that are a reason to write now.

    Args:
        tables: Canonical tables: signals, contracts, usage.
        triggers: Which kinds count, and for how long.
        now: Nothing that happened later is known.
    """
    finders = {"renewal_date": _renewals, "usage_drop": _drops}
    found = [finders.get(one.event, _signals)(tables, one, now) for one in triggers]
    return pl.concat([EVENTS.to_frame(), *found]).unique(
        ["account_id", "event_id"], keep="first", maintain_order=True
    )


def open_events(found: pl.DataFrame, answered: pl.DataFrame, day: date) -> pl.DataFrame:
    """Returns the events that no earlier day has answered; the same day may be run again."""
    earlier = answered.filter(pl.col("day") != day)
    return found.join(earlier, on=["account_id", "event_id"], how="anti")


def reasons(found: pl.DataFrame) -> dict[str, str]:
    """Returns why each account is written to: its newest event."""
    newest = found.sort("occurred_at", "event_id").unique("account_id", keep="last")
    return dict(newest.select("account_id", "why").iter_rows())


def _signals(tables: Mapping[str, pl.DataFrame], one: Trigger, now: datetime) -> pl.DataFrame:
    """Feeds name what happened as the kind or as the topic of a signal."""

    def says(column: str) -> pl.Expr:
        return pl.col(column).str.to_lowercase().str.replace_all(r"[\s-]+", "_") == one.event

    since = now - timedelta(days=one.window_days)
    return (
        tables["signals"]
        .filter((says("kind") | says("topic")) & pl.col("occurred_at").is_between(since, now))
        .select(
            "account_id",
            pl.concat_str(pl.lit("signal:"), "signal_id").alias("event_id"),
            pl.lit(one.event).alias("kind"),
            "occurred_at",
            _why(one, pl.col("occurred_at")),
        )
        .drop_nulls("account_id")
    )


def _renewals(tables: Mapping[str, pl.DataFrame], one: Trigger, now: datetime) -> pl.DataFrame:
    ahead = pl.col("renews_at").is_between(now, now + timedelta(days=one.window_days))
    ended = pl.col("status").fill_null("").is_in(["cancelled", "ended", "expired", "churned"])
    on = pl.col("renews_at").dt.strftime("%Y-%m-%d")
    return (
        tables["contracts"]
        .filter(ahead & ~ended)
        .select(
            "account_id",
            pl.concat_str(pl.lit("renewal:"), "contract_id", pl.lit(":"), on).alias("event_id"),
            pl.lit(one.event).alias("kind"),
            pl.col("renews_at").alias("occurred_at"),
            _why(one, pl.col("renews_at")),
        )
        .drop_nulls("account_id")
    )


def _drops(tables: Mapping[str, pl.DataFrame], one: Trigger, now: datetime) -> pl.DataFrame:
    """Compares the sums of each metric in the last window with the window before it."""
    middle = now.date() - timedelta(days=one.window_days)
    first = middle - timedelta(days=one.window_days)
    day, value = pl.col("day"), pl.col("value")
    sums = (
        tables["usage"]
        .filter(day.is_between(first, now.date(), closed="left"))
        .group_by("account_id", "metric")
        .agg(
            value.filter(day < middle).sum().alias("before"),
            value.filter(day >= middle).sum().alias("after"),
        )
    )
    left = 1 - one.drop_percent / 100
    month = now.astimezone(UTC).strftime("%Y-%m")
    return (
        sums.filter((pl.col("before") > 0) & (pl.col("after") <= left * pl.col("before")))
        .sort("account_id", "metric")
        .unique("account_id", keep="first", maintain_order=True)
        .select(
            "account_id",
            pl.lit(f"usage_drop:{month}").alias("event_id"),
            pl.lit(one.event).alias("kind"),
            pl.lit(now).cast(INSTANT).alias("occurred_at"),
            pl.concat_str(
                pl.lit(f"{one.event}: "),
                pl.col("metric"),
                pl.lit(f" at least {one.drop_percent:g}% less in {one.window_days} days"),
            ).alias("why"),
        )
    )


def _why(one: Trigger, when: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit(f"{one.event} on "), when.dt.strftime("%Y-%m-%d")).alias("why")
