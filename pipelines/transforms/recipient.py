"""Who of the eligible is written to by their arm, and what became of everybody else."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from agent_runtime.policies.arms import GLOBAL_HOLDOUT, Controls, is_control
from pipelines.campaign import Campaign
from pipelines.schemas import FLAG, TEXT
from pipelines.sources.parse import slug
from pipelines.transforms.identity import aliases
from pipelines.transforms.queue import Recipient

QUEUED = "queued"

OUTCOMES = pl.Schema(
    {
        "tenant_id": TEXT,
        "person_id": TEXT,
        "contact_id": TEXT,
        "segment": TEXT,
        "queued": FLAG,
        "reason": TEXT,
    }
)
"""One row per person: `queued`, or why there is no touch for them."""


@dataclass(frozen=True, slots=True)
class Arms:
    """Arms of one experiment by what they mean for outreach."""

    experiment_id: str
    treated: Collection[str]
    control: str
    layer: str = ""
    controls: Controls = field(default_factory=dict)
    """Names of the controls of all registered experiments."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """The eligible people, split by what their arm says."""

    recipients: tuple[Recipient, ...]
    left_out: dict[str, str]
    """Reason by person: `global_holdout`; `holdout` of any experiment; `other_experiment` of the
    same layer; `no_unit` where nothing could be assigned."""


def sort_by_arm(
    eligibility: pl.DataFrame,
    assignments: pl.DataFrame,
    events: pl.DataFrame,
    arms: Arms,
    campaign: Campaign,
    *,
    but: Collection[str] = (),
) -> Sorted:
    """Returns the recipients among the eligible.

    A person who was merged with another carries the arms of both, and the control wins: in any
    experiment, so that a holdout stays one. Each of them is still analysed as assigned.

    Args:
        eligibility: Rows of `transforms.eligibility.judge`.
        assignments: Rows of `transforms.assign.assign`, all experiments.
        events: Identity events, for the merges.
        arms: The experiment of the campaign.
        campaign: Says from which mailbox each owner's people are written to.
        but: People who have their touches already, and need not be among the recipients.
    """
    held = _held(assignments, aliases(events), arms)
    rows = (
        eligibility.filter(pl.col("eligible"))
        .sort("person_id")
        .join(held, on="person_id", how="left", maintain_order="left")
        .with_columns(_left_out().alias("left_out"))
    )
    gone = rows.filter(pl.col("left_out").is_not_null()).select("person_id", "left_out")
    chosen = rows.filter(pl.col("left_out").is_null() & ~pl.col("person_id").is_in(list(but)))
    recipients = (_recipient(row, row["own"], campaign) for row in chosen.iter_rows(named=True))
    return Sorted(tuple(recipients), dict(gone.iter_rows()))


def outcomes(eligibility: pl.DataFrame, left_out: dict[str, str]) -> pl.DataFrame:
    """Returns what became of every person: ineligible, left out, or queued."""
    said = pl.DataFrame(
        list(left_out.items()), schema={"person_id": TEXT, "_left_out": TEXT}, orient="row"
    )
    final = (
        pl.when("eligible")
        .then(pl.coalesce("_left_out", pl.lit(QUEUED)))
        .otherwise("reason")
        .alias("reason")
    )
    judged = eligibility.join(said, on="person_id", how="left", maintain_order="left")
    return judged.with_columns(final).select(
        "tenant_id",
        "person_id",
        "contact_id",
        "segment",
        (pl.col("reason") == QUEUED).alias("queued"),
        "reason",
    )


def _held(assignments: pl.DataFrame, survivors: dict[str, str], arms: Arms) -> pl.DataFrame:
    """One row per human with an arm: whether any of it keeps them out, and their own arm."""
    experiment, arm = pl.col("experiment_id"), pl.col("arm")
    pairs = assignments.select("experiment_id", "arm").unique()
    controls = [
        is_control(of, name, arms.controls) or name == arms.control
        for of, name in pairs.iter_rows()
    ]
    is_own = experiment == arms.experiment_id
    return (
        assignments.join(
            pairs.with_columns(pl.Series("is_control", controls, pl.Boolean)),
            on=["experiment_id", "arm"],
        )
        .group_by(pl.col("person_id").replace(survivors))
        .agg(
            (experiment == GLOBAL_HOLDOUT).any().alias("is_global"),
            pl.col("is_control").any(),
            (is_own & arm.is_in(list(arms.treated))).any().alias("is_treated"),
            (pl.col("layer") == arms.layer).any().alias("is_in_layer"),
            arm.filter(is_own).min().alias("own"),
        )
    )


def _left_out() -> pl.Expr:
    return (
        pl.when("is_global")
        .then(pl.lit(GLOBAL_HOLDOUT.replace("-", "_")))
        .when("is_control")
        .then(pl.lit("holdout"))
        .when(pl.col("is_treated").fill_null(value=False))
        .then(pl.lit(None, TEXT))
        .when("is_in_layer")
        .then(pl.lit("other_experiment"))
        .otherwise(pl.lit("no_unit"))
    )


def _recipient(row: dict[str, Any], arm: str, campaign: Campaign) -> Recipient:
    return Recipient(
        tenant_id=row["tenant_id"],
        person_id=row["person_id"],
        contact_id=row["contact_id"],
        account_id=row["account_id"],
        segment=row["segment"],
        arm=arm,
        owner_id=row["owner_id"],
        mailbox=campaign.mailbox.replace("{owner}", slug(row["owner_name"] or row["owner_id"])),
        country=row["country"] or "",
        time_zone=row["time_zone"] or "",
    )
