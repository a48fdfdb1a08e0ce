"""Names as numbers, repeated names, rows in order: what costs most of a large table's checks."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

_SEEDS = (0, 1)


def dense_codes(names: pl.Series) -> pl.Series:
    """Returns a number for each name, without gaps from 0 in the order of the names; none is null.

    Names are told apart by one hash of 64 bits, and a second one shows whether two shared it: then
    the texts themselves are ranked.
    """
    if names.dtype != pl.String or not names.len():
        return names.rank("dense").cast(pl.Int64) - 1
    ids = names.hash(_SEEDS[0]).rank("dense").cast(pl.Int64).to_numpy() - 1
    places = np.empty(int(ids.max()) + 1, np.int64)
    places[ids] = np.arange(len(ids))
    other = names.hash(_SEEDS[1]).to_numpy()
    if (other[places][ids] != other).any():
        return names.rank("dense").cast(pl.Int64) - 1
    in_order = names.gather(places).rank("ordinal").cast(pl.Int64).to_numpy() - 1
    return pl.Series(names.name, in_order[ids])


def first_repeated(names: pl.Series) -> Any:
    """Returns the first name that stands there more than once, or None; equal hashes are read."""
    hashes = names.hash(_SEEDS[0]).to_numpy()
    in_order = np.sort(hashes)
    shared = in_order[1:][in_order[1:] == in_order[:-1]]
    if not len(shared):
        return None
    suspects = names.filter(pl.Series(np.isin(hashes, shared)))
    repeated = suspects.filter(suspects.is_duplicated())
    return repeated[0] if repeated.len() else None


def stable_order(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the rows in the order of their numbers, all at least 0; equal ones stay in theirs.

    Number and row are sorted as one number where both have room in it, which takes a third of the
    time of sorting rows by their numbers.
    """
    bits = max(len(numbers) - 1, 1).bit_length()
    if not len(numbers) or int(numbers.max()) >= 2 ** (63 - bits):
        return np.argsort(numbers, kind="stable")
    both = (numbers << bits) | np.arange(len(numbers))
    both.sort()
    return both & (2**bits - 1)
