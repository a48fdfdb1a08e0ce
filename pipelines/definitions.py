"""The Dagster code location: everything in `defs/`, one freshness policy, the resources."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
from dagster import definitions, load_from_defs_folder

from pipelines.resources import from_environment

GROUPS = (
    "sources",
    "crm",
    "segments",
    "fit",
    "assignment",
    "outreach",
    "knowledge",
    "traces",
    "warehouse",
    "readouts",
)
"""The stages in the order in which data flows through them. The group of each campaign,
`campaign_<id>`, stands between assignment and outreach."""

FRESH = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=36), warn_window=timedelta(hours=26)
)
"""A daily batch with slack: late after two hours, failed after half a day."""

URGENT = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=26), warn_window=timedelta(hours=25)
)
URGENTLY = frozenset({"crm/consents", "crm/suppressions", "outreach/runtime_imports"})
"""What says whom not to write to, and brings it to who writes: an hour late is told at once."""


@definitions
def defs() -> dg.Definitions:
    """Returns all assets, checks, schedules and sensors, grouped by stage."""
    loaded = load_from_defs_folder(path_within_project=Path(__file__).parent)
    assets = [
        asset
        for asset in loaded.assets or ()
        if isinstance(asset, dg.AssetsDefinition | dg.AssetSpec)
    ]
    return dg.Definitions(
        assets=dg.map_asset_specs(_fresh, assets),
        asset_checks=loaded.asset_checks,
        schedules=loaded.schedules,
        sensors=loaded.sensors,
        jobs=loaded.jobs,
        # One process for all steps: their tables are large and their work is short.
        executor=dg.in_process_executor,
        resources={**(loaded.resources or {}), **from_environment()},
    )


def place_of(group: str) -> int:
    """Returns where a group stands from left to right."""
    return GROUPS.index("outreach" if group.startswith("campaign_") else group) * 2 - (
        group.startswith("campaign_")
    )


def _fresh(spec: dg.AssetSpec) -> dg.AssetSpec:
    policy = URGENT if spec.key.to_user_string() in URGENTLY else FRESH
    return dg.apply_freshness_policy(spec, policy, overwrite_existing=False)
