"""Who scores and coaches, and how pages call them."""

from agent_runtime.console.frame.roles import roles
from agent_runtime.console.people.users import all_users
from agent_runtime.store.sql import SqlTx

COACHES = roles("reviewer")
DECIDERS = roles("reviewer", "revops")
"""Who accepts or rejects a proposed change of texts, playbooks, scenarios and rules."""
HOME = "/console/coaching"


def names_of(tx: SqlTx) -> dict[str, str]:
    """Returns how people are called, by the address under which they score."""
    return {user.email: user.shown for user in all_users(tx)}


def called(names: dict[str, str], scorer: str) -> str:
    """Returns how somebody is called; who has no account goes by their address."""
    return names.get(scorer) or scorer.partition("@")[0].replace(".", " ").title() or "nobody"
