"""Campaigns that are held against a guardrail's bound at every look: false stops, and true ones."""

import math
from collections.abc import Mapping

import numpy as np
import polars as pl

from tests.acceptance.check import Check, Result, Verdict

CAMPAIGNS_A_PART = 50
PARTS = 10
LOOKS = 50
UNITS = 4_000
BOUND = 0.003
SHARES = {
    "no harm, frequent": (0.05, 0.05, 0.0),
    "no harm, rare": (0.004, 0.004, 0.0),
    "harm at the bound": (0.013, 0.01, BOUND),
    "harm beyond it": (0.06, 0.01, BOUND),
}
"""Opt-outs of the arm, of the control, and the rise above which the campaign stops."""
FALSE_STOPS_AT_MOST = 0.025


def _run(case: str) -> Result:
    """Everybody is assigned at once; each opt-out comes at a time of its own."""
    from experiments.guardrail_rises import rises
    from experiments.spec import Spec

    name, part = case.rsplit(maxsplit=1)
    of_arm, of_control, bound = SHARES[name]
    spec = Spec.model_validate(
        {
            "id": "accept",
            "arms": {"agent": 0.5, "holdout": 0.5},
            "control": "holdout",
            "primary": {"metric": "meeting"},
            "guardrails": {"unsubscribed": {"margin": BOUND}},
        }
    )
    stopped: list[int] = []
    for campaign in range(CAMPAIGNS_A_PART):
        random = np.random.default_rng((int(part), campaign))
        is_arm = random.random(UNITS) < 0.5
        is_hit = random.random(UNITS) < np.where(is_arm, of_arm, of_control)
        day = np.where(is_hit, random.random(UNITS) * LOOKS, np.inf)
        arms = pl.Series(np.where(is_arm, "agent", "holdout"))
        for look in range(1, LOOKS + 1):
            hits = pl.Series((day <= look).astype(int))
            units = pl.DataFrame({"unit_id": range(UNITS), "arm": arms, "unsubscribed": hits})
            (rise,) = rises(units, spec, "unsubscribed")
            if rise.at_least is not None and rise.at_least > bound:
                stopped.append(look)
                break
    return {"campaigns": CAMPAIGNS_A_PART, "stopped": len(stopped), "looks": stopped}


def _judge(results: Mapping[str, Result]) -> Verdict:
    passed, figures = True, []
    for name in SHARES:
        parts = [seen for case, seen in results.items() if case.rsplit(maxsplit=1)[0] == name]
        if not parts:
            continue
        campaigns = sum(part["campaigns"] for part in parts)
        rate = sum(part["stopped"] for part in parts) / campaigns
        error = math.sqrt(max(rate * (1 - rate), 1 / campaigns / 4) / campaigns)
        looks = [look for part in parts for look in part["looks"]]
        if name == "harm beyond it":
            passed &= rate >= 0.95
            when = f", at look {np.median(looks):.0f} of {LOOKS}" if looks else ""
        else:
            passed &= rate <= FALSE_STOPS_AT_MOST
            when = ""
        figures.append(f"{name}: {rate:.1%} stopped (mc_se {error:.1%}){when}")
    bound = f"at most {FALSE_STOPS_AT_MOST:.1%} where there is no harm beyond the bound, else 95%"
    return Verdict(bool(passed), "; ".join(figures), bound)


CHECKS = {
    "guardrail stops": Check(
        cases=[f"{name} {part}" for name in SHARES for part in range(1, PARTS + 1)],
        sample=["harm beyond it 1"],
        run=_run,
        judge=_judge,
    )
}
