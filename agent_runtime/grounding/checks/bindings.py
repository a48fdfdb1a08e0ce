"""What the fact says of one thing stays with it: plan and price, city and purpose."""

from dataclasses import dataclass

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.pieces import Piece


@dataclass(frozen=True, slots=True)
class _Point:
    """A word or figure of the claim and the only piece of the clause that says it."""

    words: str
    number: int
    is_anchor: bool


def bindings(match: Match) -> str:
    """Finds two things of one piece of the claim that the fact says of different things."""
    if len(match.clause.pieces) < 2:
        return ""
    for piece in match.claim.pieces:
        points = _points(piece, match)
        for one in points:
            for other in points:
                is_pair = one.number < other.number and (one.is_anchor or other.is_anchor)
                if is_pair and _are_crossed(one, other, piece, match):
                    return f"the fact does not say {one.words!r} of {other.words!r}"
    return ""


def _points(piece: Piece, match: Match) -> list[_Point]:
    clause = match.clause
    found: list[_Point] = []
    names = {w.place: w for w in match.claim.words}
    for place, places in match.places.items():
        numbers = {match.piece_of(p) for p in places}
        is_subject = all(p < clause.head for p in places)
        if piece.start <= place < piece.end and len(numbers) == 1 and not is_subject:
            word = names[place]
            found.append(_Point(word.text, numbers.pop(), word.is_name))
    for amount in match.claim.reading.amounts:
        if piece.start <= amount.start < piece.end:
            numbers = {
                match.piece_of(a.start)
                for a in clause.reading.amounts
                if a.key == amount.key and clause.start <= a.start < clause.end
            }
            if len(numbers) == 1:
                found.append(_Point(amount.words, numbers.pop(), True))
    for moment in match.claim.reading.moments:
        if piece.start <= moment.start < piece.end:
            numbers = {
                match.piece_of(m.start)
                for m in clause.reading.moments
                if m.name == moment.name and clause.start <= m.start < clause.end
            }
            if len(numbers) == 1:
                found.append(_Point(moment.words, numbers.pop(), True))
    return found


def _are_crossed(one: _Point, other: _Point, piece: Piece, match: Match) -> bool:
    """Each of the two pieces of the fact has a name or figure of its own that is left out."""
    rivals = {n: _rivals(n, piece, match) for n in (one.number, other.number)}
    mine, theirs = rivals[one.number], rivals[other.number]
    return ("anchor" in mine and bool(theirs)) or ("anchor" in theirs and bool(mine))


def _rivals(number: int, piece: Piece, match: Match) -> frozenset[str]:
    """What a piece of the fact has that this piece of the claim leaves out."""
    clause = match.clause
    stretch = clause.pieces[number]
    said = {p for place, ps in match.places.items() if piece.start <= place < piece.end for p in ps}
    values = {a.key for a in match.claim.reading.amounts if piece.start <= a.start < piece.end}
    found: set[str] = set()
    for word in clause.words:
        inside = stretch.start <= word.place < stretch.end
        if inside and word.place not in said:
            is_anchor = word.is_name or word.place in clause.reading.verbs
            is_anchor = is_anchor and word.place >= clause.head
            found.add("anchor" if is_anchor else "word")
    for amount in clause.reading.amounts:
        if stretch.start <= amount.start < stretch.end and amount.key not in values:
            found.add("anchor")
    times = {m.name for m in match.claim.reading.moments if piece.start <= m.start < piece.end}
    for moment in clause.reading.moments:
        if stretch.start <= moment.start < stretch.end and moment.name not in times:
            found.add("anchor")
    return frozenset(found)
