"""Do the further estimators' intervals hold the planted truth? A thousand trials each."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from tests.acceptance.check import Check, Result, Verdict

RUNS = 1_000
LOW, HIGH = 0.935, 0.975
"""Where the coverage of a 95% interval must lie, as issue 5 says."""

CASES = (
    "compliers",
    "compliers, weak",
    "compliers, 60 accounts",
    "median",
    "quantile 0.9",
    "median, 60 accounts",
    "segments",
    "switchback",
    "switchback, carry-over",
)


def _drawn(case: str, seed: int) -> tuple[pl.DataFrame, dict[str, Any], float]:
    """One trial of a case: its units, what its spec says besides, and the truth."""
    random = np.random.default_rng(seed)
    units = 600
    is_arm = random.random(units) < 0.5
    noise = random.normal(size=units)
    columns: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    if "accounts" in case:
        account = np.arange(units) % 60
        is_arm = random.permutation(np.arange(60) % 2 == 0)[account]
        noise = noise + random.normal(size=60)[account]
        columns["account_id"], extra["cluster"] = account, "account_id"
    truth, value = 0.4, noise + 0.4 * is_arm
    if case.startswith("compliers"):
        place = random.random(units)
        low, high = (0.09, 0.2) if "weak" in case else (0.0, 0.6)
        reached = place < np.where(is_arm, high, low)
        # Those who can be reached are better anyhow.
        value = noise + (place < high) + 0.4 * reached
        columns["reached"], extra["contacted"] = reached, "reached"
    elif case.startswith(("median", "quantile")):
        level = 0.9 if "0.9" in case else 0.5
        extra["quantiles"] = {"value": [level]}
        if "accounts" not in case:
            value = np.exp(noise) * np.where(is_arm, 1.4, 1.0)
            truth = 0.4 * float(np.exp(1.2815515655446004 if level == 0.9 else 0.0))
    elif case == "segments":
        columns["plan"] = random.choice(["free", "team"], units, p=[0.7, 0.3])
        extra["segments"] = ["plan"]
        keep = 360
        columns = {name: column[:keep] for name, column in columns.items()}
        is_arm, value = is_arm[:keep], value[:keep]
    elif case.startswith("switchback"):
        period, is_arm, value = _hours(random, carries_over="carry" in case)
        columns["hour"] = period
        extra["switchback"] = {"period": "hour", "carry_over": int("carry" in case)}
    frame = pl.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(len(value))],
            "arm": np.where(is_arm, "agent", "holdout"),
            "value": value,
            **columns,
        }
    )
    return frame, extra, truth


def _hours(
    random: np.random.Generator, *, carries_over: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = 72
    mood = np.zeros(count)
    for hour in range(1, count):
        mood[hour] = 0.4 * mood[hour - 1] + random.normal() / 2
    arms = random.permutation(np.arange(count) % 2)
    before = np.concatenate([arms[:1], arms[:-1]])
    acting = (arms + before) / 2 if carries_over else arms
    period = np.repeat(np.arange(count), random.integers(5, 15, count))
    value = mood[period] + 0.4 * acting[period] + random.normal(size=len(period))
    return period, arms[period] == 1, value


def _run(case: str) -> Result:
    from experiments.analysis import analyze
    from experiments.spec import Spec

    covered, effects, alarms, none = 0, [], 0, 0
    intervals = 0
    for seed in range(RUNS):
        units, extra, truth = _drawn(case, seed)
        spec = Spec.model_validate(
            {
                "id": "accept",
                "arms": {"agent": 0.5, "holdout": 0.5},
                "control": "holdout",
                "primary": {"metric": "value"},
                **extra,
            }
        )
        readout = analyze(units, spec)
        if readout.compliers:
            found = [readout.compliers[0].effect]
        elif readout.quantiles:
            found = [readout.quantiles[0].effect]
        elif readout.segments:
            found = [row.effect for row in readout.segments.levels]
            alarms += (readout.segments.interactions[0].p_value or 1) < 0.05
        else:
            found = [readout.primary]
        for row in found:
            if row.effect is None or row.ci_low is None or row.ci_high is None:
                none += 1
                continue
            intervals += 1
            covered += row.ci_low <= truth <= row.ci_high
            effects.append(row.effect - truth)
    return {
        "coverage": covered / intervals,
        "mc_se": (0.95 * 0.05 / intervals) ** 0.5,
        "median_error": float(np.median(effects)),
        "bias": float(np.mean(effects)),
        "bias_mc_se": float(np.std(effects) / len(effects) ** 0.5),
        "without_interval": none,
        "false_interactions": alarms / RUNS if case == "segments" else None,
    }


def _judge(results: Mapping[str, Result]) -> Verdict:
    passed, figures = True, []
    for case, seen in results.items():
        passed &= LOW <= seen["coverage"] <= HIGH
        if seen["false_interactions"] is not None:
            passed &= seen["false_interactions"] <= 0.065
        figures.append(
            f"{case}: {seen['coverage']:.1%} ± {seen['mc_se']:.1%}, bias {seen['bias']:+.3f} ± "
            f"{seen['bias_mc_se']:.3f}"
            + (f", {seen['without_interval']} without" if seen["without_interval"] else "")
            + (
                f", false interactions {seen['false_interactions']:.1%}"
                if seen["false_interactions"] is not None
                else ""
            )
        )
    bound = f"coverage {LOW:.1%} to {HIGH:.1%}; false interactions at most 6.5%"
    return Verdict(bool(passed), "; ".join(figures), bound)


CHECKS = {"further estimators": Check(cases=list(CASES), sample=["median"], run=_run, judge=_judge)}
