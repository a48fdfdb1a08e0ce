"""The arms of a file as the spec names them, however the file stores them."""

from collections.abc import Collection

import polars as pl

_TRUTH = ("true", "false")


def named_arms(values: pl.Series, arms: Collection[str]) -> pl.Series:
    """Returns arms as text: 1, 1.0 and "1,0" are the arm `1`; True and "TRUE" are the arm `true`.

    Anything else is left as it is, so that an arm that nobody knows stays one.
    """
    if values.dtype.is_nested() or values.dtype == pl.Binary:
        return values
    texts = values.cast(pl.String)
    known = {_plain(arm): arm for arm in arms if _is_number_or_truth(arm)}
    found = texts.unique().drop_nulls().to_list()
    stripped = dict(zip(found, pl.Series(found, dtype=pl.String).str.strip_chars(), strict=True))
    meant = {
        text: bare if bare in arms else known.get(_plain(bare), bare)
        for text, bare in stripped.items()
    }
    unnamed = {text: arm for text, arm in meant.items() if text != arm}
    return texts.replace(unnamed) if unnamed else texts


def _plain(text: str) -> str:
    plain = text.casefold()
    whole = plain.removesuffix(".0").removesuffix(",0")
    return whole if whole.isdigit() else plain


def _is_number_or_truth(arm: str) -> bool:
    return _plain(arm).isdigit() or _plain(arm) in _TRUTH
