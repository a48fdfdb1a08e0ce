"""`parley changes`: what changed, by whom, when, why and with what effect (R201, R204, R228)."""

import json

import pytest
from lived_workspace import FIRST, SECOND, live, look, promote, write_text
from typer.testing import CliRunner

from pipelines.changes.cli import app
from pipelines.changes.noted import log_of
from pipelines.errors import PipelineError


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    root = tmp_path_factory.mktemp("lived")
    live(root)
    promote(root, version=2, before=1, at=SECOND)
    return root


@pytest.fixture(scope="module")
def every(lived):
    return changes(lived)


def said(root, *options):
    done = CliRunner().invoke(app, ["-w", str(root), *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def changes(root, *options):
    return json.loads(said(root, "--json", "--dry-run", *options))


def one(found, kind, name):
    return [c for c in found if (c["kind"], c["name"]) == (kind, name)]


def test_a_new_version_of_a_text_is_told_with_its_approver_and_its_words(every):
    """R201, R204, R228: what was said before is known, since each look keeps the words."""
    noted = [c for c in one(every, "text", "answer.pilot (en)") if c["source"] != "front matter"]

    assert [c["says"] for c in noted] == ["Text answer.pilot (en) went from version 1 to 2."]
    assert noted[0]["by"] == "Ben Okri"
    assert noted[0]["at"] == SECOND.isoformat()
    told = "\n".join(noted[0]["details"])
    assert "claim: “A pilot takes 4 weeks.”, was “A pilot takes 6 weeks.”" in told


def test_front_matter_says_who_approved_what_on_which_day(every):
    approved = one(every, "text", "answer.pilot (en)")

    assert {"Ben Okri approved text answer.pilot version 2."} <= {c["says"] for c in approved}
    assert any(c["kind"] == "prompt" and " approved prompt" in c["says"] for c in every)


def test_autonomy_that_nobody_signed_for_says_so(every):
    (found,) = one(every, "autonomy", "nurture")

    assert found["says"] == "Autonomy of nurture was set from the playbook's default to assistive."
    assert found["by"] == "not recorded"


def test_decisions_come_from_their_logs_with_reason_and_effect(every):
    (model,) = one(every, "model", "agent")
    campaigns = [c for c in every if c["kind"] == "campaign"]

    assert model["says"] == "Version 2 of agent became champion after version 1."
    assert (model["by"], model["why"]) == ("Dee Lim", "asks fewer questions")
    assert model["effect"][0].startswith("adherence: difference +0.004")
    assert [c["by"] for c in campaigns] == ["Eva Sol", "Eva Sol"]
    assert "Its autonomy is assistive, was" in campaigns[0]["says"]
    assert [c["by"] for c in every if c["kind"] == "experiment"] == ["Cy Ng"]


def test_traces_say_from_when_on_another_version_was_in_force(every):
    (found,) = [c for c in every if c["kind"] == "in force"]

    assert found["says"] == "From here on turns were decided by policy set 8, before by 7."
    assert found["at"].startswith("2026-01-10T11")


def test_the_newest_come_first_and_since_leaves_the_older_out(lived, every):
    times = [c["at"] for c in every]
    later = changes(lived, "--since", "2026-01-15")

    assert times == sorted(times, reverse=True)
    assert len(later) < len(every)
    assert min(c["at"] for c in later) >= "2026-01-15"


def test_a_look_that_finds_nothing_new_writes_nothing(lived):
    before = log_of_bytes(lived)
    later = FIRST.replace(year=2027)

    assert look(lived, later) == 0
    assert log_of_bytes(lived) == before


def test_a_log_that_was_changed_is_not_believed(tmp_path):
    write_text(tmp_path, version=1, weeks=6, approver="Ada Roe", day=9)
    look(tmp_path, FIRST)
    log = log_at(tmp_path)
    log.write_text(log.read_text("utf-8").replace("Ada Roe", "Eve Doe"), encoding="utf-8")

    done = CliRunner().invoke(app, ["-w", str(tmp_path)])

    assert isinstance(done.exception, PipelineError)
    assert "line 1 was changed" in str(done.exception)


def test_the_page_escapes_what_people_wrote_and_has_no_script(lived, tmp_path):
    page = tmp_path / "changes.html"
    said(lived, "--dry-run", "--html", str(page))
    html = page.read_text("utf-8")

    assert "<script" not in html
    assert "<b>No</b>" not in html
    assert "Nobody is on record as having decided this" in html
    assert "asks fewer questions" in html


def test_a_mistake_is_one_sentence(lived):
    for options, what in (
        (("--since", "yesterday"), "give a day"),
        (("--kind", "weather"), "use one of prompt"),
    ):
        done = CliRunner().invoke(app, ["-w", str(lived), "--dry-run", *options])
        assert what in str(done.exception)


def log_at(root):
    from agent_runtime.settings import Workspace

    return log_of(Workspace(root))


def log_of_bytes(root):
    return log_at(root).read_bytes()
