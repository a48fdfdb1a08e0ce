"""Guarantees, refunds and commitments are made by facts, not by drafts."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.phrases import word_set


def promises(match: Match) -> str:
    """Names the first commitment that the fact does not make."""
    claim, clause = match.claim, match.clause
    known = {m.words[:6] for m in clause.reading.marked(("promise",), clause.start, clause.end)}
    for mark in claim.reading.marked(("promise",), claim.start, claim.end):
        if mark.words[:6] not in known:
            return f"nobody has approved the promise {mark.words!r}"
    for mark in claim.reading.marked(("benefit",), claim.start, claim.end):
        if not clause.has("benefit") and _CHANGES.isdisjoint(clause.lows):
            return f"the fact speaks of no benefit: {mark.words!r}"
    return ""


_CHANGES = word_set(
    "fell fall falls drop dropped down less fewer lower rose rise up gained decreased "
    "decrease declined increased growth shorter faster cheaper save discount"
)
