import json
from collections import Counter
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.assignment import arm_of, bucket, upper_bounds
from experiments.assignment_frames import arm_expr, bucket_expr
from experiments.errors import AssignmentError

VECTORS = json.loads((Path(__file__).parent / "hash_vectors.json").read_text())["vectors"]
HALF = {"agent": 0.5, "holdout": 0.5}
THREE = {"a": 0.2, "b": 0.3, "c": 0.5}
AUDIT = """
    select
        ('0x' || substr(md5($salt || ':' || nfc_normalize(unit_id)), 1, 13))::bigint
            / 4503599627370496.0::double as bucket,
        case when bucket < 0.5 then 'agent' else 'holdout' end as half,
        case when bucket < 0.2 then 'a' when bucket < 0.5 then 'b' else 'c' end as three
    from vectors
"""
SALTS = sorted({vector["salt"] for vector in VECTORS})


def _vectors_of(salt):
    return pl.DataFrame([vector for vector in VECTORS if vector["salt"] == salt])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['salt']}:{v['unit_id'][:12]}")
def test_python_agrees_with_the_shared_vectors(vector):
    """R168: the arm of a record follows from its id alone, the same wherever it is computed."""
    salt, unit_id = vector["salt"], vector["unit_id"]

    assert bucket(salt, unit_id) == vector["bucket"]
    assert arm_of(salt, unit_id, HALF) == vector["half"]
    assert arm_of(salt, unit_id, THREE) == vector["three"]


@pytest.mark.parametrize("salt", SALTS)
def test_polars_agrees_with_the_shared_vectors(salt):
    """R168: whole tables are assigned by the same function as single records."""
    vectors = _vectors_of(salt)

    found = vectors.select(
        bucket=bucket_expr(salt, "unit_id"),
        half=arm_expr(salt, "unit_id", HALF),
        three=arm_expr(salt, "unit_id", THREE),
    )

    assert found.equals(vectors.select("bucket", "half", "three"))


@pytest.mark.parametrize("salt", SALTS)
def test_duckdb_agrees_with_the_shared_vectors(salt):
    """R168: SQL can audit a stored assignment."""
    vectors = _vectors_of(salt)

    with duckdb.connect() as connection:
        connection.register("vectors", vectors)
        found = connection.execute(AUDIT, {"salt": salt}).fetchall()

    assert found == vectors.select("bucket", "half", "three").rows()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1), st.integers(2, 7))
def test_a_table_is_assigned_as_its_records_are(unit_ids, arms):
    shares = {f"arm-{i}": 1 / arms for i in range(arms)}

    found = pl.DataFrame({"unit_id": unit_ids}).select(arm_expr("layer", "unit_id", shares))

    assert found["arm"].to_list() == [arm_of("layer", unit, shares) for unit in unit_ids]


def test_a_missing_id_gets_no_arm():
    found = pl.DataFrame({"unit_id": ["a", None]}).select(arm_expr("layer", "unit_id", HALF))

    assert found["arm"][1] is None


def test_arms_are_as_large_as_their_shares():
    """R169: a holdout of a tenth is a tenth."""
    counts = Counter(
        arm_of("layer", f"person-{i}", {"agent": 0.9, "holdout": 0.1}) for i in range(20_000)
    )

    assert counts["holdout"] == pytest.approx(2_000, abs=4 * (20_000 * 0.09) ** 0.5)


def test_arms_under_two_salts_are_independent():
    both = Counter(
        (arm_of("one", f"person-{i}", HALF), arm_of("two", f"person-{i}", HALF))
        for i in range(20_000)
    )

    assert min(both.values()) > 5_000 - 4 * (20_000 * 3 / 16) ** 0.5


def test_the_last_stretch_ends_at_one_however_shares_round():
    bounds = upper_bounds({f"arm-{i}": 0.1 for i in range(10)})

    assert bounds[-1] == ("arm-9", 1.0)
    assert [upper for _, upper in bounds] == sorted(upper for _, upper in bounds)


@pytest.mark.parametrize(
    ("shares", "rule"),
    [
        ({"agent": 0.5, "holdout": 0.6}, "sum to 1.1"),
        ({"agent": 1.0, "holdout": 0.0}, "arm 'holdout' has the share 0.0"),
        ({"agent": 1.5, "holdout": -0.5}, "arm 'agent' has the share 1.5"),
        ({}, "sum to 0"),
    ],
)
def test_shares_that_are_no_whole_are_refused(shares, rule):
    with pytest.raises(AssignmentError, match=rule):
        arm_of("layer", "person-1", shares)
