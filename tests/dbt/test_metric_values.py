"""Each metric by hand, in plain Python from the events, beside what the semantic layer says."""

import shutil
from collections import Counter
from datetime import timedelta

import duckdb
import polars as pl
import pytest
from aftermath_by_hand import aftermath_by_hand
from campaign_world import World
from metrics_by_hand import (
    by_hand,
    cost_per_meeting_by_hand,
    cost_per_qualified_opportunity_by_hand,
    cost_per_touch_by_hand,
    mails_of,
    marginal_cost_by_hand,
)
from pipeline_by_hand import coverage_lift_by_hand, pipeline_by_hand, worth_by_hand
from trace_payloads import autonomy_of

from agent_runtime.settings import Workspace
from experiments.metrics import list_metrics, read_metric, read_metrics
from experiments.metrics_reference import SPLITS
from experiments.semantic_layer import load_semantic_layer
from pipelines.warehouse import build_warehouse

ARMS = (None, "agent", "holdout")
NAMES = sorted(by_hand(World(people=4)))
SMALL = World(people=4, has_aftermath=True)
LATER = {*aftermath_by_hand(SMALL), *pipeline_by_hand(SMALL), *worth_by_hand(SMALL)}
INTEREST = ("signals_seen", "signals_followed", "signal_follow_up_rate", "accounts_active")
"""Compared in test_interest.py."""

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
    "accuracy_points",
    "accuracy_scores",
    "tone_points",
    "tone_scores",
    "satisfaction_points",
    "surveys_answered",
    "invites_accepted",
    "invites_answerable",
    "meetings_attended",
    "meetings_due",
    "objections_handled",
    "objections_resolved",
    "messages_tried",
    "messages_delivered",
    "discovery_threads",
    "qualified_threads",
    "leads_to_mql",
    "leads_to_sql",
    "leads_to_opportunity",
    "leads_to_won",
    "minutes_saved",
    "calls_answered",
    "calls_timed",
    "rep_weeks_before",
    "rep_weeks_after",
    "records_touched_before",
    "records_touched_after",
    "records_per_rep_week_before",
    "records_per_rep_week_after",
    "threads_opened_and_answered",
    "volume_cost_usd",
    "opportunities_won",
    "drafts_approved",
    "drafts_edited",
    "words_changed",
    "edits_measured",
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


@pytest.mark.parametrize("arm", ARMS)
def test_metrics_of_what_follows_equal_the_counts_by_hand(arm, world, built):
    """R147, R148, R153, R154, R155, R156, R158, R159, R71, R208, R209: as the guide says."""
    _compare(aftermath_by_hand(world, arm), arm, built)


@pytest.mark.parametrize("arm", ARMS)
def test_metrics_of_pipeline_and_capacity_equal_the_counts_by_hand(arm, world, built):
    """R144, R149, R150, R165: as the guide says."""
    _compare(pipeline_by_hand(world, arm), arm, built)


@pytest.mark.parametrize("arm", ARMS)
def test_pipeline_and_revenue_of_units_equal_the_sums_by_hand(arm, world, built):
    """R151: worth of the deals of each unit's window, whoever opened them; unknown is not zero."""
    _compare(worth_by_hand(world, arm), arm, built)


def _compare(hands, arm, built):
    where = {"arm": arm} if arm else None
    readings = read_metrics(sorted(hands), warehouse=built.warehouse, where=where)
    assert {r.metric: r.value for r in readings} == pytest.approx(
        {name: hand.value for name, hand in hands.items()}, abs=1e-9
    )
    for reading in readings:
        hand = hands[reading.metric]
        assert bool(reading.reason) == (hand.value is None), reading
        if hand.value is not None and hand.denominator is not None:
            parts = (reading.numerator, reading.denominator)
            assert parts == (hand.numerator, hand.denominator), reading


def test_coverage_lift_equals_the_count_by_hand(world, built):
    """R164: persons per rep and week, weeks without a touch included."""
    [reading] = read_metric("coverage_lift", warehouse=built.warehouse)
    hand = coverage_lift_by_hand(world)
    assert hand.value
    assert (reading.value, reading.numerator, reading.denominator) == pytest.approx(
        (hand.value, hand.numerator, hand.denominator)
    )


def test_leads_are_split_by_channel_and_playbook(world, built):
    """R149: by channel and playbook of the first message."""
    readings = read_metrics(["leads"], warehouse=built.warehouse, by=("channel", "playbook"))
    groups = {tuple(r.keys.values()): r.value for r in readings}
    assert sum(value or 0 for value in groups.values()) == pipeline_by_hand(world)["leads"].value
    assert {("email", "icp_prospecting"), ("email", "inbound_response")} <= set(groups)


def test_messages_of_each_autonomy_are_those_of_the_tasks_that_say_so(world, built):
    """A message of a thread that the buyer opened has no level."""
    readings = read_metrics(["messages_sent"], warehouse=built.warehouse, by=("autonomy",))
    people = {person.person_id: person for person in world.persons}
    campaign = {event.thread_id for event in world.events if event.payload.get("task_id")}
    levels = Counter(
        autonomy_of(people[mail.event.person_id]) if mail.event.thread_id in campaign else None
        for mail in mails_of(world.events)
        if mail.is_sent and mail.is_by_agent
    )
    assert {r.keys["autonomy"]: r.value for r in readings if r.value} == levels
    assert set(levels) == {"autonomous", "supervised", None}


WHOLE = {
    "coverage_rate": {"segment"},
    "coverage_lift": set(),
    "pipeline_usd": {"segment"},
    "revenue_usd": {"segment"},
}
"""Who is eligible is asked before there is a thread; a week of a rep and a unit have many."""


def test_every_metric_of_the_guide_can_be_split_by_what_pages_filter_by():
    """R140-R166: by segment, channel, playbook and autonomy, where this means something."""
    layer = load_semantic_layer()
    asked = [d.name for d in list_metrics() if d.requirement]
    found = {name: set(SPLITS) & set(layer.dimensions([name])) for name in asked}
    assert found == {name: WHOLE.get(name, set(SPLITS)) for name in asked}


def test_an_incident_counts_for_no_arm(world, built):
    [reading] = read_metric("incidents", warehouse=built.warehouse)
    assert reading.value == sum(event.kind == "incident" for event in world.events) > 0


COSTS_PER = {
    "cost_per_touch_usd": cost_per_touch_by_hand,
    "cost_per_meeting_usd": cost_per_meeting_by_hand,
    "cost_per_qualified_opportunity_usd": cost_per_qualified_opportunity_by_hand,
    "marginal_cost_per_conversation_usd": marginal_cost_by_hand,
}


@pytest.mark.parametrize("name", COSTS_PER)
def test_cost_per_thing_equals_the_sum_by_hand(name, world, built):
    """R160, R161, R162, R163, R166: what stands by the day is in all of them but the marginal."""
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
    build_warehouse(workspace, tenant_id="northbeam", select=["stg_crm__opportunities+"])
    [reading] = read_metric("cost_per_qualified_opportunity_usd", warehouse=workspace.warehouse)
    assert reading.value is None
    assert reading.numerator
    assert reading.reason == "nothing to count: qualified_opportunities is 0"


@pytest.mark.parametrize("lack", ["deals", "the end of the windows"])
def test_without_deals_of_the_window_pipeline_is_null_with_a_reason(lack, built, tmp_path):
    """R151: a CRM without deals, or one read too early, is no pipeline of nothing."""
    workspace = Workspace(tmp_path / "without")
    shutil.copytree(built.root, workspace.root)
    if lack == "deals":
        (workspace.canonical / "opportunities.parquet").unlink()
    else:
        read = pl.read_parquet(workspace.lake / "crm_reads.parquet")
        early = read.with_columns(pl.col("read_at") - timedelta(seconds=1))
        early.write_parquet(workspace.lake / "crm_reads.parquet")
    build_warehouse(
        workspace, tenant_id="northbeam", select=["stg_crm__opportunities+", "stg_crm__reads+"]
    )
    names = ["pipeline_usd", "revenue_usd", "pipeline_per_unit_usd"]
    readings = read_metrics(names, warehouse=workspace.warehouse)
    assert [(r.value, r.n) for r in readings] == [(None, 0)] * 3
    assert [r.reason for r in readings] == [
        "nothing to count: units_with_known_pipeline is 0",
        "nothing to count: units_with_known_revenue is 0",
        "nothing to count: units_with_known_pipeline is 0",
    ]


def test_without_a_price_of_what_grows_the_marginal_cost_is_null_with_a_reason(built, tmp_path):
    """R166: an unpriced item is unknown, never zero; a standing cost is not in it at all."""
    workspace = Workspace(tmp_path / "unpriced")
    shutil.copytree(built.root, workspace.root)
    readings = {}
    for item in ("licence", "message"):
        with duckdb.connect(str(workspace.warehouse)) as connection:
            connection.execute("update fct_costs set amount_usd = null where item = ?", [item])
        names = ["marginal_cost_per_conversation_usd", "program_cost_usd"]
        readings[item] = read_metrics(names, warehouse=workspace.warehouse)
    marginal, program = readings["licence"]
    assert (marginal.reason, program.reason) == ("", "a price is unknown")
    marginal, _ = readings["message"]
    assert (marginal.value, marginal.reason) == (None, "a price is unknown")
    assert marginal.n


TOKENS = ("prompt_tokens", "cached_prompt_tokens", "cached_prompt_share")


def test_the_share_of_cached_prompt_tokens_is_that_of_the_ledger(built, tmp_path):
    """R205: of all that a language model read; without one it is null, and says why."""
    [nobody] = read_metrics(["cached_prompt_share"], warehouse=built.warehouse)
    assert (nobody.value, nobody.reason) == (None, "nothing to count: prompt_tokens is 0")
    workspace = Workspace(tmp_path / "asked")
    shutil.copytree(built.root, workspace.root)
    with duckdb.connect(str(workspace.warehouse)) as connection:
        ids = connection.execute(
            "select cost_id from fct_costs where item = 'message' order by 1 limit 3"
        ).fetchall()
        used = (("input_token", 100.0), ("cached_token", 900.0), ("output_token", 70.0))
        for (cost_id,), (unit, quantity) in zip(ids, used, strict=True):
            connection.execute(
                "update fct_costs set item = 'model_token', unit = ?, quantity = ? "
                "where cost_id = ?",
                [unit, quantity, cost_id],
            )
    readings = {r.metric: r for r in read_metrics(list(TOKENS), warehouse=workspace.warehouse)}
    assert [readings[name].value for name in TOKENS] == [1000.0, 900.0, 0.9]
    share = readings["cached_prompt_share"]
    assert (share.numerator, share.denominator) == (900.0, 1000.0)


def test_the_small_world_has_every_case(world):
    """A comparison of zeros would prove nothing."""
    total = by_hand(world)
    zero = {"holdout_sends", "sends_after_opt_out"}
    assert {name for name, hand in total.items() if not hand.value} == zero
    assert 0 < (total["compliance_pass_rate"].value or 0) < 1
    assert 0 < (total["share_of_sent"].value or 0) < 1
    assert 0 < (total["positive_intent_rate"].value or 0) < 1
    later = aftermath_by_hand(world) | pipeline_by_hand(world) | worth_by_hand(world)
    assert {name for name, hand in later.items() if not hand.value} == set()
    shares = {name for name in later if name.endswith("_rate")} | {"qualified_discovery_yield"}
    for name in shares:
        assert 0 < (later[name].value or 0) < 1


def test_every_metric_is_compared_or_is_a_part_of_one_that_is():
    known = {definition.name for definition in list_metrics()}
    compared = {*NAMES, *LATER, *COSTS_PER, *INTEREST, *TOKENS, "incidents", "coverage_lift"}
    untested = known - compared - PARTS
    assert untested == {
        "persons_considered",
        "priced_cost_usd",
        "priced_volume_cost_usd",
        "program_costs",
        "unpriced_costs",
        "unpriced_volume_costs",
        "volume_costs",
    }
