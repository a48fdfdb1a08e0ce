"""A changed campaign does not run until somebody else than its author stands for it."""

import json

import pytest
import yaml

from pipelines import ingest
from pipelines.campaigns.approving import approvals_path, hash_of, why_unapproved
from pipelines.campaigns.running import RefusedRunError, carry_out
from pipelines.errors import PipelineError
from pipelines.lake import Lake
from pipelines.transforms.segment import segment_path


def test_nobody_is_queued_before_somebody_approved(paths, write_campaign, day_of, approved):
    write_campaign()
    with pytest.raises(RefusedRunError, match="nobody has approved it"):
        carry_out(day_of(), code_version="test")
    assert not Lake(paths).tasks.exists()
    assert not Lake(paths).assignments.exists()

    approved()

    assert carry_out(day_of(), code_version="test").new


@pytest.mark.parametrize(
    "change",
    [
        {"touch_workdays": [0, 5, 9]},
        {"send_hours": {"first": 9, "last": 17}},
        {"waive": ["open_opportunity"]},
        {"budget": {"messages_a_day": 9}},
    ],
)
def test_each_change_of_meaning_needs_a_new_approval(
    paths, write_campaign, day_of, approved, page, change
):
    write_campaign()
    approved()
    write_campaign(**change)

    with pytest.raises(RefusedRunError, match="Ada Roe approved"):
        carry_out(day_of(), code_version="test")

    approved()
    assert why_unapproved(paths, page().campaign) == ""


def test_a_changed_segment_is_a_changed_campaign(paths, write_campaign, page, approved):
    """Whose rules say who is written to is part of what was approved."""
    path = write_campaign(segments=["segments/mine.yaml", "icp-enterprise-data"])
    document = yaml.safe_load(segment_path("icp-midmarket-data").read_text("utf-8"))
    mine = path.with_name("segments")
    mine.mkdir()
    (mine / "mine.yaml").write_text(yaml.safe_dump(document))
    approved()
    assert why_unapproved(paths, page().campaign) == ""

    (mine / "mine.yaml").write_text(yaml.safe_dump(document | {"rules": document["rules"][:-1]}))

    assert "Ada Roe approved" in why_unapproved(paths, page().campaign)


@pytest.mark.parametrize("by", ["Ada Roe", " ada  roe ", "ada.roe@northbeam.example"])
def test_an_author_does_not_approve_what_they_wrote(write_campaign, approved, by):
    write_campaign(author="Ada Roe")
    with pytest.raises(PipelineError, match="nobody approves what they wrote"):
        approved(by=by)

    assert approved(by="Bo Lin").by == "Bo Lin"


@pytest.mark.parametrize("by", ["", "  ", "agent", "Dagster"])
def test_a_person_with_a_name_approves(write_campaign, approved, by):
    write_campaign()
    with pytest.raises(PipelineError, match="a person with a name"):
        approved(by=by)


def test_who_wrote_it_is_no_change_of_what_it_does(write_campaign, page):
    write_campaign()
    before = hash_of(page().campaign)
    write_campaign(author="Ada Roe")

    assert hash_of(page().campaign) == before


def test_an_approval_that_was_written_by_hand_stops_everything(
    paths, write_campaign, page, approved
):
    write_campaign()
    approved()
    log = approvals_path(paths)
    entry = json.loads(log.read_text())
    log.write_text(json.dumps(entry | {"by": "Somebody Else"}) + "\n")

    with pytest.raises(PipelineError, match="no campaign runs until it is put right"):
        why_unapproved(paths, page().campaign)


def test_the_shared_batch_obeys_approvals_too_once_they_are_kept(
    paths, write_campaign, approved, now
):
    """What the daily batch queues needs the same approval; a sandbox without any runs freely."""
    write_campaign(touch_workdays=[0, 5, 9])
    approved()

    with pytest.raises(PipelineError, match="Ada Roe approved"):
        ingest.run_batch(paths, now=now, loads_store=False, has_checks=False)
    assert not Lake(paths).tasks.exists()
