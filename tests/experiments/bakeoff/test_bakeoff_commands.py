"""`parley bakeoff init|check|register|assign|score` on the command line."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from experiments.bakeoff.cli import app
from experiments.errors import ExperimentError


@pytest.fixture
def bakeoff(tmp_path):
    """Runs `parley bakeoff`; a mistake of the user is raised as its one sentence."""

    def run(*words):
        found = CliRunner().invoke(app, [str(word) for word in words])
        if isinstance(found.exception, ExperimentError):
            raise found.exception
        assert found.exit_code == 0, found.output
        return found.stdout

    return run


@pytest.fixture
def ready(bakeoff, people, tmp_path):
    """A plan for the people of a file; the path of both."""
    words = ("--candidates", "alpha, beta", "--segment", "icp", "--seed", 3)
    bakeoff("init", tmp_path / "spring", *words)
    people(80).write_csv(tmp_path / "people.csv")
    return tmp_path / "spring/bakeoff.yaml", tmp_path / "people.csv"


def test_a_plan_is_registered_then_drawn_and_stays_drawn(ready, bakeoff, people):
    """R222: nothing is assigned unregistered, and nobody is drawn twice."""
    plan, table = ready
    assert "spring version 1 is sound" in bakeoff("check", plan)
    with pytest.raises(ExperimentError, match="nobody is drawn before it is"):
        bakeoff("assign", plan, "--people", table)
    bakeoff("register", plan, "--approver", "Ada")

    told = bakeoff("assign", plan, "--people", table, "--dry-run")
    assert "nothing was written" in told
    assert "more likely missed" in told
    out = plan.parent / "assignments.parquet"
    assert not out.exists()

    said = json.loads(bakeoff("assign", plan, "--people", table, "--json"))
    assert sum(said["arms"].values()) == said["new"] == 80
    before = pl.read_parquet(out)
    people(90).write_csv(table)
    assert json.loads(bakeoff("assign", plan, "--people", table, "--json"))["new"] == 10
    after = pl.read_parquet(out).join(before.select("unit_id"), on="unit_id", how="semi")
    assert after.select("unit_id", "arm").equals(before.select("unit_id", "arm"))


def test_a_plan_that_was_edited_draws_nobody(ready, bakeoff):
    plan, table = ready
    bakeoff("register", plan, "--approver", "Ada")
    plan.write_text(plan.read_text().replace("margin: 0.05", "margin: 0.5"))
    with pytest.raises(ExperimentError, match="raise the version and register it"):
        bakeoff("assign", plan, "--people", table)


@pytest.mark.parametrize(
    "names", ["alpha", "alpha,alpha", "alpha,holdout", "a,b,c,d,e,f", "al pha,b"]
)
def test_names_that_make_no_bakeoff_leave_nothing_behind(names, bakeoff, tmp_path):
    with pytest.raises(ExperimentError):
        bakeoff("init", tmp_path / "x", "--candidates", names)
    assert not list((tmp_path / "x").glob("*"))


def test_scoring_before_anything_was_drawn_says_what_to_run(ready, bakeoff):
    with pytest.raises(ExperimentError, match="run parley bakeoff sample first"):
        bakeoff("score", ready[0])
