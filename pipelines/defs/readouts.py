"""What a run says for itself: metrics as Parquet, the experiment's answer, MLflow, the pages."""

from collections.abc import Iterator

import dagster as dg

from pipelines.resources import BatchResource, WorkspaceResource

_WAREHOUSE = [
    dg.AssetKey(["warehouse", name])
    for name in (
        "dim_persons",
        "dim_threads",
        "fct_automated_tasks",
        "fct_calls",
        "fct_costs",
        "fct_eligibility",
        "fct_lead_stages",
        "fct_meetings",
        "fct_messages",
        "fct_objections",
        "fct_opportunities",
        "fct_opportunity_stages",
        "fct_policy_checks",
        "fct_reviews",
        "fct_suppressions",
        "fct_surveys",
        "fct_threads",
        "metric_by_unit",
    )
]
_FURTHER = [
    dg.AssetKey(["warehouse", name])
    for name in (
        "dim_persons",
        "dim_threads",
        "fct_assignments",
        "fct_automated_tasks",
        "fct_deliveries",
        "fct_incidents",
        "fct_lead_stages",
        "fct_objections",
        "fct_rep_weeks",
        "fct_reviews",
        "fct_signals",
        "fct_surveys",
        "fct_turns",
        "fct_usage_days",
    )
]
_METRICS = {
    "daily_metrics": "One row per published metric, day and arm.",
    "unit_metrics": "One row per experiment and unit, with its outcomes inside the window.",
}
_ANSWERS = {
    "experiment_answers": "One JSON per experiment: sample ratio, effects with intervals, verdict.",
    "contaminations": "One JSON per experiment: what may have blurred its arms, with counts.",
    "reports": "One JSON per run: all figures that the terminal and the page show.",
    "experiment_pages": "One HTML page per experiment: deviations, validity, effects, command.",
    "pages": "One HTML file per run, which opens without a server or a network.",
    "tracked_runs": "One MLflow run per readout: metrics by name, spec hash, versions, report.",
}


@dg.multi_asset(
    name="published_metrics",
    specs=[
        dg.AssetSpec(
            ["readouts", name],
            group_name="readouts",
            deps=_WAREHOUSE,
            description=f"{text} Source: the semantic layer over the marts.",
            kinds={"parquet"},
        )
        for name, text in _METRICS.items()
    ],
)
def published_metrics(workspace: WorkspaceResource) -> Iterator[dg.MaterializeResult]:
    """Publishes metrics for everybody who must not ask the warehouse."""
    from pipelines.readouts.publish import publish_metrics

    for name, path in zip(_METRICS, publish_metrics(workspace.paths), strict=True):
        yield dg.MaterializeResult(asset_key=["readouts", name], metadata={"path": str(path)})


@dg.asset(
    key=["readouts", "movements"],
    group_name="readouts",
    deps=_WAREHOUSE,
    kinds={"json"},
)
def movements(workspace: WorkspaceResource) -> dg.MaterializeResult:
    """What changed since the period before, and what to do. Source: the semantic layer."""
    from pipelines.readouts.movements import movements_path, publish_movements

    found = publish_movements(workspace.paths)
    told = {"path": str(movements_path(workspace.paths)), "findings": len(found.findings)}
    return dg.MaterializeResult(metadata=told)


@dg.asset(
    key=["readouts", "costs_at_volume"],
    group_name="readouts",
    deps=_WAREHOUSE,
    kinds={"parquet"},
)
def costs_at_volume(workspace: WorkspaceResource) -> dg.MaterializeResult:
    """One row per multiple (1, 2, 5, 10) of a month of the run. Source: its ledger, the prices."""
    from pipelines.costs.publish import publish_cost_at_volume

    path = publish_cost_at_volume(workspace.paths, tenant=workspace.tenant_id)
    return dg.MaterializeResult(metadata={"path": str(path)})


@dg.asset_check(
    asset=["readouts", "tracked_runs"],
    name="champions_ship",
    description="The runtime loads the registered champion of each model.",
)
def champions_ship(workspace: WorkspaceResource) -> dg.AssetCheckResult:
    """Warns of each registered model of which another version is champion than the one that ships.

    A model that nobody has registered has no champion to differ from.
    """
    from pipelines.models.kinds import KINDS
    from pipelines.models.shipped import shipped

    found = [shipped(workspace.paths, kind) for kind in KINDS.values()]
    unlike = [one for one in found if one.champion is not None and not one.is_champion]
    return dg.AssetCheckResult(
        passed=not unlike,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={one.model: one.says for one in found},
    )


@dg.multi_asset(
    name="campaign_readout",
    specs=[
        dg.AssetSpec(
            ["readouts", name],
            group_name="readouts",
            deps=[dg.AssetKey(["readouts", metric]) for metric in _METRICS]
            + [dg.AssetKey(["assignment", "assignments"])],
            description=f"{text} Source: published metrics and the stored arms.",
            kinds={"mlflow"} if name == "tracked_runs" else {"json"},
        )
        for name, text in _ANSWERS.items()
    ],
)
def campaign_readout(
    workspace: WorkspaceResource, batch: BatchResource
) -> Iterator[dg.MaterializeResult]:
    """Analyses the campaign's experiment by intention to treat and tells it to everybody."""
    from pipelines.campaign import experiment_of, load_campaign
    from pipelines.contamination import contamination_path
    from pipelines.readout import answer_path, experiment_page, read_out

    spec = experiment_of(load_campaign(batch.campaign))
    report = read_out(workspace.paths, spec, now=workspace.instant())
    told = {
        "experiment_answers": {"path": str(answer_path(workspace.paths, spec))},
        "experiment_pages": {
            "path": str(experiment_page(workspace.paths, spec)),
            "deviations": len(report.readout.deviations or ()),
        },
        "contaminations": {"path": str(contamination_path(workspace.paths, spec.id))},
        "reports": {"path": str(workspace.paths.report), "verdict": report.readout.verdict},
        "pages": {"path": str(workspace.paths.page)},
        "tracked_runs": {"run_id": report.mlflow_run},
    }
    for name, metadata in told.items():
        yield dg.MaterializeResult(asset_key=["readouts", name], metadata=metadata)


@dg.asset(
    key=["readouts", "metric_slices"],
    group_name="readouts",
    deps=[*_WAREHOUSE, *_FURTHER],
    kinds={"parquet"},
)
def metric_slices(workspace: WorkspaceResource) -> dg.MaterializeResult:
    """One row per dashboard metric, period and combination of filters. Source: semantic layer."""
    from pipelines.readouts.slices import publish_slices

    path = publish_slices(workspace.paths)
    return dg.MaterializeResult(metadata={"path": str(path)})


@dg.asset(
    key=["readouts", "dashboards"],
    group_name="readouts",
    deps=[dg.AssetKey(["readouts", name]) for name in ("metric_slices", "movements", "reports")],
    kinds={"html"},
)
def dashboards(workspace: WorkspaceResource) -> dg.MaterializeResult:
    """Four HTML pages, which open without a server or a network. Source: the metric slices."""
    from pipelines.readouts.dashboards.build import build_dashboards

    pages = build_dashboards(workspace.paths)
    return dg.MaterializeResult(metadata={path.stem: str(path) for path in pages})
