"""Anytime-valid sequences for shares whose events are few: by which arm each event falls in."""

import math
from dataclasses import replace

from experiments.statistics.estimate import Estimate, Interval, Sample
from experiments.statistics.look_plan import LookPlan
from experiments.statistics.mixtures import (
    binomial_sequence,
    log_binomial_evidence,
    tightest_scale,
)
from experiments.statistics.sequences import ALPHA, sequence_of_means

ENOUGH_EVENTS = 100
"""Events, and non-events, of each arm from which the asymptotic sequence takes over."""

_FOR_THE_RATE = 0.1
"""Part of alpha that is spent on how frequent events are over both arms."""

_USUAL_EVENTS = 100
"""Events at which a sequence is narrowest where the spec expects no certain share."""


def sequence_of_shares(control: Sample, arm: Sample, plan: LookPlan) -> Estimate:
    """Returns the difference of shares with a sequence that also holds from the first event on.

    Each event falls into the treated arm with probability theta = s r / (s r + 1 - s), where s is
    the share randomised into it and r the ratio of the two arms' shares, however frequent events
    are. A binomial martingale on these labels is exact; times the overall rate, that has a
    sequence of its own, it bounds the difference: p (theta - s) / (s (1 - s)). Units without an
    event tell little while events are rare; with `ENOUGH_EVENTS` in each arm
    `sequence_of_means` takes over, which also uses covariates.

    References:
        Lindon & Malek (2022), Anytime-Valid Inference for Multinomial Count Data, section 4.
        Turner & Grünwald (2023), Anytime-valid Confidence Intervals for Contingency Tables and
        Beyond, for the alternative by blocks of units.
    """
    counts = [(int(sample.values.sum()), len(sample.values)) for sample in (control, arm)]
    if all(min(events, units - events) >= ENOUGH_EVENTS for events, units in counts):
        return sequence_of_means(control, arm, plan)
    total, units = (sum(numbers) for numbers in zip(*counts, strict=True))
    if 2 * total <= units:
        (of_control, _), (of_arm, _) = counts
        return _exact(control, arm, plan, (of_control, of_arm))
    # Where events are the rule, the exceptions are counted, and what lowers them raises events.
    exceptions = _exact(control, arm, plan, tuple(n - events for events, n in counts))
    low, high = exceptions.ci or Interval(-1.0, 1.0)
    return replace(exceptions, ci=Interval(-high, -low), relative_ci=None)


def _exact(control: Sample, arm: Sample, plan: LookPlan, events: tuple[int, ...]) -> Estimate:
    of_control, of_arm = events
    units, total, share = len(control.values) + len(arm.values), sum(events), plan.share
    for_labels = ALPHA * (1 - _FOR_THE_RATE)
    expected = plan.tightest_at / share * plan.baseline if plan.baseline else _USUAL_EVENTS
    prior = expected / tightest_scale(for_labels)
    thetas = Interval(*binomial_sequence(of_arm, of_control, prior, for_labels))
    rates = Interval(
        *binomial_sequence(
            total,
            units - total,
            plan.tightest_at / share / tightest_scale(ALPHA - for_labels),
            ALPHA - for_labels,
        )
    )
    evidence = log_binomial_evidence(share, of_arm, of_control, prior)
    return Estimate(
        mean_arm=float(arm.values.mean()),
        mean_control=float(control.values.mean()),
        method="difference of shares, exact confidence sequence on events, valid at every look",
        ci=_difference(thetas, rates, share),
        p_value=min(1.0, math.exp(-evidence) / (1 - _FOR_THE_RATE)),
        relative_ci=_relative(thetas, share) if of_control else None,
        is_sequence=True,
    )


def _difference(thetas: Interval, rates: Interval, share: float) -> Interval:
    def end(theta: float, *, outwards: float, inwards: float, is_low: bool) -> float:
        away = (theta - share) / (share * (1 - share))
        rate = outwards if (away < 0) == is_low else inwards
        return max(-1.0, min(1.0, away * rate))

    return Interval(
        end(thetas.low, outwards=rates.high, inwards=rates.low, is_low=True),
        end(thetas.high, outwards=rates.high, inwards=rates.low, is_low=False),
    )


def _relative(thetas: Interval, share: float) -> Interval | None:
    if thetas.high == 1:
        return None
    low, high = (theta / (1 - theta) * (1 - share) / share - 1 for theta in thetas)
    return Interval(low, high)
