"""From traces to tables, metrics, the answer, MLflow and the report."""

import hashlib
import json
import shlex

import polars as pl
import pytest
from lxml import html
from typer.testing import CliRunner

from experiments.cli import app
from experiments.metrics import read_metric
from pipelines.readouts.report import Report


@pytest.fixture(scope="module")
def report(ran) -> Report:
    return Report.model_validate_json(ran.report.read_text())


def test_the_report_has_what_the_final_table_shows(ran):
    """R149, R181: records, people, messages, meetings, lift, planted truth, holdout sends."""
    document = json.loads(ran.report.read_text())
    assert set(document["people"]) == {"agent", "holdout"}
    assert set(document["messages"]) == {"agent_sent", "human_sent", "inbound"}
    assert set(document["unknown"]) == {"resolved", "open"}
    assert {"effect", "ci_low", "ci_high", "p_value"} <= set(document["lift"])
    assert set(document["planted"]) == {
        "planted_effect",
        "planted_total",
        "base_rate",
        "planted_pipeline_usd",
    }
    assert document["holdout_sends"] == 0
    assert all(
        row["read"] == row["accepted"] + row["merged"] + row["quarantined"]
        for row in document["records"]
    )


def test_figures_agree_with_the_semantic_layer(ran, report):
    """R182: one definition, whoever reads it."""
    [sent] = read_metric("messages_sent", warehouse=ran.warehouse)
    meetings = read_metric("meetings_set", warehouse=ran.warehouse, by=("arm",))
    rates = {
        r.keys["arm"]: r.value
        for r in read_metric("meeting_rate", warehouse=ran.warehouse, by=("arm",))
    }
    assert report.messages.agent_sent == sent.value
    assert report.meetings == {r.keys["arm"]: r.value for r in meetings if r.keys["arm"]}
    assert report.lift.effect == pytest.approx(rates["agent"] - rates["holdout"])


def test_the_funnel_never_grows_within_an_arm(report):
    steps = {step.label: step for step in report.funnel}
    assert steps["People"].total == 300
    assert steps["People"].total >= steps["Eligible"].total >= steps["Assigned"].total
    for arm in report.arms:
        assert steps["Assigned"].by_arm[arm] >= steps["Replied"].by_arm[arm]
    assert steps["Contacted by the agent"].by_arm["holdout"] == 0


def test_daily_metrics_are_published_over_everybody_and_by_arm(ran):
    daily = pl.read_parquet(ran.metrics / "metric_daily.parquet")
    sent = daily.filter(pl.col("metric") == "messages_sent")
    total = sent.filter(pl.col("arm") == "all")["value"].sum()
    by_arm = sent.filter(pl.col("arm") != "all")["value"].sum()
    [reading] = read_metric("messages_sent", warehouse=ran.warehouse)
    assert total == by_arm == reading.value
    assert daily.select("metric", "day", "arm").is_duplicated().sum() == 0


def test_units_hold_every_assigned_person_once(ran):
    """R168: intention to treat; who was never contacted counts as well."""
    units = pl.read_parquet(ran.metrics / "metric_by_unit.parquet")
    assigned = pl.read_parquet(ran.lake / "assignments.parquet")
    assert sorted(units["unit_id"]) == sorted(assigned["unit_id"])
    assert set(units["meeting"]) == {0, 1}
    assert (units["window_ends_at"] - units["assigned_at"]).dt.total_days().unique().to_list() == [
        28
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_each_readout_is_an_mlflow_run_with_its_versions(ran, report):
    """Metrics by their semantic names, spec hash, data and code version, the report attached."""
    from mlflow import MlflowClient

    from agent_runtime.library.catalog import load_library

    client = MlflowClient(tracking_uri=f"sqlite:///{ran.root / 'mlflow.db'}")
    run = client.get_run(report.mlflow_run)
    assert run.info.status == "FINISHED"
    assert run.data.params["spec_hash"] == report.readout.spec_hash
    assert run.data.params["data_version"] == report.origin.data_version
    assert run.data.params["code_version"] == report.origin.code_version
    assert run.data.params["playbook_hash"] == load_library().content_hash
    assert run.data.metrics["meeting.agent.effect"] == pytest.approx(report.lift.effect)
    assert run.data.metrics["messages_sent"] == report.messages.agent_sent
    assert run.data.tags["spec_hash"] == report.readout.spec_hash
    assert run.data.tags["deviations"] == "none"
    assert {item.path for item in client.list_artifacts(report.mlflow_run)} == {
        "index.html",
        "report.json",
        "readout_icp-prospecting.json",
        "experiment_icp-prospecting.html",
    }


def test_the_page_of_the_experiment_stands_beside_the_run_and_is_linked_from_it(ran, report):
    """R170, R176: first what departs from the promise, then what became of it."""
    own = ran.root / "experiment_icp-prospecting.html"
    page = html.parse(str(own)).getroot()
    first_line = page.find_class("status")[0].text_content().strip()

    assert first_line.startswith("As registered: version 2, approved by Ada Roe")
    assert "no edit after the first send on" in first_line
    assert report.readout.deviations == ()
    assert {blur.kind for blur in report.readout.contamination} >= {"agent_sends_to_control"}
    run_page = html.parse(str(ran.page)).getroot()
    assert own.name in [a.get("href") for a in run_page.iter("a")]


def test_the_command_on_the_page_gives_the_answer_of_the_run_again(ran, report):
    """R176: whoever has the workspace can make the answer again, byte for byte."""
    answer = ran.metrics / "readout_icp-prospecting.json"
    before = answer.read_bytes()
    command = shlex.split(report.readout.reproduction.command)[2:]

    CliRunner().invoke(app, command, catch_exceptions=False)

    assert answer.read_bytes() == before
    page = (ran.root / "experiment_icp-prospecting.html").read_text()
    assert hashlib.sha256(before).hexdigest() in page
