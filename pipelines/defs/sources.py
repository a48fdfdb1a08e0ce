"""Exports as they come, read safely; the daily schedule and the sensor that start a batch."""

import hashlib
from pathlib import Path

import dagster as dg

from pipelines.resources import BatchResource, WorkspaceResource, from_environment_sources
from pipelines.sources.keys import landed_keys

BATCH = dg.AssetSelection.groups("sources", "crm", "segments", "fit", "assignment", "outreach")


@dg.asset(
    key=["sources", "exports"],
    group_name="sources",
    kinds={"polars", "parquet"},
    deps=[["sources", "hubspot_files"], *landed_keys(from_environment_sources())],
)
def exports(workspace: WorkspaceResource, batch: BatchResource) -> dg.MaterializeResult:
    """One Parquet file per file of the CRM export, one row per data row, every cell as text.

    Source: the folder of exports and landed tables, by the batch's mapping. A file that is
    missing, empty, truncated or wrongly encoded stops the batch; a row that cannot be read is
    marked.
    """
    from pipelines.lake import Lake
    from pipelines.landed import land

    mapping = batch.export_mapping(workspace)
    landed = land(batch.folder(workspace), mapping, Lake(workspace.paths))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(landed.rows.values()),
            "files": landed.rows,
            "unchanged": list(landed.unchanged),
        }
    )


batch_job = dg.define_asset_job(
    "daily_batch",
    selection=BATCH,
    description="From the CRM export to the outreach queue in the runtime store.",
    # Whatever a batch does it may do again; what is sent is the worker's, and never a batch's.
    tags={"dagster/max_retries": "2", "dagster/retry_strategy": "FROM_FAILURE"},
)

daily_batch = dg.ScheduleDefinition(
    name="daily_batch_at_five",
    job=batch_job,
    cron_schedule="0 5 * * *",
    execution_timezone="UTC",
    description="Before working hours begin in the first of the time zones written to.",
)


@dg.sensor(job=batch_job, minimum_interval_seconds=60, name="new_exports")
def new_exports(
    context: dg.SensorEvaluationContext, workspace: WorkspaceResource, batch: BatchResource
) -> dg.SensorResult | dg.SkipReason:
    """Runs the batch when the folder of exports has changed since the last run."""
    folder = batch.folder(workspace)
    if not folder.is_dir():
        return dg.SkipReason(f"There is no folder {folder}.")
    seen = _fingerprint(folder)
    if seen == context.cursor:
        return dg.SkipReason("Nothing has changed in the folder of exports.")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=seen)], cursor=seen)


def _fingerprint(folder: Path) -> str:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    marks = [f"{p.name}:{p.stat().st_size}:{p.stat().st_mtime_ns}" for p in files]
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:32]
