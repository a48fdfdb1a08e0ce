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
    in_a_window = [
        name
        for name, r in results.items()
        if mean(one["worst_window"] or 0.0 for one in r["fixed"]) > BOUND
    ]
    figure = (
        f"{len(results)} drifts, {len(every)} runs: whole-run rate at most {max(whole):.3f} (mean "
        f"{mean(whole):.3f}), from the start to any moment at most {max(so_far):.3f}; of any 1,000 "
        f"in a row at most {max(windows):.3f}, above the bound in "
        f"{sum(w > BOUND for w in windows)} of {len(windows)} runs; auto-sent before the drift "
        f"{mean(before.values()):.2f} (lowest drift {min(before.values()):.2f}), after it "
        f"{mean(one['after'] for one in every):.2f}, in the last five days "
        f"{mean(one['last'] for one in every):.2f}; a threshold that stays breaks the bound in "
        f"{len(broken)} drifts over the whole run, and in {len(in_a_window)} of any 1,000 in a row"
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


def _through_the_runtime(case: str) -> Result:
    """A pilot that people read, a band calibrated by command, drift, and the permit after it."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from tests.acceptance.safe_band_company import PLAYBOOK, Company

    pilot, live = PILOTS[case]
    with TemporaryDirectory() as folder:
        company = Company(Path(folder))
        company.set_level("assistive")
        read = sum(company.asks() for _ in range(pilot))
        decided = company.decides()
        record = company.command("band", "calibrate", PLAYBOOK, "--by", "rep")
        company.set_level("supervised")
        went = 0
        for number in range(live):
            went += company.asks()
            if number % 5 == 4:
                company.decides()
        company.decides()
        rejected = after = 0
        for _ in range(live):
            after += company.asks()
            rejected += company.decides(rejects=True)
            closed = [
                e for e in company.command("band", "history", PLAYBOOK) if e["what"] == "closed"
            ]
            if closed:
                break
        return {
            "read_in_pilot": decided,
            "went_in_pilot": read,
            "opened": [b["category"] for b in record["bands"] if b["threshold"] is not None],
            "share_before": went / live,
            "went_in_drift": after,
            "judged_wrong": rejected,
            "closed": [entry["category"] for entry in closed],
            "next_went": company.asks(),
            "next_waits": company.waiting(),
            "reopened_by_calibrating": [
                band["category"]
                for band in company.command("band", "calibrate", PLAYBOOK)["bands"]
                if band["threshold"] is not None
            ],
        }


PILOTS = {"a pilot": (240, 100)}
"""Messages that people read in the pilot, and that come while the band is live."""


def _judge_runtime(results: Mapping[str, Result]) -> Verdict:
    (found,) = results.values()
    figure = (
        f"{found['read_in_pilot']} read in the pilot, {len(found['opened'])} categories opened; "
        f"{found['share_before']:.2f} auto-sent before the drift; {found['judged_wrong']} judged "
        f"wrong while {found['went_in_drift']} went, then closed: {', '.join(found['closed'])}; "
        f"of the next message {found['next_went']} went and {found['next_waits']} waits"
    )
    passed = (
        found["went_in_pilot"] == 0
        and found["share_before"] >= SHARE_BEFORE
        and bool(found["closed"])
        and (found["next_went"], found["next_waits"]) == (0, 1)
        and not found["reopened_by_calibrating"]
    )
    return Verdict(passed, figure, "closed by itself, and the next message waits for a person")


CHECKS = {
    "safe-band": Check(
        cases=list(DRIFTS), sample=["sudden", "one topic only"], run=_run, judge=_judge
    ),
    "safe-band-runtime": Check(
        cases=list(PILOTS), sample=[], run=_through_the_runtime, judge=_judge_runtime
    ),
}
