"""The arm of a unit: a salted hash, or a blocked permutation where units are few.

Standard library only, so that the runtime and every engine may use it. The hash is
`md5("<salt>:<unit_id>")`, first 13 hex digits over 16^13: 52 bits, exact in a double, so that
Python, Polars and SQL engines agree bit for bit. The stored assignment table is the authority;
the hash is its audit.
"""

import hashlib
import math
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from experiments.errors import AssignmentError

GLOBAL_HOLDOUT = "global-holdout"
"""Experiment under which those are stored whom no campaign's agent writes to."""
HEX_DIGITS = 13
BUCKETS = 16**HEX_DIGITS
_SHARE_TOLERANCE = 1e-9


def bucket(salt: str, unit_id: str) -> float:
    """Returns the unit's place in [0, 1) under a salt, the same in every engine."""
    text = f"{salt}:{unicodedata.normalize('NFC', unit_id)}"
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return int(digest[:HEX_DIGITS], 16) / BUCKETS


def arm_of(salt: str, unit_id: str, shares: Mapping[str, float]) -> str:
    """Returns the arm whose stretch of [0, 1) holds the unit's bucket.

    Args:
        salt: Salt of the experiment's layer.
        unit_id: Immutable id of the randomised unit.
        shares: Share of each arm, in the spec's declared order; they sum to 1.

    Returns:
        The name of one of the arms.
    """
    place = bucket(salt, unit_id)
    return next(arm for arm, upper in upper_bounds(shares) if place < upper)


@dataclass(frozen=True, slots=True)
class Draw:
    """All that decides which arm a unit gets by its hash.

    Attributes:
        salt: Salt of the experiment's layer.
        shares: Share of each arm, in the spec's declared order; they sum to 1.
        part: Stretch of the layer that the experiment has; units elsewhere belong to others.
        held_out: Salt and share of the global holdout, whom no experiment has.
    """

    salt: str
    shares: Mapping[str, float]
    part: tuple[float, float] = (0.0, 1.0)
    held_out: tuple[str, float] | None = None

    def arm_of(self, unit_id: str) -> str | None:
        """Returns the unit's arm; None where the experiment does not have the unit."""
        bounds = self.upper_bounds()
        if self.held_out is not None and is_held_out(unit_id, *self.held_out):
            return None
        place = bucket(self.salt, unit_id)
        if place < self.part[0]:
            return None
        return next((arm for arm, upper in bounds if place < upper), None)

    def upper_bounds(self) -> tuple[tuple[str, float], ...]:
        """Returns each arm with the end of its stretch of [0, 1); the first begins at the part."""
        low, high = self.part
        if not 0 <= low < high <= 1:
            raise AssignmentError(
                f"the part of the layer is {low} to {high}, but must be a stretch of 0 to 1"
            )
        *first, (last, _) = upper_bounds(self.shares)
        return (*((arm, low + end * (high - low)) for arm, end in first), (last, high))


def is_held_out(unit_id: str, salt: str, share: float) -> bool:
    """Whether a unit is in the global holdout: no campaign's agent writes to it."""
    return bucket(salt, unit_id) < share


def digest_bound(place: float) -> str:
    """Returns the text below which, letter by letter, lie the md5 digests of lower buckets.

    Hex digits of one length are in the order of their numbers, and a share times 16^13 is exact in
    a double, so that no engine needs to read a digest as a number.
    """
    first = math.ceil(place * BUCKETS)
    return "g" if first >= BUCKETS else f"{first:0{HEX_DIGITS}x}"


def upper_bounds(shares: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Returns each arm with the end of its stretch of [0, 1); the last ends at exactly 1."""
    _check_shares(shares)
    arms = tuple(shares)
    ends = [math.fsum(list(shares.values())[: i + 1]) for i in range(len(arms) - 1)]
    return (*zip(arms, ends, strict=False), (arms[-1], 1.0))


def permuted_blocks(
    units: Mapping[str, str], shares: Mapping[str, float], seed: int
) -> dict[str, str]:
    """Returns an arm for each unit, as near to the shares in every block as rounding allows.

    The units are put in a random order, block after block, and each arm in turn takes its share
    of that line by systematic sampling from a random start. So every block, and the whole, is
    within one unit of the shares (of two arms; within two of more), exact where they divide, and
    over seeds every unit gets every arm with exactly its share as probability. All of it follows
    from the seed and the ids, never from the order of the input.

    Args:
        units: Block of each unit; units of a block are alike in what may drive the outcome.
        shares: Share of each arm, in the spec's declared order; they sum to 1.
        seed: Seed registered with the spec.

    Returns:
        The arm of each unit, in the order of the input.
    """
    _check_shares(shares)
    members: dict[str, list[str]] = defaultdict(list)
    for unit, block in units.items():
        members[block].append(unit)
    line = [
        unit
        for block in sorted(members, key=lambda b: (bucket(f"{seed}/block", b), b))
        for unit in sorted(members[block], key=lambda u: (bucket(f"{seed}/unit", u), u))
    ]
    drawn: dict[str, str] = {}
    left = Fraction(1)
    *first, last = shares
    for arm in first:
        share = Fraction(shares[arm]).limit_denominator(10**6)
        taken = _systematic_sample(line, share / left, Fraction(bucket(f"{seed}/start", arm)))
        drawn |= dict.fromkeys(taken, arm)
        line = [unit for unit in line if unit not in drawn]
        left -= share
    drawn |= dict.fromkeys(line, last)
    return {unit: drawn[unit] for unit in units}


def _systematic_sample(line: Sequence[str], share: Fraction, start: Fraction) -> list[str]:
    reached = [math.floor(place * share + start) for place in range(len(line) + 1)]
    return [
        unit
        for unit, (before, after) in zip(line, pairwise(reached), strict=True)
        if after > before
    ]


def _check_shares(shares: Mapping[str, float]) -> None:
    for arm, share in shares.items():
        if not 0 < share <= 1:
            raise AssignmentError(
                f"arm {arm!r} has the share {share}, but a share is above 0 and at most 1"
            )
    total = math.fsum(shares.values())
    if abs(total - 1) > _SHARE_TOLERANCE:
        raise AssignmentError(
            f"the shares of {', '.join(shares)} sum to {total}, but must sum to 1"
        )
