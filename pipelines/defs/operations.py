"""Sensors that keep the journal of batches, tell people what is wrong, and tidy Dagster up."""

from importlib import import_module
from typing import Any

import dagster as dg

from pipelines.resources import WorkspaceResource

RUNNING = dg.DefaultSensorStatus.RUNNING


def _watching() -> Any:
    """The store and the routing table are heavy, and definitions load with every command."""
    return import_module("pipelines.watching")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.STARTED,
    name="batch_begins",
    minimum_interval_seconds=30,
    default_status=RUNNING,
)
def batch_begins(context: dg.RunStatusSensorContext, workspace: WorkspaceResource) -> None:
    """Writes into the journal that a run began; `parley status` shows it."""
    _watching().note_start(workspace.paths, context.dagster_run, now=workspace.wall_clock())


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    name="batch_ends",
    minimum_interval_seconds=30,
    default_status=RUNNING,
)
def batch_ends(context: dg.RunStatusSensorContext, workspace: WorkspaceResource) -> None:
    """Writes into the journal what a run made and that it is done."""
    now = workspace.wall_clock()
    _watching().note_end(workspace.paths, context.instance, context.dagster_run, now=now)


@dg.run_failure_sensor(name="failed_runs", minimum_interval_seconds=30, default_status=RUNNING)
def failed_runs(context: dg.RunFailureSensorContext, workspace: WorkspaceResource) -> None:
    """Writes into the journal which step failed and why, and tells operations."""
    watching, now = _watching(), workspace.wall_clock()
    run, why = context.dagster_run, context.failure_event.message or "no reason was given"
    failed = watching.note_end(workspace.paths, context.instance, run, now=now, why=why)
    store = workspace.store()
    try:
        watching.tell_failure(workspace.paths, store, run, failed, why, now=now)
    finally:
        store.engine.dispose()


@dg.sensor(name="stale_assets", minimum_interval_seconds=600, default_status=RUNNING)
def stale_assets(
    context: dg.SensorEvaluationContext, workspace: WorkspaceResource
) -> dg.SkipReason:
    """Tells operations which tables no batch has made for longer than a day."""
    if not workspace.paths.store.exists():
        return dg.SkipReason("There is no runtime store yet.")
    store = workspace.store()
    try:
        late = _watching().tell_stale(workspace.paths, store, now=workspace.wall_clock())
    finally:
        store.engine.dispose()
    return dg.SkipReason(f"Late: {', '.join(late)}." if late else "Everything is fresh.")


@dg.sensor(name="old_runs", minimum_interval_seconds=3600, default_status=RUNNING)
def old_runs(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SkipReason:
    """Deletes what Dagster remembers of runs that ended more than thirty days ago."""
    gone = _watching().forget_old_runs(context.instance, now=workspace.wall_clock())
    return dg.SkipReason(f"{gone} old runs were deleted.")
