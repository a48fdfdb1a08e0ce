"""Whether two reviewers who read the same threads see the same."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from experiments.bakeoff import rubric


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two reviewers on one field of the rubric.

    Attributes:
        dimension: The field.
        reviewers: The two.
        threads: Threads that both judged.
        same: Part of them on which both gave the same mark.
        kappa: Cohen's kappa, 1 = always the same, 0 = as by chance; quadratic weights where marks
            have an order (Cohen 1968), plain for objections. None where nothing follows.
        reason: Why there is none.
    """

    dimension: str
    reviewers: tuple[str, str]
    threads: int
    same: float
    kappa: float | None
    reason: str = ""

    @property
    def sentence(self) -> str:
        """The figure in plain words."""
        a, b = self.reviewers
        told = f"kappa {self.kappa:.2f}" if self.kappa is not None else f"no kappa: {self.reason}"
        return f"{self.dimension}, {a} and {b}: {told} over {self.threads} threads, {self.same:.0%}"


def agreements(marks: pl.DataFrame) -> tuple[Agreement, ...]:
    """Returns the agreement of every two reviewers with a thread in common, for every field."""
    found: list[Agreement] = []
    for a, b in combinations(sorted(marks["reviewer"].unique()), 2):
        both = marks.filter(pl.col("reviewer") == a).join(
            marks.filter(pl.col("reviewer") == b), on="code", suffix="_b"
        )
        if both.height:
            found += [
                _agreement(name, (a, b), both[name].to_list(), both[f"{name}_b"].to_list())
                for name in rubric.DIMENSIONS
            ]
    return tuple(found)


def _agreement(
    name: str, reviewers: tuple[str, str], first: Sequence[str], second: Sequence[str]
) -> Agreement:
    from sklearn.metrics import cohen_kappa_score

    same = sum(a == b for a, b in zip(first, second, strict=True)) / len(first)
    kappa, reason = None, ""
    if len({*first, *second}) == 1:
        reason = f"all marks are {first[0]}, so that chance agrees as often"
    else:
        is_rated = name != rubric.OBJECTION
        labels = list(map(str, rubric.SCALE)) if is_rated else list(rubric.OBJECTIONS)
        value = float(
            cohen_kappa_score(
                first, second, labels=labels, weights="quadratic" if is_rated else None
            )
        )
        kappa = value if math.isfinite(value) else None
        reason = "" if kappa is not None else "the marks do not vary"
    return Agreement(name, reviewers, len(first), same, kappa, reason)
