"""Scores of sampled evidence with intervals: threads and contacts are drawn anew, many times."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

from experiments.bakeoff import rubric
from experiments.bakeoff.config import BakeOff, Measure
from experiments.errors import BakeOffError
from experiments.statistics.estimate import CONFIDENCE, Interval

Floats = npt.NDArray[np.float64]
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Sampled:
    """A figure of one candidate that comes from a sample.

    Attributes:
        value: The figure.
        count: Threads or contacts from which it comes.
        draws: The figure of each resample, NaN where none follows.
    """

    value: float
    count: int
    draws: Floats

    @property
    def ci(self) -> Interval | None:
        """Its interval; None of a single thread or contact."""
        return interval(self.draws, self.count)


def interval(draws: Floats, count: int) -> Interval | None:
    """Returns the expanded percentile interval of resampled figures.

    The percentile interval of a small sample is too narrow; its levels are moved out by what
    t-quantiles and the sample's variance with n instead of n - 1 miss (Hesterberg 2015, What
    Teachers Should Know About the Bootstrap, "expanded percentile interval"). Where no resample
    differs there is none: a sample without variation does not say how sure it is.

    Args:
        draws: One figure a resample.
        count: Sampled units that the scarcest part of the figure rests on.
    """
    known = draws[np.isfinite(draws)]
    if count < 2 or known.size < draws.size / 2 or np.ptp(known) < 1e-9:
        return None
    wide = math.sqrt(count / (count - 1)) * stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)
    tail = float(stats.norm.cdf(-wide))
    low, high = np.quantile(known, [tail, 1 - tail])
    return Interval(float(low), float(high))


def sampled_review(plan: BakeOff, marks: pl.DataFrame, candidate: str) -> dict[str, Sampled]:
    """Returns the points (0 to 100) of each field of the rubric that any thread has.

    A thread counts once, with the mean of its reviewers; threads are drawn anew as a whole.
    """
    mine = marks.filter(pl.col("candidate") == candidate)
    threads = sorted(mine["thread_id"].unique())
    values = np.full((len(threads), len(rubric.DIMENSIONS)), math.nan)
    for place, thread in enumerate(threads):
        rows = mine.filter(pl.col("thread_id") == thread)
        for column, name in enumerate(rubric.DIMENSIONS):
            given = [p for m in rows[name] if not math.isnan(p := rubric.points(name, m))]
            if given:
                values[place, column] = sum(given) / len(given)
    known = np.isfinite(values)
    figures = np.where(known, values, 0.0)
    found = _drawn_anew(figures, known.astype(np.float64), _generator(plan, candidate, "review"))
    return dict(zip(rubric.DIMENSIONS, found, strict=True)) if threads else {}


def sampled_measures(plan: BakeOff, units: pl.DataFrame, candidate: str) -> dict[str, Sampled]:
    """Returns each measure that any contact of the candidate has; contacts are drawn anew."""
    mine = units.filter(pl.col("arm") == candidate)
    found: dict[str, Sampled] = {}
    for name, measure in plan.measures.items():
        columns = [c for c in (measure.numerator, measure.denominator) if c]
        if any(column not in mine.columns for column in columns):
            continue
        top, below = _columns(mine, measure, name)
        if not below.any():
            continue
        generator = _generator(plan, candidate, name)
        if measure.summary == "median":
            found[name] = _median(top[below > 0], generator)
        else:
            [found[name]] = _drawn_anew(top[:, None], below[:, None], generator)
    return {name: one for name, one in found.items() if one.count}


def combined(parts: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Returns the weighted sum of figures, resample by resample."""
    total = np.zeros(DRAWS)
    for part, weight in zip(parts, weights, strict=True):
        total = total + weight * part
    return total


def difference(
    first: Mapping[str, Sampled] | None, second: Mapping[str, Sampled] | None, name: str
) -> tuple[float, Interval | None] | None:
    """Returns how far a figure of one candidate lies above another's, with its interval."""
    if not first or not second or name not in first or name not in second:
        return None
    a, b = first[name], second[name]
    return a.value - b.value, interval(a.draws - b.draws, min(a.count, b.count))


def _columns(units: pl.DataFrame, measure: Measure, name: str) -> tuple[Floats, Floats]:
    try:
        top = units[measure.numerator].cast(pl.Float64).fill_nan(None)
        known = top.is_not_null()
        below = (
            units[measure.denominator].cast(pl.Float64).fill_nan(None).fill_null(0.0)
            if measure.denominator
            else known.cast(pl.Float64)
        )
    except pl.exceptions.PolarsError:
        raise BakeOffError(
            f"the measure {name!r} reads {measure.numerator!r}, which must hold numbers"
        ) from None
    counted = known & (below > 0)
    numerators = pl.select(pl.when(counted).then(top).otherwise(0.0)).to_series()
    denominators = pl.select(pl.when(counted).then(below).otherwise(0.0)).to_series()
    return numerators.to_numpy(), denominators.to_numpy()


def _drawn_anew(figures: Floats, weights: Floats, generator: np.random.Generator) -> list[Sampled]:
    """Ratios of sums, column by column, each with its resamples of the rows."""
    count = len(figures)
    if not count:
        return []
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=DRAWS).astype(np.float64)
    tops, below = drawn @ figures, drawn @ weights
    draws = np.divide(tops, below, out=np.full_like(tops, math.nan), where=below > 0)
    sums = weights.sum(axis=0)
    values = np.divide(figures.sum(axis=0), sums, out=np.full_like(sums, math.nan), where=sums > 0)
    counts = (weights > 0).sum(axis=0)
    return [
        Sampled(float(values[column]), int(counts[column]), draws[:, column])
        for column in range(figures.shape[1])
    ]


def _median(values: Floats, generator: np.random.Generator) -> Sampled:
    rows = generator.integers(0, len(values), size=(DRAWS, len(values)))
    return Sampled(float(np.median(values)), len(values), np.median(values[rows], axis=1))


def _generator(plan: BakeOff, candidate: str, what: str) -> np.random.Generator:
    words = f"{candidate}/{what}".encode()
    return np.random.default_rng([abs(plan.seed), *words])
