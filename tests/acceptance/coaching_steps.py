"""What reviewers do on the pages of coaching, by visible labels."""

import re
from typing import Any


def give_marks(page: Any, *, tone: str, words: str) -> None:
    """Fills in the rubric of a sample that is open, and sends it."""
    marks = {"accuracy": "5", "tone": tone, "adherence": "5", "objection": "none"}
    for field, mark in marks.items():
        page.locator(f"input[name={field}][value='{mark}']").check()
    page.get_by_label("Why, in a few words").fill(words)
    page.get_by_role("button", name=re.compile("^Give these marks")).click()
    page.wait_for_load_state()


def propose_change(page: Any, sample: str) -> None:
    """Tags the last message of a sample that one has scored; it becomes a scenario to review."""
    page.goto(sample)
    page.get_by_role("link", name=re.compile("^Propose a change")).click()
    page.get_by_label(re.compile("^Tone")).check()
    page.get_by_label("Why", exact=True).fill("Too much like a leaflet")
    page.get_by_role("button", name="Propose").click()
    page.get_by_role("heading", name=re.compile("tagged_")).wait_for()


def leave_coaching_traces(page: Any) -> None:
    """What coaching has no page of before somebody did it: a sample, marks, a proposed change."""
    page.get_by_role("link", name="Coaching", exact=True).click()
    draw = page.get_by_role("button", name=re.compile("^Draw"))
    if draw.count():
        draw.first.click()
        page.wait_for_load_state()
    page.locator("tr a.whole").first.click()
    page.get_by_role("button", name=re.compile("^Give these marks")).wait_for()
    sample = page.url
    give_marks(page, tone="2", words="Reads like a leaflet")
    propose_change(page, sample)
