"""Pages of threads answer soon: a list of 2,000, and threads of 300 turns, whole and redacted."""

import os
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict
from tests.acceptance.server_time import timed

THREADS = 2_000
TURNS = 300
REQUESTS = 40
BOUND_MS = 150.0
_CASES = ("list", "search", "thread", "redacted", "trace", "shared")


def _run(case: str) -> Result:
    """Asks for pages of one kind; judged by the clock; processor time is told beside it.

    The first requests of a process load templates and patterns: they are not counted.
    """
    sys.path.insert(0, str(Path(__file__).parents[1] / "agent_runtime" / "console"))
    from desk_world import Desk
    from thread_world import write_in, write_thread

    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        if case in ("list", "search"):
            for begin in range(1, THREADS + 1, 200):
                with desk.store.begin() as tx:
                    for number in range(begin, begin + 200):
                        write_in(tx, number)
        long = f"/console/threads/{write_thread(desk.store, times=TURNS // 2)}"
        browser = desk.browser("leader" if case == "redacted" else "rep")
        paths = _paths(case, long, browser)
        asks = desk.browser() if case == "shared" else browser
        with timed(desk, asks) as times:
            for number in range(len(paths) + REQUESTS):
                path = paths[number % len(paths)]
                assert asks.get(path).status_code == 200, path
        wall, ours = zip(*times[len(paths) :], strict=True)
        load = round(os.getloadavg()[0], 1)
        return {"p95_ms": _p95(ours), "wall_p95_ms": _p95(wall), "turns": TURNS, "load": load}


def _paths(case, long, browser):
    import re

    if case == "list":
        return [f"/console/threads?page={page}" for page in (1, 2, 40, 80)]
    if case == "search":
        return [
            f"/console/threads?{q}" for q in ("q=ana", "words=price", "state=new", "words=zebra")
        ]
    pages = ["", "?page=1", "?page=4", "?page=7"]
    if case in ("thread", "redacted"):
        return [long + page for page in pages]
    if case == "trace":
        turns = re.findall(rf'href="({re.escape(long)}/turns/[^"]+)"', browser.get(long).text)
        assert len(turns) > 10
        return turns
    browser.see(long)
    assert browser.submit(f"{long}/links", days="7").status_code == 303
    address = re.search(r'value="http://localhost(/shared/[^"]+)"', browser.get(long).text)
    assert address
    return [address[1] + page for page in pages]


def _p95(found) -> float:
    return round(statistics.quantiles(found, n=20)[-1], 1)


def _judge(results: Mapping[str, Result]) -> Verdict:
    slow = [case for case, one in results.items() if one["wall_p95_ms"] > BOUND_MS]
    told = ", ".join(
        f"{case} {one['wall_p95_ms']} ms ({one['p95_ms']} of the processor)"
        for case, one in results.items()
    )
    told += f", at a load of {max(one['load'] for one in results.values())}"
    return Verdict(not slow, told, f"p95 of each at most {BOUND_MS:.0f} ms by the clock")


CHECKS = {
    "threads-served": Check(cases=list(_CASES), sample=["thread"], run=_run, judge=_judge),
}
