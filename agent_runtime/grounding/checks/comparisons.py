"""Better, cheaper, the only one: a comparison is the fact's own, with the same on both sides."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.reading import Mark


def comparisons(match: Match) -> str:
    """Names the first comparison that the fact does not make."""
    claim, clause = match.claim, match.clause
    taken = {at for a in claim.reading.amounts for at in range(a.start, a.end)}
    known = clause.reading.marked(("compare",), clause.start, clause.end)
    bounds = clause.reading.marked(
        ("more_than", "less_than", "at_least", "at_most"), clause.start, clause.end
    )
    for mark in claim.reading.marked(("compare",), claim.start, claim.end):
        if mark.start in taken or (
            mark.words == "most" and claim.has("most") and clause.has("most")
        ):
            continue
        lows = claim.reading.lows[max(claim.start, mark.start - 3) : mark.start]
        if mark.words == "than" and {"other", "rather"} & set(lows):
            continue
        if mark.words in _CONTRASTS and _are_figures_known(match):
            continue
        if not any(_is_same(mark, other, match) for other in (*known, *bounds)):
            return f"the fact does not compare: {mark.words!r}"
    return ""


def _are_figures_known(match: Match) -> bool:
    """`one hour, compared with eight`: two figures of the fact, side by side."""
    claim, clause = match.claim, match.clause
    known = {a.key for a in clause.reading.amounts}
    said = [a.key for a in claim.reading.amounts if claim.start <= a.start < claim.end]
    return len(said) > 1 and known.issuperset(said)


_CONTRASTS = frozenset(("compared with", "compared to", "versus", "vs", "as opposed to"))


def _is_same(mark: Mark, other: Mark, match: Match) -> bool:
    if mark.words == other.words:
        return True
    lines = match.claim.reading.lexicon.same_compares
    return any({mark.words, other.words} <= line for line in lines)
