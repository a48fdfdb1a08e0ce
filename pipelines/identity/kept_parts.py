"""Parts of records kept for the next batch, so that only new and changed contacts cost anything."""

import polars as pl

from pipelines.identity.records import PARTS, counted, taken_apart, written
from pipelines.kept import code
from pipelines.lake import Lake, read_or_empty, write

KEPT = pl.Schema(PARTS | {"looks": pl.UInt64(), "code": pl.String()})
"""Parts, a hash of what they were made of, and of the code that made them."""


def kept_records(lake: Lake, contacts: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Returns the records of canonical contacts, as `records` does, and keeps their parts.

    Args:
        lake: Where they are kept.
        contacts: Canonical contacts with `person_id`.
        accounts: Canonical accounts.
    """
    rows = written(contacts, accounts)
    looks = rows.select("contact_id", pl.struct(pl.all()).hash(seed=0).alias("looks"))
    kept = read_or_empty(lake.identity_parts, KEPT)
    if kept.height and kept.item(0, "code") != code():
        kept = kept.clear()
    new = looks.join(kept.select("contact_id", "looks"), on=["contact_id", "looks"], how="anti")
    missing = rows.filter(pl.col("contact_id").is_in(new["contact_id"].implode()))
    if missing.height or kept.height != looks.height:
        made = taken_apart(missing).join(looks, on="contact_id")
        made = made.with_columns(pl.lit(code()).alias("code")).select(list(KEPT))
        stays = kept.join(looks, on=["contact_id", "looks"], how="semi")
        kept = pl.concat([stays, made])
        write(kept, lake.identity_parts)
    person = contacts.select("contact_id", "person_id")
    return counted(person.join(kept.select(list(PARTS)), on="contact_id", maintain_order="left"))
