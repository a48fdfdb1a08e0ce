"""Dashboards and experiments in a real browser: figures are drawn, narrowed, taken away, judged."""

import csv
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.acceptance.check import Check, Result, Verdict

STEPS = ["drawn", "narrowed", "taken", "answered", "reported"]
SIZES = [{"width": width, "height": 800} for width in (1280, 768, 360)]


def _run(case: str) -> Result:
    """Walks as a leader, by labels; axe judges each page in light and dark, at three widths."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "agent_runtime/console"))
    from published_world import publish
    from served_console import looking, overflow, served, violations

    from agent_runtime.settings import Workspace

    program = shutil.which("chromium")
    assert program, "chromium is missing: apt-get install chromium"
    wrong = []

    def judge(page):
        for size in SIZES:
            page.set_viewport_size(size)
            if wide := overflow(page):
                wrong.append(f"{page.url}: {wide} px too wide at {size['width']}")
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                wrong.extend(f"{page.url}: {one}" for one in violations(page))
        page.set_viewport_size(SIZES[0])

    with TemporaryDirectory() as name:
        folder = Path(name)
        publish(Workspace(folder), label="=1+1")
        report = "<!doctype html><title>r</title><style>p{color:#123456}</style><p>whole</p>"
        report += "<script>document.title = 'ran'</script>"
        (folder / "experiment_icp-prospecting.html").write_text(report)
        with (
            served(folder, drafts=1) as link,
            looking(program, viewport=SIZES[0]) as (page, complaints),
        ):
            page.goto(link)
            done = list(_walked(page, judge))
    refused = [one for one in complaints if "script" not in one.lower()]
    return {"done": done, "wrong": wrong, "complaints": refused}


def _walked(page: Any, judge: Callable[[Any], None]) -> Iterator[str]:
    """Yields each step that somebody got to."""
    page.get_by_role("button", name=re.compile("leader")).click()
    page.get_by_role("link", name="Dashboards", exact=True).click()
    line = page.get_by_role("img", name=re.compile("How many")).locator("polyline")
    box = line.bounding_box()
    if box and box["width"] > 100 and box["height"] > 10:
        yield "drawn"
    judge(page)
    page.get_by_label("Segment").select_option("Enterprise")
    page.wait_for_url(re.compile("segment="))
    if page.get_by_text("Cannot be told by segment").is_visible():
        yield "narrowed"
    with page.expect_download() as taken:
        page.get_by_role("link", name=re.compile("^CSV")).click()
    rows = list(csv.reader(taken.value.path().open(encoding="utf-8-sig", newline="")))
    if len(rows) > 3 and not any(cell.startswith("=") for row in rows for cell in row):
        yield "taken"
    page.get_by_role("link", name="Experiments", exact=True).click()
    judge(page)
    page.get_by_role("link", name="icp-prospecting").click()
    if page.get_by_role("img", name=re.compile(r"effect \+5.69")).is_visible():
        yield "answered"
    judge(page)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Whole report").click()
    shown = opened.value
    shown.get_by_text("whole").wait_for()
    if shown.title() == "r":
        yield "reported"


def _judge(results: Mapping[str, Result]) -> Verdict:
    (seen,) = results.values()
    bad = [*seen["wrong"], *seen["complaints"]]
    told = f"{', '.join(seen['done'])}; {len(bad)} faults {'; '.join(bad)[:900]}"
    return Verdict(seen["done"] == STEPS and not bad, told, ", ".join(STEPS))


CHECKS = {"console-figures": Check(cases=["all"], sample=["all"], run=_run, judge=_judge)}
