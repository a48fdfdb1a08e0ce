"""Before stays before, from stays from, and stays and: the small words between what is said."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.reading import Reading

_PREPOSITIONS = word_set(
    "before after from to into in outside inside within on off under over above below for by "
    "against until through of at between beyond since with without behind via per during"
)
_OPPOSED = frozenset(
    frozenset(pair.split())
    for pair in (
        *("before after", "from to", "from into", "in outside", "within outside", "under over"),
        *("above below", "on off", "for against", "until after", "until from", "until since"),
        *("before since", "inside outside", "over below", "under above", "by for"),
    )
)
_DOERS = ("er", "ers", "or", "ors", "ant", "ants", "ian", "ians", "ist", "ists")
_SKIPPED = word_set(
    "the a an our your their its his her my this that these those each every all any it they we "
    "you is are was were be been being has have had will can and or , both either new"
)
_REACH = 5


def order(match: Match) -> str:
    """Names the first small word of the claim that turns what the fact says."""
    if match.claim.reading.language != "en":
        return ""
    return (
        _turned(match)
        or _span_turned(match)
        or _sequence_turned(match)
        or _joint_changed(match)
        or _rate_moved(match)
    )


def _governor(reading: Reading, place: int, start: int) -> str:
    """The preposition on whose phrase a word stands; empty where a verb comes first."""
    for at in range(place - 1, max(start, place - _REACH) - 1, -1):
        low = reading.lows[at]
        if low in _PREPOSITIONS:
            return low
        is_verb = at in reading.verbs and low not in _SKIPPED
        if is_verb or reading.tokens[at].kind == "mark":
            return ""
    return ""


def _turned(match: Match) -> str:
    claim, clause = match.claim, match.clause
    for place, places in match.places.items():
        if not claim.start <= place < claim.end or place in claim.reading.verbs:
            continue
        mine = _governor(claim.reading, place, claim.start)
        theirs = [_governor(clause.reading, p, clause.start) for p in places]
        low = claim.reading.lows[place]
        is_party = any(w.place == place and w.is_name for w in claim.words) or low.endswith(_DOERS)
        if {mine, *theirs} <= {"by", "for"} and not is_party:
            continue
        if mine and theirs and all(frozenset((mine, one)) in _OPPOSED for one in theirs):
            word = claim.reading.tokens[place].text
            return f"it says {mine} {word!r}, the fact says {theirs[0]}"
    return ""


def _span_turned(match: Match) -> str:
    """`free for six months` is not `free after six months`."""
    claim, clause = match.claim, match.clause
    for amount in claim.reading.amounts:
        if not amount.is_time or not claim.start <= amount.start < claim.end:
            continue
        mine = _before_span(claim.reading, amount.start)
        theirs = {
            _before_span(clause.reading, a.start)
            for a in clause.reading.amounts
            if a.key == amount.key and clause.start <= a.start < clause.end
        }
        sides = {one in _AFTER for one in theirs}
        if "then" in clause.lows:
            continue
        if len(sides) == 1 and (mine in _AFTER) not in sides and mine != "":
            return f"it says {mine} {amount.words!r}, the fact says {min(theirs) or 'so'}"
    return ""


def _before_span(reading: Reading, start: int) -> str:
    """The preposition before a stretch of time; empty where none stands there."""
    at = start - 1
    while at >= 0 and reading.lows[at] in {"the", "first", "a", "another", "next", "about", "only"}:
        at -= 1
    return reading.lows[at] if at >= 0 and reading.lows[at] in _PREPOSITIONS else ""


_AFTER = word_set("after beyond")


def _after(reading: Reading, start: int, end: int) -> tuple[int, str] | None:
    """The only before or after of a stretch; None where there is none, or more than one."""
    found = [at for at in range(start, end) if reading.lows[at] in {"before", "after"}]
    found = [
        at
        for at in found
        if not any(m.start == at + 1 or m.start == at + 2 for m in reading.moments)
    ]
    return (found[0], reading.lows[found[0]]) if len(found) == 1 else None


def _behind(reading: Reading, at: int, end: int) -> frozenset[int]:
    """Places of the words of a phrase or clause that begins at a before or after."""
    stop = next((p for p in range(at + 1, end) if reading.lows[p] in {",", ";", ":"}), end)
    return frozenset(w.place for w in reading.words if at < w.place < stop)


def _sequence_turned(match: Match) -> str:
    """`reviewed before it is sent` is `sent after review`, and not `sent before review`."""
    claim, clause = match.claim, match.clause
    mine = _after(claim.reading, claim.start, claim.end)
    theirs = _after(clause.reading, clause.start, clause.end)
    if mine is None or theirs is None:
        return ""
    behind = _behind(claim.reading, mine[0], claim.end)
    known = _behind(clause.reading, theirs[0], clause.end)
    sides: set[bool] = set()
    for place, places in match.places.items():
        is_inside = {p in known for p in places}
        if len(is_inside) == 1:
            sides.add((place in behind) == is_inside.pop())
    if len(sides) != 1:
        return ""
    is_denied = any(p.is_negated for p in claim.pieces) != any(p.is_negated for p in clause.pieces)
    is_kept = (mine[1] == theirs[1]) == sides.pop()
    return "" if is_kept != is_denied else f"the fact has it {theirs[1]}, the other way round"


def _joint_changed(match: Match) -> str:
    """A and B is not A or B, unless one may choose."""
    claim, clause = match.claim, match.clause
    is_choice = {"whether", "either", "choose", "decide", "pick"} & set(claim.reading.lows)
    if is_choice or claim.has("negation", "may", "can") or clause.has("negation"):
        return ""
    near = _joints(clause.reading, clause.start, clause.end)
    for left, right, joint in _joints(claim.reading, claim.start, claim.end):
        for own_left, own_right, own in near:
            left_ones, right_ones = match.places.get(left, ()), match.places.get(right, ())
            is_same = own_left in left_ones and own_right in right_ones
            if (is_same or (own_left in right_ones and own_right in left_ones)) and joint != own:
                return f"it says {joint}, the fact says {own}"
    return ""


def _joints(reading: Reading, start: int, end: int) -> list[tuple[int, int, str]]:
    """The words on both sides of each and, or."""
    found: list[tuple[int, int, str]] = []
    for at in range(start, end):
        if reading.lows[at] not in {"and", "or"}:
            continue
        before = [w.place for w in reading.words if start <= w.place < at]
        after = [w.place for w in reading.words if at < w.place < end]
        if before and after:
            found.append((before[-1], after[0], reading.lows[at]))
    return found


def _rate_moved(match: Match) -> str:
    """Monthly billing is not in a fact of a price per month that is billed annually."""
    claim, clause = match.claim, match.clause
    for moment in claim.reading.moments:
        if moment.name[:4] != "rate" or not claim.start <= moment.start < claim.end:
            continue
        for place in (moment.start - 1, moment.end):
            for own in match.places.get(place, ()):
                beside = {
                    m.name
                    for m in clause.reading.moments
                    if m.name[:4] == "rate" and (m.end == own or m.start == own + 1)
                }
                if beside and moment.name not in beside:
                    return f"the fact does not say {moment.words!r} of that"
    return ""
