"""A campaign that runs between two steps of the shared batch changes nothing of the batch."""

import dagster as dg
import polars as pl
import pytest

from pipelines.campaigns.running import carry_out
from pipelines.defs import assignment, outreach, segments
from pipelines.errors import PipelineError
from pipelines.lake import Lake
from pipelines.resources import BatchResource, WorkspaceResource

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
FIRST = [segments.memberships, segments.eligibilities, assignment.registrations]
THEN = [assignment.assignments, outreach.outreach_queue]


def materialise(paths, now, assets):
    workspace = WorkspaceResource(root=str(paths.root), tenant_id="northbeam", now=now.isoformat())
    dg.materialize(
        assets, resources={"workspace": workspace, "batch": BatchResource()}, run_config=QUIET
    )


def test_another_campaigns_eligibility_is_never_the_batchs(
    paths, write_campaign, day_of, approved, now
):
    """R35: the batch writes to whom its own campaign's rules let it, whoever ran in between."""
    more = {"segments": ["adopted-contacts"], "experiment": "adopted-export"}
    write_campaign("other", id="other", **more)
    write_campaign()
    approved("other")
    approved()

    materialise(paths, now, FIRST)
    mine = pl.read_parquet(Lake(paths).eligibility).filter("eligible")
    carry_out(day_of(name="other"), code_version="1")
    theirs = pl.read_parquet(Lake(paths).eligibility).filter("eligible")
    assert set(theirs["person_id"]) > set(mine["person_id"])
    materialise(paths, now, THEN)

    queued = pl.read_parquet(Lake(paths).tasks).filter(pl.col("campaign_id") == "prospecting")
    assert set(queued["person_id"]) <= set(mine["person_id"])
    said = dict(pl.read_parquet(Lake(paths).outcomes).select("person_id", "reason").iter_rows())
    for person in set(theirs["person_id"]) - set(mine["person_id"]):
        assert said[person] == "not_in_segment"


def test_a_batch_of_which_nobody_was_judged_queues_nobody(paths, write_campaign, now):
    write_campaign()
    materialise(paths, now, FIRST)
    Lake(paths).judged("prospecting").unlink()

    with pytest.raises(PipelineError, match="segments/eligibilities"):
        materialise(paths, now, THEN)
    assert not Lake(paths).tasks.exists()
