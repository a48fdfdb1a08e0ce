"""Two reviewers coach on a real server, each blind until both have scored; with a year of samples
the pages still answer soon.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.acceptance.check import Check, Result, Verdict
from tests.acceptance.coaching_steps import give_marks, propose_change
from tests.acceptance.server_time import p95_by_path, timed

BOUND_MS = 150.0
ALEX, PASSWORD = "alex@northbeam.example", "four words that differ"
REQUESTS = 24
DAYS, A_DAY = 365, 52
"""A year of samples: four threads a day of each of thirteen playbooks."""
STEPS = ["blind", "both seen", "accepted", "judged"]
PAGES = (
    "/console/coaching",
    "/console/coaching?stage=done",
    "/console/coaching/agreement",
    "/console/coaching/changes",
    "/console/lessons/inbound_response",
)


def _run(case: str) -> Result:
    tests = Path(__file__).parents[1] / "agent_runtime"
    sys.path[:0] = [str(tests / "console"), str(tests / "runtime")]
    with TemporaryDirectory() as folder:
        return {"blind": _blind, "year": _year}[case](Path(folder))


def _blind(folder: Path) -> Result:
    from served_console import NOW, looking, served
    from thread_world import write_in

    from agent_runtime.clock import write_now
    from agent_runtime.console.people.passwords import Passwords
    from agent_runtime.console.people.users import add_user
    from agent_runtime.settings import Settings
    from agent_runtime.status import open_store

    program = shutil.which("chromium")
    assert program, "chromium is missing: apt-get install chromium"
    with served(folder, drafts=0) as link:
        store = open_store(Settings(workspace=folder, tenant_id="t"))
        with store.begin() as tx:
            write_in(tx)
            secret = Passwords(passes=1, memory_kib=64).hashed(PASSWORD)
            add_user(tx, ALEX, role="reviewer", name="Alex Roe", password=secret, now=NOW)
        write_now(store.engine, NOW + timedelta(days=1))
        with looking(program) as (maya, complaints), _another(maya) as alex:
            for page in (maya, alex):
                page.set_default_timeout(90_000)
            done = list(_steps(maya, alex, link))
    return {"done": done, "complaints": list(complaints)}


def _steps(maya: Any, alex: Any, link: str) -> Iterator[str]:
    from served_console import overflow, violations

    base = link.partition("/console")[0]
    maya.goto(link)
    maya.get_by_role("button", name=re.compile("reviewer")).click()
    maya.get_by_role("link", name="Coaching", exact=True).click()
    maya.get_by_role("button", name=re.compile("^Draw")).first.click()
    maya.get_by_role("link", name=re.compile("number 1")).click()
    maya.get_by_role("button", name=re.compile("^Give these marks")).wait_for()
    sample = maya.url
    give_marks(maya, tone="2", words="Reads like a leaflet")
    _enter(alex, base)
    alex.goto(sample)
    seen = alex.inner_text("main")
    if "leaflet" not in seen and "Maya" not in seen:
        yield "blind"
    give_marks(alex, tone="5", words="Fine by me")
    seen = alex.inner_text("main")
    if "leaflet" in seen and "apart on tone" in seen:
        yield "both seen"
    propose_change(maya, sample)
    change = maya.url
    alex.goto(change)
    alex.get_by_role("button", name=re.compile("^Accept")).click()
    alex.get_by_role("link", name=re.compile("^Accepted")).click()
    if alex.get_by_role("link", name=re.compile("tagged_")).count() == 1:
        yield "accepted"
    faults = []
    addresses = (*(base + one for one in PAGES), sample, f"{sample}/change", change)
    for address in addresses:
        for width in (768, 360, 1280):
            maya.set_viewport_size({"width": width, "height": 800})
            maya.goto(address)
            faults += [f"{address} is too wide for {width}"] if overflow(maya) else []
            for scheme in ("light", "dark") if width != 768 else ():
                maya.emulate_media(color_scheme=scheme)
                found = violations(maya)
                faults += [f"{address} {width} {scheme}: {found}"] if found else []
    yield "judged" if not faults else "; ".join(faults)[:900]


@contextmanager
def _another(page: Any) -> Iterator[Any]:
    """A browser of somebody else beside the first one."""
    context = page.context.browser.new_context()
    try:
        yield context.new_page()
    finally:
        context.close()


def _enter(page: Any, base: str) -> None:
    page.goto(f"{base}/console/sign-in")
    page.get_by_label("Work e-mail").fill(ALEX)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name=re.compile("^Good day")).wait_for()


def _year(folder: Path) -> Result:
    from desk_world import Desk
    from thread_world import write_thread

    desk = Desk(folder)
    thread = write_thread(desk.store)
    desk.now += timedelta(days=1)
    _fill(desk, thread)
    browser = desk.browser("reviewer")
    paths = (*PAGES, "/console/")
    with timed(desk, browser) as times:
        for number in range(len(paths) * (REQUESTS + 1)):
            assert browser.get(paths[number % len(paths)]).status_code == 200
    p95, processor = p95_by_path(times, paths)
    load = round(os.getloadavg()[0], 1)
    return {"p95_ms": p95, "processor_ms": processor, "samples": DAYS * A_DAY, "load": load}


def _fill(desk: Any, thread: str) -> None:
    from agent_runtime.coaching.samples import Sample
    from agent_runtime.store.coaching_tables import samples, scores

    today: date = desk.now.date()
    playbooks = sorted(desk.office.library.playbooks)
    for back in range(1, DAYS + 1):
        day = today - timedelta(days=back)
        made = [
            Sample(
                sample_id=f"{back:03}-{number:02}",
                day=day,
                playbook=playbooks[number % len(playbooks)],
                thread_id=f"{thread}-{back}-{number}",
                language="en",
                is_answered=number % 2 == 0,
                is_for_all=number == 0,
                weight=3.0,
                number=number + 1,
                until_position=1,
                seed=1,
                per_playbook=4,
                drawn_by="parley",
                drawn_at=desk.wall - timedelta(days=back),
            )
            for number in range(A_DAY)
        ]
        rows = [
            {
                "sample_id": one.sample_id,
                "scorer": f"{name}@northbeam.example",
                "slot": slot,
                "accuracy": 3 + (one.number + slot) % 3,
                "tone": 2 + (one.number * slot) % 4,
                "adherence": 5 - one.number % 3,
                "objection": ("none", "handled", "missed")[one.number % 3],
                "note": "",
                "made_at": one.drawn_at,
            }
            for one in made
            for slot, name in enumerate(("ana", "ben"), 1)
            if back > 2
        ]
        with desk.store.begin() as tx:
            tx.insert_all(samples, [asdict(one) | {"day": day.isoformat()} for one in made])
            tx.insert_all(scores, rows)


def _judge(results: Mapping[str, Result]) -> Verdict:
    passed, told = True, []
    if blind := results.get("blind"):
        passed &= blind["done"] == STEPS and not blind["complaints"]
        told.append(", ".join([*blind["done"], *blind["complaints"]]))
    if year := results.get("year"):
        passed &= max(year["p95_ms"].values()) <= BOUND_MS
        figures = ", ".join(
            f"{path} {ms} ms ({year['processor_ms'][path]} of the processor)"
            for path, ms in year["p95_ms"].items()
        )
        told.append(f"{figures} with {year['samples']} samples, at a load of {year['load']}")
    return Verdict(bool(passed), " | ".join(told), f"{', '.join(STEPS)}; p95 {BOUND_MS:.0f} ms")


CHECKS = {"coaching": Check(cases=["blind", "year"], sample=["year"], run=_run, judge=_judge)}
