"""Names as numbers, repeated names, rows in order: what costs most of a large table's checks."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from experiments.threads import in_threads

_SEEDS = (0, 1)
_MIDDLE = np.uint64(2**63)


@dataclass(frozen=True, slots=True)
class _Runs:
    """Rows in an order in which equal hashes stand together."""

    rows: NDArray[np.int64]
    places: NDArray[np.int64]
    """Of each row's hash among the different ones."""
    firsts: NDArray[np.int64]
    """A row of each hash."""
    is_sure: bool
    """Whether no two names share a hash."""


def dense_codes(names: pl.Series) -> pl.Series:
    """Returns a number for each name, without gaps from 0 in the order of the names; none is null.

    Names are told apart by one hash of 64 bits, and a second one shows whether two shared it: then
    the texts themselves are ranked. Large and small hashes have a thread each.
    """
    if names.dtype != pl.String or not names.len():
        return names.rank("dense").cast(pl.Int64) - 1
    hashes, others = (names.hash(seed).to_numpy() for seed in _SEEDS)
    is_large = hashes >= _MIDDLE
    halves = [(np.flatnonzero(is_large == is_mine),) for is_mine in (False, True)]
    runs = in_threads(partial(_runs_of, hashes, others), halves, units=len(hashes))
    if not all(each.is_sure for each in runs):
        return names.rank("dense").cast(pl.Int64) - 1
    firsts = np.concatenate([each.firsts for each in runs])
    ranks = names.gather(firsts).rank("ordinal").cast(pl.Int64).to_numpy() - 1
    codes = np.empty(len(hashes), np.int64)

    def number(half: _Runs, ranks: NDArray[np.int64]) -> None:
        codes[half.rows] = ranks[half.places]

    parts = np.split(ranks, [len(runs[0].firsts)])
    in_threads(number, zip(runs, parts, strict=True), units=len(hashes))
    return pl.Series(names.name, codes)


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


def _runs_of(
    hashes: NDArray[np.uint64], others: NDArray[np.uint64], rows: NDArray[np.int64]
) -> _Runs:
    rows = _by_hash(hashes, rows)
    in_order, others = hashes[rows], others[rows]
    is_first = np.ones(len(rows), np.bool_)
    is_first[1:] = in_order[1:] != in_order[:-1]
    places = np.cumsum(is_first) - 1
    is_sure = bool((others[is_first][places] == others).all())
    return _Runs(rows, places, rows[is_first], is_sure)


def _by_hash(hashes: NDArray[np.uint64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows in the order of their hashes, by their leading bits if need be.

    Few hashes have their leading bits in common: those alone are sorted anew.
    """
    bits = max(len(hashes) - 1, 1).bit_length()
    both = (hashes[rows] >> np.uint64(bits + 1)).astype(np.int64) << bits | rows
    both.sort()
    rows = both & (2**bits - 1)
    in_order = hashes[rows]
    is_less = in_order[1:] < in_order[:-1]
    if is_less.any():
        leading = in_order >> np.uint64(bits + 1)
        for prefix in np.unique(leading[1:][is_less]):
            first, end = np.searchsorted(leading, prefix), np.searchsorted(leading, prefix, "right")
            rows[first:end] = rows[first:end][np.argsort(in_order[first:end], kind="stable")]
    return rows
