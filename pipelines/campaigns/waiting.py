"""Events of a campaign's triggers for which nobody has been written to yet."""

from datetime import datetime

from agent_runtime.settings import Workspace
from pipelines.campaign import Campaign
from pipelines.campaigns.tables import CampaignTables
from pipelines.campaigns.triggers import events
from pipelines.lake import Lake


def events_waiting(paths: Workspace, campaign: Campaign, *, now: datetime) -> tuple[str, ...]:
    """Returns account and event of each, sorted; none before an export was read."""
    if not (paths.canonical / "signals.parquet").is_file():
        return ()
    found = events(Lake(paths).canonical(), campaign.triggers, now=now)
    answered = CampaignTables(paths, campaign.id).answered()
    waiting = found.join(answered, on=["account_id", "event_id"], how="anti")
    return tuple(sorted(f"{a}\x1f{e}" for a, e in waiting.select("account_id", "event_id").rows()))
