import json
import sys
from datetime import UTC, datetime

import polars as pl
import pytest

from experiments import registry
from experiments.assignment_frames import arm_expr
from experiments.spec import Spec

SPEC = Spec.model_validate(
    {
        "id": "icp-prospecting",
        "hypothesis": "The agent brings meetings.",
        "salt": "layer-1",
        "arms": {"agent": 0.5, "holdout": 0.5},
        "control": "holdout",
        "primary": {"metric": "meeting", "window_days": 28},
        "guardrails": {"unsubscribed": {"margin": 0.03}},
    }
)


@pytest.fixture
def workspace(tmp_path):
    """Every third person of the agent and every fifth of the holdout meets somebody."""
    (tmp_path / "lake/metrics").mkdir(parents=True)
    (tmp_path / "sandbox").mkdir()
    people = pl.DataFrame({"unit_id": [f"person-{i}" for i in range(1_200)]}).with_columns(
        arm_expr(SPEC.salt, "unit_id", SPEC.arms), experiment_id=pl.lit(SPEC.id)
    )
    place = pl.int_range(pl.len()).over("arm")
    metrics = people.with_columns(
        meeting=(place % pl.when(pl.col("arm") == "agent").then(3).otherwise(5) == 0).cast(int),
        unsubscribed=(place % 100 == 0).cast(int),
        touches=pl.lit(2),
        cost_usd=pl.lit(0.5),
    )
    people.write_parquet(tmp_path / "lake/assignments.parquet")
    metrics.write_parquet(tmp_path / "lake/metrics/metric_by_unit.parquet")
    truth = {"planted_effect": 2 / 15, "planted_total": 80}
    (tmp_path / "sandbox/truth.json").write_text(json.dumps(truth))
    registry.register(
        tmp_path / "registry.jsonl",
        SPEC,
        approver="Ada Roe",
        code_version="abc123",
        now=datetime(2026, 1, 10, tzinfo=UTC),
    )
    return tmp_path


@pytest.fixture
def notebook(repository, monkeypatch):
    monkeypatch.syspath_prepend(str(repository / "notebooks"))
    import holdout_lift

    yield holdout_lift
    del sys.modules["holdout_lift"]


def test_the_notebook_answers_its_question_beside_the_truth(notebook, workspace):
    """R151: incremental meetings through the holdout, with their interval."""
    _, found = notebook.app.run(defs={"path": str(workspace)})

    row = found["readout"].primary
    assert row.effect == pytest.approx(2 / 15, abs=0.005)
    assert row.ci_low > 0
    assert found["answer"].startswith("shown: agent raises meeting by 13")
    assert "+13.33% per person, +80 meetings" in found["planted"]
    assert [trace.meta for trace in found["figure"].data] == ["interval", "agent", "truth"]


def test_without_a_sandbox_there_is_no_truth_to_print(notebook, workspace):
    (workspace / "sandbox/truth.json").unlink()

    _, found = notebook.app.run(defs={"path": str(workspace)})

    assert found["planted"] == "Nobody planted a truth here: this is not the sandbox."
    assert len(found["figure"].data) == 2
