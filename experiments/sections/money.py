"""Section: what the arm brought in all, in money."""

import polars as pl

from experiments.sections.parts import Effect, Money
from experiments.sections.trial import Trial
from experiments.statistics.estimate import Estimate, Interval
from experiments.statistics.winsor import cut_at

USUAL_QUANTILE = 0.99


def money(trial: Trial) -> tuple[Money, ...] | None:
    """Returns one row a treated arm where the spec names its metric in money."""
    metric = trial.spec.money
    if metric is None or not trial.has_column(metric):
        return None
    arms = [arm for arm in trial.spec.treated if not trial.is_unmeasured(metric, arm)]
    return tuple(_of_arm(trial, metric, arm) for arm in arms) or None


def with_cut(trial: Trial, units: pl.DataFrame, metric: str, level: float) -> pl.DataFrame:
    """Returns the units with values above the quantile of all arms set to it."""
    cut = cut_at(trial.units[metric].drop_nulls().to_numpy(), level)
    return units.with_columns(pl.col(metric).clip(upper_bound=cut))


def _of_arm(trial: Trial, metric: str, arm: str) -> Money:
    units = trial.pair(metric, arm)
    level = trial.spec.winsorise.get(metric, USUAL_QUANTILE)
    count = units.filter(pl.col("arm") == arm).height
    total = _in_all(trial.headline[metric, arm], count)
    cut = _in_all(trial.estimate(with_cut(trial, units, metric, level), metric, arm), count)
    at = cut_at(trial.units[metric].drop_nulls().to_numpy(), level)
    return Money(
        metric=metric,
        arm=arm,
        control=trial.spec.control,
        n_arm=count,
        total=total,
        winsorised_at=at,
        winsorised_quantile=level,
        winsorised_total=cut,
        verdict=_verdict(total, cut, metric, arm, level),
    )


def _in_all(estimate: Estimate, count: int) -> Effect:
    ci = estimate.ci
    return Effect.from_parts(
        estimate.effect * count,
        Interval(ci.low * count, ci.high * count) if ci else None,
        estimate.p_value,
        f"{estimate.method}, times the units of the arm",
    )


def _verdict(total: Effect, cut: Effect, metric: str, arm: str, level: float) -> str:
    if total.effect is None or total.ci_low is None or total.ci_high is None:
        return f"not shown: {metric} does not vary"
    amount = (
        f"{arm} brought {total.effect:+,.0f} of {metric} in all "
        f"({total.ci_low:+,.0f} to {total.ci_high:+,.0f})"
    )
    shown = f"shown: {amount}" if total.excludes_zero else f"not shown: {amount} includes zero"
    if cut.effect is not None and cut.excludes_zero != total.excludes_zero:
        return (
            f"{shown}; it hangs on values above the quantile {level:g}: without, {cut.effect:+,.0f}"
        )
    return shown
