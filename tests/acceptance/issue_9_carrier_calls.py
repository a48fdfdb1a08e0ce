"""Whole calls over a carrier's WebSocket, and regions that fail in mid-dial."""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
CASES_A_BATCH = 20
VENDORS = ("twilio", "telnyx", "plivo")
_HOMES = ("runtime", "calling", "channels/voice")


def _at_home() -> None:
    for home in _HOMES:
        sys.path.append(str(REPOSITORY / "tests" / "agent_runtime" / home))


def _call(case: str) -> Result:
    """One call to a person and one from them, with ears and voice, in real time."""
    _at_home()
    from carrier_whole_call import whole_call
    from loguru import logger

    from agent_runtime.mind import open_mind
    from agent_runtime.settings import Settings

    logger.remove()
    model = open_mind(Settings())[1]
    found = {way: whole_call(case, way, model) for way in ("outbound", "inbound")}
    return {way: one | {"faults": _faults(one, way)} for way, one in found.items()}


def _faults(found: Result, direction: str) -> list[str]:
    """What of a whole call was not as it must be."""
    heard = " ".join(found["heard"]).lower()
    ended = found["ended"][-1] if found["ended"] else {}
    wrong = {
        "nobody was told that an AI speaks": "assistant" not in heard,
        "no meeting on the calendar server": len(found["meetings"]) != 1,
        "its end is not a meeting": ended.get("disposition") != "meeting_booked",
        "the carrier was not told to hang up": not found["hung_up"],
        "a webhook was refused": any(code != 200 for _, code in found["hooks"]),
    }
    if direction == "outbound":
        wrong |= {
            "it did not ring once": found["rings"] != 1,
            "its row has not ended": (found["state"], found["outcome"]) != ("ENDED", "completed"),
        }
    return [name for name, is_wrong in wrong.items() if is_wrong]


def _judge(results: Mapping[str, Result]) -> Verdict:
    calls = {f"{case} {way}": one for case, ways in results.items() for way, one in ways.items()}
    good = [name for name, one in calls.items() if not one["faults"]]
    lengths = ", ".join(f"{name} {one['seconds']} s" for name, one in calls.items())
    faults = "; ".join(f"{name}: {one['faults']}" for name, one in calls.items() if one["faults"])
    figure = (
        f"{len(good)} of {len(calls)} calls disclosed, booked a meeting that was read from the "
        f"calendar server, and ended as they must ({lengths}) {faults}"
    )
    return Verdict(len(good) == len(calls), figure.strip(), "every one of them")


def _served(case: str) -> Result:
    """One call of `parley serve` and `parley worker`, which know the carrier by their settings."""
    _at_home()
    from carrier_served_call import served_call

    found = served_call("twilio", case)
    return {case: found | {"faults": _faults(found, case)}}


def _regions(case: str) -> Result:
    """Some seeded calls over regions that fail, each on real sockets."""
    _at_home()
    from carrier_failures import failing_call

    first = int(case) * CASES_A_BATCH
    found = [failing_call(seed) for seed in range(first, first + CASES_A_BATCH)]
    return {"calls": found}


def _judge_regions(results: Mapping[str, Result]) -> Verdict:
    calls = [call for one in results.values() for call in one["calls"]]
    twice = [call["seed"] for call in calls if call["most_rings"] > 1]
    lied = [call["seed"] for call in calls if call["rang_unproven"]]
    still_open = [call["seed"] for call in calls if not call["is_over"]]
    states = Counter(call["state"] for call in calls)
    over = sum(call["taken_over"] for call in calls)
    kinds = len({kind for call in calls for kind in call["plan"]})
    figure = (
        f"{len(calls)} calls over regions that fail in {kinds} ways: {len(twice)} rang twice "
        f"{twice or ''}, {len(lied)} rang and were said not to have {lied or ''}, "
        f"{len(still_open)} without an end {still_open or ''}; the second region took over {over}; "
        f"ends: {dict(states)}"
    )
    return Verdict(
        not (twice or lied or still_open) and over > 0, figure, "none rings twice; all have an end"
    )


CHECKS = {
    "carrier-call": Check(
        cases=list(VENDORS),
        sample=["twilio"],
        run=_call,
        judge=_judge,
    ),
    "carrier-serve": Check(
        cases=["outbound", "inbound"],
        sample=[],
        run=_served,
        judge=_judge,
    ),
    "carrier-regions": Check(
        cases=[str(batch) for batch in range(12)],
        sample=["0"],
        run=_regions,
        judge=_judge_regions,
    ),
}
