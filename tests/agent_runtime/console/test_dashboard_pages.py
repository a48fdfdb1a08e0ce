"""Dashboards and experiments: who reads which, and that they show what was published."""

import csv
import io

import pytest
from desk_world import Desk
from published_world import QUESTION, experiment, publish

from agent_runtime.console.dashboards.view import FIRST, READ_BY
from agent_runtime.console.frame.roles import ROLES

BOARDS = "/console/dashboards"
ANSWER = "/console/experiments/icp-prospecting"


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    publish(desk.office.settings.paths)
    return desk


def rows_of(answer):
    assert answer.headers["content-disposition"].startswith("attachment")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("role", ROLES)
def test_each_role_begins_with_its_own_dashboard_and_reads_no_other_than_its_own(desk, role):
    """R181: by role; figures of costs are for those who lead and steer."""
    browser = desk.browser(role)
    page = browser.see(BOARDS)
    assert page.url.path == f"{BOARDS}/{FIRST[role]}"
    assert f"What says {FIRST[role]}?" in page.text
    for name, readers in READ_BY.items():
        expected = 200 if role in readers else 403
        assert browser.get(f"{BOARDS}/{name}").status_code == expected, name
        assert browser.get(f"{BOARDS}/{name}/table.csv").status_code == expected, name
    assert FIRST[role] in [name for name, readers in READ_BY.items() if role in readers]


def test_a_choice_shows_the_published_cells_and_says_what_cannot_be_told(desk):
    """R182: the page computes nothing."""
    browser = desk.browser("leader")
    whole = browser.see(f"{BOARDS}/leadership").text
    assert ">20<" in whole
    assert "50.0%" in whole
    narrowed = browser.see(f"{BOARDS}/leadership?segment=big@1").text
    assert ">5<" in narrowed
    assert "Cannot be told by segment" in narrowed
    week = browser.see(f"{BOARDS}/leadership?period=week+2026-01-19").text
    assert ">12<" in week
    unknown = browser.see(f"{BOARDS}/leadership?period=week+1999-01-04&segment=nobody")
    assert unknown.status_code == 200
    assert ">20<" in unknown.text


def test_a_dashboard_is_a_table_in_which_nothing_is_a_formula(desk):
    rows = rows_of(desk.browser("leader").get(f"{BOARDS}/leadership/table.csv"))
    tile = next(row for row in rows if not row["question"] and row["metric"] == "Meetings set")
    assert (tile["value"], tile["said"]) == ("20.0", "20")
    assert [row["period"] for row in rows if row["question"] == "How many?"] == [
        "week of 2026-01-12",
        "week of 2026-01-19",
    ]
    assert [row["part"] for row in rows if row["question"] == "Where?"] == [
        "'=HYPERLINK(1)",
        "Enterprise",
    ]


def test_before_anything_is_published_a_page_says_what_to_do(tmp_path):
    browser = Desk(tmp_path).browser("admin")
    assert "parley dashboard build" in browser.see(f"{BOARDS}/revops").text
    assert "No experiment yet" in browser.see("/console/experiments").text
    assert browser.get(f"{BOARDS}/revops/table.csv").status_code == 404


def test_what_another_version_has_published_is_named_and_no_crash(desk):
    path = desk.office.settings.paths.root / "dashboards/sales.json"
    path.write_text('{"format": 9}')
    answer = desk.browser("rep").get(f"{BOARDS}/sales")
    assert answer.status_code == 409
    assert "parley dashboard build --keep" in answer.text


def test_an_answer_shows_question_effect_and_whether_it_can_be_trusted(desk):
    """R169, R176: ITT with its interval, the holdout, the sample ratio, guardrails."""
    browser = desk.browser("leader")
    listed = browser.see("/console/experiments").text
    assert "Calls help." in listed, "what is promised and not read out yet is there too"
    page = browser.see(ANSWER).text
    for said in (QUESTION, "+3.37 to +8.02", "holdout untouched", "p = 0.9", "Holds"):
        assert said in page
    assert '<svg class="interval' in page
    (row,) = rows_of(browser.get(f"{ANSWER}/table.csv"))
    assert (row["effect"], row["low_95"]) == ("-0.01", "-0.02"), "numbers stay numbers"
    assert desk.browser("rep").get(ANSWER).status_code == 403


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"agent_to_holdout": 3}, "holdout written to"),
        ({"is_measured": False}, "Nothing was kept by which it could be counted"),
    ],
)
def test_a_holdout_that_was_written_to_or_not_watched_is_not_called_untouched(desk, told, said):
    publish(desk.office.settings.paths, answer=experiment(**told))
    page = desk.browser("revops").see(ANSWER).text
    assert said in page
    assert "untouched" not in page


def test_the_published_report_may_run_and_load_nothing(desk):
    path = desk.office.settings.paths.root / "experiment_icp-prospecting.html"
    path.write_text("<style>p { color: red }</style><script>alert(1)</script>")
    answer = desk.browser("leader").get(f"{ANSWER}/report")
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy.split("; ")
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
