"""Section, exploratory: does a forecast find those who gain more?"""

from experiments.sections.parts import Effect, QiniPoint, Uplift
from experiments.sections.trial import Trial
from experiments.statistics.uplift import UpliftEstimate
from experiments.statistics.uplift import uplift as forecast_uplift

FEWEST_UNITS = 200
"""In an arm: fewer teach trees nothing."""


def uplift(trial: Trial) -> tuple[Uplift, ...] | None:
    """Returns one row a treated arm, where the spec names segments and the arms are large."""
    if not trial.spec.segments:
        return None
    rows = []
    for arm in trial.spec.treated:
        units = trial.pair(trial.primary, arm)
        is_arm = (units["arm"] == arm).to_numpy()
        if min(is_arm.sum(), (~is_arm).sum()) >= FEWEST_UNITS:
            rows.append(_of_arm(trial, arm))
    return tuple(rows) or None


def _of_arm(trial: Trial, arm: str) -> Uplift:
    metric, control = trial.primary, trial.spec.control
    units = trial.pair(metric, arm)
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
            found.qini, found.ci, found.p_value, "cross-fitted T-learner, doubly robust Qini"
        ),
        verdict=_verdict(found),
    )


def _verdict(found: UpliftEstimate) -> str:
    if found.ci is not None and found.ci.low > 0:
        return "exploratory: the forecast finds those who gain more; test it in a trial of its own"
    return "exploratory: not shown that the forecast finds those who gain more"
