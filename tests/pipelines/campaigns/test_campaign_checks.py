"""Before a line is written to the queue, what must hold is asked of the plan anew."""

from dataclasses import replace
from datetime import date, timedelta

import dagster as dg
import polars as pl
import pytest

from agent_runtime.library.catalog import load_library
from pipelines.campaigns.checking import check_plan
from pipelines.campaigns.checks import CHECKS
from pipelines.campaigns.group import group_of
from pipelines.campaigns.planning import plan_day, read_world
from pipelines.campaigns.running import RefusedRunError, carry_out
from pipelines.lake import Lake, write
from pipelines.resources import BatchResource, WorkspaceResource
from pipelines.transforms.queue_table import from_tasks


@pytest.fixture(scope="module")
def library():
    return load_library()


@pytest.fixture
def planned(paths, day_of):
    day = day_of()
    world = read_world(paths, "northbeam")
    return world, plan_day(world, day.campaign, day.day, at=day.at)


def broken(world, plan, library):
    return [found.name for found in check_plan(world, plan, library) if not found.passed]


def test_a_sound_plan_passes_and_every_check_says_its_figure(planned, library):
    found = check_plan(*planned, library)

    assert [one.name for one in found] == list(CHECKS)
    assert all(one.passed and one.says for one in found)


def test_somebody_of_a_holdout_in_the_queue_is_found(planned, library):
    """R169: by the arms themselves, not by the code that made the queue."""
    world, plan = planned
    person = plan.new[0].person_id
    arms = plan.assignments.with_columns(
        pl.when(pl.col("person_id") == person)
        .then(pl.lit(plan.spec.control))
        .otherwise("arm")
        .alias("arm")
    )
    assert broken(world, replace(plan, assignments=arms), library) == ["holdout_untouched"]
    held = plan.assignments.head(1).with_columns(
        pl.lit("global-holdout").alias("experiment_id"), pl.lit(person).alias("person_id")
    )
    everywhere = replace(plan, assignments=pl.concat([plan.assignments, held]))
    assert broken(world, everywhere, library) == ["holdout_untouched"]


@pytest.mark.parametrize("cap", ["account_per_day", "mailbox_per_day", "mailbox_new_per_day"])
def test_a_day_that_is_too_full_is_found(planned, library, cap):
    world, plan = planned
    first = plan.new[0]
    crowd = tuple(
        first.model_copy(update={"person_id": f"p{n}", "contact_id": "c01"}) for n in range(300)
    )
    caps = plan.campaign.caps.model_copy(
        update=dict.fromkeys(("account_per_day", "mailbox_per_day", "mailbox_new_per_day"), 9999)
        | {cap: 299}
    )
    campaign = plan.campaign.model_copy(update={"caps": caps})

    assert "caps_kept" in broken(world, replace(plan, campaign=campaign, new=crowd), library)


def test_a_person_who_would_hear_too_often_in_a_week_is_found(planned, library):
    world, plan = planned
    first = plan.new[0]
    days = [
        first.model_copy(update={"touch": n, "not_before": first.not_before + timedelta(days=n)})
        for n in (1, 3, 6)
    ]

    assert broken(world, replace(plan, new=tuple(days)), library) == ["caps_kept"]


@pytest.mark.parametrize("lost", ["recorded_at", "basis"])
def test_a_consent_without_date_or_basis_is_found(paths, planned, library, lost):
    """R67: the basis on which somebody is written to says where it is from and since when."""
    world, plan = planned
    consents = world.tables["consents"].with_columns(
        pl.lit(None, world.tables["consents"].schema[lost]).alias(lost)
    )
    tables = dict(world.tables) | {"consents": consents}

    assert broken(replace(world, tables=tables), plan, library) == ["consent_recorded"]


def test_a_text_that_expires_before_the_last_touch_is_found(planned, library):
    world, plan = planned
    late = plan.new[0].expires_at.replace(year=2199)
    task = plan.new[0].model_copy(update={"expires_at": late})

    assert "playbook_approved" in broken(world, replace(plan, new=(task,)), library)


def test_a_jump_of_the_volume_stops_the_day_until_somebody_wants_it(
    paths, write_campaign, page, day_of, approved
):
    """Nothing is written, the check says both figures, and the operator may allow it by name."""
    write_campaign(volume={"times": 1, "floor": 0})
    approved()
    day = day_of()
    write(from_tasks([]), day.tables.of(date(2026, 1, 9), "queue"))

    with pytest.raises(RefusedRunError, match=r"volume_steady: 2 people, 0 on 2026-01-09"):
        carry_out(day, code_version="test")
    assert not Lake(paths).tasks.exists()

    assert carry_out(day, code_version="test", allows_jump=True).new


def test_dagster_shows_the_checks_and_a_refusal_keeps_the_import_from_running(
    paths, write_campaign, page, approved, now
):
    """R210: the day's checks stand at its queue; what is downstream does not begin."""
    write_campaign(volume={"times": 1, "floor": 0})
    approved()
    write(from_tasks([]), paths.lake / "campaigns/prospecting/day=2026-01-09/queue.parquet")
    workspace = WorkspaceResource(root=str(paths.root), tenant_id="northbeam", now=now.isoformat())
    assets = group_of(page()).assets

    def run(**config):
        return dg.materialize(
            assets,
            partition_key="2026-01-12",
            resources={"workspace": workspace, "batch": BatchResource()},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}, **config},
            raise_on_error=False,
        )

    refused = run()
    seen = {one.check_name: one.passed for one in refused.get_asset_check_evaluations()}
    assert not refused.success
    assert seen == dict.fromkeys(CHECKS, True) | {"volume_steady": False}
    done = {e.asset_key.path[-1] for e in refused.get_asset_materialization_events()}
    assert done == {"audiences", "arms", "dry_runs"}

    wanted = run(ops={"queue_prospecting": {"config": {"allow_jump": True}}})
    assert wanted.success
    done = {e.asset_key.path[-1] for e in wanted.get_asset_materialization_events()}
    assert done == {"audiences", "arms", "dry_runs", "queues", "deliveries", "results"}
