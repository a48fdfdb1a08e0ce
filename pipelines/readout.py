"""One readout of a run: traces back to tables, metrics, the experiment's answer, the page."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from agent_runtime.library.catalog import company_library
from agent_runtime.readouts.experiment import Experiment
from agent_runtime.readouts.reading import experiment_file
from agent_runtime.settings import Workspace
from experiments.analysis import analyze
from experiments.hash_chain import head_of
from experiments.metrics import list_metrics, read_metrics
from experiments.readout import Readout
from experiments.report.files import completed, write_readout
from experiments.report.summary import summary
from experiments.reproduction import Sources
from experiments.spec import Spec, load_spec
from experiments.tracking import Provenance, finish_readout, start_readout
from experiments.units import joined_units, read_units
from pipelines.contamination import contamination_of, save_contamination
from pipelines.lake import write, write_json
from pipelines.readouts.checks import save_checks
from pipelines.readouts.collect import Facts, collect_report
from pipelines.readouts.page import build_page
from pipelines.readouts.publish import publish_metrics
from pipelines.readouts.report import Report
from pipelines.sends import Send, read_sends
from pipelines.stored_arms import read_arms
from pipelines.traces import export_to_lake
from pipelines.warehouse import build_warehouse, check_warehouse


def run_readout(
    workspace: Workspace, *, tenant_id: str, now: datetime, spec_path: Path
) -> dict[str, Any]:
    """Takes a workspace from traces to the page, in this process, and returns the report.

    Args:
        workspace: The run.
        tenant_id: Whose run it is.
        now: When the readout is made, in campaign time.
        spec_path: The experiment.

    Raises:
        PipelineError: The warehouse cannot be built.
        ExperimentError: The units allow no honest answer.
    """
    spec = load_spec(spec_path)
    export_to_lake(workspace, tenant_id=tenant_id)
    build_warehouse(
        workspace,
        tenant_id=tenant_id,
        window_days=spec.primary.window_days,
        holdout_arm=spec.control,
    )
    save_checks(workspace, check_warehouse(workspace, holdout_arm=spec.control))
    publish_metrics(workspace)
    return read_out(workspace, spec, now=now).model_dump(mode="json")


def read_out(workspace: Workspace, spec: Spec, *, now: datetime) -> Report:
    """Analyses the experiment on the published units, logs it, writes report and pages."""
    sends, stored = read_sends(workspace), read_arms(workspace)
    blurred = save_contamination(workspace, contamination_of(workspace, spec.id, sends, stored))
    units, sources = _inputs(workspace, spec, sends, blurred)
    found = analyze(units, spec, source=str(sources.units), now=now)
    if found.windows is not None:
        sources = replace(sources, as_of=now)
    readout = completed(found, spec, sources)
    write_readout(readout, spec, out=sources.out, html=experiment_page(workspace, spec))
    told = Experiment.model_validate(summary(readout, spec))
    write_json(told.model_dump(mode="json"), experiment_file(workspace, spec.id))
    if readout.reproduction is None:
        raise ValueError("the readout does not say what it was made from")
    facts = Facts(
        spec=spec,
        readout=readout,
        data_version=readout.reproduction.units_sha256,
        code_version=readout.reproduction.code_version,
        now=now,
    )
    return _log(workspace, readout, facts)


def first_send(sends: Sequence[Send], experiment_id: str) -> datetime | None:
    """Returns when the agent first wrote to somebody of the experiment; None where it never did."""
    times = [s.sent_at for s in sends if s.experiment_id == experiment_id and s.actor == "agent"]
    return min(times, default=None)


def answer_path(workspace: Workspace, spec: Spec) -> Path:
    """Returns where the analysis of an experiment is kept as JSON."""
    return workspace.metrics / f"readout_{spec.id}.json"


def experiment_page(workspace: Workspace, spec: Spec) -> Path:
    """Returns where the page of an experiment is kept, beside the page of the run."""
    return workspace.root / f"experiment_{spec.id}.html"


def _inputs(
    workspace: Workspace, spec: Spec, sends: Sequence[Send], blurred: Path
) -> tuple[pl.DataFrame, Sources]:
    """Writes spec and units beside the answer, so that anybody can make it again from files."""
    assignments = pl.read_parquet(workspace.lake / "assignments.parquet")
    measured = pl.read_parquet(workspace.metrics / "metric_by_unit.parquet")
    log = workspace.registry
    sources = Sources(
        spec=workspace.metrics / f"spec_{spec.id}.yaml",
        units=workspace.metrics / f"units_{spec.id}.parquet",
        out=answer_path(workspace, spec),
        registry=log if log.exists() or head_of(log).exists() else None,
        contamination=blurred,
    )
    write(joined_units(assignments, measured, spec), sources.units)
    sources.spec.write_text(yaml.safe_dump(spec.content, sort_keys=False), encoding="utf-8")
    if sources.registry is not None:
        sources = replace(sources, first_send=first_send(sends, spec.id))
    return read_units(sources.units, spec), sources


def _log(workspace: Workspace, readout: Readout, facts: Facts) -> Report:
    """The run's id stands in the report, so the run is opened before and closed after it."""
    database = workspace.root / "mlflow.db"
    report = collect_report(workspace, facts)
    names = [definition.name for definition in list_metrics()]
    readings = read_metrics(names, warehouse=workspace.warehouse)
    run_id = start_readout(
        readout,
        {reading.metric: reading.value for reading in readings} | _by_arm(report),
        Provenance(
            facts.data_version,
            facts.code_version,
            facts.now,
            playbook_hash=company_library(workspace.library).content_hash,
        ),
        database=database,
        artifacts=workspace.root / "mlartifacts",
    )
    report = report.model_copy(update={"mlflow_run": run_id})
    write_json(report.model_dump(mode="json"), workspace.report)
    page = build_page(workspace)
    answer, own_page = answer_path(workspace, facts.spec), experiment_page(workspace, facts.spec)
    files = [workspace.report, page, answer, own_page]
    finish_readout(run_id, files, database=database, now=facts.now)
    return report


def _by_arm(report: Report) -> dict[str, float | None]:
    """What the report shows by arm, named `<metric>.<arm>`."""
    return {
        f"{row.name}.{arm}": figure.value
        for row in report.metrics
        for arm, figure in row.by_arm.items()
    }
