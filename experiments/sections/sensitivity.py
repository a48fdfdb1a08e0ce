"""Section: the headline done in other ways."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from experiments.estimation import FORECAST
from experiments.sections.money import with_cut
from experiments.sections.parts import Effect, Sensitivity
from experiments.sections.trial import Trial
from experiments.statistics.estimate import Estimate
from experiments.statistics.influence import count_of
from experiments.statistics.randomisation import FEW_CLUSTERS, randomisation_inference
from experiments.statistics.switchback import switchback_p_value


def sensitivity(trial: Trial) -> tuple[Sensitivity, ...] | None:
    """Returns the checks that the spec and the data call for."""
    return tuple(row for arm in trial.spec.treated for row in _of_arm(trial, arm)) or None


def _of_arm(trial: Trial, arm: str) -> Iterator[Sensitivity]:
    spec, metric = trial.spec, trial.primary
    for cut_metric, level in spec.winsorise.items():
        if trial.is_unmeasured(cut_metric, arm):
            continue
        units = with_cut(trial, trial.pair(cut_metric, arm), cut_metric, level)
        found = trial.estimate(units, cut_metric, arm)
        named = replace(found, method=f"{found.method}, values cut at the quantile {level:g}")
        yield _row(trial, "winsorised", cut_metric, arm, Effect.of(named))
    units = trial.pair(metric, arm)
    if spec.covariates or FORECAST in units.columns:
        bare = spec.model_copy(update={"covariates": ()})
        without = Trial(units.drop(FORECAST, strict=False), units, bare, trial.shares, {})
        found = without.estimate(without.units, metric, arm)
        yield _row(trial, "unadjusted", metric, arm, Effect.of(found))
    if spec.switchback:
        yield _row(trial, "randomisation", metric, arm, _of_periods(trial, arm))
    elif spec.cluster:
        control, treated = trial.samples(units, metric, arm)
        if min(count_of(control), count_of(treated)) < FEW_CLUSTERS:
            found = randomisation_inference(control, treated, seed=trial.seed)
            yield _row(trial, "randomisation", metric, arm, Effect.of(found))


def _of_periods(trial: Trial, arm: str) -> Effect:
    """Re-draws the order of the two arms' periods; of other arms nothing is moved or used."""
    spec = trial.spec
    if spec.switchback is None:
        raise ValueError("the spec names no switchback")
    period, whole = spec.switchback.period, replace(trial, units=trial.every_unit)
    units = whole.pair(trial.primary, arm)
    control, treated = whole.samples(units, trial.primary, arm)
    places = np.concatenate([control.cluster_ids, treated.cluster_ids])
    periods, ids = np.unique(places, return_inverse=True)
    totals = np.bincount(ids, np.concatenate([control.values, treated.values]))
    arms = units.group_by(period).agg(pl.col("arm").first()).sort(period)["arm"]
    p_value = switchback_p_value(
        np.asarray(totals, np.float64),
        np.bincount(ids).astype(np.float64),
        (arms == arm).to_numpy().astype(np.int64),
        carry_over=spec.switchback.carry_over,
        seed=trial.seed,
    )
    effect = trial.headline[trial.primary, arm].effect
    method = f"randomisation of {len(periods)} periods' order, carry-over left out anew each time"
    return Effect.from_parts(effect, None, p_value, method)


def _row(trial: Trial, check: str, metric: str, arm: str, effect: Effect) -> Sensitivity:
    return Sensitivity.model_validate(
        {
            "check": check,
            "metric": metric,
            "arm": arm,
            "control": trial.spec.control,
            "effect": effect,
            "agrees": _agrees(trial.headline.get((metric, arm)), effect),
        }
    )


def _agrees(headline: Estimate | None, other: Effect) -> bool | None:
    """Whether both say the same of zero; by the p-value where there is no interval."""
    if headline is None or headline.ci is None or other.p_value is None or other.effect is None:
        return None
    shown = headline.ci.low > 0 or headline.ci.high < 0
    has_interval = other.ci_low is not None
    also_shown = other.excludes_zero if has_interval else other.p_value < 0.05
    return shown == also_shown and (not shown or (headline.effect > 0) == (other.effect > 0))
