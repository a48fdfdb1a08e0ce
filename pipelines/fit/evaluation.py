"""How good forecasts were on a later period: Brier score, AUC, calibration, against a base rate."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.rate_intervals import rate_intervals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES, SEED, CURVE_BANDS = 1_000, 20261126, 5


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95% interval, from a bootstrap over accounts."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A fifth of the records by forecast: what was said and what came true, with its interval."""

    said: float
    came_true: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of forecasts on outcomes that the model has not seen."""

    n: int
    won: int
    said: float
    """Mean forecast."""
    came_true: float
    brier: Figure
    base_brier: Figure
    """Brier score of saying the training's average to everybody."""
    gain: Figure
    """Brier score of the base rate less the model's; above nought the model is better."""
    auc: Figure
    z: float
    """Wins above those forecast, in standard deviations; see `surprise`."""
    curve: tuple[CurvePoint, ...]


def evaluate(
    said: "NDArray[np.float64]",
    won: "NDArray[np.int8]",
    clusters: "NDArray[np.str_]",
    *,
    base_rate: float,
    learnt_from: int,
) -> Evaluation:
    """Returns the figures of forecasts.

    Args:
        said: Probabilities, one per outcome.
        won: Outcomes, 0 or 1, in the same order.
        clusters: The account of each; deals of one account hang together, so whole accounts are
            drawn (Cameron, Gelbach and Miller 2008).
        base_rate: What somebody without a model would say to everybody.
        learnt_from: Outcomes that the model was trained on.
    """
    truth = won.astype(said.dtype)
    errors, base = (said - truth) ** 2, (base_rate - truth) ** 2
    brier, base_brier, gain = _means(clusters, errors, base, base - errors)
    return Evaluation(
        n=len(won),
        won=int(won.sum()),
        said=float(said.mean()),
        came_true=float(won.mean()),
        brier=brier,
        base_brier=base_brier,
        gain=gain,
        auc=_auc_figure(said, won, clusters),
        z=surprise(said, won, learnt_from=learnt_from),
        curve=_curve(said, won),
    )


def surprise(said: "NDArray[np.float64]", won: "NDArray[np.int8]", *, learnt_from: int) -> float:
    """Returns wins above those forecast, in standard deviations.

    The sum of independent yes and no of these probabilities has this mean and variance
    (Spiegelhalter 1986). The average that was learnt is itself known only as well as its own
    outcomes, which widens the deviation by the root of one plus new by learnt.

    Args:
        said: Probabilities.
        won: Outcomes, 0 or 1.
        learnt_from: Outcomes that the model was trained on.
    """
    variance = float((said * (1 - said)).sum()) * (1 + len(won) / learnt_from)
    return float((won - said).sum()) / variance**0.5 if variance else 0.0


def auc(said: "NDArray[np.float64]", won: "NDArray[np.int8]") -> float:
    """Returns how often one that was won has a higher forecast than one that was lost."""
    from scipy.stats import rankdata

    ups, downs = int(won.sum()), len(won) - int(won.sum())
    if not ups or not downs:
        return float("nan")
    return float((rankdata(said)[won == 1].sum() - ups * (ups + 1) / 2) / (ups * downs))


def resampled(clusters: "NDArray[np.str_]") -> "NDArray[np.int64]":
    """Returns how often each record stands in each resample, one row a resample."""
    import numpy as np

    names, place = np.unique(clusters, return_inverse=True)
    draws = np.random.default_rng(SEED).multinomial(
        len(names), np.full(len(names), 1 / len(names)), RESAMPLES
    )
    return draws[:, place]


def mean_figure(clusters: "NDArray[np.str_]", values: "NDArray[np.float64]") -> Figure:
    """Returns a mean with its interval."""
    return _means(clusters, values)[0]


def _means(clusters: "NDArray[np.str_]", *columns: "NDArray[np.float64]") -> list[Figure]:
    import numpy as np

    weights = resampled(clusters)
    totals = weights.sum(axis=1)
    drawn = [weights @ column / totals for column in columns]
    ends = [np.quantile(one, [0.025, 0.975]) for one in drawn]
    return [
        Figure(float(column.mean()), float(low), float(high))
        for column, (low, high) in zip(columns, ends, strict=True)
    ]


def _auc_figure(
    said: "NDArray[np.float64]", won: "NDArray[np.int8]", clusters: "NDArray[np.str_]"
) -> Figure:
    """Weighted ranks over the distinct forecasts, all resamples at once."""
    import numpy as np

    weights = resampled(clusters)
    levels, place = np.unique(said, return_inverse=True)
    ups = np.zeros((RESAMPLES, len(levels)))
    downs = np.zeros((RESAMPLES, len(levels)))
    for target, chosen in ((ups, won == 1), (downs, won == 0)):
        for record in np.flatnonzero(chosen):
            target[:, place[record]] += weights[:, record]
    below = np.cumsum(downs, axis=1) - downs / 2
    pairs = ups.sum(axis=1) * downs.sum(axis=1)
    kept = pairs > 0
    values = (ups * below).sum(axis=1)[kept] / pairs[kept]
    low, high = np.quantile(values, [0.025, 0.975])
    return Figure(auc(said, won), float(low), float(high))


def _curve(said: "NDArray[np.float64]", won: "NDArray[np.int8]") -> tuple[CurvePoint, ...]:
    import numpy as np

    bands = [b for b in np.array_split(np.argsort(said, kind="stable"), CURVE_BANDS) if len(b)]
    ends = rate_intervals([int(won[b].sum()) for b in bands], [len(b) for b in bands])
    return tuple(
        CurvePoint(float(said[b].mean()), float(won[b].mean()), end.low, end.high, len(b))
        for b, end in zip(bands, ends, strict=True)
        if end
    )
