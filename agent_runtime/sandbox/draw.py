"""Keyed randomness: a draw is a hash of (seed, keys), so the order of work changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")

_STANDARD_NORMAL = NormalDist()
_DIGEST_BYTES = 7
_UNIT = 2.0**-53
_HALF_STEP = 2.0**-54


def draw(seed: int, *keys: str | int) -> float:
    """Returns the number in [0, 1) that belongs to these keys under this seed."""
    joined = "\x1f".join(map(str, (seed, *keys)))
    digest = blake2b(joined.encode(), digest_size=_DIGEST_BYTES).digest()
    return (int.from_bytes(digest, "big") >> 3) * _UNIT


def chance(seed: int, probability: float, *keys: str | int) -> bool:
    """Whether the event named by the keys happens, at the given probability."""
    return draw(seed, *keys) < probability


def between(seed: int, low: float, high: float, *keys: str | int) -> float:
    """Returns a number spread evenly over [low, high)."""
    return low + (high - low) * draw(seed, *keys)


def whole(seed: int, low: int, high: int, *keys: str | int) -> int:
    """Returns a whole number from low to high, both included."""
    return low + int(draw(seed, *keys) * (high - low + 1))


def normal(seed: int, mean: float, deviation: float, *keys: str | int) -> float:
    """Returns a number from the normal distribution of this mean and standard deviation."""
    return mean + deviation * _STANDARD_NORMAL.inv_cdf(draw(seed, *keys) + _HALF_STEP)


def pick(seed: int, options: Sequence[T], *keys: str | int) -> T:
    """Returns one of the options, each as likely as the others."""
    if not options:
        raise ValueError(f"nothing to pick from for {keys!r}")
    return options[int(draw(seed, *keys) * len(options))]


def weighted(seed: int, weights: Mapping[T, float], *keys: str | int) -> T:
    """Returns one key of the mapping, as likely as its weight (weights need not sum to one)."""
    total = sum(weights.values())
    if not total > 0:
        raise ValueError(f"no option has a positive weight for {keys!r}")
    point = draw(seed, *keys) * total
    for option, weight in weights.items():
        point -= weight
        if point < 0:
            return option
    return max(weights, key=weights.__getitem__)
