"""The sensor that stops a campaign whose stop rules are broken, within a minute of the metric."""

from importlib import import_module

import dagster as dg

from experiments.errors import ExperimentError
from pipelines.resources import BatchResource, WorkspaceResource


@dg.sensor(
    name="stop_rules",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def stop_rules(
    context: dg.SensorEvaluationContext, workspace: WorkspaceResource, batch: BatchResource
) -> dg.SensorResult | dg.SkipReason:
    """Holds the campaign against its registered stop rules whenever the warehouse was built anew.

    It starts no run: it raises the campaign's pause flag in the runtime store, tells the owners,
    and writes the decision log.
    """
    from pipelines.campaign import experiment_of, load_campaign

    campaign = load_campaign(batch.campaign)
    warehouse = workspace.paths.warehouse
    if not warehouse.exists():
        return dg.SkipReason("There is no warehouse yet.")
    built = str(warehouse.stat().st_mtime_ns)
    if built == context.cursor:
        return dg.SkipReason("The warehouse is as it was at the last look.")
    # The runtime store and the statistics are heavy, and a sensor is imported with every command.
    stopping, store = import_module("pipelines.stopping"), workspace.store()
    try:
        found = stopping.stop_if_broken(
            workspace.paths,
            campaign,
            experiment_of(campaign),
            store,
            now=workspace.wall_clock(),
        )
    except ExperimentError as error:
        return dg.SkipReason(f"Not judged: {error}")
    finally:
        store.engine.dispose()
    said = "; ".join(finding.said for finding in found) or "No rule was promised."
    return dg.SensorResult(skip_reason=said, cursor=built)
