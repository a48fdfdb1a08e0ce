"""The campaign that answers who writes first: what batch code published, asked of each request."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from agent_runtime.campaign_stage import bounds_of
from agent_runtime.domain import Autonomy, ChannelName, Session
from agent_runtime.ports import Tx

PUBLISHED = "inbound_campaign"
FILE = "inbound_campaign.json"
"""Where batch code writes it, in the lake."""


@dataclass(frozen=True, slots=True)
class InboundCampaign:
    """Whose bounds, pause and budget bind a request; without one, those of no campaign do."""

    campaign_id: str
    doors: tuple[str, ...]
    """By which requests come in that are its own: email, form, chat."""
    autonomy: Autonomy

    def taking(self, session: Session, door: ChannelName) -> Session:
        """Returns a thread as this campaign's, where it was begun by a door of its own."""
        if door not in self.doors:
            return session
        return replace(session, campaign_id=self.campaign_id, autonomy=self.autonomy)

    def is_silent(self, tx: Tx, email: str) -> bool:
        """Says whether the agent may not answer somebody here now, since it is paused or held."""
        is_paused = f"pause:{self.campaign_id}" in tx.flags()
        return is_paused or bool(bounds_of(tx, self.campaign_id).why_held(email))


def as_text(campaign: InboundCampaign) -> str:
    """Returns a campaign as it is written and published."""
    return json.dumps(asdict(campaign), indent=2)


def publish_inbound(tx: Tx, path: Path) -> None:
    """Publishes what batch code has written, in place of what was published before."""
    if path.exists():
        tx.publish(PUBLISHED, path.read_text(encoding="utf-8"))


def inbound_campaign(tx: Tx) -> InboundCampaign | None:
    """Returns the campaign to which requests belong; None where there is none."""
    written = tx.published(PUBLISHED)
    if not written:
        return None
    row = json.loads(written)
    return InboundCampaign(**row | {"doors": tuple(row["doors"])})
