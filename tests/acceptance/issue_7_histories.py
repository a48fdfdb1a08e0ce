"""A thousand random histories of a CRM and of us: both sides converge and nothing is twice."""

import sys
from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from tests.acceptance.check import Check, Result, Verdict

HISTORIES = 1000
A_CASE = 10
FOLDER = Path(__file__).parents[1] / "agent_runtime/crm"
MUST_HAPPEN = ("merge", "delete", "replay", "break", "killed", "outage", "stop", "unsubscribe")


def _play(case: str) -> Result:
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))
    found_in = import_module("histories").found_in
    wrong: dict[str, list[str]] = {}
    happened: Counter[str] = Counter()
    for seed in range(int(case), int(case) + A_CASE):
        found, deeds = found_in(seed)
        happened += deeds
        if found:
            wrong[str(seed)] = found[:5]
    return {"histories": A_CASE, "wrong": wrong, "happened": dict(happened)}


def _judge(results: Mapping[str, Result]) -> Verdict:
    happened: Counter[str] = Counter()
    for result in results.values():
        happened.update(result["happened"])
    total = sum(result["histories"] for result in results.values())
    wrong = {seed: found for result in results.values() for seed, found in result["wrong"].items()}
    first = next((f"; seed {seed}: {found[0]}" for seed, found in wrong.items()), "")
    told = ", ".join(f"{name} {happened[name]}" for name in MUST_HAPPEN)
    all_happened = all(happened[name] for name in MUST_HAPPEN)
    figure = f"{len(wrong)} of {total} histories do not hold ({told}){first}"
    return Verdict(not wrong and all_happened, figure, "0")


CHECKS = {
    "crm-histories": Check(
        cases=[str(first) for first in range(0, HISTORIES, A_CASE)],
        sample=["1000"],
        run=_play,
        judge=_judge,
    )
}
