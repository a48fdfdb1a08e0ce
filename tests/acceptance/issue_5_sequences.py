"""Simulated trials: does looking often raise false alarms, and do intervals hold the truth?"""

import math
from collections.abc import Mapping

from tests.acceptance.check import Check, Result, Verdict

RUNS_A_CASE = 100
LOOKS = 100
PARTS_OF_LOOKS = 20
PARTS_OF_NAIVE_LOOKS = 4
"""Shown beside: its rate is tenfold, so that fewer runs tell it."""
PARTS_OF_COVERAGE = 10
FALSE_POSITIVES_AT_MOST = 0.05
COVERAGE = (0.935, 0.975)
PLANTED = {"contact": 0.02, "clustered": 0.3, "ratio": 0.2}


def _look_often(case: str) -> Result:
    design, mode, part = case.split()
    found = _simulated(design, effect=0.0, mode=mode, peeks=LOOKS, part=part)
    assert found.false_positive_rate is not None
    return {"runs": found.runs, "events": round(found.false_positive_rate.value * found.runs)}


def _cover(case: str) -> Result:
    design, accounts, part = case.split()
    effect = PLANTED[design]
    found = _simulated(
        design, effect=effect, mode="fixed", peeks=1, part=part, accounts=int(accounts)
    )
    assert found.coverage is not None
    return {
        "runs": found.runs,
        "events": round(found.coverage.value * found.runs),
        "bias": found.bias.value,
    }


def _simulated(design: str, *, effect: float, mode, peeks: int, part: str, accounts: int = 60):
    from experiments.simulated_trials import design as named_design
    from experiments.simulation import simulate

    chosen = named_design(design, effect=effect, accounts=accounts)
    return simulate(chosen, mode=mode, runs=RUNS_A_CASE, peeks=peeks, seed=int(part))


def _rates(results: Mapping[str, Result]) -> dict[str, tuple[float, float]]:
    """Rate and Monte Carlo error by case, the parts of a case taken together."""
    sums: dict[str, list[int]] = {}
    for case, seen in results.items():
        total = sums.setdefault(case.rsplit(maxsplit=1)[0], [0, 0])
        total[0] += seen["events"]
        total[1] += seen["runs"]
    rates = {case: events / runs for case, (events, runs) in sums.items()}
    return {case: (r, math.sqrt(r * (1 - r) / sums[case][1])) for case, r in rates.items()}


def _words(rates: Mapping[str, tuple[float, float]]) -> str:
    return "; ".join(f"{case} {rate:.2%} (mc_se {se:.2%})" for case, (rate, se) in rates.items())


def _judge_looks(results: Mapping[str, Result]) -> Verdict:
    rates = _rates(results)
    sequences = [rate for case, (rate, _) in rates.items() if case.endswith("sequential")]
    bound = "sequential at most 5% over all looks; naive is shown beside it"
    return Verdict(max(sequences) <= FALSE_POSITIVES_AT_MOST, _words(rates), bound)


def _judge_coverage(results: Mapping[str, Result]) -> Verdict:
    """Where few trials were drawn, three Monte Carlo errors more are allowed."""
    rates, (low, high) = _rates(results), COVERAGE
    parts = len(results) / len(rates)
    slack = 0 if parts == PARTS_OF_COVERAGE else 3 * math.sqrt(0.05 * 0.95 / RUNS_A_CASE / parts)
    holds = all(low - slack <= rate <= high + slack for rate, _ in rates.values())
    return Verdict(holds, _words(rates), f"{low:.1%} to {high:.1%}, give or take {slack:.1%}")


CHECKS = {
    "looking often": Check(
        cases=[
            f"{design} {mode} {part}"
            for design in ("mean", "proportion", "rare")
            for mode, parts in (("sequential", PARTS_OF_LOOKS), ("naive", PARTS_OF_NAIVE_LOOKS))
            for part in range(1, parts + 1)
        ],
        sample=["proportion sequential 1"],
        run=_look_often,
        judge=_judge_looks,
    ),
    "coverage": Check(
        cases=[
            f"{design} {part}"
            for design in ("contact 60", "clustered 20", "clustered 60", "clustered 200")
            for part in range(1, PARTS_OF_COVERAGE + 1)
        ],
        sample=["contact 60 1", "clustered 20 1"],
        run=_cover,
        judge=_judge_coverage,
    ),
    "coverage of ratios": Check(
        cases=[f"ratio 60 {part}" for part in range(1, PARTS_OF_COVERAGE + 1)],
        sample=["ratio 60 1"],
        run=_cover,
        judge=_judge_coverage,
    ),
}
