"""Each metric by hand, in plain Python from the events, beside what the semantic layer says."""

import shutil

import pytest
from campaign_world import World
from metrics_by_hand import (
    by_hand,
    cost_per_meeting_by_hand,
    cost_per_qualified_opportunity_by_hand,
    cost_per_touch_by_hand,
)

from agent_runtime.settings import Workspace
from experiments.metrics import list_metrics, read_metric
from pipelines.warehouse import build_warehouse

ARMS = (None, "agent", "holdout")
NAMES = sorted(by_hand(World(people=4)))
PARTS = {
    "engaged_turns",
    "engaged_threads",
    "positive_threads",
    "first_proposals",
    "first_proposals_passed",
    "first_proposals_sent",
    "persons_complained",
    "persons_opted_out",
    "persons_written_to",
    "persons_covered",
    "persons_eligible",
    "units_met",
    "units_assigned",
    "program_cost_usd",
    "program_meetings",
    "qualified_opportunities",
}


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("name", NAMES)
def test_metric_equals_the_count_by_hand(name, arm, world, built):
    """R140, R141, R142, R143, R145, R146, R152, R157, R182: defined once, and as the guide says."""
    where = {"arm": arm} if arm else None
    [reading] = read_metric(name, warehouse=built.warehouse, where=where)
    hand = by_hand(world, arm)[name]
    assert reading.value == pytest.approx(hand.value, abs=1e-9)
    if hand.denominator is not None:
        assert (reading.numerator, reading.denominator) == (hand.numerator, hand.denominator)


COSTS_PER = {
    "cost_per_touch_usd": cost_per_touch_by_hand,
    "cost_per_meeting_usd": cost_per_meeting_by_hand,
    "cost_per_qualified_opportunity_usd": cost_per_qualified_opportunity_by_hand,
}


@pytest.mark.parametrize("name", COSTS_PER)
def test_cost_per_thing_equals_the_sum_by_hand(name, world, built):
    """R160-R163: licences, infrastructure, model, mails and reviewers' minutes are all in it."""
    [reading] = read_metric(name, warehouse=built.warehouse)
    hand = COSTS_PER[name](world)
    assert reading.value == pytest.approx(hand.value)
    assert reading.numerator == pytest.approx(hand.numerator)
    assert reading.denominator == hand.denominator


def test_without_deals_the_cost_of_one_is_null_with_a_reason(built, tmp_path):
    """R163: no opportunity data is no opportunity at no cost."""
    workspace = Workspace(tmp_path / "without")
    shutil.copytree(built.root, workspace.root)
    (workspace.canonical / "opportunities.parquet").unlink()
    build_warehouse(workspace, select=["stg_crm__opportunities+"])
    [reading] = read_metric("cost_per_qualified_opportunity_usd", warehouse=workspace.warehouse)
    assert reading.value is None
    assert reading.numerator
    assert reading.reason == "nothing to count: qualified_opportunities is 0"


def test_the_small_world_has_every_case(world):
    """A comparison of zeros would prove nothing."""
    total = by_hand(world)
    zero = {"holdout_sends", "sends_after_opt_out"}
    assert {name for name, hand in total.items() if not hand.value} == zero
    assert 0 < (total["compliance_pass_rate"].value or 0) < 1
    assert 0 < (total["share_of_sent"].value or 0) < 1
    assert 0 < (total["positive_intent_rate"].value or 0) < 1


def test_every_metric_is_compared_or_is_a_part_of_one_that_is():
    known = {definition.name for definition in list_metrics()}
    untested = known - set(NAMES) - PARTS - set(COSTS_PER)
    assert untested == {"persons_considered", "priced_cost_usd", "program_costs", "unpriced_costs"}
