"""The looks at one simulated trial, through the code that analyses real data."""

import math
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import polars as pl

from experiments.analysis import analyze
from experiments.errors import ExperimentError
from experiments.estimation import estimate_of, is_share, sample_of
from experiments.look_plans import look_plan
from experiments.readout import MetricReadout
from experiments.simulated_trials import METRIC, Design, drawn_trial
from experiments.spec import Spec
from experiments.statistics.estimate import Estimate, Interval, Sample
from experiments.statistics.ratios import RatioSample
from experiments.units import checked_units

Look = Callable[[], Estimate]

_SAME = 1e-9

_FEWEST_OF_A_RATIO = 10

_NO_INTERVAL = Estimate(math.nan, math.nan, "no interval: too few units")


def looks(
    design: Design, mode: Literal["fixed", "sequential"], peeks: int, seed: tuple[int, int]
) -> list[Look]:
    """Draws a trial and returns its looks in order, each over the units that had come by then.

    A single look is `analyze`, whole. Of many, the table is checked once, and each look gives the
    units so far to the estimator that `analyze` gives them to, without copying them; one look of
    each trial, by its seed, also goes through `analyze`, and both must say the same.
    """
    spec, units = design.spec(mode), drawn_trial(design, seed)
    ends = np.unique(np.linspace(units.height / peeks, units.height, peeks).astype(int))
    if peeks == 1:
        return [lambda: _as_estimate(analyze(units, spec).primary)]
    return list(_prefixes(units, spec, ends.tolist(), compared=seed[1] % len(ends)))


def _prefixes(units: pl.DataFrame, spec: Spec, ends: list[int], *, compared: int) -> Iterator[Look]:
    checked = checked_units(units, spec, source="simulation")
    of_control, of_arm = (sample_of(checked, spec, METRIC, a) for a in ("holdout", "agent"))
    so_far = (checked["arm"] == "agent").to_numpy().cumsum()
    plan = look_plan(spec, "agent", spec.control) if spec.analysis.mode == "sequential" else None
    are_shares = is_share(units, spec, METRIC)

    def look(number: int) -> Estimate:
        end = ends[number]
        in_arm = int(so_far[end - 1])
        control, arm = _first(of_control, end - in_arm), _first(of_arm, in_arm)
        if not (_is_enough(control) and _is_enough(arm)):
            return _NO_INTERVAL
        estimate = estimate_of(control, arm, spec, is_share=are_shares, plan=plan)
        if number == compared:
            _must_agree(estimate, _as_estimate(analyze(units.head(end), spec).primary))
        return estimate

    for number in range(len(ends)):
        yield lambda number=number: look(number)


def _first(sample: Sample | RatioSample, count: int) -> Sample | RatioSample:
    known = (sample.covariates[:count], sample.cluster_ids[:count])
    if isinstance(sample, RatioSample):
        return RatioSample(sample.numerators[:count], sample.denominators[:count], *known)
    return Sample(sample.values[:count], *known)


def _is_enough(sample: Sample | RatioSample) -> bool:
    """Whether `analyze` would take the arm: two units, and two clusters where there are any.

    Of a ratio a few more, since the denominators of two units may all be zero.
    """
    clusters, count = sample.cluster_ids, len(sample.covariates)
    if isinstance(sample, RatioSample):
        return count >= _FEWEST_OF_A_RATIO
    return count >= 2 and (len(clusters) == 0 or clusters[0] != clusters[-1])


def _as_estimate(row: MetricReadout) -> Estimate:
    has_ci = row.ci_low is not None and row.ci_high is not None
    return Estimate(
        mean_arm=math.nan if row.mean_arm is None else row.mean_arm,
        mean_control=math.nan if row.mean_control is None else row.mean_control,
        method=row.method,
        ci=Interval(row.ci_low, row.ci_high) if has_ci else None,  # pyright: ignore[reportArgumentType]
        p_value=row.p_value,
    )


def _must_agree(look: Estimate, whole: Estimate) -> None:
    effect = math.nan if look.is_too_early else look.effect
    ours = (effect, *(look.ci or ()), look.p_value or 0.0)
    theirs = (whole.effect, *(whole.ci or ()), whole.p_value or 0.0)
    if len(ours) != len(theirs) or not np.allclose(
        ours, theirs, rtol=_SAME, atol=_SAME, equal_nan=True
    ):
        raise ExperimentError(
            f"a look says {ours} where the analysis of the same units says {theirs}; the "
            "simulation proves nothing"
        )
