"""Who may steer: anybody who sees harm may stop the agent, and fewer let it go on."""

from agent_runtime.console.frame.office import Office, SignedIn
from agent_runtime.console.frame.roles import roles

STOPS = roles("rep", "reviewer", "revops")
STEERS = roles("revops")


def may_steer(who: SignedIn) -> bool:
    """Says whether somebody may resume, propose and put in force."""
    return who.user.role in STEERS


def may_stop(who: SignedIn) -> bool:
    """Says whether somebody may pause."""
    return who.user.role in STOPS


def campaign_names(office: Office) -> tuple[str, ...]:
    """Returns the campaigns that have touches, by id."""
    import json

    from agent_runtime.campaign_stage import NAMES

    with office.store.begin() as tx:
        return tuple(json.loads(tx.published(NAMES) or "[]"))
