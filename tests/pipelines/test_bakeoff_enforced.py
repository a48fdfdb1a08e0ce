"""`parley bakeoff enforce`: a run of ours keeps to the draw of a bake-off."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from typer.testing import CliRunner

from agent_runtime.arms import add_controls, arms_of, controls_of, is_held
from agent_runtime.contracts import Assignment
from agent_runtime.domain import Contact
from agent_runtime.policies.arms import why_held
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from experiments.errors import ExperimentError
from pipelines.bakeoff.cli import app

COUNT = 60
NOW = datetime(2026, 3, 9, tzinfo=UTC)


@pytest.fixture
def run(tmp_path):
    """The store of a run whose campaign treats everybody."""
    settings = load_settings(tmp_path / "run")
    settings.paths.root.mkdir()
    store = SqlStore(open_engine(f"sqlite:///{settings.paths.store}"), settings.tenant_id)
    with store.begin() as tx:
        add_controls(tx, {"campaign": ("holdout",)})
        for n in range(COUNT):
            tx.add_contact(_contact(settings.tenant_id, f"p{n}"))
            tx.add_assignment(_treated(settings.tenant_id, f"p{n}"))
    yield tmp_path / "run"
    store.engine.dispose()


def _contact(tenant_id, name):
    texts = dict.fromkeys(("title", "company", "owner_id", "owner_name", "mailbox"), "x")
    return Contact(
        tenant_id=tenant_id,
        contact_id=f"c-{name}",
        person_id=name,
        account_id=None,
        email=f"{name}@example.org",
        first_name="Bo",
        last_name="Ek",
        country="IE",
        language="en",
        time_zone="UTC",
        owner_email="x@example.org",
        **texts,
    )


def _treated(tenant_id, name):
    return Assignment(
        tenant_id=tenant_id,
        experiment_id="campaign",
        unit_id=name,
        person_id=name,
        arm="agent",
        layer="l",
        spec_hash="h",
        assigned_at=NOW,
        how="hash",
    )


@pytest.fixture
def bakeoff():
    """Runs `parley bakeoff`; a mistake of the user is raised as its one sentence."""

    def invoke(*words):
        found = CliRunner().invoke(app, [str(word) for word in words])
        if isinstance(found.exception, ExperimentError):
            raise found.exception
        assert found.exit_code == 0, found.output
        return found.stdout

    return invoke


@pytest.fixture
def drawn(bakeoff, tmp_path):
    """A registered plan whose contacts are drawn: the plan's file, and each contact's arm."""
    plan, table = tmp_path / "spring/bakeoff.yaml", tmp_path / "people.csv"
    bakeoff("init", plan.parent, "--candidates", "ours,acme", "--segment", "icp", "--seed", 3)
    bakeoff("register", plan, "--approver", "Ada")
    people = {"unit_id": [f"p{n}" for n in range(COUNT)], "segment": ["icp"] * COUNT}
    people |= {"consent": ["yes"] * COUNT, "owner": ["Ada"] * COUNT}
    pl.DataFrame(people).write_csv(table)
    bakeoff("assign", plan, "--people", table)
    rows = pl.read_parquet(plan.parent / "assignments.parquet")
    return plan, dict(rows.select("unit_id", "arm").iter_rows())


def held(run):
    """Whom the gate stops, and why."""
    with open_store(load_settings(run)).begin() as tx:
        people = (f"p{n}" for n in range(COUNT))
        return {p: why_held(arms_of(tx, p), controls_of(tx)) for p in people if is_held(tx, p)}


def test_our_agent_keeps_away_from_the_holdout_and_from_whom_a_vendor_writes_to(
    run, drawn, bakeoff
):
    """R222: the holdout of a bake-off is real, whatever a campaign has queued."""
    plan, arms = drawn
    command = ("enforce", plan, "--workspace", run, "--ours", "ours")
    assert "would keep away" in bakeoff(*command, "--dry-run")
    assert held(run) == {}

    said = json.loads(bakeoff(*command, "--json"))

    assert said["kept_away"] == ["acme", "holdout"]
    assert sum(said["arms"].values()) == COUNT
    why = {"acme": "control acme of spring", "holdout": "holdout of spring"}
    assert held(run) == {p: why[arm] for p, arm in arms.items() if arm != "ours"}
    bakeoff(*command)
    assert len(held(run)) == sum(arm != "ours" for arm in arms.values())


def test_among_vendors_nobody_is_ours_unless_named(run, drawn, bakeoff):
    bakeoff("enforce", drawn[0], "--workspace", run)
    assert len(held(run)) == COUNT

    with pytest.raises(ExperimentError, match="what was a control once stays one"):
        bakeoff("enforce", drawn[0], "--workspace", run, "--ours", "ours")


def test_names_of_controls_stay_when_batch_code_publishes_anew(run, drawn, bakeoff):
    bakeoff("enforce", drawn[0], "--workspace", run, "--ours", "ours")
    before = held(run)
    with open_store(load_settings(run)).begin() as tx:
        add_controls(tx, {"campaign": ("holdout", "usual")})
    assert held(run) == before


def test_a_stranger_in_the_draw_and_a_candidate_that_is_none_change_nothing(run, drawn, bakeoff):
    plan, _ = drawn
    with pytest.raises(ExperimentError, match="knows the candidates ours, acme"):
        bakeoff("enforce", plan, "--workspace", run, "--ours", "us")
    draw = plan.parent / "assignments.parquet"
    renamed = pl.col("unit_id").replace("p7", "vendor-7")
    pl.read_parquet(draw).with_columns(renamed).write_parquet(draw)
    with pytest.raises(ExperimentError, match="1 of 60 contacts are not in the run, 'vendor-7'"):
        bakeoff("enforce", plan, "--workspace", run)
    assert held(run) == {}
