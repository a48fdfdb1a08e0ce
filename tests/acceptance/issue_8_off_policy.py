"""Off-policy intervals on simulated truth: do they hold it, and is thin overlap refused?"""

import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.acceptance.check import Check, Result, Verdict

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments" / "off_policy"))

from logged_worlds import NOW, World, log_of, truth_of

BLOCKS, LOGS = 3, 50
COVERED = 0.93
_ONE = World(turns=1, texts=2, threads=4000)
_SOFT = World(is_soft=True, explore=0.15, threads=12_000)

TOLD = {
    "one turn": _ONE,
    "one turn, 4% reply": replace(_ONE, rate=0.02, threads=8000),
    "one turn, 40% reply": replace(_ONE, rate=0.35, threads=2000),
    "three turns, by lot": _SOFT,
    "three turns, wrong outcome model": replace(_SOFT, seen=()),
    "three turns, clusters of 5": replace(_SOFT, asks="even", cluster=5, unseen=1.0, threads=3000),
    "three turns, no exploring": World(asks="best", threads=4000),
    "three turns, few changed": World(asks="few", texts=2, threads=80_000),
    "three turns, heavy weights": World(asks="last", texts=2, threads=30_000),
    "six turns, by lot": replace(_SOFT, turns=6, texts=2, threads=25_000),
}
"""Overlap enough to be told."""

THIN = {
    "nothing explored": replace(_ONE, explore=0.0),
    "explored at 1.5%": replace(_ONE, explore=0.015),
    "a text nobody logged": replace(_SOFT, asks="new"),
    "few threads": replace(_ONE, threads=500),
    "weights of three turns": World(threads=2000),
    "few changed in few threads": World(asks="few", texts=2, threads=20_000),
    "heavy weights in few threads": World(asks="last", texts=2, threads=6000),
}
"""Overlap too thin: nothing may be told."""


def _run(case: str) -> Result:
    from experiments.off_policy import read_policy

    name, _, block = case.rpartition(" #")
    world = {**TOLD, **THIN}[name]
    value, logged = truth_of(world)
    seen: Result = {"logs": LOGS, "told": 0, "value": 0, "difference": 0, "found": 0}
    errors, widths, sizes = [], [], []
    for seed in range(LOGS * int(block), LOGS * (1 + int(block))):
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
            continue
        ours, other, truth = told.doubly_robust.ci, told.difference.ci, value - logged
        seen["told"] += 1
        seen["value"] += int(ours.low <= value <= ours.high)
        seen["difference"] += int(other.low <= truth <= other.high)
        seen["found"] += int((other.low if truth > 0 else -other.high) > 0)
        errors.append(float(told.doubly_robust.value - value))
        widths.append(float(other.high - other.low))
    effect = float(value - logged)
    return seen | {"errors": errors, "widths": widths, "sizes": sizes, "effect": effect}


def _judge(results: Mapping[str, Result]) -> Verdict:
    blocks: dict[str, list[Result]] = defaultdict(list)
    for case, seen in results.items():
        blocks[case.rpartition(" #")[0]].append(seen)
    passed, figures, held, told = True, [], np.zeros(2), 0
    for name, parts in blocks.items():
        logs, count = (sum(seen[key] for seen in parts) for key in ("logs", "told"))
        ours = np.array([sum(seen[key] for seen in parts) for key in ("value", "difference")])
        held, told = held + ours, told + count
        if name in THIN:
            passed &= count <= 0.05 * logs
            figures.append(f"{name}: {logs - count} of {logs} refused")
            continue
        passed &= count >= 0.8 * logs
        # What chance alone does to the share of so few logs is allowed for.
        passed &= min(ours) / count >= COVERED - 2 * (COVERED * (1 - COVERED) / count) ** 0.5
        errors = np.concatenate([seen["errors"] for seen in parts])
        found = sum(seen["found"] for seen in parts) / count
        width = np.concatenate([seen["widths"] for seen in parts]).mean()
        figures.append(
            f"{name}: {ours[0] / count:.3f} and {ours[1] / count:.3f} of {count}, bias "
            f"{errors.mean():+.4f} ± {errors.std() / count**0.5:.4f}, effect "
            f"{parts[0]['effect']:+.3f} found in {found:.0%}, width {width:.3f}"
        )
    if told:
        passed &= min(held) / told >= COVERED
        figures.insert(0, f"all: {held[0] / told:.3f} and {held[1] / told:.3f} of {told} told")
    bound = "value and difference covered in at least 93%, thin overlap refused in at least 95%"
    return Verdict(bool(passed), "; ".join(figures), bound)


CHECKS = {
    "off-policy": Check(
        cases=[f"{name} #{block}" for block in range(BLOCKS) for name in [*TOLD, *THIN]],
        sample=["nothing explored #0", "few threads #0"],
        run=_run,
        judge=_judge,
    )
}
