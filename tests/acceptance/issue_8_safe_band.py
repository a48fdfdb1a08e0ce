"""Drifts against the safe band: the auto-sent error rate, and what still goes by itself."""

from collections.abc import Mapping
from dataclasses import asdict
from statistics import mean

from tests.acceptance.check import Check, Result, Verdict
from tests.acceptance.safe_band_drifts import DRIFTS

BOUND = 0.05
SHARE_BEFORE = 0.4
SEEDS = 5
OTHERS_BROKEN = 0.5
"""Part of the drifts that a threshold that stays must break, or they would be too easy."""


def _run(case: str) -> Result:
    from tests.acceptance.safe_band_world import Run, fixed, rates

    runs = [Run(case, seed).play() for seed in range(SEEDS)]
    return {
        "band": [asdict(rates(run)) for run in runs],
        "fixed": [asdict(fixed(run)) for run in runs],
    }


def _judge(results: Mapping[str, Result]) -> Verdict:
    """The bound holds in every run: over the whole run, and from its start to any moment of it."""
    every = [one for result in results.values() for one in result["band"]]
    whole = [one["wrong"] / one["sent"] for one in every]
    so_far = [one["worst_so_far"] for one in every]
    windows = [one["worst_window"] for one in every if one["worst_window"] is not None]
    before = {name: mean(one["before"] for one in r["band"]) for name, r in results.items()}
    broken = [
        name
        for name, r in results.items()
        if mean(one["wrong"] / one["sent"] for one in r["fixed"]) > BOUND
    ]
    figure = (
        f"{len(results)} drifts, {len(every)} runs: whole-run rate at most {max(whole):.3f} (mean "
        f"{mean(whole):.3f}), from the start to any moment at most {max(so_far):.3f}; of any 1,000 "
        f"in a row at most {max(windows):.3f}, above the bound in "
        f"{sum(w > BOUND for w in windows)} of {len(windows)} runs; auto-sent before the drift "
        f"{mean(before.values()):.2f} (lowest drift {min(before.values()):.2f}), after it "
        f"{mean(one['after'] for one in every):.2f}, in the last five days "
        f"{mean(one['last'] for one in every):.2f}; a threshold that stays breaks the bound in "
        f"{len(broken)} drifts"
    )
    passed = (
        max(whole) <= BOUND
        and max(so_far) <= BOUND
        and min(before.values()) >= SHARE_BEFORE
        and len(broken) >= OTHERS_BROKEN * len(results)
    )
    bound = (
        f"at most {BOUND:.0%} wrong in every run and at every moment, at least "
        f"{SHARE_BEFORE:.0%} auto-sent before each drift, the fixed threshold broken in most"
    )
    return Verdict(passed, figure, bound)


CHECKS = {
    "safe-band": Check(
        cases=list(DRIFTS), sample=["sudden", "one topic only"], run=_run, judge=_judge
    ),
}
