"""Difference of means between independent units, by tea-tasting."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.errors import UnitsError
from experiments.statistics.estimate import CONFIDENCE, Estimate, Interval, Sample

_UNEXPLAINED_AT_LEAST = 1e-12


def difference_of_means(control: Sample, arm: Sample) -> Estimate:
    """Returns the difference with Welch's t interval, adjusted by CUPED where there are covariates.

    Where one arm does not vary, the variance is pooled over both, since its own would claim a
    certainty that an unlucky sample cannot give; where neither varies there is no interval.
    The relative interval is that of the logarithm of the means' ratio, by the delta method.

    References:
        Deng, Xu, Kohavi & Walker (2013), Improving the Sensitivity of Online Controlled
        Experiments by Utilizing Pre-Experiment Data. Deng, Knoblich & Lu (2018), Applying the
        Delta Method in Metric Analytics.
    """
    still = sum(sample.is_still for sample in (control, arm))
    if still == 2:
        mean_arm, mean_control = float(arm.values[0]), float(control.values[0])
        return Estimate(mean_arm, mean_control, "no interval, since the metric does not vary")
    if still == 1:
        method = "difference of means, pooled t interval since one arm does not vary"
        return _welch(control.values, arm.values, method, equal_var=True)
    if control.covariates.shape[1] == 0:
        return _welch(control.values, arm.values, "difference of means, Welch t interval")
    return _welch(*cuped(control, arm), "difference of means, CUPED, Welch t interval")


def _welch(
    control: NDArray[np.float64],
    arm: NDArray[np.float64],
    method: str,
    *,
    equal_var: bool = False,
) -> Estimate:
    """Estimates the difference, and the ratio where both means are well above zero.

    Elsewhere the ratio's logarithm is not there: all values are moved up alike, which leaves the
    difference alone, and nothing relative is said.
    """
    from tea_tasting.aggr import Aggregates
    from tea_tasting.metrics import Mean

    has_ratio = _is_above_zero(control) and _is_above_zero(arm)
    shift = 0.0 if has_ratio else _far_above_zero(control, arm)
    metric = Mean("y", confidence_level=CONFIDENCE, equal_var=equal_var, use_t=True)
    result = metric.analyze_aggregates(
        Aggregates(**_aggregates(control + shift)), Aggregates(**_aggregates(arm + shift))
    )
    relative = Interval(result.rel_effect_size_ci_lower, result.rel_effect_size_ci_upper)
    error, freedom = _error_and_freedom(control, arm, equal_var=equal_var)
    return Estimate(
        mean_arm=float(arm.mean()),
        mean_control=float(control.mean()),
        method=method,
        ci=Interval(result.effect_size_ci_lower, result.effect_size_ci_upper),
        p_value=result.pvalue,
        relative_ci=relative if has_ratio else None,
        standard_error=error,
        freedom=freedom,
    )


def _error_and_freedom(
    control: NDArray[np.float64], arm: NDArray[np.float64], *, equal_var: bool
) -> tuple[float, float]:
    """The standard error and degrees of freedom of Student's or of Welch's t."""
    variances = np.array([control.var(ddof=1), arm.var(ddof=1)])
    counts = np.array([len(control), len(arm)])
    if equal_var:
        pooled = float(variances @ (counts - 1)) / (counts.sum() - 2)
        return float(np.sqrt(pooled * (1 / counts).sum())), float(counts.sum() - 2)
    parts = variances / counts
    freedom = parts.sum() ** 2 / (parts**2 / (counts - 1)).sum()
    return float(np.sqrt(parts.sum())), float(freedom)


def _aggregates(values: NDArray[np.float64]) -> dict[str, Any]:
    mean, variance = float(values.mean()), float(values.var(ddof=1))
    return {"count_": len(values), "mean_": {"y": mean}, "var_": {"y": variance}}


def _is_above_zero(values: NDArray[np.float64]) -> bool:
    standard_error = float(values.std(ddof=1)) / len(values) ** 0.5
    return float(values.mean()) > standard_error / 10


def _far_above_zero(control: NDArray[np.float64], arm: NDArray[np.float64]) -> float:
    return float(max(abs(values).max() for values in (control, arm))) * 2 + 1


def cuped(control: Sample, arm: Sample) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the values less what the covariates foretold, by slopes common to both arms."""
    values = np.concatenate([control.values, arm.values])
    covariates = np.concatenate([control.covariates, arm.covariates])
    covariates = covariates - covariates.mean(axis=0)
    sizes = np.sqrt((covariates**2).mean(axis=0))
    covariates /= np.where(sizes > 0, sizes, 1.0)
    slopes = np.linalg.lstsq(covariates, values - values.mean(), rcond=None)[0]
    adjusted = values - covariates @ slopes
    if adjusted.var() < _UNEXPLAINED_AT_LEAST * values.var():
        raise UnitsError(
            "the covariates foretell it exactly, so they are not from before assignment"
        )
    count = len(control.values)
    return adjusted[:count], adjusted[count:]
