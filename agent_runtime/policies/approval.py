"""Who sends: the agent by itself, or a person who has seen these very words (R14-R20, R72)."""

from fnmatch import fnmatchcase

from agent_runtime.domain import Proposal, SafeBand, Verdict
from agent_runtime.policies.facts import Facts

WAITS = "approval"
"""Name of the rule; a proposal that only this rule stops waits for a person."""


def approval(proposal: Proposal, facts: Facts) -> Verdict:
    """Asks for a person's leave, as far as the autonomy of the use case demands it.

    What a stop or an accepted meeting implies is not asked; an unknown level asks always.
    """
    is_by_hand = facts.actor == "human" or proposal.channel == "linkedin"
    if is_by_hand or proposal.touch_class == "transactional":
        return Verdict(WAITS, 1, "allow")
    if facts.approved_by:
        return Verdict(WAITS, 1, "allow", f"approved by {facts.approved_by}")
    why = _unlisted(proposal, facts)
    if not why and facts.autonomy == "autonomous":
        return Verdict(WAITS, 1, "allow")
    if not why and facts.autonomy == "supervised":
        why = _outside(proposal, facts.safe_band)
        if not why:
            return Verdict(WAITS, 1, "allow", "in the safe band")
    level = facts.autonomy or "unknown autonomy"
    return Verdict(WAITS, 1, "escalate", why or f"{level}: a person sends")


def _unlisted(proposal: Proposal, facts: Facts) -> str:
    """Says why the profile asks a person whatever the autonomy, or nothing."""
    free = facts.rules.parameter(WAITS, "free_actions")
    if free == "all" or proposal.action in free:
        return ""
    return f"{facts.rules.profile}: {proposal.action} needs a person's leave"


def _outside(proposal: Proposal, band: SafeBand) -> str:
    """Says why a proposal lies outside the safe band, or nothing."""
    if proposal.action not in band.actions:
        return f"{proposal.action} is not in the safe band"
    if proposal.confidence < band.min_confidence:
        return f"confidence {proposal.confidence:.2f} is below {band.min_confidence:.2f}"
    for text in proposal.content_ids:
        if any(fnmatchcase(text, pattern) for pattern in band.review):
            return f"{text} is read by a person first"
    return ""
