"""The whole graph in the real `dagster dev` and a real browser; a campaign is run by clicking."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict
from tests.e2e.dagster_ui import IN_ORDER, walk

CASES = ["clicks"]


def _click(case: str) -> Result:
    if shutil.which("chromium") is None:
        raise FileNotFoundError("chromium is not installed")
    with TemporaryDirectory() as folder:
        return walk(Path(folder))


def _judge(results: Mapping[str, Result]) -> Verdict:
    [found] = results.values()
    passed = (
        found["order"] == list(IN_ORDER)
        and not found["without_description"]
        and found["schedule"] == "RUNNING"
        and found["dry_run"] == "SUCCESS"
        and found["dry_run_says"]
        and found["nothing_queued"]
        and found["pause"][0] == found["resume"][0] == "SUCCESS"
        and bool(found["pause"][1])
        and not found["resume"][1]
    )
    figure = (
        f"{found['assets']} assets, {len(found['without_description'])} without description; "
        f"{' < '.join(found['order'])}; schedule {found['schedule']}, dry run {found['dry_run']}, "
        f"paused ({found['pause'][1]!r}), resumed ({found['resume'][1]!r})"
    )
    return Verdict(passed, figure, "groups in order, all described, four things by clicking")


CHECKS = {"dagster-ui": Check(cases=CASES, sample=[], run=_click, judge=_judge)}
