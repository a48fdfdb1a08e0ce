"""A holdout through every fault, on mail, text and chat: no agent ever contacts it.

What went out is counted in the logs of the exchanger and the carrier and in the chat windows;
people who stayed treated show that the same touches do go out.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
EACH = {"few": 3, "many": 12}
"""People of each fault."""


def _run(case: str) -> Result:
    sys.path[:0] = [str(REPOSITORY / "tests" / "e2e")]
    os.environ["PYTHONPATH"] = str(REPOSITORY)
    from holdout_run import play

    with TemporaryDirectory() as folder:
        return play(Path(folder), each=EACH[case])


def _judge(results: Mapping[str, Result]) -> Verdict:
    passed, figures = True, []
    for case, seen in results.items():
        channels = ("mails", "texts", "chat_lines")
        passed &= all(seen[f"{channel}_to_held"] == 0 for channel in channels)
        passed &= all(seen[f"{channel}_to_treated"] > 0 for channel in channels)
        passed &= seen["mails_to_late_before"] > 0
        passed &= 0 < seen["human_mails_to_held"] == seen["human_sends_in_traces"]
        figures.append(f"{case}: " + ", ".join(f"{name} {value}" for name, value in seen.items()))
    return Verdict(bool(passed), " | ".join(figures), "0 agent contacts to a holdout, any channel")


CHECKS = {"holdout": Check(cases=["few", "many"], sample=["few"], run=_run, judge=_judge)}
