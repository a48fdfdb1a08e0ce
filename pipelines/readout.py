"""One readout of a run: traces back to tables, metrics, the experiment's answer, the page."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from agent_runtime.settings import Workspace
from experiments.analysis import analyze
from experiments.metrics import list_metrics, read_metrics
from experiments.readout import Readout
from experiments.spec import Spec, load_spec
from experiments.tracking import Provenance, finish_readout, start_readout
from experiments.units import joined_units
from pipelines.contamination import contamination_of, save_contamination
from pipelines.lake import write_json
from pipelines.readouts.checks import save_checks
from pipelines.readouts.collect import Facts, collect_report
from pipelines.readouts.page import build_page
from pipelines.readouts.publish import publish_metrics
from pipelines.readouts.report import Report
from pipelines.sends import read_sends
from pipelines.stored_arms import read_arms
from pipelines.traces import export_to_lake
from pipelines.warehouse import build_warehouse, check_warehouse

CODE_VERSION = "0.1.0"


def run_readout(workspace: Workspace, *, now: datetime, spec_path: Path) -> dict[str, Any]:
    """Takes a workspace from traces to the page, in this process, and returns the report.

    Args:
        workspace: The run.
        now: When the readout is made, in campaign time.
        spec_path: The experiment.

    Raises:
        PipelineError: The warehouse cannot be built.
        ExperimentError: The units allow no honest answer.
    """
    spec = load_spec(spec_path)
    export_to_lake(workspace)
    build_warehouse(workspace, window_days=spec.primary.window_days, holdout_arm=spec.control)
    save_checks(workspace, check_warehouse(workspace, holdout_arm=spec.control))
    publish_metrics(workspace)
    return read_out(workspace, spec, now=now).model_dump(mode="json")


def read_out(workspace: Workspace, spec: Spec, *, now: datetime) -> Report:
    """Analyses the experiment on the published units, logs it, writes report and page."""
    assignments = pl.read_parquet(workspace.lake / "assignments.parquet")
    measured = pl.read_parquet(workspace.metrics / "metric_by_unit.parquet")
    units = joined_units(assignments, measured, spec)
    readout = analyze(units, spec, source="metric_by_unit", now=now)
    write_json(readout.model_dump(mode="json"), answer_path(workspace, spec))
    stored = read_arms(workspace)
    blurred = contamination_of(workspace, spec.id, read_sends(workspace), stored)
    save_contamination(workspace, blurred)
    facts = Facts(
        spec=spec,
        readout=readout,
        data_version=hashlib.sha256(units.write_csv().encode()).hexdigest(),
        code_version=CODE_VERSION,
        now=now,
    )
    return _log(workspace, readout, facts)


def answer_path(workspace: Workspace, spec: Spec) -> Path:
    """Returns where the analysis of an experiment is kept as JSON."""
    return workspace.metrics / f"readout_{spec.id}.json"


def _log(workspace: Workspace, readout: Readout, facts: Facts) -> Report:
    """The run's id stands in the report, so the run is opened before and closed after it."""
    database = workspace.root / "mlflow.db"
    report = collect_report(workspace, facts)
    names = [definition.name for definition in list_metrics()]
    readings = read_metrics(names, warehouse=workspace.warehouse)
    run_id = start_readout(
        readout,
        {reading.metric: reading.value for reading in readings},
        Provenance(facts.data_version, facts.code_version, facts.now),
        database=database,
        artifacts=workspace.root / "mlartifacts",
    )
    report = report.model_copy(update={"mlflow_run": run_id})
    write_json(report.model_dump(mode="json"), workspace.report)
    page = build_page(workspace)
    finish_readout(run_id, [workspace.report, page], database=database, now=facts.now)
    return report
