"""Conditions that people write: checked by type, described in words."""

import polars as pl
import pytest

from pipelines.transforms.condition import ConditionFault, check, describe, to_expression

SCHEMA = {
    "accounts.employees": pl.Int64(),
    "contacts.seniority": pl.String(),
    "contacts.do_not_contact": pl.Boolean(),
    "contacts.last_touch_at": pl.Datetime("us", "UTC"),
}


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (
            {"field": "accounts.employes", "op": "above", "value": 1},
            ["'accounts.employes' is not known", "did you mean 'accounts.employees'?"],
        ),
        ({"field": "acounts.x", "op": "present"}, ["there are accounts, contacts"]),
        ({"field": "accounts.employees", "op": "over", "value": 1}, ["op 'over'", "above"]),
        ({"field": "accounts.employees", "op": "above", "value": "10"}, ["'10'", "a number"]),
        ({"field": "accounts.employees", "op": "in", "value": 10}, ["needs a list"]),
        ({"field": "accounts.employees", "op": "above"}, ["no value"]),
        ({"field": "contacts.seniority", "op": "is", "value": 3}, ["3", "text"]),
        ({"field": "contacts.seniority", "op": "at_least", "value": "a"}, ["text"]),
        ({"field": "contacts.do_not_contact", "op": "is", "value": "no"}, ["true or false"]),
        ({"field": "contacts.last_touch_at", "op": "is", "value": "x"}, ["present or missing"]),
        ({"all": []}, ["'all' needs a list"]),
        ({"field": "accounts.employees"}, ["write field, op and value"]),
        ("employees > 3", ["is not a condition"]),
    ],
)
def test_a_mistake_is_one_sentence(condition, words):
    with pytest.raises(ConditionFault) as fault:
        check({"any": [condition]}, SCHEMA, where="segment s@1, rule r")

    sentence = str(fault.value)
    assert sentence.startswith("segment s@1, rule r: ")
    assert [word for word in words if word not in sentence] == []


def test_a_condition_reads_as_words():
    condition = {
        "any": [
            {"not": {"field": "a.b", "op": "missing"}},
            {
                "all": [
                    {"field": "a.c", "op": "at_least", "value": 3},
                    {"field": "a.d", "op": "in", "value": ["x", "y"]},
                ]
            },
        ]
    }

    assert describe(condition) == "not a.b missing or (a.c at least 3 and a.d in x, y)"


def test_a_missing_fact_leaves_a_condition_open_and_its_opposite_too():
    frame = pl.DataFrame({"a": [1, None, 5]})
    above = {"field": "a", "op": "above", "value": 3}

    found = frame.select(
        to_expression(above).alias("above"), to_expression({"not": above}).alias("not")
    )

    assert found.rows() == [(False, True), (None, None), (True, False)]
