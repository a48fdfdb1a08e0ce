"""May stays may: a claim is never surer, stricter or further along than its fact."""

from collections.abc import Iterator

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.reading import Mark

_OPEN = word_set("month season quarter half ordinal")


def modality(match: Match) -> str:
    """Names the first word of the claim that says more than the fact does."""
    return next(_stronger(match), "")


def _stronger(match: Match) -> Iterator[str]:
    claim = match.claim
    fact = {name for name in _NAMES if _clause_has(match, name)}
    said = {name for name in _NAMES if claim.has(name)}
    lows = claim.reading.lows[claim.start : claim.end]
    if "free" in lows or any(low.endswith("able") and low not in _NOT_ABLE for low in lows):
        said.add("can")
    if {"optional", "optionally"} & set(lows) and not _is_choice(match, fact):
        yield "it says optional, the fact does not"
    if lows and lows[0].endswith("ing"):
        said.add("can")
    if (
        "may" in said
        and not fact & {"may", "can", "will", "plan", "should"}
        and not match.clause.has("hedge", "some")
    ):
        yield "it says may, the fact does not"
    if "certain" in said and not _is_said_so(match):
        yield "it is certain, the fact is not"
    has_least = any(a.bound == "at_least" for a in match.clause.reading.amounts)
    has_least = has_least or "minimum" in match.clause.lows or match.clause.has("only")
    if (
        "must" in said
        and "must" not in fact
        and not has_least
        and not _is_denied_there(match, "must")
    ):
        yield "it says must, the fact does not"
    if "must" in fact and "must" not in said and not _is_denied(match):
        yield "the fact says must"
    if "should" in said and not fact & {"should", "may"}:
        yield "it recommends, the fact does not"
    if "will" in said and fact & {"may", "can", "should"} and not said & {"may", "can"}:
        yield "it says will, the fact says may or can"
    if "may" in fact and not said & {"may", "can"}:
        yield "the fact only says may"
    if "can" in fact and not said & {"may", "can"} and not _is_denied(match):
        yield "the fact only says can"
    if "will" in fact and not said & {"will", "plan"} and _is_dated(match):
        yield "the fact says will, not is"


_NAMES = ("may", "can", "should", "must", "will", "certain", "plan")


def _clause_has(match: Match, name: str) -> bool:
    """Whether a mark stands in a piece of the clause on which the claim stands."""
    clause = match.clause
    return any(
        match.piece_of(mark.start) in match.used or mark.start <= clause.head
        for mark in clause.reading.marked((name,), clause.start, clause.end)
        if name != "must" or not _is_condition(mark, match)
    )


def _is_condition(mark: Mark, match: Match) -> bool:
    """`where required by law`: a must that only says when."""
    piece = match.clause.pieces[match.piece_of(mark.start)]
    ifs = match.clause.reading.marked(("if",), piece.start, mark.start)
    return any(m.words in {"where", "when", "if", "wherever"} for m in ifs)


def _is_said_so(match: Match) -> bool:
    claim, clause = match.claim, match.clause
    known = {m.words[:6] for m in clause.reading.marked(("certain",), clause.start, clause.end)}
    return all(
        mark.words[:6] in known
        for mark in claim.reading.marked(("certain",), claim.start, claim.end)
    )


def _is_denied(match: Match) -> bool:
    """`cannot read` and `does not read`, `need not` and `does not require`: a no is a no."""
    return any(p.is_negated for p in match.claim.pieces)


def _is_choice(match: Match, fact: set[str]) -> bool:
    """Whether the fact leaves a choice, or says no to a must."""
    leaves = {"can", "may", "should"} & fact or {"choose", "choice", "request"} & match.clause.lows
    return bool(leaves) or any(p.is_negated for p in match.clause.pieces)


_NOT_ABLE = word_set("table reliable valuable comparable sustainable stable cable")


def _is_denied_there(match: Match, name: str) -> bool:
    """`no account is needed`: every must of the claim stands in a piece with a not."""
    claim = match.claim
    marks = claim.reading.marked((name,), claim.start, claim.end)
    return all(
        any(p.is_negated for p in claim.pieces if p.start <= mark.start < p.end) for mark in marks
    )


def _is_dated(match: Match) -> bool:
    clause = match.clause
    has_date = any(
        m.name.partition(":")[0] in _OPEN and clause.start <= m.start < clause.end
        for m in clause.reading.moments
    )
    return has_date or not {"be", "available"}.isdisjoint(clause.lows)
