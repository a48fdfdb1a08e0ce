"""How a spec tunes its confidence sequences, before anybody looks."""

from experiments.power_plan import needed_units
from experiments.spec import Spec
from experiments.statistics.look_plan import LookPlan

USUAL_SAMPLE = 1_000
"""Units of an arm at which a sequence is narrowest where the spec plans no sample. At ten times as
many it is 7% wider than one tuned for them, at a tenth 27%."""


def look_plan(spec: Spec, arm: str, base: str) -> LookPlan:
    """Returns when the sequence of an arm against another is narrowest: as the spec says or plans.

    The planned sample is that of `power`. Data never decide, since a sequence that is tuned again
    at every look does not hold.
    """
    planned = needed_units(spec)["units"][arm] if spec.power else USUAL_SAMPLE
    return LookPlan(
        share=spec.arms[arm] / (spec.arms[arm] + spec.arms[base]),
        tightest_at=spec.analysis.tightest_at or planned,
        baseline=spec.power.baseline if spec.power else None,
    )
