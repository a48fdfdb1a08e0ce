"""Numbers without gaps for the numbers of clusters, in their order."""

import numpy as np
from numpy.typing import NDArray

_ROOM = 4
"""Numbers up to this many times their count are counted; beyond, they are sorted."""


def places_of(ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Returns the place of each number among the distinct ones, and how many those are."""
    if len(ids) and _ascend(ids):
        places = np.cumsum(np.concatenate([[False], ids[1:] != ids[:-1]]))
        return places, int(places[-1]) + 1
    if not _are_countable(ids):
        distinct, places = np.unique(ids, return_inverse=True)
        return places.astype(np.int64, copy=False), len(distinct)
    is_there = np.bincount(ids) > 0
    places = np.cumsum(is_there)
    return (places - 1)[ids], int(places[-1])


def distinct_count(ids: NDArray[np.int64]) -> int:
    """Returns how many numbers differ."""
    if (changes := ids[1:] != ids[:-1]).any() and _ascend(ids):
        return 1 + int(np.count_nonzero(changes))
    if not _are_countable(ids):
        return len(np.unique(ids))
    return int(np.count_nonzero(np.bincount(ids)))


def _ascend(ids: NDArray[np.int64]) -> bool:
    return bool((ids[1:] >= ids[:-1]).all())


def _are_countable(ids: NDArray[np.int64]) -> bool:
    return bool(len(ids)) and ids.min() >= 0 and ids.max() < _ROOM * len(ids) + 1_000
