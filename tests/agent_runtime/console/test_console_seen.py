"""The console as somebody sees it: a real server, Chromium, axe, keys, light and dark, a phone."""

import re

import pytest
from served_console import looking, overflow, served, violations

pytestmark = pytest.mark.real


def test_a_reviewer_enters_and_reads_what_waits(tmp_path, need_program):
    """R15, R71: by labels alone, with no serious violation of WCAG 2.2 AA on any page."""
    with (
        served(tmp_path, drafts=30) as link,
        looking(need_program("chromium"), viewport={"width": 1280, "height": 800}) as (page, said),
    ):
        page.goto(link)
        assert violations(page) == []
        page.get_by_role("button", name=re.compile("reviewer")).click()
        page.get_by_role("heading", name=re.compile("Good day, Maya")).wait_for()
        assert violations(page) == []
        page.get_by_role("link", name="Approvals", exact=True).click()
        rows = page.get_by_role("row")
        assert rows.count() == 26, "25 of them and the heading"
        assert page.get_by_text("High risk").first.is_visible()
        page.get_by_label("Language").select_option("de")
        page.wait_for_url(re.compile("language=de"))
        assert 0 < rows.count() < 26
        page.emulate_media(color_scheme="dark")
        assert violations(page) == []
        page.keyboard.press("?")
        assert page.get_by_role("dialog").get_by_text("Go to Approvals").is_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name=re.compile("^Option 1")).wait_for()
        page.get_by_text("Evidence and rules").first.click()
        assert page.get_by_text("What each sentence stands on").first.is_visible()
        assert violations(page) == []
        page.set_viewport_size({"width": 360, "height": 740})
        assert overflow(page) == 0
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name="Home", exact=True).click()
        page.get_by_role("heading", name=re.compile("Good day")).wait_for()
        assert overflow(page) == 0
        assert violations(page) == []
        page.goto(link)
        assert page.get_by_text("used already").is_visible()
        page.goto(page.url.replace("/enter/", "/people?"))
        assert page.get_by_text("may not use this page").is_visible()
    assert [one for one in said if "40" not in one] == []


CLIPPED = """all => all.filter(one => one.scrollHeight > one.clientHeight + 1
    || one.scrollWidth > one.clientWidth + 1 || !one.offsetHeight).map(one => one.textContent)"""


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_why_a_draft_is_grave_is_read_whole_in_the_queue(tmp_path, need_program, width):
    """R71: on a phone too."""
    with (
        served(tmp_path, drafts=30) as link,
        looking(need_program("chromium"), viewport={"width": width, "height": 800}) as (page, _),
    ):
        page.goto(link)
        page.get_by_role("button", name=re.compile("reviewer")).click()
        page.goto(page.url.split("/console/")[0] + "/console/approvals")
        reasons = page.locator(".reason")
        assert reasons.filter(has_text="Speaks of what binds us: answer.pricing").count()
        assert reasons.evaluate_all(CLIPPED) == []
        assert overflow(page) == 0
        assert violations(page) == []


def test_what_an_act_says_of_itself_is_read_aloud_as_it_should_be(tmp_path, need_program):
    """R15: by a screen reader too; a message in a corner is on every page."""
    with (
        served(tmp_path, drafts=3) as link,
        looking(need_program("chromium"), viewport={"width": 1280, "height": 800}) as (page, _),
    ):
        page.goto(link)
        page.get_by_role("button", name=re.compile("reviewer")).click()
        page.goto(page.url.split("/console/")[0] + "/console/steering")
        page.get_by_role("button", name=re.compile("Pause all")).first.click()
        page.get_by_role("status").get_by_text("Everything is paused").wait_for()
        assert violations(page) == []
