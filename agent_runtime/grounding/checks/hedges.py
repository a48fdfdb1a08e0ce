"""Usually stays usually, on average stays on average, about stays about."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.phrases import word_set


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
    return _told_by(match)


def _told_by(match: Match) -> str:
    """`X says that it takes ten minutes`: who says so belongs to what is said."""
    claim, clause = match.claim, match.clause
    if not _TELLING.isdisjoint(claim.reading.lows):
        return ""
    for verb in clause.reading.verbs:
        is_telling = clause.start <= verb < clause.end and clause.reading.lows[verb] in _SAYS
        if is_telling and any(place > verb for place in match.said):
            return f"the fact only {clause.reading.lows[verb]} so"
    return ""


_SAYS = word_set("says said states stated believes thinks")
_TELLING = _SAYS | word_set("say state claim report reports reported according told tells tell")
