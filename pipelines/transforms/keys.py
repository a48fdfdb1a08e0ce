"""Keys by which contacts are known, as hashes, and the person to whom each of them leads."""

from collections.abc import Mapping

import polars as pl
from polars_hash import CryptographicHashingNameSpace as Hash

SEPARATOR = "\x1f"
HASH_CHARS = 32
KINDS = ("email", "contact_id")
"""What a key may be."""


def hashed(pairs: pl.DataFrame, tenant_id: str) -> pl.DataFrame:
    """Returns `contact_id` with `own` (hash of the id), `kind` and hash of its `key`, and `place`.

    Args:
        pairs: `contact_id` and `email`; without an address the contact's own id is its key.
        tenant_id: Whose people they are.
    """
    has_email = pl.col("email").is_not_null() & (pl.col("email") != "")
    own = key_hash(tenant_id, "contact_id", pl.col("contact_id"))
    return pairs.select(
        "contact_id",
        own.alias("own"),
        pl.when(has_email).then(pl.lit("email")).otherwise(pl.lit("contact_id")).alias("kind"),
        pl.when(has_email)
        .then(key_hash(tenant_id, "email", pl.col("email").fill_null("")))
        .otherwise(own)
        .alias("key"),
        pl.int_range(pl.len()).alias("place"),
    )


def key_hash(tenant_id: str, kind: str, value: pl.Expr) -> pl.Expr:
    """Returns the hash of a key of a tenant."""
    text = pl.concat_str(pl.lit(SEPARATOR.join((tenant_id, kind, ""))), value)
    return Hash(text).sha2_256().str.slice(0, HASH_CHARS)


def persons_by_key(
    events: pl.DataFrame, tenant_id: str, survivors: Mapping[str, str]
) -> pl.DataFrame:
    """Returns `hash` and `person` for every key that any event named; the last event decides.

    Args:
        events: Rows of `identity.EVENTS`, oldest first.
        tenant_id: Whose people they are.
        survivors: The person into whom each person who was merged away went.
    """
    who = pl.coalesce("into_person_id", "person_id").alias("person")
    place = pl.int_range(pl.len()).alias("place")
    own = key_hash(tenant_id, "contact_id", pl.col("contact_id")).alias("hash")
    links = pl.concat(
        [
            events.select(own, who, place),
            events.select(pl.col("key_hash").alias("hash"), who, place),
        ]
    )
    links = links.sort("place", maintain_order=True)
    last = links.filter(pl.col("hash").is_last_distinct()).select("hash", "person")
    return last.with_columns(pl.col("person").replace(dict(survivors)))


def created(events: pl.DataFrame) -> pl.DataFrame:
    """Returns `person_id` and `rank` of everybody: the lower, the longer they are known."""
    new = events.filter(pl.col("kind") == "created").select("person_id")
    return new.with_columns(pl.int_range(pl.len()).alias("rank"))
