"""What breaks first as volume grows: loads against capacities, at multiples of today's volume."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from experiments.metrics import read_metrics
from experiments.semantic_layer import DBT_PROJECT

MULTIPLES = (1, 2, 5, 10)

_WORKDAYS, _DAYS = 21, 30
_LATENCIES = {
    "read_ms_p95": "turns_read_timed",
    "plan_ms_p95": "turns_plan_timed",
    "send_ms_p95": "messages_send_timed",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """Something of which there is only so much in a month.

    Attributes:
        name: What people call it.
        load: Needed at today's volume; None when nobody knows.
        capacity: There is, in the same unit.
        unit: Of both.
    """

    name: str
    load: float | None
    capacity: float
    unit: str

    @property
    def breaks_at(self) -> float | None:
        """The multiple of today's volume at which all of it is used; None if never or unknown."""
        return self.capacity / self.load if self.load else None


@dataclass(frozen=True, slots=True)
class Capacity:
    """What there is; change it to what you have."""

    reviewers: int = 2
    reviewer_hours_a_day: float = 2.0
    mailboxes: int = 3
    mails_a_day: int = 50
    """Of one mailbox that is warm."""
    workers: int = 1
    worker_hours_a_day: float = 9.0


def resources_of_run(
    warehouse: Path, month: pl.DataFrame, capacity: Capacity, *, project: Path = DBT_PROJECT
) -> tuple[Resource, ...]:
    """Returns what a month of the run needs of each resource, and what there is of it.

    Args:
        warehouse: Of the run; the agent's time is its p95 latency times what it did.
        month: `cost_at_volume.parquet` of the run.
        capacity: What there is.
        project: The parsed dbt project.
    """
    today = month.filter(pl.col("multiple") == 1).to_dicts()
    needed = today[0] if today else {}
    seconds = _seconds(warehouse, needed.get("conversations"), project)
    people = capacity.reviewers * capacity.reviewer_hours_a_day * 60 * _WORKDAYS
    worker_seconds = capacity.workers * capacity.worker_hours_a_day * 3600 * _DAYS
    mails = float(capacity.mailboxes * capacity.mails_a_day * _WORKDAYS)
    return (
        Resource("Reviewers' time", needed.get("reviewer_minutes"), people, "minutes"),
        Resource("Mailboxes", needed.get("mails"), mails, "mails"),
        Resource("The agent's workers", seconds, worker_seconds, "seconds"),
    )


def _seconds(warehouse: Path, conversations: float | None, project: Path) -> float | None:
    """The agent's time in a month of so many conversations, at the p95 of each step."""
    names = [*_LATENCIES, "conversations"]
    found = {r.metric: r for r in read_metrics(names, warehouse=warehouse, project=project)}
    run = found["conversations"].value
    known = [found[name] for name in _LATENCIES if found[name].value is not None]
    if not (run and conversations and known):
        return None
    return sum((r.value or 0) * r.n for r in known) / 1000 * conversations / run


def utilisation(
    resources: Sequence[Resource], multiples: Sequence[int] = MULTIPLES
) -> pl.DataFrame:
    """Returns one row a resource, with the share of it that is used at each multiple."""
    return pl.DataFrame(
        [
            {"resource": r.name, "unit": r.unit, "load": r.load, "capacity": r.capacity}
            | {f"{m}x": None if r.load is None else m * r.load / r.capacity for m in multiples}
            | {"breaks_at": r.breaks_at}
            for r in resources
        ]
    )


def first_to_break(resources: Sequence[Resource]) -> str:
    """Returns which resource is used up first, and at which volume, in words."""
    known = [(r.breaks_at, r) for r in resources if r.breaks_at is not None]
    unknown = ", ".join(r.name for r in resources if r.load is None)
    lacks = f" Nobody knows yet what is needed of: {unknown}." if unknown else ""
    if not known:
        return f"Nothing breaks: nothing that is measured grows with volume.{lacks}"
    multiple, first = min(known, key=lambda pair: pair[0])
    if multiple < 1:
        return (
            f"Too little today: {first.name.lower()}; {first.load:,.0f} {first.unit} a month are "
            f"needed and there are {first.capacity:,.0f}.{lacks}"
        )
    return (
        f"First to run out: {first.name.lower()}, at {multiple:,.1f} times today's volume.{lacks}"
    )
