"""Who of the eligible is written to by their arm, and what became of everybody else."""

from collections import defaultdict
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
    """
    survivors = aliases(events)
    arms_of = _arms_by_person(assignments, survivors)
    layered = assignments.filter(pl.col("layer") == arms.layer).get_column("person_id")
    in_layer = {survivors.get(person) or person for person in layered}
    recipients: list[Recipient] = []
    left_out: dict[str, str] = {}
    for row in eligibility.filter(pl.col("eligible")).sort("person_id").iter_rows(named=True):
        person = row["person_id"]
        held = arms_of.get(person, set())
        own = {arm for experiment, arm in held if experiment == arms.experiment_id}
        if any(experiment == GLOBAL_HOLDOUT for experiment, _ in held):
            left_out[person] = GLOBAL_HOLDOUT.replace("-", "_")
        elif any(arm == arms.control or is_control(e, arm, arms.controls) for e, arm in held):
            left_out[person] = "holdout"
        elif not own & set(arms.treated):
            left_out[person] = "other_experiment" if person in in_layer else "no_unit"
        else:
            recipients.append(_recipient(row, min(own), campaign))
    return Sorted(tuple(recipients), left_out)


def outcomes(eligibility: pl.DataFrame, left_out: dict[str, str]) -> pl.DataFrame:
    """Returns what became of every person: ineligible, left out, or queued."""
    eligible = eligibility.get_column("eligible").to_list()
    persons = eligibility.get_column("person_id").to_list()
    reasons = eligibility.get_column("reason").to_list()
    final = [
        left_out.get(person, QUEUED) if is_eligible else reason
        for person, is_eligible, reason in zip(persons, eligible, reasons, strict=True)
    ]
    return eligibility.with_columns(pl.Series("reason", final, pl.String)).select(
        "tenant_id",
        "person_id",
        "contact_id",
        "segment",
        (pl.col("reason") == QUEUED).alias("queued"),
        "reason",
    )


def _arms_by_person(
    assignments: pl.DataFrame, survivors: dict[str, str]
) -> dict[str, set[tuple[str, str]]]:
    arms: dict[str, set[tuple[str, str]]] = defaultdict(set)
    columns = ("person_id", "experiment_id", "arm")
    for person, experiment, arm in assignments.select(columns).iter_rows():
        arms[survivors.get(person) or person].add((experiment, arm))
    return arms


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
