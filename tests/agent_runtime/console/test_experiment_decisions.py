"""Who may decides on an experiment: ship, go on or stop, with a reason, beside its answer."""

import pytest
from desk_world import Desk
from published_world import experiment, publish

from agent_runtime.readouts.deciding import decided

ANSWER = "/console/experiments/icp-prospecting"


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    publish(desk.office.settings.paths)
    return desk


def decides(browser, what="ship", why="Nine of ten reps want it", read="abc"):
    browser.see(ANSWER)
    return browser.submit(f"{ANSWER}/decisions", what=what, why=why, read=read)


def kept(desk):
    with desk.store.begin() as tx:
        return decided(tx, "icp-prospecting")


def test_a_decision_stands_on_the_page_with_who_why_and_the_answer_it_rests_on(desk):
    """R176: decisions are documented."""
    leads = desk.browser("leader")
    assert decides(leads, "go_on", "Two weeks <b>more</b>").status_code == 303
    desk.later(minutes=20)
    assert decides(leads).status_code == 303
    latest, first = kept(desk)
    assert (latest.what, latest.by) == ("ship", "leader-0@northbeam.example")
    assert (latest.version, latest.headline, latest.data_version) == (2, "Shown", "abc")
    assert (first.what, first.at) < (latest.what, latest.at)
    page = desk.browser("reviewer").see(ANSWER).text
    for said in ("Nine of ten reps want it", "Two weeks &lt;b&gt;more", "leader-0@northbeam"):
        assert said in page
    assert "decided: ship" in desk.browser("revops").see("/console/experiments").text


def test_no_address_or_number_of_anybody_is_kept_in_a_reason(desk):
    """R61: nobody would find it there to erase it."""
    decides(desk.browser("leader"), why="ada@alder.example rang from +44 20 7946 0018")
    (made,) = kept(desk)
    assert "ada@alder" not in made.why
    assert "7946" not in made.why
    assert "rang from" in made.why


def test_who_only_reads_cannot_decide_and_is_not_asked_to(desk):
    reads = desk.browser("reviewer")
    assert "Your decision" not in reads.see(ANSWER).text
    assert decides(reads).status_code == 403
    assert desk.browser("rep").submit(f"{ANSWER}/decisions").status_code == 403
    assert kept(desk) == ()


@pytest.mark.parametrize(
    ("what", "why", "read", "said"),
    [
        ("ship", " ", "abc", "needs a reason"),
        ("perhaps", "x", "abc", "choose one of"),
        ("stop", "x", "older", "was read out anew since"),
    ],
)
def test_what_is_no_decision_is_refused_in_one_sentence(desk, what, why, read, said):
    answer = decides(desk.browser("revops"), what, why, read)
    assert answer.status_code == 409
    assert said in answer.text
    assert kept(desk) == ()


def test_an_answer_that_may_not_be_used_yet_ships_nothing_but_may_be_stopped(desk):
    """R171: a window that is open is no answer; harm needs none."""
    publish(desk.office.settings.paths, answer=experiment(is_shown=False))
    leads = desk.browser("leader")
    assert "may not be used yet" in decides(leads).text
    assert decides(leads, "stop", "Complaints").status_code == 303
    assert [one.what for one in kept(desk)] == ["stop"]


def test_a_decision_on_an_earlier_answer_says_so(desk):
    decides(desk.browser("leader"))
    newer = experiment().model_copy(update={"data_version": "def"})
    publish(desk.office.settings.paths, answer=newer)
    assert "on an earlier answer" in desk.browser("leader").see(ANSWER).text


def test_what_has_no_answer_is_not_decided_on(desk):
    answer = desk.browser("leader").submit("/console/experiments/later/decisions", what="stop")
    assert answer.status_code in (403, 404)
    leads = desk.browser("leader")
    leads.see("/console/experiments/later")
    told = leads.submit("/console/experiments/later/decisions", what="stop", why="x", read="x")
    assert told.status_code == 404
