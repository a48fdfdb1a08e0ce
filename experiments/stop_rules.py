"""When a campaign stops by itself: rules that were promised before, held against its metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from experiments.errors import ExperimentError
from experiments.guardrail_rises import Rise, rises
from experiments.health import sample_ratio
from experiments.metrics import MetricReading
from experiments.spec import Spec
from experiments.spec_parts import StopRule

SAMPLE_RATIO, BUDGET, ANY_ARM = "sample_ratio", "budget_usd", "all arms"

_COST = "program_cost_usd"
"""Of the whole program: platform and licences belong to no arm, and are spent all the same."""


class Read(Protocol):
    """Reads a metric of the semantic layer."""

    def __call__(self, name: str, *, by_arm: bool) -> Sequence[MetricReading]:
        """Returns one reading an arm of the experiment (key `arm`), or one of everything."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one arm.

    Attributes:
        rule: The rule, as it was promised.
        arm: The arm, or `all arms`.
        value: What was measured (of a guardrail the least rise that the sequence allows); None
            where nothing could be.
        n: On how many things it rests.
        is_broken: Whether the campaign has to stop.
        said: One sentence.
    """

    rule: StopRule
    arm: str
    value: float | None
    n: int
    is_broken: bool
    said: str


def judge(
    spec: Spec, read: Read, counts: Mapping[str, int], units: Callable[[], pl.DataFrame]
) -> tuple[Finding, ...]:
    """Returns what every stop rule of a spec says now, of each treated arm; of money, in all.

    A metric that cannot be computed breaks nothing, and is said; neither does one that rests on
    fewer things than the rule's `after`. A rule on a guardrail of the spec is about its rise
    against the control: it breaks where a confidence sequence, which may be looked at at any time,
    lies wholly above the bound.

    Args:
        spec: The registered spec.
        read: Reads a metric, by arm or in all.
        counts: Assigned units of each arm.
        units: Gives one row a unit; asked for only where a rule is about a guardrail.
    """
    found: list[Finding] = []
    for rule in spec.stop_rules:
        if rule.metric in spec.guardrails:
            risen = rises(units(), spec, rule.metric)
            found += [_risen(rule, spec.control, rise) for rise in risen]
            continue
        if rule.metric == SAMPLE_RATIO:
            found.append(_sample_ratio(spec, rule, counts))
            continue
        if rule.metric == BUDGET:
            (whole,) = read(_COST, by_arm=False)
            found.append(_judged(rule, ANY_ARM, whole))
            continue
        readings = read(rule.metric, by_arm=True)
        by_arm = {reading.keys.get("arm"): reading for reading in readings}
        found += [_judged(rule, arm, by_arm.get(arm)) for arm in spec.treated]
    return tuple(found)


def check_rules(spec: Spec, known: Sequence[str]) -> None:
    """Raises `ExperimentError` where a stop rule names a metric that nobody computes."""
    for rule in spec.stop_rules:
        if rule.metric not in (*known, *spec.guardrails, SAMPLE_RATIO, BUDGET):
            raise ExperimentError(
                f"{spec.id}: a stop rule's metric is {rule.metric!r}, but must be {SAMPLE_RATIO}, "
                f"{BUDGET}, a guardrail of the spec or a metric of docs/metrics.md"
            )
        if rule.metric in spec.guardrails and rule.above is None:
            raise ExperimentError(
                f"{spec.id}: the stop rule of the guardrail {rule.metric!r} has 'below', but a "
                "guardrail may not rise; give 'above', the rise against the control that stops"
            )


def _sample_ratio(spec: Spec, rule: StopRule, counts: Mapping[str, int]) -> Finding:
    n = sum(counts.values())
    if n == 0:
        return Finding(rule, ANY_ARM, None, 0, False, "sample_ratio: nobody is assigned yet")
    ratio = sample_ratio(counts, spec.arms)
    return _held(rule, ANY_ARM, ratio.p_value, n)


def _judged(rule: StopRule, arm: str, reading: MetricReading | None) -> Finding:
    if reading is None or reading.value is None:
        why = reading.reason if reading else "the arm has no row"
        return Finding(rule, arm, None, 0, False, f"{rule.metric} of {arm}: unknown ({why})")
    n = int(reading.denominator or reading.n)
    return _held(rule, arm, reading.value, n)


def _risen(rule: StopRule, control: str, rise: Rise) -> Finding:
    name = f"{rule.metric} of {rise.arm} against {control}"
    if rise.at_least is None or rise.effect is None:
        seen = "unknown" if rise.effect is None else _size(rise.effect, rise)
        return Finding(rule, rise.arm, None, rise.n, False, f"{name}: {seen} ({rise.why})")
    bound = rule.above or 0.0
    measured = (
        f"{name}: {_size(rise.effect, rise)}, at least {_size(rise.at_least, rise)} at any look "
        f"(n = {rise.n:,})"
    )
    if rise.n < rule.after:
        said = f"{measured}; the rule speaks from {rule.after:,} on"
        return Finding(rule, rise.arm, rise.at_least, rise.n, False, said)
    is_broken = rise.at_least > bound
    stops = "stops" if is_broken else "would stop"
    said = f"{measured}; the campaign {stops} above {_size(bound, rise)}"
    return Finding(rule, rise.arm, rise.at_least, rise.n, is_broken, said)


def _size(value: float, rise: Rise) -> str:
    return f"{value * 100:+.3g} percentage points" if rise.is_share else f"{value:+.4g}"


def _held(rule: StopRule, arm: str, value: float, n: int) -> Finding:
    is_above = rule.above is not None and value > rule.above
    is_below = rule.below is not None and value < rule.below
    bound = f"above {rule.above:g}" if rule.above is not None else f"below {rule.below:g}"
    measured = f"{rule.metric} of {arm} is {value:.4g} (n = {n:,})"
    if n < rule.after:
        said = f"{measured}; the rule speaks from {rule.after:,} on"
        return Finding(rule, arm, value, n, False, said)
    is_broken = is_above or is_below
    said = f"{measured}; the campaign {'stops' if is_broken else 'would stop'} {bound}"
    return Finding(rule, arm, value, n, is_broken, said)
