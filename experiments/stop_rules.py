"""When a campaign stops by itself: rules that were promised before, held against its metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from experiments.errors import ExperimentError
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
        value: What was measured; None where nothing could be.
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


def judge(spec: Spec, read: Read, counts: Mapping[str, int]) -> tuple[Finding, ...]:
    """Returns what every stop rule of a spec says now, of each treated arm; of money, in all.

    A metric that cannot be computed breaks nothing, and is said; neither does one that rests on
    fewer things than the rule's `after`.

    Args:
        spec: The registered spec.
        read: Reads a metric, by arm or in all.
        counts: Assigned units of each arm.
    """
    found: list[Finding] = []
    for rule in spec.stop_rules:
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
        if rule.metric not in (*known, SAMPLE_RATIO, BUDGET):
            raise ExperimentError(
                f"{spec.id}: a stop rule's metric is {rule.metric!r}, but must be {SAMPLE_RATIO}, "
                f"{BUDGET} or a metric of docs/metrics.md"
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
