"""Who does it: the subject of a verb in the claim is its subject in the fact."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lemmas import forms, is_same
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.reading import Reading

_BE = word_set("is are was were be been being gets got")
_BUYER = word_set("you your customer customers client clients user users buyer buyers")
_BUYERS = {(one,) for one in _BUYER - {"you", "your"}}
_PRONOUNS = word_set("i you we it they this that these those who which he she there us")
_MUTUAL = word_set(
    "connect integrate link sync work partner combine match meet cooperate compare differ cost "
    "be do can will must may should could would come take last run start begin end open close "
    "apply is are was were does did has have"
)
_ENDS_NOUN = word_set("of in from with for by at on to who that which under over per within than")


def doers(match: Match) -> str:
    """Names a subject of the claim that the fact has elsewhere."""
    if match.claim.reading.language != "en":
        return _by_another(match)
    return _other_subject(match) or _other_agent(match) or _other_hand(match)


def _other_subject(match: Match) -> str:
    claim, clause = match.claim, match.clause
    for place, verb in _deeds(match):
        is_turned = _is_passive(claim.reading, place) != _is_passive(clause.reading, verb)
        if _is_relative(claim.reading, place) or _is_adjective(clause.reading, verb):
            continue
        if _is_adjective(claim.reading, place):
            continue
        mine = _head(claim.reading, claim.start, place)
        theirs = _head(clause.reading, clause.start, verb)
        if mine is None:
            continue
        word = claim.reading.lows[mine]
        is_buyer = word in _BUYER and theirs is not None
        is_other = is_buyer and clause.reading.lows[theirs or 0] not in _BUYER | claim.self_names
        found = match.places.get(mine, ())
        if is_turned:
            if found and theirs is not None and all(p < verb for p in found):
                return f"the fact has {word!r} on the other side of it"
            continue
        if is_other or (found and all(p > verb for p in found)):
            return f"the fact does not say {clause.reading.lows[verb]!r} of {word!r}"
    return ""


def _deeds(match: Match) -> list[tuple[int, int]]:
    """Pairs of places at which claim and clause have the same verb."""
    claim, clause = match.claim, match.clause
    own = _finite(clause.reading, clause.start, clause.end)
    said = _finite(claim.reading, claim.start, claim.end)
    return [(place, verb) for place in said for verb in own if _is_same_deed(match, place, verb)]


def _finite(reading: Reading, start: int, end: int) -> list[int]:
    """Verbs of a stretch, but for `shipping` behind no form of be."""
    return [
        v
        for v in reading.verbs
        if start <= v < end
        and (not reading.lows[v].endswith("ing") or reading.lows[v - 1 : v] in (("is",), ("are",)))
    ]


def _is_same_deed(match: Match, place: int, verb: int) -> bool:
    """The very same verb: `lends` and `borrows` have their subjects the other way round."""
    own = forms(match.claim.reading.lows[place], "en")
    return _MUTUAL.isdisjoint(own) and not own.isdisjoint(
        forms(match.clause.reading.lows[verb], "en")
    )


def _is_passive(reading: Reading, verb: int) -> bool:
    near = reading.lows[max(0, verb - 3) : verb]
    low = reading.lows[verb]
    is_base = low in reading.lexicon.verbs and reading.tokens[verb].text.lower() == low
    is_by = reading.lows[verb + 1 : verb + 2] == ("by",)
    if low.endswith("ed") and _is_had_done(reading, verb):
        return True
    if low.endswith("ing"):
        return False
    return (not _BE.isdisjoint(near) and not is_base) or is_by


def _is_had_done(reading: Reading, verb: int) -> bool:
    """`have tests carried out`: done by others, with a noun between."""
    has = next((v for v in range(verb - 4, verb - 1) if v >= 0 and reading.lows[v] in _HAVE), None)
    return has is not None and any(has < w.place < verb for w in reading.words)


_HAVE = word_set("have has get gets")


def _is_adjective(reading: Reading, verb: int) -> bool:
    """`registered charities`: no deed, but a word before its noun."""
    is_form = reading.lows[verb].endswith(("ed", "ing"))
    after = reading.lows[verb + 1 : verb + 2]
    is_noun = any(w.place == verb + 1 for w in reading.words) or after[:1] in _BUYERS
    is_last = not any(t.kind == "word" for t in reading.tokens[verb + 1 : verb + 2])
    return is_form and (is_noun or (is_last and _BE.isdisjoint(reading.lows[:verb])))


def _is_relative(reading: Reading, verb: int) -> bool:
    return bool({"who", "which", "that"} & set(reading.lows[max(0, verb - 4) : verb]))


def _head(reading: Reading, start: int, verb: int) -> int | None:
    """The noun of which a verb is said: the last one before a preposition or relative clause."""
    words = {w.place: w for w in reading.words}
    relative = next((at for at in range(start, verb) if reading.lows[at] in {"who", "which"}), None)
    if relative is not None and any(relative < v < verb for v in reading.verbs):
        nouns = [at for at in range(start, relative) if at in words or reading.lows[at] in _BUYER]
        return nouns[-1] if nouns else None
    begin = max((v + 1 for v in reading.verbs if start <= v < verb - 3), default=start)
    cut = max(
        (at + 1 for at in range(begin, verb) if reading.lows[at] in {",", ";", ":"}), default=begin
    )
    head: int | None = None
    for at in range(cut, verb):
        low = reading.lows[at]
        if low in _ENDS_NOUN and head is not None:
            return head
        if low in _ENDS_NOUN:
            return None
        if low in _PRONOUNS:
            return None
        if (at in words or low in _BUYER) and at not in reading.verbs:
            head = at if low not in {"your", "you"} else head
    return head


def _other_agent(match: Match) -> str:
    """`an error by us` is no error of the customer's, and the other way round."""
    claim, clause = match.claim, match.clause
    selves = claim.self_names | {"we", "us", "our", "ours"}
    for place, places in match.places.items():
        if not claim.start <= place < claim.end:
            continue
        mine = _agent(claim.reading, place, claim.end, selves)
        theirs = {_agent(clause.reading, p, clause.end, selves) for p in places}
        is_by = any(clause.reading.lows[p + 1 : p + 2] == ("by",) for p in places)
        theirs.discard("")
        if mine and theirs and is_by and mine not in theirs:
            return f"the fact says {claim.reading.lows[place]!r} of the {theirs.pop()}"
    return ""


def _agent(reading: Reading, place: int, end: int, selves: frozenset[str]) -> str:
    """To whom a noun or deed belongs: vendor or buyer; empty where nothing tells."""
    lows = reading.lows
    before = lows[max(0, place - 3) : place]
    after = lows[place + 1 : min(end, place + 5)]
    own = [low for low in before[-2:] if low in selves or low in _BUYER]
    is_by = after[:1] == ("by",)
    is_named = is_by and any(w.is_name and place < w.place <= place + 3 for w in reading.words)
    if is_named and not own:
        return "vendor"
    near = own[-1:] or (
        [low for low in after[1:] if low in selves or low in _BUYER][:1] if is_by else []
    )
    if not near:
        return ""
    if place in reading.verbs and not is_by:
        return ""
    return "vendor" if near[0] in selves else "buyer"


def _other_hand(match: Match) -> str:
    """`by your own staff`, where the fact says by ours."""
    claim, clause = match.claim, match.clause
    selves = claim.self_names | {"we", "us", "our", "ours"}
    mine = _hand(claim.reading, claim.start, claim.end, selves)
    theirs = _hand(clause.reading, clause.start, clause.end, selves)
    if mine and theirs and mine != theirs:
        return f"the fact says that the {theirs} does it"
    if "for us" in _pairs(claim.reading, claim.start, claim.end) and not selves & clause.lows:
        return "the fact does not say for us"
    own, known = _by_whom(claim.reading, claim.start, claim.end), None
    if own:
        known = _by_whom(clause.reading, clause.start, clause.end)
    if own and known and not any(is_same(a, b, "en") for a in own for b in known):
        return f"the fact does not say by {own[0]!r}"
    return ""


def _pairs(reading: Reading, start: int, end: int) -> set[str]:
    return {f"{reading.lows[at]} {reading.lows[at + 1]}" for at in range(start, end - 1)}


def _by_another(match: Match) -> str:
    """The same in the other languages: `vom Vorgesetzten` is not `von den Mitarbeitern`."""
    claim, clause = match.claim, match.clause
    language = claim.reading.language
    own = _by_whom(claim.reading, claim.start, claim.end, _BY[language])
    known = _by_whom(clause.reading, clause.start, clause.end, _BY[language])
    if own and known and not any(is_same(a, b, language) for a in own for b in known):
        return f"the fact does not say {own[0]!r} there"
    return ""


_BY = {
    "de": word_set("von vom durch"),
    "es": word_set("por"),
    "fr": word_set("par"),
    "it": word_set("da dal dalla dai dagli dalle"),
    "pt": word_set("por pelo pela pelos pelas"),
}


def _by_whom(
    reading: Reading, start: int, end: int, ways: frozenset[str] = frozenset(("by",))
) -> tuple[str, ...]:
    """The words of whoever does it: `by readers of Autowelt`; none for times and ways."""
    found: list[str] = []
    figures = {at for f in (*reading.amounts, *reading.moments) for at in range(f.start, f.end)}
    for at in range(start, end - 1):
        near = reading.tokens[at + 1 : min(end, at + 4)]
        is_deed = near and near[0].low.endswith("ing")
        if reading.lows[at] not in ways or is_deed or at + 1 in figures:
            continue
        found += [t.low for t in near if t.kind == "word" and t.low not in _NO_DOERS]
    return tuple(found)


_NO_DOERS = word_set(
    "der die das den dem des el la los las le les il lo gli i o a os as de del the a an our "
    "your its their his her us you we of and or to in on at all"
)


def _hand(reading: Reading, start: int, end: int, selves: frozenset[str]) -> str:
    """Whether a deed is done by the vendor or the buyer, where a `by` says so."""
    for at in range(start, end):
        if reading.lows[at] != "by":
            continue
        near = reading.lows[at + 1 : min(end, at + 4)]
        if not selves.isdisjoint(near[:2]):
            return "vendor"
        if not _BUYER.isdisjoint(near[:2]) or "customer" in near:
            return "buyer"
    return ""
