"""The twin of `assignment.Draw` in SQL, for audits where the data lies; tests prove them equal."""

from collections.abc import Mapping
from typing import Literal

from experiments.assignment import BUCKETS, HEX_DIGITS, Draw
from experiments.errors import AssignmentError

Dialect = Literal["duckdb", "spark"]

_BUCKET: Mapping[Dialect, str] = {
    "duckdb": (
        "(('0x' || substr(md5('{salt}:' || nfc_normalize({column})), 1, {digits}))::bigint"
        " / {buckets}.0::double)"
    ),
    "spark": (
        "(cast(conv(substr(md5(concat('{salt}:', {column})), 1, {digits}), 16, 10) as double)"
        " / {buckets}D)"
    ),
}
"""Spark has no NFC: ids that are not ASCII are brought to NFC before they are stored there."""


def bucket_sql(salt: str, column: str, dialect: Dialect) -> str:
    """Returns an expression for each unit's place in [0, 1), equal to `assignment.bucket`.

    Args:
        salt: Salt of a layer.
        column: An expression of a text column of unit ids; it is put in as it is.
        dialect: Whose SQL.
    """
    return _BUCKET[dialect].format(
        salt=_plain(salt), column=column, digits=HEX_DIGITS, buckets=BUCKETS
    )


def arm_sql(draw: Draw, column: str, dialect: Dialect) -> str:
    """Returns an expression for each unit's arm, equal to `Draw.arm_of`; null where it has none."""
    place = bucket_sql(draw.salt, column, dialect)
    nobody = [f"{column} is null", f"{place} < {draw.part[0]!r}"]
    if draw.held_out is not None:
        salt, share = draw.held_out
        nobody.append(f"{bucket_sql(salt, column, dialect)} < {share!r}")
    arms = " ".join(
        f"when {place} < {end!r} then '{_plain(arm)}'" for arm, end in draw.upper_bounds()
    )
    return f"case when {' or '.join(nobody)} then null {arms} end"


def _plain(name: str) -> str:
    """Salts and arms stand between quotes, so they hold nothing that could end them."""
    if "'" in name or "\\" in name:
        raise AssignmentError(f"{name!r} holds a quote or a backslash, which no SQL text may hold")
    return name
