"""Dagster from the command line: days of a campaign as runs, and the switch of its schedule."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from agent_runtime.settings import Settings
from pipelines.campaigns.book import Page
from pipelines.errors import PipelineError
from pipelines.resources import BatchResource, WorkspaceResource

PROJECT = Path(__file__).parents[2]


def home() -> Path:
    """Returns where Dagster keeps runs and switches: DAGSTER_HOME, else the project's root."""
    return Path(os.environ.get("DAGSTER_HOME") or PROJECT)


def run_days(
    settings: Settings, page: Page, days: Sequence[date], *, allow_jump: bool
) -> Iterator[tuple[date, str]]:
    """Runs days one after the other in this process; yields what each has put into the queue.

    Raises:
        PipelineError: a day was refused; those before it stand.
    """
    os.environ.setdefault("DAGSTER_HOME", str(home()))
    os.environ["PARLEY_WORKSPACE"] = str(settings.workspace)
    from pipelines.definitions import defs

    known = defs()
    job: Any = known.resolve_job_def(f"{page.slug}_run")
    config = {
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        "ops": {f"queue_{page.slug}": {"config": {"allow_jump": allow_jump}}},
    }
    workspace = WorkspaceResource(
        root=str(settings.workspace.resolve()), tenant_id=settings.tenant_id
    )
    with dg.DagsterInstance.get() as instance:
        for day in days:
            done = job.execute_in_process(
                partition_key=day.isoformat(),
                instance=instance,
                resources={"workspace": workspace, "batch": BatchResource()},
                run_config=config,
                raise_on_error=False,
            )
            if not done.success:
                raise PipelineError(_why(done))
            yield day, _said(page, done)


def switch_schedule(workspace: Path, page: Page, *, on: bool) -> None:
    """Starts or stops a campaign's schedule in Dagster's own storage, by Dagster's own command.

    Raises:
        PipelineError: it has no timetable, or Dagster refuses.
    """
    if page.campaign.schedule is None:
        raise PipelineError(
            f"{page.path.name}: schedule is missing, so there is nothing to switch; add "
            '`schedule: {at: "07:00"}`.'
        )
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dagster")), "schedule"),
            *("start" if on else "stop", f"{page.slug}_daily", "-m", "pipelines.definitions"),
        ],
        cwd=PROJECT,
        env={
            **os.environ,
            "DAGSTER_HOME": str(home()),
            "PARLEY_WORKSPACE": str(workspace.resolve()),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise PipelineError(f"dagster schedule: {said[-1] if said else 'it failed'}")


def _said(page: Page, done: Any) -> str:
    for one in done.get_asset_materialization_events():
        if one.asset_key and one.asset_key.path[-1] == "queues":
            told = one.step_materialization_data.materialization.metadata
            people, rows = told["people"].value, told["dagster/row_count"].value
            return f"{rows:,} touches of {people:,} people are new in the queue"
    return "done"


def _why(done: Any) -> str:
    for event in done.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error.cause is not None:
                error = error.cause
            said = " ".join(error.message.split())
            return said.split(": ", 1)[-1] if said.startswith("dagster.") else said
    return "the run failed; see Dagster's page of runs"
