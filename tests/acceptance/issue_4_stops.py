"""Hundreds of people with touches queued on all channels; some stop us, in every way there is.

The time runs from the instant a stop arrived until nothing of that person waits, while the worker
is busy. Then the clock goes on past every due time: what still goes out is read from the logs of
the exchanger and the carrier. Last, what those servers answered is looked for in the traces.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
BOUND_S = 5.0
EACH = {"few": 1, "many": 12}
"""How many people stop in each way."""
OTHERS = {"few": 20, "many": 150}
"""How many have the same queued and do not stop."""


def _run(case: str) -> Result:
    sys.path[:0] = [str(REPOSITORY / "tests" / "e2e")]
    os.environ["PYTHONPATH"] = str(REPOSITORY)
    from stop_run import play

    with TemporaryDirectory() as folder:
        return play(Path(folder), each=EACH[case], others=OTHERS[case])


def _judge(results: Mapping[str, Result]) -> Verdict:
    passed, figures = True, []
    for case, seen in results.items():
        passed &= seen["slowest_s"] < BOUND_S and seen["went_out_after"] == 0
        passed &= seen["others_written_to"] == seen["others"] and seen["worked_meanwhile"] > 0
        passed &= seen["most_confirmations"] <= 1
        passed &= not seen["not_in_trace"] and not seen["answers_missing"]
        ways = "; ".join(
            f"{way} {t['p50']}/{t['p95']}/{t['max']}" for way, t in seen["ways"].items()
        )
        figures.append(
            f"{case}: {seen['stopped']} of {seen['people']} people stopped while "
            f"{seen['worked_meanwhile']} rows were worked; seconds p50/p95/max over all "
            f"{seen['all']['p50']}/{seen['all']['p95']}/{seen['all']['max']} ({ways}; the program "
            f"of the command took up to {seen['command_loads_s']} s to load before); afterwards "
            f"{seen['went_out_after']} messages to them and {seen['confirmations']} confirmations, "
            f"{seen['most_confirmations']} to one person at most; "
            f"answers of servers found in traces {seen['answers']}, not found "
            f"{seen['not_in_trace']}, channels without {seen['answers_missing']}"
        )
    bound = f"under {BOUND_S:g} s each; 0 messages after; every answer of a server in the trace"
    return Verdict(bool(passed), " | ".join(figures), bound)


CHECKS = {"stops": Check(cases=["few", "many"], sample=["few"], run=_run, judge=_judge)}
