"""How free the agent is, per use case: playbook's default, what people set, campaign (R17)."""

from collections.abc import Mapping
from typing import Literal

from agent_runtime.domain import LEVELS, Autonomy
from agent_runtime.library.playbook import Playbook


def flag_of(playbook_id: str) -> str:
    """Returns the name of the flag that replaces a playbook's default."""
    return f"autonomy:{playbook_id}"


def autonomy_of(
    flags: Mapping[str, str], playbook: Playbook, campaign: Autonomy | Literal[""]
) -> Autonomy:
    """Returns the strictest level that binds; a level that nobody knows is the strictest."""
    asked = [flags.get(flag_of(playbook.id), playbook.autonomy), campaign or LEVELS[-1]]
    return LEVELS[min(LEVELS.index(level) if level in LEVELS else 0 for level in asked)]
