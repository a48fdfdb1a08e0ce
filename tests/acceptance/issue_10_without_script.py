"""The console without JavaScript: a reviewer gets as far as with it, only slower."""

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict

STEPS = ["entered", "narrowed", "read", "dark", "signed out"]


def _run(case: str) -> Result:
    """Walks with scripts switched off, on a real server with a real browser."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "agent_runtime/console"))
    from served_console import looking, served

    program = shutil.which("chromium")
    assert program, "chromium is missing: apt-get install chromium"
    done = []
    with (
        TemporaryDirectory() as folder,
        served(Path(folder), drafts=8) as link,
        looking(program, java_script_enabled=False) as (page, _),
    ):
        page.goto(link)
        page.get_by_role("button", name=re.compile("reviewer")).click()
        page.get_by_role("link", name="Approvals", exact=True).click()
        done.append("entered")
        page.get_by_label("First comes").select_option("waiting")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url(re.compile("order=waiting"))
        done.append("narrowed")
        page.get_by_role("row").nth(1).get_by_role("link").click()
        page.get_by_role("heading", name=re.compile("^Option 1")).wait_for()
        done.append("read")
        page.get_by_role("button", name="Dark").click()
        if page.locator("html").get_attribute("data-theme") == "dark":
            done.append("dark")
        page.get_by_role("button", name="Sign out").click()
        page.get_by_text("You are signed out").wait_for()
        done.append("signed out")
    return {"done": done}


def _judge(results: Mapping[str, Result]) -> Verdict:
    done = next(iter(results.values()))["done"]
    return Verdict(done == STEPS, ", ".join(done), ", ".join(STEPS))


CHECKS = {"console-without-script": Check(cases=["all"], sample=["all"], run=_run, judge=_judge)}
