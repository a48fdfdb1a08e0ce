"""Figures of an evaluation with their intervals, and differences between two on the same cases."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from experiments.champion import macro_f1
from experiments.evaluation.cases import Case, paired
from experiments.evaluation.measures import Measure, Unit, Value, measures_with
from experiments.statistics.estimate import Interval

CONFIDENCE = 0.95
_RESAMPLES = 1000
_SEED = 20261127
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its 95% interval; without cases it is None."""

    name: str
    unit: Unit
    value: float | None
    low: float | None
    high: float | None
    n: int
    """Cases that count."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Challenger less champion on the cases that count for both, with its 95% interval."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    gained: int = 0
    """Of a share: cases that the challenger alone gets right."""
    lost: int = 0


def figures_of(cases: Sequence[Case], *, usd: Value | None = None) -> tuple[Figure, ...]:
    """Returns every figure of an evaluation, in the order of `MEASURES`.

    Shares have Wilson's interval with n shrunk by the design effect of the groups, means and
    macro-F1 a bootstrap over groups, quantiles the ranks of the binomial distribution.

    Args:
        cases: What a version made of them.
        usd: What a case cost; None leaves the cost out, because a price is not known.
    """
    return tuple(figure_of(measure, cases) for measure in measures_with(usd))


def figure_of(measure: Measure, cases: Sequence[Case]) -> Figure:
    """Returns one figure of an evaluation."""
    counted = [(c, v) for c in cases if (v := measure.value(c)) is not None]
    if not counted:
        return Figure(measure.name, measure.unit, None, None, None, 0)
    values = np.array([value for _, value in counted])
    groups = _numbered([case.group for case, _ in counted])
    if measure.summary == "share":
        value, (low, high) = float(values.mean()), _wilson(values, groups)
    elif measure.summary == "mean":
        value, (low, high) = float(values.mean()), _resampled(values, groups)
    elif measure.summary == "macro_f1":
        value, low, high = _macro_f1([case for case, _ in counted], groups)
    else:
        value, low, high = _quantile(values, 0.5 if measure.summary == "p50" else 0.95)
    return Figure(measure.name, measure.unit, value, low, high, len(values))


def differences(
    champion: Sequence[Case], challenger: Sequence[Case], *, usd: Value | None = None
) -> dict[str, Difference]:
    """Returns the paired difference of each figure that is a share or a mean, by its name.

    Of shares: Agresti and Min's interval (2005), which is never of zero width, with the variance
    grown by the design effect of the groups. Of means: a bootstrap over groups.

    Raises:
        ExperimentError: the two were not measured on the same cases.
    """
    before, after = paired(champion, challenger)
    found = {}
    for measure in measures_with(usd):
        pairs = [
            (old.group, a, b)
            for old, new in zip(before, after, strict=True)
            if (a := measure.value(old)) is not None and (b := measure.value(new)) is not None
        ]
        if pairs and measure.summary in ("share", "mean"):
            found[measure.name] = _difference(measure, pairs)
    return found


def _difference(measure: Measure, pairs: list[tuple[str, float, float]]) -> Difference:
    moved = np.array([b - a for _, a, b in pairs])
    groups = _numbered([group for group, _, _ in pairs])
    value, n = float(moved.mean()), len(moved)
    if measure.summary == "mean":
        low, high = _resampled(moved, groups)
        return Difference(measure.name, value, low, high, n)
    gained, lost = int((moved > 0).sum()), int((moved < 0).sum())
    interval = _agresti_min(moved, groups)
    return Difference(measure.name, value, interval.low, interval.high, n, gained, lost)


def _agresti_min(moved: NDArray[np.float64], groups: NDArray[np.intp]) -> Interval:
    """Half a case is added to each of the four cells of the table of pairs."""
    n = len(moved) + 2
    centre = float(moved.sum()) / n
    spread = float((moved**2).sum()) + 1
    error = math.sqrt(max(spread - n * centre**2, 0.0) * _design_effect(moved, groups)) / n
    return Interval(max(centre - _Z * error, -1.0), min(centre + _Z * error, 1.0))


def _wilson(values: NDArray[np.float64], groups: NDArray[np.intp]) -> tuple[float, float]:
    n = len(values) / _design_effect(values, groups)
    share, z2 = float(values.mean()), _Z**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def _design_effect(values: NDArray[np.float64], groups: NDArray[np.intp]) -> float:
    """How much larger than of independent cases the variance of the mean is; at least 1."""
    count, rest = int(groups.max()) + 1, values - values.mean()
    alone = float(rest @ rest)
    if count < 2 or alone == 0.0:
        return 1.0
    sums = np.bincount(groups, rest)
    return max(count / (count - 1) * float(sums @ sums) / alone, 1.0)


def _resampled(values: NDArray[np.float64], groups: NDArray[np.intp]) -> tuple[float, float]:
    """The mean over groups that are drawn with replacement (Efron and Tibshirani 1993)."""
    sums, sizes = np.bincount(groups, values), np.bincount(groups)
    weights = _weights(len(sums))
    return _ends(weights @ sums / (weights @ sizes))


def _macro_f1(cases: list[Case], groups: NDArray[np.intp]) -> tuple[float, float, float]:
    """Macro-F1 of resampled groups, from each group's table of truth by reading."""
    names = sorted({c.truth for c in cases} | {c.said for c in cases})
    place = {name: number for number, name in enumerate(names)}
    k, count = len(names), int(groups.max()) + 1
    right, true, said = (np.zeros((count, k)) for _ in range(3))
    for group, case in zip(groups, cases, strict=True):
        true[group, place[case.truth]] += 1
        said[group, place[case.said]] += 1
        right[group, place[case.truth]] += case.said == case.truth
    wanted = true.sum(axis=0) > 0
    weights = _weights(count)
    hits, total = weights @ right, weights @ (true + said)
    score = np.divide(2 * hits, total, out=np.full_like(hits, np.nan), where=total > 0)
    low, high = _ends(np.nanmean(np.where(wanted, score, np.nan), axis=1))
    return macro_f1([case.answer for case in cases]), low, high


def _quantile(
    values: NDArray[np.float64], level: float
) -> tuple[float, float | None, float | None]:
    """The order statistics between which the quantile lies, by the binomial distribution."""
    ordered, n = np.sort(values), len(values)
    low, high = (int(binom.ppf(tail, n, level)) for tail in (0.025, 0.975))
    value = float(np.quantile(ordered, level))
    if high >= n:
        return value, None, None
    return value, float(ordered[max(low - 1, 0)]), float(ordered[high])


def _weights(count: int) -> NDArray[np.float64]:
    """How often each group is drawn, one resample a row."""
    drawn = np.random.default_rng(_SEED).multinomial(count, np.full(count, 1 / count), _RESAMPLES)
    return drawn.astype(np.float64)


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _numbered(groups: list[str]) -> NDArray[np.intp]:
    return np.unique(np.array(groups), return_inverse=True)[1].astype(np.intp)
