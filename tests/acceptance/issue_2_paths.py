"""The fast path and the real processes play the same campaign, over more seeds than `make test`."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
TEST = "tests/e2e/test_fast_equals_full.py"


def _play(seed: str) -> Result:
    command = [sys.executable, "-m", "pytest", "-q", "-n0", TEST]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ | {"PARLEY_PATH_SEEDS": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    return {"exit": done.returncode, "said": done.stdout[-1500:] if done.returncode else ""}


def _judge(results: Mapping[str, Result]) -> Verdict:
    wrong = [seed for seed, result in results.items() if result["exit"]]
    figure = f"{len(results) - len(wrong)} of {len(results)} seeds have the same outcomes"
    return Verdict(not wrong, f"{figure}; not {', '.join(wrong)}" if wrong else figure, "all")


CHECKS = {
    "both-paths": Check(
        cases=[str(seed) for seed in range(11, 21)], sample=[], run=_play, judge=_judge
    )
}
