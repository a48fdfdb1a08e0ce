"""How likely everybody buys, by the champion of this tenant, and whether that still holds."""

from collections.abc import Iterator

import dagster as dg

from pipelines.resources import WorkspaceResource

READ = ("accounts", "contacts", "opportunities", "signals", "activities", "usage")
CHECKS = {
    "feature_drift": "The people who are scored are like those when the model was made.",
    "score_drift": "The scores are spread as when the model was made.",
    "calibration_drift": "Of deals opened since, as many are won as were forecast.",
}
NO_CHAMPION = "no version is champion; `parley fit train`, then `parley model promote fit`"


@dg.asset(
    key=["fit", "scores"],
    group_name="fit",
    deps=[dg.AssetKey(["crm", name]) for name in READ],
    kinds={"polars", "parquet", "scikitlearn"},
)
def scores(workspace: WorkspaceResource) -> dg.MaterializeResult:
    """One row per contact, or per account without one: how likely it buys, its band, and why.

    Source: canonical tables, and the champion of `parley model champion fit`; empty without one.
    Scores order a queue where a campaign asks for it, and decide nothing else.
    """
    from pipelines.fit.registering import champion_model
    from pipelines.fit.scores import FIT_SCORES, score
    from pipelines.lake import Lake, write

    lake = Lake(workspace.paths)
    found = champion_model(workspace.paths, tenant_id=workspace.tenant_id)
    if found is None:
        write(FIT_SCORES.to_frame(), lake.fit_scores)
        return dg.MaterializeResult(metadata={"dagster/row_count": 0, "model": NO_CHAMPION})
    made = score(found, lake.canonical(), now=workspace.instant())
    write(made, lake.fit_scores)
    bands = made.get_column("band").value_counts(sort=True)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": made.height,
            "model": found.label,
            "bands": dict(bands.iter_rows()),
        }
    )


@dg.multi_asset_check(
    name="fit_drift",
    specs=[
        dg.AssetCheckSpec(name, asset=["fit", "scores"], description=said)
        for name, said in CHECKS.items()
    ],
)
def fit_drift(workspace: WorkspaceResource) -> Iterator[dg.AssetCheckResult]:
    """Population stability of features and scores, and calibration on new outcomes."""
    from pipelines.fit.drift import drift, worst
    from pipelines.fit.registering import champion_model
    from pipelines.lake import Lake

    found = champion_model(workspace.paths, tenant_id=workspace.tenant_id)
    figures = (
        drift(found, Lake(workspace.paths).canonical(), now=workspace.instant()) if found else ()
    )
    for name in CHECKS:
        level = worst(figures, name)
        own = {one.what: f"{one.level}: {one.says}" for one in figures if one.check == name}
        yield dg.AssetCheckResult(
            asset_key=["fit", "scores"],
            check_name=name,
            passed=level in {"fine", "not judged"},
            severity=(
                dg.AssetCheckSeverity.ERROR if level == "fails" else dg.AssetCheckSeverity.WARN
            ),
            metadata={"level": level, **(own or {"model": NO_CHAMPION})},
        )
