"""Arms for a table of units: registered first, drawn once, stored for good."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from typer.testing import CliRunner

from experiments.assigning import assign_units
from experiments.cli import app
from experiments.errors import RegistryError, UnitsError
from experiments.registry import register
from experiments.spec import Spec, load_spec

NOW = datetime(2026, 1, 12, tzinfo=UTC)
BASE = {
    "id": "e",
    "salt": "s",
    "arms": {"agent": 0.5, "control": 0.5},
    "control": "control",
    "primary": {"metric": "meeting"},
}


def spec(**changes):
    return Spec.model_validate(BASE | changes)


def units(count, first=0):
    ids = [f"u{n}" for n in range(first, first + count)]
    accounts = [f"a{n // 3}" for n in range(first, first + count)]
    return pl.DataFrame({"unit_id": ids, "account_id": accounts, "size": ["s"] * count})


def assigned(table, of, stored=None):
    return assign_units(table, of, stored=stored, now=NOW, source="units.csv")


def test_every_unit_gets_the_arm_of_the_registered_hash_and_the_ratio_is_tested():
    """R168: anybody can recompute who is in which arm."""
    found = assigned(units(300), spec())
    arms = dict(found.rows.select("unit_id", "arm").iter_rows())
    assert arms == {f"u{n}": spec().draw.arm_of(f"u{n}") for n in range(300)}
    assert found.sample_ratio.p_value > 0.001
    assert sum(found.sample_ratio.observed.values()) == 300


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"unit": "account"},
        {"unit": "account", "cluster": "account_id", "part": [0.0, 0.4]},
        {"global_holdout": {"salt": "g", "share": 0.2}},
        {"unit": "account", "salt": None, "method": "permutation", "seed": 3, "blocks": ["size"]},
    ],
)
def test_what_is_stored_stays_and_doing_it_again_adds_nothing(changes):
    first = assigned(units(90), spec(**changes))
    again = assigned(units(90), spec(**changes), stored=first.rows)
    more = assigned(units(150), spec(**changes), stored=first.rows)
    assert first.new == first.rows.height
    assert again.new == 0
    assert again.rows.equals(first.rows)
    assert more.rows.head(first.rows.height).equals(first.rows)


def test_people_inherit_the_arm_of_their_account_also_when_they_come_later():
    first = assigned(units(30), spec(unit="account"))
    flip = pl.when(pl.col("arm") == "agent").then(pl.lit("control")).otherwise(pl.lit("agent"))
    stored = first.rows.with_columns(flip.alias("arm"))
    late = pl.concat(
        [units(30), pl.DataFrame({"unit_id": ["x"], "account_id": ["a1"], "size": [""]})]
    )
    found = assigned(late, spec(unit="account"), stored=stored)
    arms = found.rows.filter(pl.col("account_id") == "a1").get_column("arm")
    assert arms.len() == 4
    assert arms.n_unique() == 1
    assert found.sample_ratio.counted == "clusters"
    assert sum(found.sample_ratio.observed.values()) == 10


def test_a_unit_of_another_experiment_of_the_layer_is_left_out():
    other = assigned(units(10), spec(id="other"))
    found = assigned(units(30), spec(), stored=other.rows)
    own = found.rows.filter(pl.col("experiment_id") == "e")
    assert set(own.get_column("unit_id")) == {f"u{n}" for n in range(10, 30)}
    assert found.left_out == {"other_experiment": 10}


def test_the_global_holdout_is_stored_and_enters_no_experiment_of_any_kind():
    held_out = {"global_holdout": {"salt": "g", "share": 0.3}}
    first = assigned(units(100), spec(**held_out))
    held = first.rows.filter(pl.col("experiment_id") == "global-holdout")
    assert 15 < held.height < 45
    assert set(held.get_column("arm")) == {"holdout"}
    later = assigned(units(100), spec(id="other", layer="l2"), stored=first.rows)
    other = later.rows.filter(pl.col("experiment_id") == "other")
    assert not set(other.get_column("unit_id")) & set(held.get_column("unit_id"))


def test_units_outside_the_part_and_people_without_an_account_are_counted():
    table = units(90).with_columns(
        pl.when(pl.col("unit_id") == "u0").then(None).otherwise("account_id").alias("account_id")
    )
    found = assigned(table, spec(unit="account", part=[0.0, 0.5]))
    assert found.left_out["no_cluster"] == 1
    assert found.left_out["not_in_part"] == 90 - 1 - found.rows.height


@pytest.mark.parametrize(
    ("table", "of", "stored", "says"),
    [
        (units(3).drop("unit_id"), spec(), None, "'unit_id' .* is missing"),
        (units(3).drop("account_id"), spec(unit="account"), None, "'account_id' is missing"),
        (pl.concat([units(2), units(1)]), spec(), None, "'u0' stands twice"),
        (units(2), spec(), pl.DataFrame({"unit_id": ["u0"], "arm": ["x"]}), "has the arm 'x'"),
        (
            units(2),
            spec(),
            pl.DataFrame({"unit_id": ["u0", "u0"], "arm": ["agent", "control"]}),
            "two arms of 'u0'",
        ),
    ],
)
def test_what_cannot_be_assigned_is_one_sentence(table, of, stored, says):
    with pytest.raises(UnitsError, match=says):
        assigned(table, of, stored)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "spec.yaml").write_text(json.dumps(BASE | {"unit": "account"}))
    table = units(60).with_columns(pl.col("account_id").str.replace("a", "00"))
    table.write_csv(tmp_path / "units.csv")
    return tmp_path


def run(folder, *more):
    given = {"spec": "spec.yaml", "units": "units.csv", "out": "a.parquet", "registry": "log.jsonl"}
    options = [part for name, file in given.items() for part in (f"--{name}", str(folder / file))]
    return CliRunner().invoke(app, ["assign", *options, *more], catch_exceptions=False)


def test_nobody_is_assigned_under_a_spec_that_is_not_registered_or_was_edited(folder):
    """R176: promised before, done after."""
    with pytest.raises(RegistryError, match="is not registered"):
        run(folder)
    register(
        folder / "log.jsonl",
        load_spec(folder / "spec.yaml"),
        approver="Ada",
        code_version="1",
        now=NOW,
    )
    assert run(folder, "--dry-run").exit_code == 0
    (folder / "spec.yaml").write_text(json.dumps(BASE | {"unit": "account", "control": "agent"}))
    with pytest.raises(RegistryError, match="restore the file"):
        run(folder)
    assert not (folder / "a.parquet").exists()


def test_the_command_writes_the_table_once_and_says_the_counts(folder):
    register(
        folder / "log.jsonl",
        load_spec(folder / "spec.yaml"),
        approver="Ada",
        code_version="1",
        now=NOW,
    )
    first = json.loads(run(folder, "--json").output)
    table = pl.read_parquet(folder / "a.parquet")
    again = json.loads(run(folder, "--json").output)
    assert sum(first["arms"].values()) == table.height == 60
    assert table.get_column("account_id").str.starts_with("00").all()
    assert first["srm"]["p_value"] > 0.001
    assert (first["new"], again["new"]) == (60, 0)
    assert pl.read_parquet(folder / "a.parquet").equals(table)
