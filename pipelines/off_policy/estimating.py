"""Joins logged turns with what came of them, and asks what other policies would have brought."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from agent_runtime.replaying.comparison import Compared
from agent_runtime.settings import Settings, Workspace
from experiments.off_policy import PolicyReading, read_policy
from pipelines.errors import PipelineError
from pipelines.off_policy.outcomes import REWARDS, outcomes_in
from pipelines.off_policy.policies import Policy, with_policy
from pipelines.off_policy.replayed import of_replay
from pipelines.off_policy.turns import (
    KNOWN,
    LoggedTable,
    Wanted,
    last_event_at,
    logged_table,
)
from pipelines.replays.table import replayed_table
from pipelines.traces import export_to_lake

WINDOW_DAYS = 14
"""From a thread's first turn: an answer and a meeting come within it, or hardly ever."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which outcomes count, and when one looks."""

    window_days: int = WINDOW_DAYS
    as_of: datetime | None = None
    """None: when the last trace was written."""
    rewards: tuple[str, ...] = REWARDS


def estimate(
    workspace: Workspace,
    policies: Sequence[Policy],
    wanted: Wanted,
    question: Question,
    *,
    tenant_id: str,
) -> Iterator[PolicyReading]:
    """Yields a reading per policy, of the turns and outcomes of a workspace.

    Raises:
        PipelineError: there are no such turns.
        ExperimentError: the warehouse cannot be read, or no window has closed.
    """
    table = logged_table(workspace, wanted, tenant_id=tenant_id)
    outcomes = outcomes_in(workspace.warehouse)
    for policy in policies:
        yield read_table(table, with_policy(table.options, policy), outcomes, str(policy), question)


def estimate_replay(
    settings: Settings, turns: Iterable[Compared], name: str, question: Question
) -> PolicyReading:
    """Returns what the new versions of a replay would have brought.

    Raises:
        PipelineError: nothing was replayed, or no window has closed.
        ExperimentError: the warehouse cannot be read.
    """
    export_to_lake(settings.paths, tenant_id=settings.tenant_id, store_url=settings.store_url)
    last = last_event_at(settings.paths, tenant_id=settings.tenant_id)
    table, options = of_replay(replayed_table(turns), last_event_at=last)
    if table.turns.is_empty():
        raise PipelineError("--estimate: no turn of the agent was replayed; ask for more turns.")
    return read_table(table, options, outcomes_in(settings.paths.warehouse), name, question)


def read_table(
    table: LoggedTable,
    options: pl.DataFrame,
    outcomes: pl.DataFrame,
    policy: str,
    question: Question,
) -> PolicyReading:
    """Returns the reading of one policy.

    Args:
        table: Turns as they were logged.
        options: Theirs, with `policy`, the chance of each under the policy.
        outcomes: As `outcomes_in` returns them.
        policy: What it is called.
        question: Which outcomes count.
    """
    as_of = question.as_of or table.last_event_at
    first = table.turns["at"].min()
    if not isinstance(first, datetime) or first + timedelta(days=question.window_days) > as_of:
        raise PipelineError(
            f"--window-days {question.window_days}: the first thread began on {first:%Y-%m-%d} and "
            f"the traces end on {as_of:%Y-%m-%d}, so that no window has closed; name a shorter one."
        )
    return read_policy(
        table.turns,
        options,
        outcomes,
        policy=policy,
        rewards=question.rewards,
        window_days=question.window_days,
        as_of=as_of,
        known=KNOWN,
    )
