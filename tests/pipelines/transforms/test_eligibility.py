"""The same contact rules at the queue and at send, in the strictest reading."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.policies.contact_rules import (
    CONTACT_RULES,
    LANGUAGES,
    WITHOUT_PRIOR_CONSENT,
    ContactRule,
    compile_predicate,
    rules_without,
)
from pipelines.transforms.condition import to_expression
from pipelines.transforms.eligibility import FACT_TYPES, first_failing

GOOD = {
    "suppressed": False,
    "do_not_contact": False,
    "listed": False,
    "email": "ada@alder.example",
    "basis": "consent",
    "opt_in": "recorded",
    "country": "DE",
    "language": "de",
    "owner_active": True,
    "is_owners_territory": True,
    "open_opportunities": 0,
}
VALUES = {
    "bool": st.booleans(),
    "email": st.sampled_from(["ada@alder.example"]),
    "basis": st.sampled_from(["consent", "legitimate_interest", "contract", "none"]),
    "opt_in": st.sampled_from(["recorded", "given", "requested", "confirmed"]),
    "country": st.sampled_from(["US", "DE", "GB", "CA", "FR"]),
    "language": st.sampled_from([*LANGUAGES, "nl", "ja"]),
    "open_opportunities": st.integers(0, 2),
}


def as_frame(rows):
    return pl.DataFrame(rows, schema=FACT_TYPES)


def facts():
    return st.fixed_dictionaries(
        {
            name: st.none()
            | VALUES.get(name, VALUES["bool"] if dtype == pl.Boolean() else st.none())
            for name, dtype in FACT_TYPES.items()
        }
    )


leaf = st.one_of(
    st.fixed_dictionaries(
        {
            "field": st.just("open_opportunities"),
            "op": st.sampled_from(["is", "is_not", "at_least", "at_most", "above", "below"]),
            "value": st.integers(0, 2),
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(["country", "language", "basis"]),
            "op": st.sampled_from(["in", "not_in"]),
            "value": st.lists(st.sampled_from(["US", "DE", "de", "consent"]), max_size=3),
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(["country", "email"]),
            "op": st.sampled_from(["is", "is_not", "contains"]),
            "value": st.sampled_from(["US", "DE", "alder"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(list(FACT_TYPES)),
            "op": st.sampled_from(["present", "missing"]),
        }
    ),
)
conditions = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=8,
)


@given(st.lists(facts(), min_size=1, max_size=20))
def test_contact_rules_say_the_same_in_both_forms(rows):
    """R225: consent and suppression are checked by one set of rules, at queueing and at send."""
    predicate = compile_predicate(CONTACT_RULES)

    queued = as_frame(rows).select(first_failing(CONTACT_RULES)).to_series().to_list()

    assert queued == [predicate(row)[1] for row in rows]


@given(st.lists(facts(), min_size=1, max_size=10), conditions)
def test_any_rule_says_the_same_in_both_forms(rows, condition):
    rule = ContactRule("rule", 1, condition)
    predicate = compile_predicate([rule])

    holds = as_frame(rows).select(to_expression(condition).fill_null(value=False)).to_series()

    assert holds.to_list() == [predicate(row)[0] for row in rows]


def test_a_contact_that_meets_every_rule_is_eligible():
    assert compile_predicate()(GOOD) == (True, "")


@pytest.mark.parametrize("name", [name for name in GOOD if name not in {"country"}])
def test_a_missing_fact_means_no(name):
    passed, reason = compile_predicate()(GOOD | {name: None})

    assert not passed
    assert reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"suppressed": True}, "suppressed"),
        ({"do_not_contact": True}, "do_not_contact"),
        ({"basis": "contract"}, "no_consent"),
        ({"language": "nl"}, "language"),
        ({"owner_active": False}, "owner_inactive"),
        ({"is_owners_territory": False}, "other_territory"),
        ({"open_opportunities": 1}, "open_opportunity"),
    ],
)
def test_who_fails_a_rule_is_told_which(change, reason):
    """R67, R69: owners, territories and languages are respected."""
    assert compile_predicate()(GOOD | change) == (False, reason)


@pytest.mark.parametrize("country", ["US", "DE", "CA", "IT", None])
def test_consent_is_enough_everywhere(country):
    assert compile_predicate()(GOOD | {"country": country})[0]


def test_legitimate_interest_is_enough_only_where_the_country_says_so():
    """R68, R244: regional norms of consent."""
    predicate = compile_predicate()
    reached = [
        country
        for country in ("US", "GB", "FR", "DE", "AT", "IT", "ES", "CA", None)
        if predicate(GOOD | {"country": country, "basis": "legitimate_interest"})[0]
    ]

    assert reached == ["US", "GB", "FR"]
    assert set(reached) <= set(WITHOUT_PRIOR_CONSENT)


def test_only_some_rules_may_be_waived():
    kept = [
        rule.rule_id for rule in rules_without(["open_opportunity", "suppressed", "no_consent"])
    ]

    assert "open_opportunity" not in kept
    assert {"suppressed", "no_consent", "do_not_contact", "no_email"} <= set(kept)
