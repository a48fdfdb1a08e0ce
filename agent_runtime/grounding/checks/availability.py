"""Planned is not there yet, in beta is not released, and what was need not be."""

from collections.abc import Iterator

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lemmas import is_same
from agent_runtime.grounding.reading import Mark


def availability(match: Match) -> str:
    """Names a plan, test phase or past of the fact that the claim leaves out."""
    return next(_left_out(match), "")


def _left_out(match: Match) -> Iterator[str]:
    claim, clause = match.claim, match.clause
    if _marks(match, "plan") and not claim.has("plan"):
        yield "the fact only says that it is planned"
    for mark in _marks(match, "beta"):
        if not _is_kept(mark, match):
            yield f"the fact says {mark.words!r}"
    for mark in _marks(match, "ending"):
        piece = clause.pieces[match.piece_of(mark.start)]
        is_condition = bool(clause.reading.marked(("if",), piece.start, piece.end))
        if mark.start not in match.said and not is_condition and not _is_kept(mark, match):
            yield f"the fact says {mark.words!r}"
    if _is_unfinished(match) and not claim.has("beta", "plan", "will", "negation"):
        yield "the fact says that it is only being done"
    if _marks(match, "past") and not claim.has("past"):
        yield "the fact speaks of the past"
    if claim.has("past") and not clause.has("past"):
        yield "the fact does not speak of the past"
    if (
        claim.has("already")
        and not clause.has("already")
        and clause.has("will", "plan", "negation")
    ):
        yield "the fact does not say already"
    if (
        "was" in _auxiliaries(match)
        and not {"was", "were", "been"} & set(claim.reading.lows[claim.start : claim.end])
        and {"is", "are"} & set(claim.reading.lows[claim.start : claim.end])
    ):
        yield "the fact says was, not is"


def _marks(match: Match, name: str) -> tuple[Mark, ...]:
    clause = match.clause
    marks = clause.reading.marked((name,), clause.start, clause.end)
    return tuple(m for m in marks if match.piece_of(m.start) in match.used or m.start < clause.head)


def _is_kept(mark: Mark, match: Match) -> bool:
    claim = match.claim
    language = claim.reading.language
    said = claim.reading.lows[claim.start : claim.end]
    telling = [w for w in mark.words.split() if w not in {"in", "for", "being", "under", "to"}]
    return all(any(is_same(word, other, language) for other in said) for word in telling) or (
        claim.has("beta") and telling[-1:] in (["way"], ["underway"], ["progress"])
    )


def _auxiliaries(match: Match) -> frozenset[str]:
    clause = match.clause
    stretches = (clause.pieces[number] for number in match.used)
    return frozenset(
        "was"
        for piece in stretches
        if {"was", "were"} & set(clause.reading.lows[piece.start : piece.end])
    )


def _is_unfinished(match: Match) -> bool:
    """`is being developed`: not done yet, in a piece on which the claim stands."""
    lows = match.clause.reading.lows
    is_said = {"being", "working", "developing", "ongoing", "underway"} & set(
        match.claim.reading.lows
    )
    return not is_said and any(
        lows[at] == "being" and lows[at - 1] in {"is", "are"}
        for at in range(match.clause.start + 1, match.clause.end)
    )
