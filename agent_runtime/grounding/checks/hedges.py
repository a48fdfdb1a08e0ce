"""Usually stays usually, on average stays on average, about stays about."""

from agent_runtime.grounding.claims import Match


def hedges(match: Match) -> str:
    """Names the first hedge of the fact that the claim leaves out."""
    claim, clause = match.claim, match.clause
    said = {m.words for m in claim.reading.marked(("hedge",), 0, len(claim.reading.tokens))}
    for mark in clause.reading.marked(("hedge",), clause.start, clause.end):
        if match.piece_of(mark.start) not in match.used and mark.start >= clause.head:
            continue
        if mark.words == "according to" and clause.reading.lows[mark.start - 1].endswith("ed"):
            continue
        lines = claim.reading.lexicon.same_hedges
        same = {way for line in lines if mark.words in line for way in line} | {mark.words}
        if same.isdisjoint(said):
            return f"the fact says {mark.words!r}"
    return ""
