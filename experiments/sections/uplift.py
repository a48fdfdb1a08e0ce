"""Section, exploratory: does a forecast find those who gain more?"""

import numpy as np
import polars as pl

from experiments.columns import randomised_as_one
from experiments.sections.parts import Effect, QiniPoint, Uplift
from experiments.sections.trial import Trial
from experiments.statistics.uplift import UpliftEstimate
from experiments.statistics.uplift import uplift as forecast_uplift

FEWEST_UNITS = 200
"""In an arm: fewer teach trees nothing."""

MOST_UNITS = 500_000
"""Of both arms: of more, so many are drawn by lot, clusters as a whole. The forecast is a hint for
the next trial, and its trees learn from 100,000 units at most."""


def uplift(trial: Trial) -> tuple[Uplift, ...] | None:
    """Returns one row a treated arm, where the spec names segments and the arms are large."""
    if not trial.spec.segments:
        return None
    rows = []
    for arm in trial.spec.treated:
        every_unit = trial.pair(trial.primary, arm, *_more_columns(trial))
        units = _drawn(trial, every_unit)
        is_arm = (units["arm"] == arm).to_numpy()
        if min(is_arm.sum(), (~is_arm).sum()) >= FEWEST_UNITS:
            rows.append(_of_arm(trial, arm, units, every_unit.height))
    return tuple(rows) or None


def _more_columns(trial: Trial) -> tuple[str, ...]:
    is_alone = randomised_as_one(trial.spec) is None
    return (*trial.feature_columns, *(["unit_id"] if is_alone else []))


def _drawn(trial: Trial, units: pl.DataFrame) -> pl.DataFrame:
    """The units, or of too many about as many as may be, by a lot that the spec seeds."""
    if units.height <= MOST_UNITS:
        return units
    cluster = randomised_as_one(trial.spec)
    ids = units[cluster].to_numpy() if cluster else np.arange(units.height)
    lots = np.random.default_rng(trial.seed).random(int(ids.max()) + 1)
    return units.filter(pl.Series(lots[ids] < MOST_UNITS / units.height))


def _of_arm(trial: Trial, arm: str, units: pl.DataFrame, all_units: int) -> Uplift:
    metric, control = trial.primary, trial.spec.control
    is_arm = (units["arm"] == arm).to_numpy()
    of_control, of_arm = trial.samples(units, metric, arm)
    values = is_arm.astype(float)
    values[is_arm], values[~is_arm] = of_arm.values, of_control.values
    shares = trial.spec.arms
    found = forecast_uplift(
        trial.features(units),
        values,
        is_arm,
        trial.ids(units),
        share=shares[arm] / (shares[arm] + shares[control]),
        seed=trial.seed,
    )
    return Uplift(
        metric=metric,
        arm=arm,
        control=control,
        features=trial.feature_columns,
        curve=tuple(
            QiniPoint(share=share, gain=gain)
            for share, gain in zip(found.shares, found.gains, strict=True)
        ),
        qini=Effect.from_parts(
            found.qini, found.ci, found.p_value, _method(units.height, all_units)
        ),
        verdict=_verdict(found),
    )


def _method(units: int, all_units: int) -> str:
    drawn = f", {units:,} of {all_units:,} units drawn by lot" if units < all_units else ""
    return f"cross-fitted T-learner, doubly robust Qini{drawn}"


def _verdict(found: UpliftEstimate) -> str:
    if found.ci is not None and found.ci.low > 0:
        return "exploratory: the forecast finds those who gain more; test it in a trial of its own"
    return "exploratory: not shown that the forecast finds those who gain more"
