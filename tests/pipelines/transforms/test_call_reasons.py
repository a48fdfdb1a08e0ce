"""The rules before dialling say the same of a table as of one call."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.policies.calling.rules import call_rules
from agent_runtime.policies.contact_rules import compile_predicate
from agent_runtime.policies.ruleset import profiles, rule_set
from pipelines.transforms.calls import CALL_FACT_TYPES, with_call_reason

GOOD = {
    "number_kind": "mobile",
    "is_marketing": True,
    "has_consent_for_number": True,
    "has_written_consent": True,
    "on_own_list": False,
    "on_national_list": False,
    "national_days_left": 0,
    "own_number": "+493098765432",
    "own_is_registered": True,
    "own_may_call_there": True,
    "has_voice": True,
    "attempts_in_a_day": 0,
    "attempts_in_a_week": 0,
    "abandoned_per_10k": 300,
    "earliest_hour": 8,
    "latest_hour": 20,
    "is_lawful_hour": True,
}
AMONG = {
    "number_kind": ["mobile", "fixed_line", "premium_rate"],
    "own_number": ["+493098765432"],
    "national_days_left": [-1, 0, 31],
    "attempts_in_a_day": [0, 1, 2],
    "attempts_in_a_week": [0, 4, 5],
    "abandoned_per_10k": [0, 300, 301],
    "earliest_hour": [7, 8, 12],
    "latest_hour": [12, 20, 21],
}


def mostly_good(name):
    """Facts near the line: mostly as they should be, so that later rules are reached as well."""
    others = st.sampled_from(AMONG.get(name, [True, False]))
    return st.one_of(st.just(GOOD[name]), st.just(GOOD[name]), others, st.none())


@given(
    st.lists(st.fixed_dictionaries({n: mostly_good(n) for n in GOOD}), min_size=1, max_size=20),
    st.sampled_from(profiles()),
)
def test_rules_of_calls_say_the_same_in_both_forms(rows, profile):
    """R225: one set of rules, at queueing and at the moment of dialling."""
    predicate = compile_predicate(call_rules(rule_set(profile)))
    table = with_call_reason(pl.DataFrame(rows, schema=CALL_FACT_TYPES), rule_set(profile))

    assert table.get_column("reason").to_list() == [predicate(row)[1] for row in rows]


@pytest.mark.parametrize(
    "name", [n for n in GOOD if n not in ("is_marketing", "has_written_consent")]
)
def test_a_fact_that_nobody_knows_stops_the_call_in_the_table_too(name):
    rows = [GOOD, GOOD | {name: None}]
    reasons = with_call_reason(pl.DataFrame(rows, schema=CALL_FACT_TYPES), rule_set())
    first, second = reasons.get_column("reason").to_list()

    assert first == ""
    assert second
