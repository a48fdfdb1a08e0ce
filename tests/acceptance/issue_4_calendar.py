"""Many bookers race for few slots on a real calendar server: does any slot go twice?"""

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
RACES = {"500 for 50": (500, 50), "60 for 10": (60, 10)}


def _race(case: str) -> Result:
    sys.path.insert(0, str(REPOSITORY / "tests" / "agent_runtime" / "tools"))
    from slot_race import race

    from agent_runtime.library.catalog import load_library

    bookers, slots = RACES[case]
    with TemporaryDirectory() as folder:
        seen = race(Path(folder), load_library(), bookers=bookers, slots=slots)
    return dict(seen)


def _judge(results: Mapping[str, Result]) -> Verdict:
    passed, figures = True, []
    for case, seen in results.items():
        bookers, slots = RACES[case]
        counted = {seen[name] for name in ("meetings", "confirmed", "starts", "people", "got")}
        answered = seen["lost"] == seen["offered_another"] + seen["told_none_left"]
        passed &= counted == {slots} and answered and seen["left"] == 0 and seen["later"] > 0
        passed &= seen["got"] + seen["told_none_left"] == bookers
        figures.append(
            f"{case}: {seen['meetings']} meetings at {seen['starts']} starts; {seen['lost']} times "
            f"lost, {seen['offered_another']} offered another, {seen['told_none_left']} told that "
            "none was left"
        )
    bound = "as many meetings as slots, none twice; every loser answered"
    return Verdict(bool(passed), "; ".join(figures), bound)


CHECKS = {
    "slot race": Check(
        cases=["500 for 50", "60 for 10"], sample=["60 for 10"], run=_race, judge=_judge
    )
}
