"""A campaign whose language model is down, slow, out of memory or dying in its middle.

Real processes: buyers answer by SMTP, the worker asks a server on loopback through a door that can
be shut, and is killed itself while a question is open. Latencies are those of the turns that asked.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]


def _run(fault: str) -> Result:
    sys.path[:0] = [str(REPOSITORY)]
    os.environ["PYTHONPATH"] = str(REPOSITORY)
    from tests.faults.outage_run import play

    with TemporaryDirectory() as folder:
        return play(Path(folder), fault)


def _judge(results: Mapping[str, Result]) -> Verdict:
    from tests.faults.outage_run import GRACE_S, TOTAL_S, faults_of

    wrong = {fault: said for fault, seen in results.items() if (said := faults_of(seen))}
    told = "; ".join(
        f"{fault}: {seen['turns']} turns, {seen['by_the_model']} by the model, "
        f"{seen['lost']} lost, {seen['turns_twice'] + seen['mails_twice']} doubled, "
        f"p95 {seen['p95_s']} s, max {seen['max_s']} s"
        for fault, seen in results.items()
    )
    bound = f"0 lost, 0 doubled, no turn over {TOTAL_S + GRACE_S:g} s, breaker opens and closes"
    return Verdict(not wrong, f"{told}{f'; wrong: {wrong}' if wrong else ''}", bound)


def _cases() -> list[str]:
    from tests.faults.outage_run import FAULTS, KILLS

    return [*FAULTS, *KILLS]


CHECKS = {"outages": Check(cases=_cases(), sample=[], run=_run, judge=_judge)}
