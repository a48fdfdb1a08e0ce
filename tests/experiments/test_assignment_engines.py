"""One arm whatever computes it: records in Python, tables in Polars, audits in SQL."""

import json
import unicodedata
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.assignment import BUCKETS, Draw, bucket, digest_bound
from experiments.assignment_frames import drawn_expr
from experiments.assignment_sql import arm_sql
from experiments.errors import AssignmentError

VECTORS = json.loads((Path(__file__).parent / "hash_vectors.json").read_text())["vectors"]
DRAWS = (
    Draw("outbound-7f3a91c2", {"agent": 0.5, "holdout": 0.5}),
    Draw("outbound-7f3a91c2", {"a": 0.2, "b": 0.3, "c": 0.5}, part=(0.25, 0.8)),
    Draw("layer", {"agent": 0.9, "holdout": 0.1}, held_out=("everybody", 0.1)),
)


@pytest.mark.parametrize("draw", DRAWS, ids=["halves", "part", "global holdout"])
def test_python_polars_and_duckdb_give_the_same_arms(draw):
    """R168: in every engine that may assign or audit; `make test-spark` asks Spark."""
    ids = sorted({unicodedata.normalize("NFC", vector["unit_id"]) for vector in VECTORS})
    units = pl.DataFrame({"unit_id": ids})
    alone = [draw.arm_of(unit) for unit in ids]

    framed = units.select(drawn_expr(draw, "unit_id"))["arm"].to_list()
    with duckdb.connect() as connection:
        connection.register("units", units)
        query = f"select {arm_sql(draw, 'unit_id', 'duckdb')} from units"
        in_duckdb = [arm for (arm,) in connection.execute(query).fetchall()]

    assert alone == framed == in_duckdb
    assert len(set(alone)) > 1


@settings(max_examples=60)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=40),
    st.floats(0, 0.9),
    st.floats(0.05, 1),
    st.floats(0.01, 0.5),
)
def test_a_part_of_a_layer_is_drawn_alike_in_tables_and_records(unit_ids, low, width, held):
    draw = Draw("l", {"a": 0.3, "b": 0.7}, (low, min(1.0, low + width)), ("g", held))

    found = pl.DataFrame({"unit_id": unit_ids}).select(drawn_expr(draw, "unit_id"))

    assert found["arm"].to_list() == [draw.arm_of(unit) for unit in unit_ids]


def test_experiments_with_parts_of_one_layer_share_nobody_and_leave_nobody():
    """R172: one thread per contact begins with one experiment per contact."""
    halves = {"agent": 0.5, "holdout": 0.5}
    first, second = Draw("l", halves, (0, 0.4)), Draw("l", halves, (0.4, 1))
    ids = [f"p-{i}" for i in range(4000)]

    both = [(first.arm_of(unit), second.arm_of(unit)) for unit in ids]

    assert all((one is None) != (other is None) for one, other in both)
    counts = pl.Series([one for one, _ in both]).drop_nulls()
    assert len(counts) == pytest.approx(1600, abs=130)
    assert (counts == "agent").sum() == pytest.approx(800, abs=110)


def test_the_global_holdout_is_the_same_people_for_every_experiment():
    """R169: whom no campaign's agent writes to."""
    ids = [f"p-{i}" for i in range(3000)]
    draws = [Draw(f"layer-{i}", {"a": 0.5, "h": 0.5}, held_out=("all", 0.1)) for i in range(2)]

    out = [{unit for unit in ids if draw.arm_of(unit) is None} for draw in draws]

    assert out[0] == out[1] == {unit for unit in ids if bucket("all", unit) < 0.1}


def test_an_arm_that_could_end_its_quote_is_refused():
    with pytest.raises(AssignmentError, match="holds a quote"):
        arm_sql(Draw("l", {"a'": 0.5, "b": 0.5}), "unit_id", "spark")
    with pytest.raises(AssignmentError, match=r"part of the layer is 0\.6 to 0\.4"):
        Draw("l", {"a": 0.5, "b": 0.5}, (0.6, 0.4)).arm_of("p-1")


@given(st.integers(0, BUCKETS - 1), st.floats(0, 1))
def test_a_digest_lies_below_a_bound_where_its_bucket_lies_below_the_share(number, share):
    digest = f"{number:013x}" + "f" * 19

    assert (digest < digest_bound(share)) == (number / BUCKETS < share)
    assert digest_bound(number / BUCKETS) <= digest < digest_bound(1.0)
