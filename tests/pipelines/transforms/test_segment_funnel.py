"""What each rule of a segment takes out, and why one record is in or out."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.transforms.segment import Segment, load_segment, members
from pipelines.transforms.segment_funnel import explain, funnel

SEGMENT = Segment.model_validate(
    {
        "id": "s",
        "version": 2,
        "description": "Large, in finance.",
        "rules": [
            {"id": "large", "must": {"field": "accounts.employees", "op": "above", "value": 100}},
            {
                "id": "finance",
                "must": {"field": "accounts.industry", "op": "is", "value": "finance"},
            },
            {
                "id": "reachable",
                "must": {
                    "any": [
                        {"field": "contacts.email", "op": "present"},
                        {"field": "contacts.phone", "op": "present"},
                    ]
                },
            },
        ],
    }
)

VALUES = st.tuples(
    st.sampled_from([None, 50, 100, 101]),
    st.sampled_from([None, "finance", "retail"]),
    st.sampled_from([None, "a@b.example"]),
    st.sampled_from([None, "+15550100"]),
)


def facts_of(rows):
    columns = ("accounts.employees", "accounts.industry", "contacts.email", "contacts.phone")
    types = (pl.Int64, pl.String, pl.String, pl.String)
    frame = pl.DataFrame(rows, schema=dict(zip(columns, types, strict=True)), orient="row")
    return frame.with_columns(
        pl.Series("contacts.contact_id", [f"c{n}" for n in range(len(rows))], pl.String),
        pl.lit(None, pl.String).alias("contacts.person_id"),
        pl.lit(None, pl.String).alias("contacts.account_id"),
    )


def holds(row):
    employees, industry, email, phone = row
    return (
        employees is not None and employees > 100,
        industry == "finance",
        email is not None or phone is not None,
    )


@given(st.lists(VALUES, max_size=30))
def test_the_counts_are_those_of_a_count_by_hand(rows):
    found = funnel(facts_of(rows), SEGMENT)
    judged = [holds(row) for row in rows]

    assert found.members == sum(map(all, judged))
    assert found.contacts == len(rows)
    for place, rule in enumerate(found.rules):
        before = [j for j in judged if all(j[:place])]
        assert rule.takes_out == sum(not j[place] for j in before)
        assert rule.left == sum(all(j[: place + 1]) for j in judged)
        assert rule.alone == sum(not j[place] for j in judged)
        assert rule.only == sum(not j[place] and sum(j) == len(j) - 1 for j in judged)
    assert found.rules[0].unknown == sum(row[0] is None for row in rows)


@given(st.lists(VALUES, min_size=1, max_size=10))
def test_the_explanation_agrees_with_the_membership_and_shows_the_records_own_values(rows):
    facts = facts_of(rows)
    inside = members(facts, SEGMENT)

    for row, contact_id, is_member in zip(
        rows, inside["contact_id"], inside["is_member"], strict=True
    ):
        found = explain(facts, SEGMENT, contact_id)
        assert found.is_member == is_member
        assert [rule.holds for rule in found.rules] == list(holds(row))
        assert found.rules[0].values == {"accounts.employees": row[0]}
        assert found.rules[2].values == {"contacts.email": row[2], "contacts.phone": row[3]}


@pytest.mark.parametrize(
    ("employees", "said"),
    [
        (50, "must be: accounts.employees above 100; accounts.employees is 50"),
        (
            None,
            "must be: accounts.employees above 100; accounts.employees is not known, and a "
            "missing fact is not enough",
        ),
    ],
)
def test_a_rule_is_said_in_words(employees, said):
    facts = facts_of([(employees, "finance", None, None)])
    assert explain(facts, SEGMENT, "c0").rules[0].said == said


@pytest.mark.parametrize(
    ("change", "why_not"),
    [
        ({}, None),
        ({"contracts.active": 0}, "customer"),
        ({"accounts.health_score": 60.0}, "healthy"),
        ({"accounts.health_score": None}, "healthy"),
        ({"accounts.owner_id": None}, "owned"),
        ({"contacts.seniority": "staff"}, "leads_a_team"),
    ],
)
def test_another_product_is_for_customers_who_do_well_and_have_an_owner(change, why_not):
    """R129: the eligibility filter; what is not known of an account counts against it."""
    row = {
        "contacts.contact_id": "c",
        "contacts.person_id": "p",
        "contacts.account_id": "a",
        "contacts.seniority": "director",
        "contracts.active": 1,
        "accounts.health_score": 61.0,
        "accounts.owner_id": "o-1",
    }
    segment = load_segment("healthy-customers")
    types = {"accounts.owner_id": pl.String, "accounts.health_score": pl.Float64}
    facts = pl.DataFrame([row | change], schema_overrides=types)
    told = explain(facts, segment, "c")
    assert next((rule.rule for rule in told.rules if not rule.holds), None) == why_not
    assert bool(members(facts, segment)["is_member"][0]) is (why_not is None)
