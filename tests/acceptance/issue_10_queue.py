"""A queue of 5,000 drafts on the console: how long the server takes for a page."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict
from tests.acceptance.server_time import timed

ITEMS = 5_000
P95_MS = 150.0
ROUNDS = 60
PATHS = {
    "by risk": "/console/approvals?page={page}",
    "by language": "/console/approvals?order=language&page={page}",
    "narrowed": "/console/approvals?order=waiting&risk=low&page={page}",
    "home": "/console/",
    "item": "/console/approvals/{approval}",
}
"""Addresses of pages; the last page of the queue is as quick as the first, or it shows."""


def _run(case: str) -> Result:
    """Serves one kind of page to a reviewer who is signed in."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "agent_runtime/console"))
    from desk_world import NOW, Desk
    from waiting_drafts import fill_queue

    from agent_runtime.console.approvals.queue import PAGE, Asked, read_queue

    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        fill_queue(desk.store, ITEMS, now=NOW)
        browser = desk.browser("reviewer")
        ids = [line.approval_id for line in read_queue(desk.store, Asked(), now=desk.now).lines]
        with timed(desk, browser) as times:
            for number in range(ROUNDS + 3):
                page = 1 + number * 17 % (ITEMS // PAGE)
                address = PATHS[case].format(page=page, approval=ids[number % len(ids)])
                answer = browser.get(address)
                assert answer.status_code == 200, answer.text
    wall, cpu = zip(*times[3:], strict=True)
    return {"wall_ms": sorted(wall), "cpu_ms": sorted(cpu), "load": round(os.getloadavg()[0], 1)}


def _judge(results: Mapping[str, Result]) -> Verdict:
    at = int(0.95 * ROUNDS)
    wall = {case: one["wall_ms"][at] for case, one in results.items()}
    cpu = {case: one["cpu_ms"][at] for case, one in results.items()}
    said = ", ".join(f"{case} {wall[case]:.0f} ms ({cpu[case]:.0f} of CPU)" for case in results)
    said += f", at a load of {max(one['load'] for one in results.values())}"
    return Verdict(max(wall.values()) <= P95_MS, f"p95 of a page: {said}", f"at most {P95_MS:.0f}")


CHECKS = {
    "console-queue": Check(cases=list(PATHS), sample=["by risk"], run=_run, judge=_judge),
}
