"""Dashboards, notebooks, MLflow and the stop-rule sensor read the same number, to the last bit."""

import importlib.util
import struct

import pytest
from embedded import cell, embedded

from experiments.metrics import read_metric
from experiments.spec import SHIPPED_SPECS, load_spec
from experiments.spec_parts import StopRule
from pipelines.notebook_cli import FOLDER
from pipelines.readouts.report import Report
from pipelines.stopping import findings


def as_bytes(value):
    return None if value is None else struct.pack(">d", value)


@pytest.fixture(scope="module")
def spec():
    """The experiment of the run, with rules on metrics that all four read."""
    rules = (
        StopRule(metric="unsubscribe_rate", above=0.9),
        StopRule(metric="meeting_rate", below=0.0001),
        StopRule(metric="budget_usd", above=1e9),
    )
    shipped = load_spec(SHIPPED_SPECS / "icp-prospecting.yaml")
    return shipped.model_copy(update={"stop_rules": rules})


@pytest.fixture(scope="module")
def logged(dashboards):
    """The metrics of the run's MLflow run."""
    from mlflow import MlflowClient

    report = Report.model_validate_json(dashboards.report.read_bytes())
    client = MlflowClient(tracking_uri=f"sqlite:///{dashboards.root / 'mlflow.db'}")
    return client.get_run(report.mlflow_run).data.metrics


@pytest.fixture(scope="module")
def sensed(dashboards, spec):
    """What the sensor finds: rule and arm to value."""
    return {(f.rule.metric, f.arm): f.value for f in findings(dashboards, spec)}


def in_a_notebook(dashboards, metric, *, where):
    """Returns the value of a metric in the notebook that data scientists copy."""
    spec = importlib.util.spec_from_file_location("template", FOLDER / "template.py")
    template = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(template)
    question = {"metric": metric, "split_by": "arm", "where": where}
    whole_run = {"since": None, "until": None}
    _, known = template.app.run(defs={"path": str(dashboards.root), **question, **whole_run})
    (reading,) = known["whole"]
    return reading.value


@pytest.mark.parametrize("metric", ["unsubscribe_rate", "meeting_rate"])
def test_four_readers_have_the_same_share_of_an_arm_to_the_last_bit(
    metric, dashboards, logged, sensed
):
    """R182: one definition, and no reader computes anything of its own."""
    page = embedded(dashboards, "leadership")
    noted = in_a_notebook(dashboards, metric, where={"arm": "agent"})
    assert noted
    readers = {
        "dashboard": cell(page, f"{metric}/arm", part="agent")[0],
        "notebook": noted,
        "MLflow": logged[f"{metric}.agent"],
        "sensor": sensed[metric, "agent"],
    }
    assert len(set(map(as_bytes, readers.values()))) == 1, readers


def test_four_readers_have_the_same_cost_of_the_program_to_the_last_bit(dashboards, logged, sensed):
    """R182: sums of money too, in whatever order they are added up."""
    page = embedded(dashboards, "leadership")
    noted = in_a_notebook(dashboards, "program_cost_usd", where={})
    assert noted
    readers = {
        "dashboard": cell(page, "program_cost_usd")[0],
        "notebook": noted,
        "MLflow": logged["program_cost_usd"],
        "sensor": sensed["budget_usd", "all arms"],
    }
    assert len(set(map(as_bytes, readers.values()))) == 1, readers


def test_a_notebook_that_filters_gets_what_the_dashboard_holds_for_every_choice(dashboards):
    """R182: a filter asks another question of the warehouse than a split, and hears the same."""
    page = embedded(dashboards, "leadership")
    compared = 0
    for known in page["filters"]:
        for value in (v["value"] for v in known["values"]):
            where = {known["name"]: value}
            for metric in ("program_cost_usd", "positive_intent_rate"):
                (reading,) = read_metric(metric, warehouse=dashboards.warehouse, where=where)
                held = cell(page, metric, **where)[0]
                assert as_bytes(held) == as_bytes(reading.value), (metric, where)
                compared += held is not None
    assert compared >= 4


def test_a_notebook_that_asks_by_week_gets_what_the_dashboard_holds_for_each(dashboards):
    """R182: the same numbers by period."""
    page = embedded(dashboards, "leadership")
    weekly = read_metric("meetings_set", warehouse=dashboards.warehouse, grain="week")
    known = {p["key"] for p in page["periods"]}
    compared = [r for r in weekly if f"week {r.period}" in known]
    assert len(compared) >= 3
    for reading in compared:
        held = cell(page, "meetings_set", f"week {reading.period}")
        assert as_bytes(held[0]) == as_bytes(reading.value)
