"""The twin of `assignment.arm_of` for whole tables; tests prove the two equal."""

from collections.abc import Mapping

import polars as pl
from polars_hash import NonCryptographicHashingNameSpace as UnkeyedHash

from experiments.assignment import BUCKETS, HEX_DIGITS, Draw, upper_bounds


def arm_expr(salt: str, unit_column: str, shares: Mapping[str, float]) -> pl.Expr:
    """Returns the arm of each unit id of a column; null where the id is null.

    Args:
        salt: Salt of the experiment's layer.
        unit_column: Name of a text column of unit ids.
        shares: Share of each arm, in the spec's declared order; they sum to 1.

    Returns:
        A text expression named `arm`.
    """
    place = bucket_expr(salt, unit_column)
    bounds = [pl.when(place < upper).then(pl.lit(arm)) for arm, upper in upper_bounds(shares)]
    return pl.coalesce(bounds).alias("arm")


def drawn_expr(draw: Draw, unit_column: str) -> pl.Expr:
    """Returns the arm of each unit id, equal to `Draw.arm_of`; null where the id is no unit of it.

    Args:
        draw: What decides the arm.
        unit_column: Name of a text column of unit ids.
    """
    place = bucket_expr(draw.salt, unit_column)
    bounds = [pl.when(place < upper).then(pl.lit(arm)) for arm, upper in draw.upper_bounds()]
    arm = pl.when(place >= draw.part[0]).then(pl.coalesce(bounds))
    if draw.held_out is not None:
        salt, share = draw.held_out
        arm = pl.when(bucket_expr(salt, unit_column) >= share).then(arm)
    return arm.alias("arm")


def bucket_expr(salt: str, unit_column: str) -> pl.Expr:
    """Returns each unit's place in [0, 1) under a salt, equal to `assignment.bucket`."""
    text = pl.concat_str(pl.lit(f"{salt}:"), pl.col(unit_column).str.normalize("NFC"))
    digits = UnkeyedHash(text).md5().str.slice(0, HEX_DIGITS)
    return digits.str.to_integer(base=16, dtype=pl.Int64).cast(pl.Float64) / BUCKETS
