"""How free the agent is, per use case: playbook's default, what people set, campaign (R17)."""

from collections.abc import Mapping
from typing import Literal

from agent_runtime.domain import LEVELS, Autonomy
from agent_runtime.library.playbook import Playbook

AUTONOMY = "autonomy:"


def flag_of(playbook_id: str, campaign_id: str = "") -> str:
    """Returns the name of the flag that replaces a playbook's default, or bounds one campaign."""
    return f"{AUTONOMY}{playbook_id}" + (f"@{campaign_id}" if campaign_id else "")


def autonomy_of(
    flags: Mapping[str, str],
    playbook: Playbook,
    campaign: Autonomy | Literal[""],
    campaign_id: str = "",
) -> Autonomy:
    """Returns the strictest level that binds; a level that nobody knows is the strictest.

    Args:
        flags: What people have set, of the playbook and of its use in one campaign's segments.
        playbook: Whose default binds where nothing is set.
        campaign: The level of the campaign's file and stage.
        campaign_id: In whose threads; empty where there is none.
    """
    asked = [flags.get(flag_of(playbook.id), playbook.autonomy), campaign or LEVELS[-1]]
    if campaign_id:
        asked.append(flags.get(flag_of(playbook.id, campaign_id), LEVELS[-1]))
    return LEVELS[min(LEVELS.index(level) if level in LEVELS else 0 for level in asked)]
