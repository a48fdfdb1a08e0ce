"""Who did what to whom: A bought B is not B bought A, by whichever voice it is said."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.reading import Reading

_WE = frozenset(("we", "us", "our", "ours"))
_PARTICIPLE_BEFORE = word_set("is are was were been be being gets got")


def roles(match: Match) -> str:
    """Compares the sides of a verb on which the same names stand, in fact and claim."""
    claim, clause = match.claim, match.clause
    spelt = {w.low for r in (claim.reading, clause.reading) for w in r.words if w.is_name}
    said = _names(claim.reading, claim.start, claim.end, claim.self_names, spelt)
    known = _names(clause.reading, clause.start, clause.end, claim.self_names, spelt)
    both = said.keys() & known.keys()
    for place, places in match.places.items():
        verb = next((p for p in places if p in clause.reading.verbs), None)
        if verb is None or place not in claim.reading.verbs:
            continue
        for name in both:
            if _is_apart(claim.reading, said[name], place) or _is_apart(
                clause.reading, known[name], verb
            ):
                continue
            mine = _role(claim.reading, said[name], place)
            theirs = _role(clause.reading, known[name], verb)
            if {mine, theirs} in _EXCHANGED:
                return f"the fact has {name!r} on the other side of {clause.reading.lows[verb]!r}"
    return _done_once(match) or _done_by(match, said, known) or _done_to_us(match) or _than(match)


def _done_once(match: Match) -> str:
    """What somebody did once is no promise to others: `X reduced costs`, `you will do so`."""
    claim, clause = match.claim, match.clause
    lows = clause.reading.lows
    verb = lows[clause.head] if clause.head < len(lows) else ""
    is_regular = verb.endswith("ed") and verb not in clause.reading.lexicon.verbs
    is_past = is_regular or verb in {"was", "were", "fell", "rose", "grew", "cut", "won"}
    named = [w for w in clause.words if w.place < clause.head and (w.is_name or w.is_firm)]
    others = [w for w in named if w.low not in claim.self_names]
    is_done = is_past or (verb in {"has", "have"} and clause.reading.verbs[-1] > clause.head)
    if is_done and claim.has("will") and not clause.has("will"):
        return "the fact tells of the past, not of what will be"
    if not is_past or not others:
        return ""
    is_of_us = claim.reading.lows[claim.start] in {"you", "your", "we", "our", "customers"}
    if is_of_us and not any(w.place in match.said for w in others):
        return f"the fact says so of {others[0].text!r} only"
    return ""


def _done_by(match: Match, said: dict[str, int], known: dict[str, int]) -> str:
    """`by A` in the claim is not `by B` in the fact."""
    mine = {n for n, p in said.items() if "by" in match.claim.reading.lows[max(0, p - 3) : p]}
    theirs = {n for n, p in known.items() if "by" in match.clause.reading.lows[max(0, p - 3) : p]}
    if mine and theirs and mine.isdisjoint(theirs):
        return f"the fact says by {min(theirs)!r}, not by {min(mine)!r}"
    return ""


def _done_to_us(match: Match) -> str:
    """`A uses us`, where the fact says nothing of the kind."""
    claim, clause = match.claim, match.clause
    reading = claim.reading
    for at in range(claim.start + 1, claim.end):
        if (
            reading.lows[at] in claim.self_names
            and at - 1 in reading.verbs
            and not _modifies(reading, at)
        ):
            begin = clause.start if "by" in clause.lows else clause.head
            before = any(
                clause.reading.lows[p] in claim.self_names for p in range(begin, clause.end)
            )
            is_question = at - 1 == claim.start or reading.lows[at - 1] in _AUXILIARIES
            if not before and not is_question:
                return f"the fact does not say that of {reading.tokens[at].text!r}"
    return ""


_AUXILIARIES = word_set("is are was were do does did can could will would has have may must should")


def _names(
    reading: Reading, start: int, end: int, selves: frozenset[str], spelt: set[str]
) -> dict[str, int]:
    """Places of names; `spelt` are words that one of the two sentences writes as a name."""
    found = {
        w.low: w.place for w in reversed(reading.words) if w.low in spelt and start <= w.place < end
    }
    for at in range(end - 1, start - 1, -1):
        is_self = reading.lows[at] in selves and reading.tokens[at].is_capital
        is_self = is_self and not _modifies(reading, at)
        if reading.lows[at] in {"we", "us"} or is_self:
            found["we"] = at
    for one in selves:
        found.pop(one, None)
    return found


def _modifies(reading: Reading, at: int) -> bool:
    """Whether a name stands before a noun of its own: a Brennwerk engineer."""
    return (
        any(w.place == at + 1 and not w.is_name for w in reading.words)
        and at + 1 not in reading.verbs
    )


def _is_apart(reading: Reading, name: int, verb: int) -> bool:
    """Whether another verb stands between a name and a verb: then it goes with that one."""
    low, high = sorted((name, verb))
    between = [v for v in reading.verbs if low < v < high]
    return any(reading.lows[v] not in _AUXILIARIES for v in between)


def _role(reading: Reading, name: int, verb: int) -> str:
    """What a name is to a verb: doer, done, or the preposition before it; empty if unclear."""
    low = reading.lows[verb]
    before = reading.lows[max(0, verb - 3) : verb]
    is_passive = not _PARTICIPLE_BEFORE.isdisjoint(before) and low not in reading.lexicon.verbs
    is_passive = is_passive or "by" in reading.lows[verb + 1 : verb + 3]
    is_passive = is_passive and not low.endswith("ing")
    begin = max([0, name - 3, *(v + 1 for v in reading.verbs if v < name)])
    begin = max([begin, *(m.end for m in reading.marks if m.end - m.start > 2 and m.end <= name)])
    near = [w for w in reading.lows[begin:name] if w in _PREPOSITIONS]
    if near and (name > verb or near[-1] != "by"):
        return "doer" if near[-1] == "by" and is_passive else near[-1]
    if name < verb:
        return "done" if is_passive else "doer"
    return "" if is_passive or name - verb > 8 else "done"


_PREPOSITIONS = word_set("to from by for in at on with of into against via through over under")
_EXCHANGED = (
    {"doer", "done"},
    {"doer", "from"},
    {"doer", "to"},
    {"from", "to"},
    {"doer", "against"},
    {"done", "from"},
)


def _than(match: Match) -> str:
    """`A is faster than B`: what stands before than in the fact does not stand after it."""
    claim, clause = match.claim, match.clause
    mine = _place(claim.reading.lows, "than", claim.start, claim.end)
    theirs = _place(clause.reading.lows, "than", clause.start, clause.end)
    if mine is None or theirs is None:
        return ""
    for word in claim.words:
        places = match.places.get(word.place, ())
        if word.is_name and places and all((p < theirs) != (word.place < mine) for p in places):
            return f"the fact has {word.text!r} on the other side of the comparison"
    if _is_swapped(match, mine, theirs):
        return "the fact compares the other way round"
    for amount in claim.reading.amounts:
        same = [a for a in clause.reading.amounts if a.key == amount.key]
        if same and all((a.start < theirs) != (amount.start < mine) for a in same):
            return f"the fact has {amount.words!r} on the other side of the comparison"
    return ""


def _is_swapped(match: Match, mine: int, theirs: int) -> bool:
    """Whether a word went from before than to behind it, and another one the other way."""
    sides = {
        (place < mine, places[0] < theirs)
        for place, places in match.places.items()
        if len({p < theirs for p in places}) == 1
    }
    return (True, False) in sides and (False, True) in sides


def _place(lows: tuple[str, ...], word: str, start: int, end: int) -> int | None:
    return next((at for at in range(start, end) if lows[at] == word), None)
