"""Reviewers score samples blind and in pairs; their tags become diffs that a colleague reads."""

import csv
import io
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from desk_world import Desk
from thread_world import write_in
from typer.testing import CliRunner

from agent_runtime.coaching.changes import all_changes
from agent_runtime.coaching.cli import app as review
from agent_runtime.coaching.samples import all_samples, checked_again
from agent_runtime.coaching.scoring import given_to
from agent_runtime.settings import Settings
from agent_runtime.steering import changes as steering
from agent_runtime.store.erasing import erase, known_as
from agent_runtime.store.pruning import prune
from agent_runtime.store.reading import turns_of
from agent_runtime.store.trace_index import events_of_thread

HOME = "/console/coaching"
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A store with four threads of the thirteenth."""
    folder = tmp_path_factory.mktemp("written")
    made = Desk(folder)
    with made.store.begin() as tx:
        for number in range(4):
            write_in(tx, number)
    made.store.engine.dispose()
    return folder / "runtime.db"


@pytest.fixture
def desk(tmp_path, written):
    """The fourteenth has begun."""
    shutil.copy(written, tmp_path / "runtime.db")
    made = Desk(tmp_path, settings=Settings(workspace=tmp_path, review_sample=10))
    made.now += timedelta(days=1)
    return made


@pytest.fixture
def drawn(desk):
    maya = desk.browser("reviewer")
    maya.see(HOME)
    assert maya.submit(f"{HOME}/draw").status_code == 303
    return maya


def samples(desk):
    with desk.store.begin() as tx:
        return all_samples(tx)


def pair(desk):
    """A sample of the thread whose messages are kept, for two reviewers."""
    return next(s for s in samples(desk) if not s.is_for_all)


def score(browser, sample, accuracy=5, tone=5, adherence=5, objection="none", words=""):
    path = f"{HOME}/samples/{sample.sample_id}"
    marks = {"accuracy": accuracy, "tone": tone, "adherence": adherence}
    return browser.submit(f"{path}/score", **marks, objection=objection, words=words)


def page_of(browser, sample, what=""):
    return browser.see(f"{HOME}/samples/{sample.sample_id}{what}")


def given(desk, sample):
    with desk.store.begin() as tx:
        return given_to(tx, sample.sample_id)


def reviews(desk, sample):
    with desk.store.engine.connect() as connection:
        events = events_of_thread(connection, "t", sample.thread_id)
    return [event.payload for event in events if event.kind == "review"]


def test_a_day_is_drawn_once_and_a_new_draw_gives_the_same(desk, drawn):
    """R84, R239: the daily sample."""
    first = samples(desk)
    assert len({one.thread_id for one in first}) == len(first) > 2
    assert sum(one.is_for_all for one in first) == len({one.day for one in first})
    drawn.see(HOME)
    assert "is drawn; come back tomorrow" in drawn.submit(f"{HOME}/draw").text
    assert samples(desk) == first
    for day in {one.day for one in first}:
        assert checked_again(desk.store, day) == (frozenset(), frozenset())


def test_the_second_scorer_sees_neither_marks_nor_name_of_the_first(desk, drawn):
    """R75, R206: blind on every page, until both have scored."""
    ben, sample = desk.browser("reviewer"), pair(desk)
    page_of(drawn, sample)
    assert score(drawn, sample, tone=2, words="Sounds like a leaflet").status_code == 303
    assert reviews(desk, sample) == [], "the thread's page would show it"
    secrets = ("reviewer-0", "Reviewer-0", "leaflet")
    for path in (
        f"{HOME}/samples/{sample.sample_id}",
        f"{HOME}/samples/{sample.sample_id}/change",
        HOME,
        f"{HOME}?stage=done",
        f"{HOME}/agreement",
        f"{HOME}/agreement/scores.csv",
        f"{HOME}/changes",
        f"/console/threads/{sample.thread_id}",
        f"/console/lessons/{sample.playbook}",
    ):
        assert not any(secret in ben.see(path).text for secret in secrets), path
    assert 'value="2" required checked' not in page_of(ben, sample).text
    assert score(ben, sample, tone=5).status_code == 303
    for browser in (drawn, ben):
        page = page_of(browser, sample).text
        assert "leaflet" in page
        assert "apart on tone" in page
    assert "your marks stand" in score(ben, sample, tone=2).text
    assert [one.score.tone for one in given(desk, sample)] == [2, 5]


@pytest.mark.parametrize("best", [True, False])
def test_a_rubric_that_was_taken_as_a_file_can_be_filled_in_and_given(desk, drawn, best):
    """R202: each mark of the template has an anchor, and is one that the form of a thread takes."""
    template = desk.browser("reviewer").get(f"{HOME}/rubric.csv")
    anchors = list(csv.DictReader(io.StringIO(template.content.decode("utf-8-sig"))))
    marks = {}
    for row in anchors if best else reversed(anchors):
        assert row["means"]
        assert not row["given"]
        marks.setdefault(row["field"].split()[0].lower(), row["mark"])
    assert score(drawn, pair(desk), **marks).status_code == 303
    told = given(desk, pair(desk))[0].score
    assert {name: str(getattr(told, name)) for name in marks} == marks
    assert len(marks) == 4
    printed = drawn.get(f"{HOME}/rubric.md").text
    assert all(f"| {row['mark']} | {row['means']} |" in printed for row in anchors)


def test_the_command_prints_the_template_of_the_console(desk):
    """R202: whoever has no account takes the same template."""
    browser = desk.browser("rep")
    for words, name in ((["--csv"], "rubric.csv"), ([], "rubric.md")):
        printed = CliRunner().invoke(review, ["rubric", *words])
        served = browser.get(f"{HOME}/{name}").text
        assert printed.stdout.splitlines() == served.splitlines(), name


def test_scores_are_traced_for_the_figures_once_both_are_there(desk, drawn):
    sample = next(s for s in samples(desk) if s.thread_id == "thread-p-ana")
    ben = desk.browser("reviewer")
    for browser in (drawn, ben):
        page_of(browser, sample)
        score(browser, sample, tone=3)
    if sample.is_for_all:
        assert reviews(desk, sample) == []
        page_of(ben, sample)
        path = f"{HOME}/samples/{sample.sample_id}/settle"
        ben.submit(path, accuracy=5, tone=3, adherence=5, objection="none")
    told = reviews(desk, sample)
    assert [(one["what"], one["tone"]) for one in told] == [("score", 3)] * 2
    assert {one["by"] for one in told} == {one.scorer for one in given(desk, sample)}


def test_reviewers_who_score_at_once_never_overwrite_each_other(desk, drawn):
    """R206: of four at once two are taken, each with their own marks, and two hear why not."""
    sample = pair(desk)
    crowd = [drawn, *(desk.browser("reviewer") for _ in range(3))]
    for browser in crowd:
        page_of(browser, sample)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: score(crowd[n], sample, accuracy=n + 1), range(4)))
    taken = [n for n, answer in enumerate(answers) if answer.status_code == 303]
    found = given(desk, sample)
    assert len(taken) == len(found) == 2
    assert {one.score.accuracy - 1 for one in found} == set(taken)
    assert {one.slot for one in found} == {1, 2}
    for n in set(range(4)) - set(taken):
        assert "has the scores that it needs" in answers[n].text


def test_what_is_apart_is_settled_once_by_those_who_scored_it(desk, drawn):
    ben, eva, sample = desk.browser("reviewer"), desk.browser("reviewer"), pair(desk)
    for browser, mark in ((drawn, 1), (ben, 5)):
        page_of(browser, sample)
        score(browser, sample, accuracy=mark)
    assert "To talk over" in ben.see(f"{HOME}?stage=apart").text
    path = f"{HOME}/samples/{sample.sample_id}/settle"
    marks = {"accuracy": 4, "tone": 5, "adherence": 5, "objection": "none"}
    page_of(eva, sample)
    assert "only those who scored" in eva.submit(path, **marks).text
    page_of(ben, sample)
    assert ben.submit(path, **marks, words="One detail").status_code == 303
    page_of(drawn, sample)
    assert "has settled this thread just now" in drawn.submit(path, **marks).text
    assert "One detail" in page_of(drawn, sample).text
    rows = list(csv.DictReader(io.StringIO(ben.see(f"{HOME}/agreement/scores.csv").text)))
    assert [(row["accuracy"], row["settled"]) for row in rows] == [("1", "1"), ("5", "1")]


def test_a_tag_becomes_diffs_that_a_colleague_tries_accepts_and_takes_as_a_patch(desk, drawn):
    """R76, R242: texts and playbook change by a diff that two people have read."""
    sample = next(s for s in samples(desk) if s.thread_id == "thread-p-ana")
    page_of(drawn, sample)
    score(drawn, sample, tone=2)
    form = page_of(drawn, sample, "/change").text
    message = re.search(r'name="message" value="(\w+)"', form)[1]
    content = re.search(r'<option value="([a-z_.]+)" selected>\1<', form)[1]
    should = re.search(r'<option value="(hand_off:[a-z_]+:\d+)"', form)[1]
    path = f"{HOME}/samples/{sample.sample_id}/change"
    told = {"message": message, "why": "Ana Ruiz would not say so", "content": content}
    assert "tags: none is given" in drawn.submit(path, **told).text
    told |= {"tag": ["tone", "adherence"], "instead": "Shorter, {company}.", "should": should}
    assert drawn.submit(path, **told).status_code == 303
    with desk.store.begin() as tx:
        found = {one.kind: one for one in all_changes(tx)}
    assert found.keys() == {"scenario", "content", "playbook"}
    assert "+Shorter, {company}." in found["content"].diff
    assert "do: hand_off" in found["playbook"].diff
    assert "Ana" not in found["scenario"].after + found["content"].why
    ben = desk.browser("reviewer")
    assert "No change is in" in ben.see(f"{HOME}/changes?state=ACCEPTED").text
    there = {kind: f"{HOME}/changes/{one.change_id}" for kind, one in found.items()}
    assert "score the thread of this change first" in ben.see(there["content"]).text
    page_of(ben, sample)
    score(ben, sample)
    drawn.see(there["content"])
    assert "a colleague accepts it" in drawn.submit(f"{there['content']}/accept").text
    for kind in ("content", "playbook", "scenario"):
        ben.see(there[kind])
        assert ben.submit(f"{there[kind]}/accept").status_code == 303
    assert "accepted by" in ben.submit(f"{there['content']}/reject").text
    patch = ben.see(f"{HOME}/changes.patch").text
    checked = subprocess.run(
        ["git", "apply", "--check", "-"],
        input=patch.encode(),
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert patch.count("+++ b/agent_runtime/") == 3


def test_an_accepted_rule_says_what_is_left_and_becomes_a_proposed_ban(desk, drawn):
    """R76, R242: a file binds nobody; the dial does, once it was tried and put in force."""
    sample = next(s for s in samples(desk) if s.thread_id == "thread-p-ana")
    ben = desk.browser("reviewer")
    for one in (drawn, ben):
        page_of(one, sample)
        score(one, sample)
    form = page_of(drawn, sample, "/change").text
    message = re.search(r'name="message" value="(\w+)"', form)[1]
    told = {"message": message, "why": "Nobody can promise that", "tag": ["policy"]}
    assert drawn.submit(f"{HOME}/samples/{sample.sample_id}/change", **told).status_code == 303
    with desk.store.begin() as tx:
        rule = next(one for one in all_changes(tx) if one.kind == "rule")
    desk.now += timedelta(days=15)
    place, steers = f"{HOME}/changes/{rule.change_id}", desk.browser("revops")
    steers.see(place)
    assert "only an accepted rule" in steers.submit(f"{place}/steer", phrase="never fails").text
    ben.see(place)
    assert ben.submit(f"{place}/accept").status_code == 303
    page = ben.see(place).text
    for said in ("What is left to do", "parley review patch | git apply", "nothing reads it"):
        assert said in page
    assert "Propose as a banned claim" not in page
    assert ben.submit(f"{place}/steer", phrase="never fails").status_code == 403
    assert "Propose as a banned claim" in steers.see(place).text
    for phrase, refused in ((" ", "is empty"), ("ring +44 20 7946 0018", "names somebody")):
        assert refused in steers.submit(f"{place}/steer", phrase=phrase).text
    there = steers.submit(f"{place}/steer", phrase="never fails").headers["location"]
    with desk.store.begin() as tx:
        (made,) = steering.all_changes(tx)
    assert there == f"/console/steering/changes/{made.change_id}"
    assert (made.state, made.after[-1], made.author) == (
        "PROPOSED",
        "never fails",
        "revops-2@northbeam.example",
    )
    assert made.after[:-1] == made.before
    seen = steers.see(there).text
    assert f"coaching {rule.change_id}" in seen
    assert "Nobody can promise that" not in seen, "words of a thread stay where erasure finds them"
    assert there in ben.see(place).text


def test_a_change_that_would_not_load_is_refused_in_a_sentence(desk, drawn):
    sample = next(s for s in samples(desk) if s.thread_id == "thread-p-ana")
    page_of(drawn, sample)
    score(drawn, sample)
    form = page_of(drawn, sample, "/change").text
    message = re.search(r'name="message" value="(\w+)"', form)[1]
    content = re.search(r'<option value="([a-z_.]+)" selected>\1<', form)[1]
    told = {"message": message, "tag": "tone", "why": "Better", "content": content}
    answer = drawn.submit(
        f"{HOME}/samples/{sample.sample_id}/change", **told, instead="Dear {nobody}"
    )
    assert "the slot {nobody} is unknown" in answer.text
    with desk.store.begin() as tx:
        assert all_changes(tx) == ()
    assert turns_of(desk.store.engine, "t")


def test_words_of_reviewers_go_with_the_words_of_the_thread_and_marks_stay(desk, drawn):
    """One thread's person asks to be erased, another's time is over."""
    first, second = [one for one in samples(desk) if not one.is_for_all][:2]
    for sample in (first, second):
        page_of(drawn, sample)
        score(drawn, sample, tone=2, words="What she wrote of her boss")
    person = first.thread_id.removeprefix("thread-")
    erased = erase(desk.store, known_as(desk.store, [person]), now=desk.now)
    assert erased["words of reviewers"] == 1
    assert [given(desk, one)[0].note for one in (first, second)] == [
        "",
        "What she wrote of her boss",
    ]
    later = desk.now + timedelta(days=4000)
    for dry_run in (True, False):
        assert prune(desk.store, None, now=later, dry_run=dry_run)["words of reviewers"] == 1
    assert prune(desk.store, None, now=later)["words of reviewers"] == 0
    kept = [given(desk, one)[0] for one in (first, second)]
    assert [(one.note, one.score.tone) for one in kept] == [("", 2)] * 2


def test_everybody_reads_lessons_and_who_teaches_sees_how_far_all_are(desk):
    """R246: micro-lessons and checklists of each playbook."""
    rep = desk.browser("rep")
    page = rep.see("/console/lessons/nurture").text
    assert "What a public signal is" in page
    step = re.search(r"/console/lessons/nurture/steps/(lesson\.nurture\.\w+)", page)[1]
    path = f"/console/lessons/nurture/steps/{step}"
    for _ in range(2):
        assert rep.submit(path, done="true").status_code == 303
    assert "1 of 5" in rep.see("/console/lessons").text
    teacher = desk.browser("reviewer")
    assert "1 of 2 have read it" in teacher.see("/console/lessons/nurture").text
    assert "have read it" not in rep.see("/console/lessons/nurture").text
    rep.submit(path, done="false")
    assert "0 of 2 have read it" in teacher.see("/console/lessons/nurture").text
    assert "was changed meanwhile" in rep.submit(path[:-3] + "zzz", done="true").text
