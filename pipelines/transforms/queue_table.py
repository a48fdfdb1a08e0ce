"""The outreach queue as a table, and back."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from agent_runtime.contracts import OutreachTask
from pipelines.schemas import INSTANT, TEXT, WHOLE
from pipelines.transforms.queue import Planned

TASKS = pl.Schema(
    {
        "task_id": TEXT,
        "schema_version": WHOLE,
        "tenant_id": TEXT,
        "campaign_id": TEXT,
        "campaign_version": WHOLE,
        "person_id": TEXT,
        "contact_id": TEXT,
        "account_id": TEXT,
        "touch": WHOLE,
        "playbook": TEXT,
        "playbook_version": WHOLE,
        "channels": pl.List(TEXT),
        "experiment_id": TEXT,
        "arm": TEXT,
        "not_before": INSTANT,
        "expires_at": INSTANT,
        "owner_id": TEXT,
        "mailbox": TEXT,
        "autonomy": TEXT,
        "reason": TEXT,
    }
)
"""Columns of the queue: the fields of `OutreachTask` and its key."""


def from_tasks(tasks: Iterable[OutreachTask]) -> pl.DataFrame:
    """Returns one row per touch, in the order in which they become due."""
    everything = list(tasks)
    columns = {name: [getattr(task, name) for task in everything] for name in TASKS}
    columns["channels"] = [list(channels) for channels in columns["channels"]]
    return in_order(pl.DataFrame(columns, schema=TASKS))


def in_order(tasks: pl.DataFrame) -> pl.DataFrame:
    """Returns touches in the order in which they become due."""
    return tasks.sort("not_before", "task_id")


def planned(tasks: pl.DataFrame) -> list[Planned]:
    """Returns what a planner has to know of the touches of a stored queue."""
    return [Planned(*row) for row in tasks.select(Planned._fields).iter_rows()]


def read_tasks(path: Path) -> list[OutreachTask]:
    """Returns the touches of a stored queue; none where there is no queue yet."""
    if not path.is_file():
        return []
    rows = pl.read_parquet(path).drop("task_id").iter_rows(named=True)
    return [OutreachTask.model_validate(row) for row in rows]
