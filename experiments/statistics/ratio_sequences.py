"""Anytime-valid confidence sequences for the difference of two ratios, a sum over a sum."""

from dataclasses import replace

from experiments.statistics.estimate import Estimate
from experiments.statistics.look_plan import LookPlan
from experiments.statistics.ratios import (
    RatioSample,
    are_told,
    check_denominators,
    linear_sample,
)
from experiments.statistics.sequences import sequence_between_clusters, sequence_of_means


def sequence_of_ratios(control: RatioSample, arm: RatioSample, plan: LookPlan) -> Estimate:
    """Returns the difference with an asymptotic sequence, the delta method making means of ratios.

    Raises:
        UnitsError: The denominators of an arm do not sum to more than zero.
    """
    check_denominators(control, arm)
    if not are_told(control, arm):
        method = "no confidence sequence yet, since the denominators are too few"
        return Estimate(arm.ratio, control.ratio, method, is_too_early=True)
    sequence = sequence_between_clusters if len(control.cluster_ids) else sequence_of_means
    estimate = sequence(linear_sample(control), linear_sample(arm), plan)
    method = estimate.method.replace("difference of means", "difference of ratios, delta method")
    return replace(estimate, method=method)
