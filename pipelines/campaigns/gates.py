"""Why a campaign may not run now: asked by the schedule, by the run itself, and told in a dry run.

The gate of a campaign's life cycle (sandbox, pilot, hardening, scale) is one more line here.
"""

from agent_runtime.settings import Workspace
from pipelines.campaign import Campaign
from pipelines.campaigns.approving import why_unapproved
from pipelines.campaigns.runtime import Runtime


def why_not_now(workspace: Workspace, runtime: Runtime, campaign: Campaign) -> tuple[str, ...]:
    """Returns every reason, a sentence each; none where the campaign may run."""
    paused = runtime.why_paused(campaign.id)
    reasons = (
        f"campaign {campaign.id} is paused: {paused}" if paused else "",
        why_unapproved(workspace, campaign),
    )
    return tuple(why for why in reasons if why)
