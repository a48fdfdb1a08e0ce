"""Dashboards and experiments of a demo that was really read out still answer soon."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict
from tests.acceptance.console_company import REPOSITORY, prepare_path
from tests.acceptance.server_time import p95_by_path, timed

BOUND_MS = 150.0
REQUESTS = 24
PAGES = (
    *(f"/console/dashboards/{name}" for name in ("leadership", "sales", "revops", "learning")),
    "/console/experiments",
    "/console/experiments/icp-prospecting",
)


def _run(case: str) -> Result:
    prepare_path()
    sys.path.append(str(REPOSITORY / "tests/agent_runtime/console"))
    from desk_world import Desk

    from agent_runtime.settings import load_settings
    from pipelines.demo import run
    from pipelines.demo_plan import Plan

    plan = Plan(
        size=600, seed=7, days=14, effect=0.3, data="", mapping="sandbox", segment="", campaign=""
    )
    with TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        run(plan, demo)
        desk = Desk(demo, settings=load_settings(demo))
        browser = desk.browser("admin")
        segment = re.search(r'value="([^"]+@\d+)"', browser.get(PAGES[0]).text)
        assert segment, "nothing was published that could be narrowed"
        paths = (*PAGES, f"{PAGES[0]}?segment={segment[1]}")
        with timed(desk, browser) as times:
            for number in range(len(paths) * (REQUESTS + 1)):
                assert browser.get(paths[number % len(paths)]).status_code == 200
    p95, processor = p95_by_path(times, paths)
    load = round(os.getloadavg()[0], 1)
    return {"p95_ms": p95, "processor_ms": processor, "load": load}


def _judge(results: Mapping[str, Result]) -> Verdict:
    (seen,) = results.values()
    pages = (
        f"{path} {took:.0f} ms ({seen['processor_ms'][path]:.0f} of the processor)"
        for path, took in seen["p95_ms"].items()
    )
    holds = max(seen["p95_ms"].values()) <= BOUND_MS
    return Verdict(holds, f"{', '.join(pages)}, at a load of {seen['load']}", "p95 150 ms")


CHECKS = {"figures-served": Check(cases=["all"], sample=[], run=_run, judge=_judge)}
