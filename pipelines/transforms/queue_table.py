"""The outreach queue as a table, and back."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from agent_runtime.contracts import OutreachTask
from pipelines.schemas import INSTANT, TEXT, WHOLE

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
    rows = [task.model_dump() | {"task_id": task.task_id} for task in tasks]
    return pl.DataFrame(rows, schema=TASKS).sort("not_before", "task_id")


def read_tasks(path: Path) -> list[OutreachTask]:
    """Returns the touches of a stored queue; none where there is no queue yet."""
    if not path.is_file():
        return []
    rows = pl.read_parquet(path).drop("task_id").iter_rows(named=True)
    return [OutreachTask.model_validate(row) for row in rows]
