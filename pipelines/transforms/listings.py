"""Who is on a suppression list by address, domain or account, as the permit reads the lists."""

import polars as pl

from pipelines.schemas import TEXT

LISTINGS = pl.Schema({"scope": TEXT, "value": TEXT, "reason": TEXT})
"""One row per entry that stands; `scope` is email, domain (subdomains too) or account."""


def with_listings(contacts: pl.DataFrame, listings: pl.DataFrame) -> pl.DataFrame:
    """Returns the contacts with `_listed_as`, `reason (scope value)` or null.

    Args:
        contacts: Rows of `transforms.facts.contact_facts`.
        listings: Rows of `LISTINGS`.
    """
    if listings.is_empty():
        return contacts.with_columns(pl.lit(None, TEXT).alias("_listed_as"))
    keys = _keys(contacts)
    said = pl.format("{} ({} {})", "reason", "scope", "value").alias("_listed_as")
    found = (
        keys.join(listings, on=["scope", "value"], how="inner")
        .select("contacts.contact_id", said)
        .sort("contacts.contact_id", "_listed_as")
        .unique("contacts.contact_id", keep="first", maintain_order=True)
    )
    return contacts.join(found, on="contacts.contact_id", how="left")


def _keys(contacts: pl.DataFrame) -> pl.DataFrame:
    """One row per contact and entry that would name it."""
    contact = pl.col("contacts.contact_id")
    email = pl.col("contacts.email").str.to_lowercase()
    labels = email.str.split("@").list.last().str.split(".")
    by_email = contacts.select(contact, pl.lit("email").alias("scope"), email.alias("value"))
    by_account = contacts.select(
        contact,
        pl.lit("account").alias("scope"),
        pl.col("contacts.account_id").str.to_lowercase().alias("value"),
    )
    by_domain = (
        contacts.select(contact, labels.alias("_labels"))
        .drop_nulls()
        .with_columns(pl.int_ranges(0, pl.col("_labels").list.len() - 1).alias("_first"))
        .explode("_first")
        .drop_nulls()
        .select(
            contact,
            pl.lit("domain").alias("scope"),
            pl.col("_labels").list.slice(pl.col("_first")).list.join(".").alias("value"),
        )
    )
    return pl.concat([by_email, by_domain, by_account]).drop_nulls()
