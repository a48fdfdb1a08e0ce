"""Random histories of a HubSpot account, with faults and pulls in between: the mirror converges.

Edits, mergers, the bin and what comes back out of it, refusals, 429, 500, broken connections and
partial batches; after a last pull that nothing disturbs, each record and each refusal is here.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
EACH = 10
"""Histories of one case."""


def _run(case: str) -> Result:
    sys.path.insert(0, str(REPOSITORY / "tests" / "agent_runtime" / "crm"))
    from hubspot_history import STEPS, History

    differences: list[str] = []
    steps = pulls = 0
    for number in range(EACH):
        pick = Random(f"{case}-{number}")
        history = [pick.choice(STEPS) for _ in range(pick.randrange(5, 40))]
        with TemporaryDirectory() as folder:
            played = History(Path(folder), pick)
            differences += [f"{case}-{number}: {one}" for one in played.play(history)]
        steps, pulls = steps + len(history), pulls + played.pulls
    return {"histories": EACH, "steps": steps, "pulls": pulls, "differences": differences[:20]}


def _judge(results: Mapping[str, Result]) -> Verdict:
    wrong = [one for result in results.values() for one in result["differences"]]
    histories, steps, pulls = (
        sum(result[name] for result in results.values()) for name in ("histories", "steps", "pulls")
    )
    figure = f"{histories} histories, {steps} steps, {pulls} pulls, {len(wrong)} differences"
    first = f": {wrong[0]}" if wrong else ""
    return Verdict(not wrong and histories > 0, figure + first, "0 differences, 0 refusals lost")


CHECKS = {
    "hubspot-mirror": Check(
        cases=[f"{number:02}" for number in range(30)], sample=["00"], run=_run, judge=_judge
    )
}
