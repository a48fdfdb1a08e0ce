"""Whether advice comes from what changed and not from noise, on simulated truth."""

import gc

import pytest
from movement_worlds import LEVELS, Periods

from experiments.movements.findings import findings_of, quiet_of
from experiments.movements.rules import load_rules
from experiments.semantic_layer import load_semantic_layer
from pipelines.manifest import ensure_manifest

QUIET_RUNS = 120
POWER_RUNS = 8
POWER = 0.8
PLANTED = {
    "wider_reach_same_intent": ({"coverage_rate": 1.25}, 1_500),
    "more_meetings_fewer_shows": ({"meetings_set": 1.8, "show_rate": 0.8}, 1_500),
    "fewer_drafts_pass": ({"compliance_pass_rate": 0.94}, 1_500),
    "faster_cycle_same_wins": ({"sales_cycle_days": 0.7}, 1_500),
    "fewer_replies_same_delivery": ({"reply_rate": 0.5}, 4_500),
    "meetings_cost_more": ({"cost_per_meeting_usd": 1.8}, 2_500),
    "reading_slower": ({"read_ms_p95": 1.6}, 1_500),
}
"""Rule to what was planted, as factors of the level before, and the persons of a period."""


@pytest.fixture(scope="module")
def definitions():
    """The real definitions; what is loaded by now is kept out of each collection of garbage."""
    ensure_manifest()
    found = load_semantic_layer().definitions
    gc.freeze()
    yield found
    gc.unfreeze()


def test_every_watched_metric_has_a_simulated_level():
    assert set(LEVELS) == set(load_rules().metrics)


def test_where_nothing_changed_at_most_one_run_in_twenty_has_an_advice(definitions):
    """R183, R184, R185, R186: no advice from noise, over all rules of a run together."""
    suspected = moved = advised = flat = 0
    for seed in range(QUIET_RUNS):
        movements = Periods(seed, people=(300, 900)[seed % 2]).movements(definitions)
        findings = findings_of(movements, load_rules())
        suspected += any(m.p_adjusted is not None and m.p_adjusted <= 0.05 for m in movements)
        moved += any(m.state in {"up", "down"} for m in movements)
        advised += bool(findings)
        flat += any(m.state == "flat" for m in movements)
        assert (quiet_of(movements, findings) is None) == bool(findings)
    assert advised <= moved <= suspected <= 0.05 * QUIET_RUNS
    assert flat > 0.9 * QUIET_RUNS


@pytest.mark.parametrize("rule", PLANTED)
def test_what_was_planted_is_found_four_times_in_five(rule, definitions):
    """R183, R184, R185, R186: the right rule fires, with the size and the persons stated."""
    factors, people = PLANTED[rule]
    runs = [
        Periods(1_000 + seed, people=people, factors=factors).advised(definitions)
        for seed in range(POWER_RUNS)
    ]
    assert sum(rule in found for found in runs) >= POWER * POWER_RUNS
    assert sum(bool(found - {rule}) for found in runs) <= 1


def test_a_flat_companion_is_shown_and_not_assumed(definitions):
    """With few people nobody can say that intent is flat, so nothing is advised."""
    factors = {"coverage_rate": 1.6}
    movements = Periods(3, people=300, factors=factors).movements(definitions)
    states = {m.metric: m.state for m in movements}
    assert states["coverage_rate"] == "up"
    assert states["positive_intent_rate"] == "cannot tell"
    assert not findings_of(movements, load_rules())


def test_a_finding_says_since_when_how_sure_and_with_which_numbers(definitions):
    movements = Periods(5, people=1_500, factors={"coverage_rate": 1.4}).movements(definitions)
    (found,) = findings_of(movements, load_rules())
    coverage, intent = found.evidence
    assert found.headline.startswith("Since 19 January, more of the list was reached")
    assert found.requirement == "R183"
    assert found.certainty.startswith("Very sure: ")
    assert coverage.ci_low < coverage.change < coverage.ci_high
    assert (coverage.state, intent.state) == ("up", "flat")
    assert -intent.margin < intent.ci_low < intent.ci_high < intent.margin
