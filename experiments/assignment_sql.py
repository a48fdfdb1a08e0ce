"""The twin of `assignment.Draw` in SQL, for audits where the data lies; tests prove them equal."""

from collections.abc import Mapping
from typing import Literal

from experiments.assignment import BUCKETS, HEX_DIGITS, Draw, digest_bound
from experiments.errors import AssignmentError

Dialect = Literal["duckdb", "spark"]

_DIGEST: Mapping[Dialect, str] = {
    "duckdb": "md5('{salt}:' || nfc_normalize({column}))",
    "spark": "md5(concat('{salt}:', {column}))",
}
"""Spark has no NFC: ids that are not ASCII are brought to NFC before they are stored there."""

_PLACE: Mapping[Dialect, str] = {
    "duckdb": "(('0x' || substr({digest}, 1, {digits}))::bigint / {buckets}.0::double)",
    "spark": "(cast(conv(substr({digest}, 1, {digits}), 16, 10) as double) / {buckets}D)",
}


def bucket_sql(salt: str, column: str, dialect: Dialect) -> str:
    """Returns an expression for each unit's place in [0, 1), equal to `assignment.bucket`.

    Args:
        salt: Salt of a layer.
        column: An expression of a text column of unit ids; it is put in as it is.
        dialect: Whose SQL.
    """
    digest = _digest(salt, column, dialect)
    return _PLACE[dialect].format(digest=digest, digits=HEX_DIGITS, buckets=BUCKETS)


def arm_sql(draw: Draw, column: str, dialect: Dialect) -> str:
    """Returns an expression for each unit's arm, equal to `Draw.arm_of`; null where it has none.

    The digest stands first in it: an engine computes once what every row needs, but may compute
    anew what follows a condition.
    """
    digest = _digest(draw.salt, column, dialect)
    nobody = f"when {digest} < '{digest_bound(draw.part[0])}' then null "
    if draw.held_out is not None:
        salt, share = draw.held_out
        nobody += f"when {_digest(salt, column, dialect)} < '{digest_bound(share)}' then null "
    arms = " ".join(
        f"when {digest} < '{digest_bound(end)}' then '{_plain(arm)}'"
        for arm, end in draw.upper_bounds()
    )
    return f"case {nobody}{arms} end"


def _digest(salt: str, column: str, dialect: Dialect) -> str:
    return _DIGEST[dialect].format(salt=_plain(salt), column=column)


def _plain(name: str) -> str:
    """Salts and arms stand between quotes, so they hold nothing that could end them."""
    if "'" in name or "\\" in name:
        raise AssignmentError(f"{name!r} holds a quote or a backslash, which no SQL text may hold")
    return name
