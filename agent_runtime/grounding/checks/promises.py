"""Guarantees, refunds and commitments are made by facts, not by drafts."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.phrases import word_set


def promises(match: Match) -> str:
    """Names the first commitment that the fact does not make."""
    claim, clause = match.claim, match.clause
    known = {m.words[:6] for m in clause.reading.marked(("promise",), clause.start, clause.end)}
    for mark in claim.reading.marked(("promise",), claim.start, claim.end):
        is_denied = any(p.is_negated for p in claim.pieces if p.start <= mark.start < p.end)
        if is_denied and not clause.lows.isdisjoint(_PAID_BACK):
            continue
        is_paid_back = mark.words[:6] in _BACK and not known.isdisjoint(_BACK)
        if mark.words[:6] not in known and not is_paid_back:
            return f"nobody has approved the promise {mark.words!r}"
    for mark in claim.reading.marked(("benefit",), claim.start, claim.end):
        if mark.start in match.places and mark.words.startswith("earn"):
            continue
        if not clause.has("benefit") and _CHANGES.isdisjoint(clause.lows):
            return f"the fact speaks of no benefit: {mark.words!r}"
    return ""


_PAID_BACK = word_set("refund refunds refunded refundable reimburse reimbursed reimburses")
_BACK = frozenset(word[:6] for word in _PAID_BACK)
_CHANGES = word_set(
    "fell fall falls drop dropped down less fewer lower rose rise up gained decreased "
    "decrease declined increased growth shorter faster cheaper save discount"
)
