"""The jobs of a campaign: run a day, look at one, read what became of it, pause, resume."""

from typing import Any

import dagster as dg
from pydantic import Field

from pipelines.campaigns.book import Page
from pipelines.campaigns.keys import key_of
from pipelines.resources import WorkspaceResource

Unresolved = Any
"""Dagster's name for a job that still has to meet its assets is not public."""


class SwitchConfig(dg.Config):
    """Who pauses or resumes, and why; both are written down."""

    why: str = Field(default="from Dagster", description="Why; it stands with the flag.")
    by: str = Field(default="somebody in Dagster", description="Who decides it.")


def run_job(page: Page) -> Unresolved:
    """Returns the job that plans a day, queues it, and hands the queue to the runtime."""
    own = [key_of(page, name) for name in ("audiences", "arms", "dry_runs", "queues")]
    to_runtime = [["outreach", name] for name in ("told_facts", "public_signals")]
    to_runtime.append(["outreach", "runtime_imports"])
    return dg.define_asset_job(
        f"{page.slug}_run",
        selection=dg.AssetSelection.assets(*own, *map(dg.AssetKey, to_runtime)),
        description=f"One day of the campaign {page.campaign.id}: plan, checks, queue, and the "
        "import into the runtime store.",
    )


def dry_run_job(page: Page) -> Unresolved:
    """Returns the job that only looks at a day."""
    return dg.define_asset_job(
        f"{page.slug}_dry_run",
        selection=dg.AssetSelection.assets(
            *(key_of(page, name) for name in ("audiences", "arms", "dry_runs"))
        ),
        description=f"Who would get what in the campaign {page.campaign.id}, and who not and why "
        "not. Nothing is written to the queue.",
    )


def progress_job(page: Page) -> Unresolved:
    """Returns the job that reads what became of a day."""
    return dg.define_asset_job(
        f"{page.slug}_progress",
        selection=dg.AssetSelection.assets(
            *(key_of(page, name) for name in ("deliveries", "results"))
        ),
        description=f"What left and what came back on a day of the campaign {page.campaign.id}.",
    )


def switches(page: Page) -> list[dg.JobDefinition]:
    """Returns the jobs that pause a campaign and let it go on.

    The run is only the messenger: it raises or lowers a flag of the runtime store, which every
    permit asks, and which outlives whatever is restarted.
    """
    campaign_id = page.campaign.id

    @dg.op(name=f"raise_pause_{page.slug}")
    def stop(
        context: dg.OpExecutionContext, config: SwitchConfig, workspace: WorkspaceResource
    ) -> None:
        from pipelines.campaigns.control import pause
        from pipelines.campaigns.steps import present

        more = {"why": config.why, "by": config.by, "now": present(workspace)}
        why = pause(workspace.paths, workspace.tenant_id, campaign_id, **more)
        context.log.info(f"{campaign_id} is paused: {why}")

    @dg.op(name=f"lower_pause_{page.slug}")
    def go_on(
        context: dg.OpExecutionContext, config: SwitchConfig, workspace: WorkspaceResource
    ) -> None:
        from pipelines.campaigns.control import resume
        from pipelines.campaigns.steps import present

        more = {"why": config.why, "by": config.by, "now": present(workspace)}
        was = resume(workspace.paths, workspace.tenant_id, campaign_id, **more)
        context.log.info(f"{campaign_id} goes on" if was else f"{campaign_id} was not paused")

    @dg.job(
        name=f"pause_{page.slug}",
        description=f"The agent sends nothing more in {campaign_id}, from the next permit on.",
    )
    def pause_job() -> None:
        stop()

    @dg.job(name=f"resume_{page.slug}", description=f"Lets the campaign {campaign_id} go on.")
    def resume_job() -> None:
        go_on()

    return [pause_job, resume_job]
