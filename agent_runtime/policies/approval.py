"""Who sends: the agent by itself, or a person who has seen these very words (R14-R20, R72)."""

from agent_runtime.band.category import outside
from agent_runtime.domain import Proposal, Verdict
from agent_runtime.policies.facts import Facts

WAITS = "approval"
"""Name of the rule; a proposal that only this rule stops waits for a person."""


def approval(proposal: Proposal, facts: Facts) -> Verdict:
    """Asks for a person's leave, as far as the autonomy of the use case demands it.

    What a stop or an accepted meeting implies is not asked; an unknown level asks always. A
    supervised agent sends what both the playbook's band and the calibrated one let go, an
    autonomous one all but what judged messages closed.
    """
    is_by_hand = facts.actor == "human" or proposal.channel == "linkedin"
    if is_by_hand or proposal.touch_class == "transactional":
        return Verdict(WAITS, 1, "allow")
    if facts.approved_by:
        return Verdict(WAITS, 1, "allow", f"approved by {facts.approved_by}")
    why = unlisted(proposal, facts)
    if not why and facts.autonomy == "autonomous":
        why = facts.bands.why_closed(proposal)
        if not why:
            return Verdict(WAITS, 1, "allow")
    if not why and facts.autonomy == "supervised":
        why = outside(proposal, facts.safe_band) or facts.bands.why_read(
            proposal, facts.session.thread_id
        )
        if not why:
            return Verdict(WAITS, 1, "allow", "in the safe band")
    level = facts.autonomy or "unknown autonomy"
    return Verdict(WAITS, 1, "escalate", why or f"{level}: a person sends")


def unlisted(proposal: Proposal, facts: Facts) -> str:
    """Says why the profile asks a person whatever the autonomy, or nothing."""
    free = facts.rules.parameter(WAITS, "free_actions")
    if free == "all" or proposal.action in free:
        return ""
    return f"{facts.rules.profile}: {proposal.action} needs a person's leave"
