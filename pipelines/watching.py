"""What the daemon's sensors do: keep the journal of batches, and tell people what went wrong."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import dagster as dg

from agent_runtime import batch_journal
from agent_runtime.batch_journal import STALE_AFTER, read_journal
from agent_runtime.ports import Store
from agent_runtime.settings import Workspace
from pipelines.alerts import tell

KEEP_RUNS = timedelta(days=30)
"""How long Dagster remembers a run; what a run made is in the lake and the store."""
RUNS_AT_ONCE = 200
LONGEST_REASON = 300


def note_start(workspace: Workspace, run: dg.DagsterRun, *, now: datetime) -> None:
    """Writes that a run began."""
    batch_journal.begin(workspace, run.job_name, now=now)


def note_end(
    workspace: Workspace,
    instance: dg.DagsterInstance,
    run: dg.DagsterRun,
    *,
    now: datetime,
    why: str | None = None,
) -> str:
    """Writes what a run made and how it ended; returns the step that failed, if any.

    Args:
        workspace: Whose journal is written.
        instance: Where the run's events are.
        run: The run.
        now: When it ended.
        why: What went wrong; None where nothing did.
    """
    steps = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    failed = next((e.dagster_event.step_key for e in steps if e.dagster_event), None) or ""
    batch_journal.made(workspace, sorted(_made(instance, run)), now=now)
    said = " ".join((why or "").split())[:LONGEST_REASON]
    batch_journal.end(workspace, now=now, failed=failed, why=said, is_done=why is None)
    return failed


def tell_failure(
    workspace: Workspace, store: Store, run: dg.DagsterRun, failed: str, why: str, *, now: datetime
) -> tuple[str, ...]:
    """Tells operations that a run failed; returns who is told."""
    where = failed or "the run"
    return tell(
        workspace,
        store,
        key=f"failed:{run.run_id}",
        reason=f"batch {run.job_name} failed in {where}",
        text=f"{' '.join(why.split())[:LONGEST_REASON]}\n\nparley status\n"
        "docs/at-three-in-the-morning.md says what to do.",
        now=now,
    )


def tell_stale(workspace: Workspace, store: Store, *, now: datetime) -> dict[str, timedelta]:
    """Tells operations which tables are late, once for each time they were made; returns them."""
    journal = read_journal(workspace)
    late = journal.stale(now)
    if late:
        latest = max(journal.made_at[name] for name in late)
        named = ", ".join(late)
        tell(
            workspace,
            store,
            key=f"stale:{latest.isoformat()}:{named}",
            reason=f"{len(late)} tables are older than {STALE_AFTER.total_seconds() / 3600:.0f} h",
            text=f"{named}\n\nparley status\ndocs/at-three-in-the-morning.md says what to do.",
            now=now,
        )
    return late


def forget_old_runs(instance: dg.DagsterInstance, *, now: datetime) -> int:
    """Deletes runs that ended long ago from Dagster's own storage, some at a time."""
    old = instance.get_run_records(
        dg.RunsFilter(
            created_before=now - KEEP_RUNS,
            statuses=[
                dg.DagsterRunStatus.SUCCESS,
                dg.DagsterRunStatus.FAILURE,
                dg.DagsterRunStatus.CANCELED,
            ],
        ),
        limit=RUNS_AT_ONCE,
        ascending=True,
    )
    for record in old:
        instance.delete_run(record.dagster_run.run_id)
    return len(old)


def _made(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Iterable[str]:
    events = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    for entry in events:
        event = entry.dagster_event
        # A day of a campaign is made once; it does not get late the day after.
        if event and event.asset_key and not event.partition:
            yield event.asset_key.to_user_string()
