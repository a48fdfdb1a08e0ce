"""What changed between two versions of a spec, as the first line of the report says it."""

from experiments.edits import edits


def test_each_field_is_named_with_its_value_before_and_after():
    before = {"id": "x", "arms": {"a": 0.5, "b": 0.5}, "covariates": ["visits"], "seed": 3}
    after = {"id": "x", "arms": {"a": 0.8, "b": 0.2}, "covariates": [], "power": {}}

    assert edits(before, after) == [
        "arms.a from 0.5 to 0.8",
        "arms.b from 0.5 to 0.2",
        'covariates from ["visits"] to []',
        "power from nothing to {}",
        "seed from 3 to nothing",
    ]
    assert edits(before, before) == []


def test_a_long_value_is_cut():
    (said,) = edits({"hypothesis": "short"}, {"hypothesis": "long " * 100})

    assert said.startswith('hypothesis from "short" to "long long')
    assert said.endswith("…")
    assert len(said) < 120
