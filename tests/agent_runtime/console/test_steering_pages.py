"""People steer through the console: pauses, versioned changes, incidents (R17, R85, R204, R242)."""

import json
import re
from html import unescape

import pytest

from agent_runtime.campaign_stage import publish_names
from agent_runtime.policies.dials import DIALS, dialled
from agent_runtime.policies.ruleset import rule_set
from agent_runtime.steering import changes
from tests.agent_runtime.console.desk_world import Desk

STEERING = "/console/steering"
CHANGES = f"{STEERING}/changes"
CAP = "rule:caps.per_person"


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    with made.store.begin() as tx:
        publish_names(tx, ["spring"])
    return made


def flags(desk):
    with desk.store.begin() as tx:
        return tx.flags()


def proposed(browser, subject, value, why="Fewer complaints"):
    browser.see(f"{CHANGES}/propose?subject={subject}")
    answer = browser.submit(f"{CHANGES}/propose", subject=subject, value=value, why=why)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rsplit("/", 1)[1]


def words(page):
    """What a reader sees of a page, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def act(browser, change, what, **fields):
    return browser.submit(f"{CHANGES}/{change}/{what}", **fields)


def test_one_click_pauses_everything_and_says_since_when_and_by_whom(desk):
    rep, steers = desk.browser("rep"), desk.browser("revops")
    assert "Pause all" in rep.see(STEERING).text
    assert rep.submit(f"{STEERING}/pause", why="").status_code == 303
    assert {"pause", "pause_all"} <= flags(desk).keys()
    page = rep.see(STEERING).text
    assert "rep-0@northbeam.example" in page
    assert "13 Jan 2026, 10:00" in page
    assert rep.submit(f"{STEERING}/resume").status_code == 403
    steers.see(STEERING)
    assert steers.submit(f"{STEERING}/resume", why="<b>clean</b>").status_code == 303
    assert not {"pause", "pause_all"} & flags(desk).keys()
    assert "&lt;b&gt;clean&lt;/b&gt;" in steers.see(STEERING).text


def test_a_campaign_is_paused_with_a_reason_and_an_unknown_one_is_refused(desk):
    steers = desk.browser("revops")
    steers.see(STEERING)
    steers.submit(f"{STEERING}/campaigns/spring/pause", why="The list is wrong")
    assert flags(desk)["pause:spring"] == "The list is wrong"
    assert "The list is wrong" in steers.see(STEERING).text
    assert steers.submit(f"{STEERING}/campaigns/autumn/pause").status_code == 404
    assert steers.submit(f"{STEERING}/campaigns/spring/resume").status_code == 303
    assert "pause:spring" not in flags(desk)


def test_a_change_goes_live_only_after_its_effect_was_seen_and_rolls_back(desk):
    steers = desk.browser("revops")
    change = proposed(steers, CAP, "2")
    assert CAP not in flags(desk)
    assert act(steers, change, "live").status_code == 409
    assert act(steers, change, "try").status_code == 303
    assert "no past turns" in steers.see(f"{CHANGES}/{change}").text
    assert act(steers, change, "live").status_code == 303
    rules = dialled(rule_set(), flags(desk))
    assert rules.parameter("caps", "per_person") == 2
    assert act(steers, change, "roll-back", why="").status_code == 409
    assert act(steers, change, "roll-back", why="Too few").status_code == 303
    assert CAP not in flags(desk)
    with desk.store.begin() as tx:
        latest, first = changes.all_changes(tx)
    assert (latest.version, latest.undoes, latest.after) == (2, change, 3)
    assert (first.state, first.reason, first.author) == (
        "REPLACED",
        "Fewer complaints",
        "revops-0@northbeam.example",
    )


def test_what_is_in_force_stands_on_one_page_and_a_change_on_one_as_a_diff(desk):
    """R203: caps, hours and banned claims as they bind now, and what a change takes and gives."""
    steers = desk.browser("revops")
    for subject, value in (("rule:claims.banned", "risk-free"), ("rule:quiet_hours.last_hour", 17)):
        change = proposed(steers, subject, value)
        act(steers, change, "try")
        act(steers, change, "live")
    page = words(steers.see(CHANGES).text)
    assert "Touches to a person in 14 days 3 3" in page
    assert "Last hour o'clock, where they are 17 set 18" in page
    assert "Banned claims risk-free none" in page
    assert "Touches to a person in 14 days, version" not in page
    change = proposed(steers, CAP, "2")
    assert "− before 3 + after 2" in words(steers.see(f"{CHANGES}/{change}").text)
    assert "Touches to a person in 14 days, version 1" in words(steers.see(CHANGES).text)


def test_who_makes_the_agent_freer_needs_somebody_else(desk):
    one, other = desk.browser("revops"), desk.browser("revops")
    change = proposed(one, "autonomy:nurture@spring", "assistive")
    act(one, change, "try")
    assert act(one, change, "live").status_code == 303
    assert flags(desk)["autonomy:nurture@spring"] == "assistive"
    freer = proposed(one, "autonomy:nurture@spring", "unset")
    act(one, freer, "try")
    answer = act(one, freer, "live")
    assert answer.status_code == 409
    assert "colleague" in answer.text
    other.see(f"{CHANGES}/{freer}")
    assert act(other, freer, "live").status_code == 303
    assert "autonomy:nurture@spring" not in flags(desk)


@pytest.mark.parametrize(
    ("subject", "value", "why", "said"),
    [
        (CAP, "99", "x", "from 0 to 20"),
        (CAP, "3", "x", "in force already"),
        (CAP, "2", " ", "reason"),
        (CAP, "many", "x", "none that it can have"),
        ("rule:approval.free_actions", "assistive", "x", "steered"),
        ("autonomy:nobody", "assistive", "x", "steered"),
        ("rule:grounding.ends", "icp.opener: soon", "x", "is no day"),
    ],
)
def test_a_change_that_cannot_be_is_refused_in_one_sentence(desk, subject, value, why, said):
    steers = desk.browser("revops")
    steers.see(CHANGES)
    answer = steers.submit(f"{CHANGES}/propose", subject=subject, value=value, why=why)
    assert answer.status_code == 409
    assert said in answer.text


def test_a_text_is_ended_early_as_a_change(desk):
    steers = desk.browser("revops")
    found = re.search(
        r"/console/steering/content/([a-z_.]+)/end", steers.see(f"{STEERING}/content").text
    )
    name = found.group(1)
    steers.see(f"{STEERING}/content/{name}/end")
    answer = steers.submit(f"{STEERING}/content/{name}/end", day="2026-01-10", why="Not true now")
    change = answer.headers["location"].rsplit("/", 1)[1]
    act(steers, change, "try")
    assert act(steers, change, "live").status_code == 303
    assert json.loads(flags(desk)["rule:grounding.ends"]) == {name: "2026-01-10"}
    assert name in steers.see(f"{STEERING}/content?only=ended").text


def test_an_incident_has_a_time_line_and_ends_with_what_was_found(desk):
    rep = desk.browser("rep")
    rep.see(f"{STEERING}/incidents")
    answer = rep.submit(f"{STEERING}/incidents", what="Wrong price named", severity="high")
    place = answer.headers["location"]
    rep.see(place)
    rep.submit(f"{place}/notes", text="Two mails")
    rep.submit(f"{place}/notes", text="The text was ended", closes="true")
    page = rep.see(place).text
    assert page.index("Wrong price named") < page.index("Two mails") < page.index("was ended")
    assert "Add a note" not in page
    assert "Closed" in rep.see(f"{STEERING}/incidents").text
    assert rep.submit(f"{STEERING}/incidents/none/notes", text="x").status_code == 404


def test_what_people_set_never_loosens_a_stricter_profile():
    for dial in DIALS:
        if dial.kind in ("low", "high"):
            loosest = dial.most if dial.kind == "low" else dial.least
            loosest = type(dial.written)(loosest)
            rules = dialled(rule_set("regulated"), {dial.subject: json.dumps(loosest)})
            own = rule_set("regulated").parameter(dial.rule, dial.parameter)
            if own != dial.written:
                assert rules.parameter(dial.rule, dial.parameter) == own
