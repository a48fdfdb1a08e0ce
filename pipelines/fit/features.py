"""What was known of a record before its outcome: the only door into a fit model.

Every count takes what is dated before the record's own cut-off. Deals, contracts and stages come in
as counts of earlier deals only, so nothing that the outcome writes can be seen.
"""

from collections.abc import Mapping as Frames
from datetime import datetime, timedelta

import polars as pl

from pipelines.fit.spec import COUNTED, FitSpec
from pipelines.schemas import INSTANT, TEXT
from pipelines.transforms.tenant import own_rows

WINDOW = timedelta(days=90)
"""Signs and touches older than this say nothing about now."""

DEALS_WINDOW = timedelta(days=365)
"""Deals are counted over a year, since a count without an end grows and so drifts by itself."""

UNIT = ("unit_id", "account_id", "contact_id", "cutoff")


def deals(tables: Frames[str, pl.DataFrame], *, tenant_id: str, now: datetime) -> pl.DataFrame:
    """Returns one row per decided deal of a known account: cut-off, decision and `won`.

    The cut-off is when the deal was opened. A deal without that day cannot be cut off, and one
    that is decided after `now` is not decided yet; both are left out.
    """
    rows = own_rows(tables["opportunities"], tenant_id).filter(
        pl.col("is_won").is_not_null()
        & pl.col("account_id").is_not_null()
        & pl.col("opened_at").is_not_null()
        & (pl.col("closed_at") >= pl.col("opened_at"))
        & (pl.col("closed_at") <= pl.lit(now))
    )
    return rows.select(
        pl.col("opportunity_id").alias("unit_id"),
        "account_id",
        "contact_id",
        pl.col("opened_at").alias("cutoff"),
        pl.col("closed_at").alias("decided_at"),
        pl.col("is_won").alias("won"),
    ).sort("cutoff", "unit_id")


def contacts_with_outcome(
    tables: Frames[str, pl.DataFrame], spec: FitSpec, *, tenant_id: str
) -> pl.DataFrame:
    """Returns one row per contact whose outcome is known; the cut-off is when the lead was made."""
    column = spec.outcome.field.partition(".")[2]
    contacts = own_rows(tables["contacts"], tenant_id)
    if column not in contacts.columns:
        return pl.DataFrame(schema={name: TEXT for name in UNIT} | {"won": pl.Boolean()})
    at = pl.col("lead_created_at").cast(INSTANT)
    return (
        contacts.filter(pl.col(column).is_not_null())
        .select(
            pl.col("contact_id").alias("unit_id"),
            "account_id",
            "contact_id",
            at.alias("cutoff"),
            at.alias("decided_at"),
            pl.col(column).cast(pl.Boolean).alias("won"),
        )
        .sort("cutoff", "unit_id")
    )


def prospects(tables: Frames[str, pl.DataFrame], *, tenant_id: str, now: datetime) -> pl.DataFrame:
    """Returns one row per contact, and per account without one, to be scored as of `now`."""
    contacts = own_rows(tables["contacts"], tenant_id).select(
        pl.col("contact_id").alias("unit_id"), "account_id", "contact_id", "person_id"
    )
    lonely = (
        own_rows(tables["accounts"], tenant_id)
        .join(contacts, on="account_id", how="anti")
        .select(
            pl.col("account_id").alias("unit_id"),
            "account_id",
            pl.lit(None, TEXT).alias("contact_id"),
            pl.lit(None, TEXT).alias("person_id"),
        )
    )
    rows = pl.concat([contacts.cast(TEXT), lonely.cast(TEXT)])
    return rows.with_columns(pl.lit(now).cast(INSTANT).alias("cutoff"))


def features_of(
    units: pl.DataFrame, tables: Frames[str, pl.DataFrame], spec: FitSpec, *, tenant_id: str
) -> pl.DataFrame:
    """Returns `unit_id` and one column per feature, named as its field, in the order of `units`.

    Args:
        units: Columns `unit_id`, `account_id`, `contact_id`, `cutoff`.
        tables: Canonical tables.
        spec: Which features.
        tenant_id: Whose rows are read; those of others are not there.
    """
    rows = units.select(UNIT).with_columns(
        pl.col("cutoff").cast(INSTANT), pl.col("account_id", "contact_id").cast(TEXT)
    )
    for table, key in (("accounts", "account_id"), ("contacts", "contact_id")):
        rows = _with_columns(rows, own_rows(tables[table], tenant_id), table, key, spec)
    for field in (f.field for f in spec.features if f.field in COUNTED):
        rows = rows.join(_count(field, rows, tables, tenant_id), on="unit_id", how="left")
        rows = rows.with_columns(pl.col(field).fill_null(0))
    return rows.select("unit_id", *(feature.field for feature in spec.features))


def _with_columns(
    rows: pl.DataFrame, table: pl.DataFrame, name: str, key: str, spec: FitSpec
) -> pl.DataFrame:
    wanted = [
        f.field for f in spec.features if f.field.startswith(f"{name}.") and f.field not in COUNTED
    ]
    columns = [
        (
            pl.col(field.partition(".")[2])
            if field.partition(".")[2] in table.columns
            else pl.lit(None)
        ).alias(field)
        for field in wanted
    ]
    found = table.select(pl.col(key), *columns).unique(key, keep="first", maintain_order=True)
    return rows.join(found, on=key, how="left", maintain_order="left")


def _count(
    field: str, rows: pl.DataFrame, tables: Frames[str, pl.DataFrame], tenant_id: str
) -> pl.DataFrame:
    """Counts, per unit, the events that are dated before its cut-off."""
    events, by, window = _events(field, tables, tenant_id)
    before = (pl.col("at") < pl.col("cutoff")) & (pl.col("at") >= pl.col("cutoff") - window)
    return (
        rows.select("unit_id", "cutoff", by)
        .join(events, on=by, how="inner")
        .filter(before)
        .group_by("unit_id")
        .agg(pl.len().cast(pl.Int64).alias(field))
    )


def _events(
    field: str, tables: Frames[str, pl.DataFrame], tenant_id: str
) -> tuple[pl.DataFrame, str, timedelta]:
    """What is counted: its instants, what ties it to a unit, and how far back it counts."""
    table, _, what = field.partition(".")
    own = own_rows(tables[table], tenant_id)
    if table == "opportunities":
        won = pl.col("is_won") if what == "won_before" else ~pl.col("is_won")
        return (
            own.filter(won).select("account_id", pl.col("closed_at").alias("at")),
            "account_id",
            DEALS_WINDOW,
        )
    if table == "signals":
        kind = {"intents_before": "intent", "forms_before": "form", "events_before": "event"}[what]
        by = "account_id" if kind == "intent" else "contact_id"
        found = own.filter(pl.col("kind") == kind)
        return found.select(by, pl.col("occurred_at").alias("at")), by, WINDOW
    if table == "usage":
        active = own.filter(pl.col("value") > 0).unique(["account_id", "day"])
        # A day's use is whole at its end, so the day of the cut-off itself is not before it.
        end = (pl.col("day") + timedelta(days=1)).cast(INSTANT) - timedelta(microseconds=1)
        return active.select("account_id", end.alias("at")), "account_id", WINDOW
    return own.select("contact_id", pl.col("occurred_at").alias("at")), "contact_id", WINDOW
