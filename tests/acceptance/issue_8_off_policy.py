"""Off-policy intervals on simulated truth: do they hold it, and is thin overlap refused?"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.acceptance.check import Check, Result, Verdict

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments" / "off_policy"))

from logged_worlds import NOW, World, log_of, truth_of

LOGS = 200
COVERED = 0.93
_ONE = World(turns=1, texts=2, threads=4000)
_SOFT = World(is_soft=True, explore=0.15, threads=5000)

TOLD = {
    "one turn": _ONE,
    "one turn, 2% reply": replace(_ONE, rate=0.02, threads=8000),
    "one turn, 35% reply": replace(_ONE, rate=0.35, threads=2000),
    "three turns, by lot": _SOFT,
    "three turns, wrong outcome model": replace(_SOFT, seen=()),
    "three turns, clusters of 5": replace(_SOFT, asks="even", cluster=5, unseen=1.0, threads=3000),
    "three turns, no exploring": World(asks="best", threads=4000),
    "three turns, few changed": World(asks="few", texts=2, threads=9000),
    "three turns, heavy weights": World(asks="last", texts=2, explore=0.2, threads=9000),
    "six turns, by lot": replace(_SOFT, turns=6, texts=2),
}
"""Overlap enough to be told."""

THIN = {
    "nothing explored": replace(_ONE, explore=0.0),
    "explored at 1.5%": replace(_ONE, explore=0.015),
    "a text nobody logged": replace(_SOFT, asks="new"),
    "few threads": replace(_ONE, threads=700),
    "weights of three turns": World(threads=2000),
}
"""Overlap too thin: nothing may be told."""


def _run(case: str) -> Result:
    from experiments.off_policy import read_policy

    world = {**TOLD, **THIN}[case]
    value, logged = truth_of(world)
    refused, held, apart, errors, widths, found_it, naive = 0, 0, 0, [], [], 0, 0
    sizes = []
    for seed in range(LOGS):
        log = log_of(world, seed)
        reading = read_policy(
            log.turns,
            log.options,
            log.outcomes,
            policy=world.asks,
            rewards=["reply"],
            window_days=60,
            as_of=NOW,
            known=world.seen,
        )
        sizes.append(reading.overlap.effective_size)
        told = reading.rewards[0].estimates
        if told is None:
            refused += 1
            continue
        ours, other = told.doubly_robust.ci, told.difference.ci
        held += ours.low <= value <= ours.high
        apart += other.low <= value - logged <= other.high
        naive += other.low <= 0 <= other.high
        found_it += (other.low > 0 and value > logged) or (other.high < 0 and value < logged)
        errors.append(told.doubly_robust.value - value)
        widths.append(other.high - other.low)
    told_count = LOGS - refused
    return {
        "logs": LOGS,
        "refused": refused,
        "covered": held,
        "difference_covered": apart,
        "value": float(value),
        "difference": float(value - logged),
        "found": found_it,
        "bias": float(np.mean(errors)) if errors else None,
        "bias_mc_se": float(np.std(errors) / max(told_count, 1) ** 0.5) if errors else None,
        "width": float(np.mean(widths)) if widths else None,
        "effective_size": float(np.median(sizes)),
    }


def _judge(results: Mapping[str, Result]) -> Verdict:
    passed, figures = True, []
    total = {"told": 0, "covered": 0, "difference_covered": 0}
    for case, seen in results.items():
        told = seen["logs"] - seen["refused"]
        if case in THIN:
            passed &= told <= 0.05 * seen["logs"]
            figures.append(f"{case}: {seen['refused']} of {seen['logs']} refused")
        if not told:
            continue
        total["told"] += told
        parts = []
        for name in ("covered", "difference_covered"):
            total[name] += seen[name]
            # A scenario has few logs: what chance alone does to its share is allowed for.
            passed &= seen[name] / told >= COVERED - 2 * (COVERED * (1 - COVERED) / told) ** 0.5
            parts.append(f"{seen[name] / told:.3f}")
        if case in TOLD:
            passed &= told >= 0.5 * seen["logs"]
            figures.append(
                f"{case}: value {parts[0]}, difference {parts[1]} of {told}, bias "
                f"{seen['bias']:+.4f} ± {seen['bias_mc_se']:.4f}, difference {seen['difference']:+.3f} "
                f"found in {seen['found'] / told:.0%}, width {seen['width']:.3f}"
                + (f", {seen['refused']} refused" if seen["refused"] else "")
            )
    for name in ("covered", "difference_covered"):
        if total["told"]:
            passed &= total[name] / total["told"] >= COVERED
            figures.insert(0, f"all: {name} {total[name] / total['told']:.3f} of {total['told']}")
    bound = "covered in at least 93%, thin overlap refused in at least 95%"
    return Verdict(bool(passed), "; ".join(figures), bound)


CHECKS = {
    "off-policy": Check(
        cases=[*TOLD, *THIN], sample=["nothing explored", "few threads"], run=_run, judge=_judge
    )
}
