"""Most stays most: all, every, only and any size are the fact's, never the draft's."""

from collections.abc import Iterator

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lemmas import is_same
from agent_runtime.grounding.reading import Mark, Reading


def quantifiers(match: Match) -> str:
    """Names a quantifier that says more than the fact, or one of the fact that was dropped."""
    return _all_added(match) or _only_added(match) or next(_part_changed(match), "")


def _all_added(match: Match) -> str:
    claim, clause = match.claim, match.clause
    for mark in claim.reading.marked(("all",), claim.start, claim.end):
        if _is_per(mark, match) or _is_harmless(mark.words, match):
            continue
        if not clause.has("all") or _is_of_another(mark, match):
            return f"the fact does not say {mark.words!r}"
    return ""


def _only_added(match: Match) -> str:
    claim, clause = match.claim, match.clause
    if not claim.has("only") or clause.has("only"):
        return ""
    is_whole = not clause.lows.isdisjoint(_WHOLLY)
    is_bounded = _is_only_if(match) or clause.has("at_least") or is_whole
    is_first = claim.reading.lows[claim.start] == "only"
    return "the fact does not say only" if is_first or not is_bounded else ""


_WHOLLY = frozenset(("entirely", "exclusively", "solely", "purely", "fully"))


def _part_changed(match: Match) -> Iterator[str]:
    claim, clause = match.claim, match.clause
    if claim.has("most") and not clause.has("most", "all"):
        yield "the fact does not say most"
    if clause.has("most") and not claim.has("most", "some"):
        yield "the fact only says most"
    if claim.has("some") and not _may_be_some(match):
        yield "the fact does not say some"
    if other := _other_added(match):
        yield f"the fact does not say {other!r}"
    if _has_some(match) and not claim.has("some", "may"):
        yield "the fact only says some"


def _is_only_if(match: Match) -> bool:
    """`only if`, where the fact says if."""
    lows = match.claim.reading.lows
    ifs = match.claim.reading.marked(("if",), match.claim.start, match.claim.end)
    return match.clause.has("if") and any("only" in lows[max(0, m.start - 2) : m.end] for m in ifs)


def _next_word(reading: Reading, at: int) -> int | None:
    return next((w.place for w in reading.words if at <= w.place < at + 3), None)


def _is_per(mark: Mark, match: Match) -> bool:
    """`every month`, `each user`, where the fact counts per month or user."""
    reading = match.claim.reading
    after = reading.lows[mark.end] if mark.end < len(reading.lows) else ""
    if reading.lexicon.units.labels((after,)):
        return True
    rates = {one for a in match.clause.reading.amounts for one in a.per}
    return any(is_same(after, one, reading.language) for one in rates)


def _is_of_another(mark: Mark, match: Match) -> bool:
    """`all training`, where the fact speaks of all users."""
    word = _next_word(match.claim.reading, mark.end)
    places = match.places.get(word, ()) if word is not None else ()
    if not places or mark.words not in _BEFORE_NOUN:
        return False
    clause = match.clause
    known = {
        _next_word(clause.reading, m.end)
        for m in clause.reading.marked(("all",), clause.start, clause.end)
        if m.words in _BEFORE_NOUN
    }
    return bool(known) and known.isdisjoint(places) and None not in known


_BEFORE_NOUN = frozenset(("all", "every", "each", "all of", "whole", "entire", "any"))


def _is_harmless(words: str, match: Match) -> bool:
    """`at all`, `any` after a not, `each` with an amount."""
    claim = match.claim
    is_denied = any(p.is_negated for p in claim.pieces)
    if words in {"any", "anything", "anyone", "anybody"} and is_denied:
        return True
    bounds = {"more_than", "at_least", "less_than", "at_most"}
    if words in {"any", "anything", "anyone", "anybody"} and claim.has("before", "if"):
        return True
    if words == "any" and any(a.bound in bounds for a in match.clause.reading.amounts):
        return True
    after = claim.reading.lows[claim.start : claim.end]
    is_whoever = words in {"anyone", "everyone", "whoever", "anybody"}
    if is_whoever and "who" in match.clause.lows and ("who" in after or words == "whoever"):
        return True
    if words == "each" and match.clause.reading.amounts:
        return True
    return words == "every" and any(a.is_every for a in claim.reading.amounts)


def _has_some(match: Match) -> bool:
    clause = match.clause
    return any(
        match.piece_of(m.start) in match.used or m.start < clause.head
        for m in clause.reading.marked(("some",), clause.start, clause.end)
    )


def _may_be_some(match: Match) -> bool:
    """Whether the fact leaves room for a part: a share, a number, or what may be."""
    clause = match.clause
    is_counted = any(clause.start <= a.start < clause.end for a in clause.reading.amounts)
    return is_counted or clause.has("some", "most", "all", "may", "hedge", "narrow", "if", "only")


def _other_added(match: Match) -> str:
    """`other customers`, where the fact knows of no others."""
    claim, clause = match.claim, match.clause
    lows = claim.reading.lows
    for at in range(claim.start, claim.end - 1):
        is_other = lows[at] in {"other", "another"} and lows[at + 1] not in {
            "than",
            "words",
            "hand",
        }
        is_pair = at > claim.start and lows[at - 1] in {"each", "one", "no"}
        is_unit = bool(claim.reading.lexicon.units.labels((lows[at + 1],)))
        if is_other and not is_pair and not is_unit and clause.lows.isdisjoint(_OTHERS):
            return lows[at]
    return ""


_OTHERS = frozenset(("other", "another", "different", "others", "than", "two"))
