"""The shared vectors in real Spark, on a JVM; `make test-spark` runs it in its own environment.

Spark stays out of the default environment, where other libraries would find half of it.
"""

import json
import unicodedata
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from experiments.assignment import Draw
from experiments.assignment_sql import arm_sql, bucket_sql

VECTORS = json.loads(
    (Path(__file__).parent.parent / "experiments" / "hash_vectors.json").read_text()
)["vectors"]
IDS = sorted({unicodedata.normalize("NFC", vector["unit_id"]) for vector in VECTORS})
DRAWS = {
    "halves": Draw("outbound-7f3a91c2", {"agent": 0.5, "holdout": 0.5}),
    "part": Draw("outbound-7f3a91c2", {"a": 0.2, "b": 0.3, "c": 0.5}, part=(0.25, 0.8)),
    "global": Draw("layer", {"agent": 0.9, "holdout": 0.1}, held_out=("everybody", 0.1)),
}


@pytest.fixture(scope="module")
def spark():
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.parametrize("salt", sorted({vector["salt"] for vector in VECTORS}))
def test_places_agree_to_the_last_bit(salt, spark):
    wanted = {
        unicodedata.normalize("NFC", v["unit_id"]): v["bucket"]
        for v in VECTORS
        if v["salt"] == salt
    }
    rows = spark.createDataFrame([(unit,) for unit in wanted], ["unit_id"])
    found = rows.selectExpr("unit_id", f"{bucket_sql(salt, 'unit_id', 'spark')} as place")
    assert {row.unit_id: row.place for row in found.collect()} == wanted


@pytest.mark.parametrize("name", sorted(DRAWS))
def test_arms_agree_with_python(name, spark):
    draw = DRAWS[name]
    rows = spark.createDataFrame([(unit,) for unit in IDS], ["unit_id"])
    found = rows.selectExpr("unit_id", f"{arm_sql(draw, 'unit_id', 'spark')} as arm").collect()
    assert {row.unit_id: row.arm for row in found} == {unit: draw.arm_of(unit) for unit in IDS}
    assert len({row.arm for row in found}) > 1
