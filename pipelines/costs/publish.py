"""Publishes what a run's month costs at 1, 2, 5 and 10 times its volume, for notebooks."""

from decimal import Decimal
from pathlib import Path

import polars as pl

from agent_runtime.settings import Workspace
from pipelines.costs.calculator import (
    CONVERSATIONS,
    REVIEWER_MINUTES,
    AtVolume,
    Volumes,
    complete,
    estimate,
)
from pipelines.costs.measured import measure
from pipelines.costs.price_list import Pricing, load_pricing
from pipelines.costs.usage import ledger_period
from pipelines.errors import PipelineError
from pipelines.lake import write

AT_VOLUME = pl.Schema(
    {
        "multiple": pl.Int64,
        "conversations": pl.Float64,
        "cost_usd": pl.Float64,
        "per_conversation_usd": pl.Float64,
        "marginal_usd": pl.Float64,
        "per_meeting_usd": pl.Float64,
        "mails": pl.Float64,
        "reviewer_minutes": pl.Float64,
        "lacks": pl.String,
    }
)
"""One row per multiple of the run's month; `lacks` names what has no price and is not in it."""


def publish_cost_at_volume(
    workspace: Workspace, *, tenant: str, pricing: Pricing | None = None
) -> Path:
    """Writes `cost_at_volume.parquet` and returns its file; no row before anybody has answered."""
    pricing = pricing or load_pricing()
    path = workspace.metrics / "cost_at_volume.parquet"
    write(pl.DataFrame(_rows(workspace, tenant, pricing), schema=AT_VOLUME, orient="row"), path)
    return path


def _rows(workspace: Workspace, tenant: str, pricing: Pricing) -> list[tuple[object, ...]]:
    try:
        mix = measure(workspace, pricing, tenant=tenant)
    except PipelineError:
        return []
    day, _ = ledger_period(workspace, tenant)
    given = {CONVERSATIONS: mix.conversations_a_month}
    counted, sources = complete(given, pricing, day, measured=mix.per_conversation, run="the run")
    volumes = Volumes(counted, sources, meeting_rate=mix.meeting_rate)
    return [_row(at, volumes) for at in estimate(volumes, pricing, day).at]


def _row(at: AtVolume, volumes: Volumes) -> tuple[object, ...]:
    quantities = (volumes.counted.get(name, Decimal(0)) for name in ("mails", REVIEWER_MINUTES))
    amounts = (at.cost.usd, at.per_conversation_usd, at.marginal_usd, at.per_meeting_usd)
    return (
        at.multiple,
        float(at.conversations),
        *(None if amount is None else float(amount) for amount in amounts),
        *(float(quantity * at.multiple) for quantity in quantities),
        ", ".join(at.cost.unknown),
    )
