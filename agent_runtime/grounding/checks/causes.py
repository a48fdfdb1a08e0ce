"""That one thing comes of another is said by the fact, or not at all."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.pieces import Piece, has_verb
from agent_runtime.grounding.reading import Reading


def causes(match: Match) -> str:
    """Names a cause that the draft makes of two things that only stand side by side."""
    claim, clause = match.claim, match.clause
    is_causal = claim.has("cause") or any(is_reason(claim.reading, p) for p in claim.pieces)
    if (
        is_causal
        and not clause.has("cause", "benefit")
        and not any(is_reason(clause.reading, p) for p in clause.pieces)
    ):
        return "the fact does not say why"
    return ""


def is_reason(reading: Reading, piece: Piece) -> bool:
    """Whether a piece gives a reason, or says what follows: `so …`, `since it is …`."""
    if piece.joint == "so" and piece.start > 1:
        return True
    first = reading.lows[piece.start]
    return first == "because" or (first == "since" and has_verb(reading, piece.start, piece.end))
