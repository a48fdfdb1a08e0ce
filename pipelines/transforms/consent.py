"""What people have agreed to and refused, per person, in the strictest reading.

A refusal anywhere (any contact of the person, any channel, any purpose) stops everything, and so
does a consent row that could not be read. A yes counts only for e-mail and for the purpose that it
names.
"""

from collections.abc import Mapping as Frames

import polars as pl

from pipelines.schemas import INSTANT, TEXT
from pipelines.tables import REFUSED

CHANNEL = "email"
_STRENGTH = {"consent": 0, "contract": 1, "legitimate_interest": 2}

SUPPRESSIONS = pl.Schema(
    {
        "tenant_id": TEXT,
        "person_id": TEXT,
        "contact_id": TEXT,
        "reason": TEXT,
        "source_text": TEXT,
        "recorded_at": INSTANT,
        "source_key": TEXT,
    }
)
"""Who must not be written to: denied, withdrawn, unreadable consent, do_not_contact."""


def suppressions(
    tables: Frames[str, pl.DataFrame], refused: Frames[str, pl.DataFrame]
) -> pl.DataFrame:
    """Returns one row per refusal and person.

    Args:
        tables: Canonical tables, contacts with their `person_id`.
        refused: Quarantined rows by table; a refused row about a person counts as a no.
    """
    consents = tables["consents"]
    said_no = consents.filter(pl.col("status").is_in(REFUSED)).with_columns(
        pl.col("status").alias("reason")
    )
    unreadable = refused["consents"].with_columns(
        pl.lit("unreadable").alias("reason"),
        pl.lit(None, TEXT).alias("source_text"),
        pl.lit(None, INSTANT).alias("recorded_at"),
    )
    flagged = (
        tables["contacts"]
        .filter(pl.col("do_not_contact"))
        .with_columns(
            pl.lit("do_not_contact").alias("reason"),
            pl.lit(None, TEXT).alias("source_text"),
            pl.lit(None, INSTANT).alias("recorded_at"),
        )
    )
    columns = [name for name in SUPPRESSIONS if name != "person_id"]
    named = pl.concat([frame.select(*columns, "email") for frame in (said_no, unreadable, flagged)])
    return (
        _persons_named(named, tables["contacts"])
        .select(list(SUPPRESSIONS))
        .unique(maintain_order=True)
        .sort("person_id", "reason", "source_key")
    )


def is_granted(purpose: str) -> pl.Expr:
    """Says of a row of consents whether it is a yes to e-mail for a purpose."""
    return (
        (pl.col("status") == "granted")
        & (pl.col("channel") == CHANNEL)
        & (pl.col("purpose") == purpose)
    )


def bases(tables: Frames[str, pl.DataFrame], purpose: str) -> pl.DataFrame:
    """Returns the strongest recorded basis per person for a purpose: `person_id`, `basis`."""
    granted = tables["consents"].filter(
        is_granted(purpose) & pl.col("basis").is_in(list(_STRENGTH))
    )
    strength = pl.col("basis").replace_strict(_STRENGTH, return_dtype=pl.Int8)
    names = {place: basis for basis, place in _STRENGTH.items()}
    return (
        _persons_named(granted.select("contact_id", "email", "basis"), tables["contacts"])
        .group_by("person_id")
        .agg(strength.min().replace_strict(names, return_dtype=pl.String).alias("basis"))
        .sort("person_id")
    )


def _persons_named(rows: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Rows with the person whom their contact or their address names; both, if they differ."""
    by_contact = contacts.select("contact_id", "person_id")
    by_email = (
        contacts.filter(pl.col("email").is_not_null())
        .select("email", "person_id")
        .unique(maintain_order=True)
    )
    return pl.concat(
        [
            rows.join(by_contact, on="contact_id", how="inner"),
            rows.join(by_email, on="email", how="inner").select(*rows.columns, "person_id"),
        ]
    )
