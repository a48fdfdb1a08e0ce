"""What the fact affirms is not denied, and what it denies is not affirmed."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lemmas import forms
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.pieces import Piece


def negation(match: Match) -> str:
    """Compares each piece of a claim with the pieces of the clause on which it stands."""
    if word := _refused(match):
        return f"the fact says {word!r}"
    by_piece = [(p, _used_by(p, match)) for p in match.claim.pieces]
    for piece, used in by_piece:
        if not used:
            continue
        denied = {number for number in used if _is_denied(number, piece, match)}
        is_denied = bool(denied) ^ _is_optional(piece, match) ^ _is_turned(piece, match)
        if piece.is_negated and not is_denied and not _is_not_yet(piece, match):
            return "it denies what the fact says"
        said_elsewhere = any(p.is_negated and denied & u for p, u in by_piece)
        if is_denied and not piece.is_negated and not said_elsewhere:
            return "it leaves out the fact's 'not'"
    return ""


def _refused(match: Match) -> str:
    """`excludes`, `rejects`: a no in a verb, which a claim without a no leaves out."""
    clause = match.clause
    if any(p.is_negated for p in match.claim.pieces) or any(p.is_negated for p in clause.pieces):
        return ""
    for place in range(clause.start, clause.end):
        low = clause.reading.lows[place]
        is_used = match.piece_of(place) in match.used
        is_refusal = not _REFUSALS.isdisjoint(forms(low, match.claim.reading.language))
        if (
            is_refusal
            and is_used
            and place not in match.said
            and low not in match.claim.reading.lows
        ):
            return low
    return ""


_REFUSALS = word_set(
    "exclude reject refuse prohibit forbid disallow unsupported unavailable impossible prohibited "
    "forbidden excluded"
)


def _is_not_yet(piece: Piece, match: Match) -> bool:
    """What is only planned is not there yet."""
    lows = match.claim.reading.lows[piece.start : piece.end]
    return "yet" in lows and match.clause.has("plan", "beta")


def _is_turned(piece: Piece, match: Match) -> bool:
    return any(piece.start <= place < piece.end for place in match.turned)


def _is_optional(piece: Piece, match: Match) -> bool:
    """`optional` and `not required` are one, though only the second has a not."""
    claim, clause = match.claim.reading, match.clause
    lows = claim.lows[piece.start : piece.end]
    has_must = bool(claim.marked(("must",), piece.start, piece.end))
    known = {
        clause.reading.lows[at]
        for number in _used_by(piece, match)
        for at in range(clause.pieces[number].start, clause.pieces[number].end)
    }
    return ("optional" in known and has_must) or (
        "optional" in lows and "optional" not in known and clause.has("must")
    )


def _is_denied(number: int, piece: Piece, match: Match) -> bool:
    """Whether the claim says what this piece of the clause denies."""
    own = match.clause.pieces[number]
    if not own.is_negated or own.scope < 0:
        return own.is_negated
    said = {p for at, ps in match.places.items() if piece.start <= at < piece.end for p in ps}
    return any(own.scope <= place < own.end for place in said)


def _used_by(piece: Piece, match: Match) -> frozenset[int]:
    """Pieces of the clause that say something of a piece of the claim, and nothing else does."""
    found: set[int] = set()
    for place, places in match.places.items():
        if piece.start <= place < piece.end:
            numbers = {match.piece_of(p) for p in places}
            if len(numbers) == 1:
                found |= numbers
    if not found and len(match.claim.pieces) == 1:
        return match.used
    return frozenset(found)
