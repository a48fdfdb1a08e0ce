"""Which pairs of contacts may be one person, and how likely that is.

Only pairs that share a key are looked at, and a key that too many contacts have (a switchboard, a
name at a large company) brings none together: so the work grows with the contacts, not with their
square.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl

from pipelines.identity.levels import COMPARISONS, kind_of_pair
from pipelines.identity.model import Model, Weights, shipped, splink_settings

if TYPE_CHECKING:
    import duckdb

MOST_SHARING = 20
"""Contacts that may share a key; beyond it the key tells too little and costs too much."""
_MOST_COLLEAGUES, _MOST_ANYWHERE = 10, 6
"""The same for keys of half a name at a company, and for those without company or telephone: the
more contacts there are, the more of them share one, and the pairs would outgrow them."""

PAIRS = pl.Schema(
    {"left_id": pl.String(), "right_id": pl.String(), "probability": pl.Float64()}
    | {comparison.name: pl.String() for comparison in COMPARISONS}
)
"""One row per pair of contacts of different persons, with the level of each comparison."""

_KEYS = {
    "phone": "phone",
    "name at company": "root || ' ' || last || '|' || company",
    "name at domain": "case when not is_free then root || ' ' || last || '|' || domain end",
    "swapped at company": "last || ' ' || first || '|' || company",
}
_KEYS_OF_COLLEAGUES = {
    "first at company": "root || '|' || company",
    "last at company": "last || '|' || company",
    "first at domain": "case when not is_free then root || '|' || domain end",
    "last at domain": "case when not is_free then last || '|' || domain end",
    "slips at company": "left(first, 3) || left(last, 3) || '|' || left(company, 6)",
    "initial at company": "left(first, 1) || '|' || last || '|' || left(company, 6)",
}
_KEYS_ANYWHERE = {
    "mailbox": "case when not is_shared and length(letters) >= 5 then letters end",
    "slip in town": "root || '|' || left(last, 3) || '|' || city",
    "swapped": "case when first < last then first || ' ' || last else last || ' ' || first end",
}


_KEYS_AND_MOST = (
    (_KEYS, MOST_SHARING),
    (_KEYS_OF_COLLEAGUES, _MOST_COLLEAGUES),
    (_KEYS_ANYWHERE, _MOST_ANYWHERE),
)


def match(
    changed: pl.DataFrame,
    everybody: pl.DataFrame,
    *,
    model: Model | None = None,
    at_least: float | None = None,
) -> pl.DataFrame:
    """Returns the pairs of `PAIRS` of which at least one contact is among the changed.

    What is found of a pair does not depend on who else is changed: `match(all, all)` has the same
    pairs as its parts together.

    Args:
        changed: `contact_id` of those to look for; all of them on the first day.
        everybody: Rows of `records.RECORDS`, the changed included.
        model: Weights; the shipped ones where none are given.
        at_least: Probability from which on a pair is told; the model's `possible` where none is.
    """
    weights = model or shipped()
    if changed.is_empty() or everybody.height < 2:
        return pl.DataFrame(schema=PAIRS)
    with _database(everybody) as database:
        database.register("changed_frame", changed.select("contact_id").to_arrow())
        _write_candidates(database)
        return _scored(database, weights, weights.possible if at_least is None else at_least)


def score(
    pairs: pl.DataFrame, everybody: pl.DataFrame, *, model: Model | None = None
) -> pl.DataFrame:
    """Returns the rows of `PAIRS` of exactly these pairs, however unlikely they are.

    Args:
        pairs: `left_id` and `right_id`, each pair once, the lesser id left.
        everybody: Rows of `records.RECORDS`; those of the pairs are enough.
        model: Weights; the shipped ones where none are given.
    """
    if pairs.is_empty():
        return pl.DataFrame(schema=PAIRS)
    with _database(everybody) as database:
        database.register("pairs_frame", pairs.select("left_id", "right_id").to_arrow())
        database.execute(
            """
            create table candidates as
            select distinct '0' as match_key, l.rid as join_key_l, r.rid as join_key_r
            from pairs_frame
            join people as l on l.contact_id = left_id
            join people as r on r.contact_id = right_id
            """
        )
        return _scored(database, model or shipped(), at_least=0)


@contextmanager
def _database(everybody: pl.DataFrame) -> Iterator["duckdb.DuckDBPyConnection"]:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set preserve_insertion_order = false")
        connection.register("everybody_frame", everybody.to_arrow())
        connection.execute(
            """
            create table people as
            select row_number() over (order by contact_id) as rid, * from everybody_frame
            """
        )
        yield connection


def _write_candidates(database: "duckdb.DuckDBPyConnection") -> None:
    """Pairs that share a key; of the rest only those who share one with a changed contact."""
    database.execute(
        """
        create view asked as
        select *, contact_id in (select contact_id from changed_frame) as is_changed from people
        """
    )
    keys = "\nunion all\n".join(
        f"select hash('{name}', {key}) as key, rid, person_id, is_changed, {most} as most "
        f"from asked where ({key}) is not null"
        for keys, most in _KEYS_AND_MOST
        for name, key in keys.items()
    )
    database.execute(
        f"""
        create table keys as
        with given as ({keys}),
        telling as (
            select key from given group by key
            having count(*) between 2 and any_value(most) and bool_or(is_changed)
        )
        select given.* from given semi join telling using (key)
        """
    )
    database.execute(
        """
        create table candidates as
        select distinct '0' as match_key, l.rid as join_key_l, r.rid as join_key_r
        from keys as l join keys as r using (key)
        where l.rid < r.rid and l.person_id <> r.person_id and (l.is_changed or r.is_changed)
        """
    )
    database.execute("drop table keys")


def _scored(database: "duckdb.DuckDBPyConnection", model: Model, at_least: float) -> pl.DataFrame:
    """Each kind of pair is weighed in its own way."""
    sides = (f"people as {side} on {side}.rid = join_key_{side}" for side in "lr")
    database.execute(
        f"""
        create table told as
        select candidates.*, {_qualified(kind_of_pair())} as kind
        from candidates join {" join ".join(sides)}
        """
    )
    found = [_of_kind(database, weights, kind, at_least) for kind, weights in model.by_kind.items()]
    return pl.concat(found).sort(
        "probability", "left_id", "right_id", descending=[True, False, False]
    )


def _of_kind(
    database: "duckdb.DuckDBPyConnection", weights: Weights, kind: str, at_least: float
) -> pl.DataFrame:
    pairs = database.sql(
        f"select match_key, join_key_l, join_key_r from told where kind = '{kind}'"
    )
    if not pairs.limit(1).fetchall():
        return pl.DataFrame(schema=PAIRS)
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(database)
    linker = Linker(
        api.register(database.table("people")),
        splink_settings(weights),
        log_level=logging.ERROR,
    )
    linker.table_management.register_blocked_pairs_for_predict(api.register(pairs))
    found = linker.inference.predict(threshold_match_probability=at_least or None)
    levels = ", ".join(
        f"case gamma_{c.name} "
        + " ".join(f"when {len(c.levels) - 1 - n} then '{x.name}'" for n, x in enumerate(c.levels))
        + f" end as {c.name}"
        for c in COMPARISONS
    )
    rows = database.sql(
        f"""
        select l.contact_id as left_id, r.contact_id as right_id,
            found.match_probability as probability, {levels}
        from {found.physical_name} as found
        join people as l on l.rid = found.rid_l
        join people as r on r.rid = found.rid_r
        """
    ).pl()
    linker.table_management.delete_tables_created_by_splink_from_db()
    return rows


def _qualified(condition: str) -> str:
    """Returns a condition over `name_l` as one over `l.name`."""
    return re.sub(r"\b([a-z_]+)_([lr])\b", r"\2.\1", condition)
