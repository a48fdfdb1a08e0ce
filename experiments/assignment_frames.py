"""The twin of `assignment.Draw` for whole tables; tests prove the two equal."""

import math
from collections.abc import Callable, Mapping

import polars as pl
from polars_hash import NonCryptographicHashingNameSpace as UnkeyedHash

from experiments.assignment import BUCKETS, HEX_DIGITS, Draw, digest_bound
from experiments.threads import in_threads

PARTS = 8
"""Of a large table, which threads take in turn: Polars itself computes one hash at a time."""


def arm_expr(salt: str, unit_column: str, shares: Mapping[str, float]) -> pl.Expr:
    """Returns the arm of each unit id of a column; null where the id is null.

    Args:
        salt: Salt of the experiment's layer.
        unit_column: Name of a text column of unit ids.
        shares: Share of each arm, in the spec's declared order; they sum to 1.

    Returns:
        A text expression named `arm`.
    """
    return drawn_expr(Draw(salt, shares), unit_column)


def drawn_expr(draw: Draw, unit_column: str) -> pl.Expr:
    """Returns the arm of each unit id, equal to `Draw.arm_of`; null where the id is no unit of it.

    Args:
        draw: What decides the arm.
        unit_column: Name of a text column of unit ids.
    """
    bounds = [(arm, digest_bound(upper)) for arm, upper in draw.upper_bounds()]
    low = digest_bound(draw.part[0])

    def drawn(ids: pl.Series) -> pl.Series:
        digest = _digests(ids, draw.salt)
        arm = pl.coalesce([pl.when(digest < bound).then(pl.lit(name)) for name, bound in bounds])
        is_mine = digest >= low
        if draw.held_out is not None:
            salt, share = draw.held_out
            is_mine &= _digests(ids, salt) >= digest_bound(share)
        return pl.select(pl.when(is_mine).then(arm).alias(ids.name)).to_series()

    return _each(unit_column, drawn, pl.String()).alias("arm")


def bucket_expr(salt: str, unit_column: str) -> pl.Expr:
    """Returns each unit's place in [0, 1) under a salt, equal to `assignment.bucket`."""

    def places(ids: pl.Series) -> pl.Series:
        digits = _digests(ids, salt).str.slice(0, HEX_DIGITS)
        return digits.str.to_integer(base=16, dtype=pl.Int64).cast(pl.Float64) / BUCKETS

    return _each(unit_column, places, pl.Float64())


def _each(column: str, work: Callable[[pl.Series], pl.Series], dtype: pl.DataType) -> pl.Expr:
    """Series, not expressions: Polars computes an expression anew wherever it is named."""

    def in_parts(ids: pl.Series) -> pl.Series:
        step = max(1, math.ceil(ids.len() / PARTS))
        parts = [(ids.slice(first, step),) for first in range(0, max(ids.len(), 1), step)]
        return pl.concat(in_threads(work, parts, units=ids.len()))

    return pl.col(column).map_batches(in_parts, return_dtype=dtype, is_elementwise=True)


def _digests(ids: pl.Series, salt: str) -> pl.Series:
    is_ascii = ids.str.len_bytes().sum() == ids.str.len_chars().sum()
    normal = ids if is_ascii else ids.str.normalize("NFC")
    text = pl.concat_str(pl.lit(f"{salt}:"), normal)
    return pl.select(UnkeyedHash(text).md5()).to_series()
