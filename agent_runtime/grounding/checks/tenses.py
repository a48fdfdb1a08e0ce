"""What was is not what is: a past deed of the fact, a date from which, a matter already settled."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lemmas import forms
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.reading import Reading

_PAST_BE = word_set("was were had did")
_NOW_BE = word_set("is are am do does")
_STARTS = word_set("launch start begin open come introduce release roll arrive go-live begin")
_EITHER = word_set("cut set put let hit cost read shut split spread")
"""Verbs whose past looks like their present."""
_SETTLED = word_set(
    "approved accepted confirmed booked reserved granted refunded cancelled canceled activated "
    "upgraded qualified eligible entitled extended waived"
)


def tenses(match: Match) -> str:
    """Names a change of time between fact and claim."""
    if match.claim.reading.language != "en":
        return ""
    return _time_moved(match) or _before_its_start(match) or _settled(match)


def _time_moved(match: Match) -> str:
    claim, clause = match.claim, match.clause
    mine = times(claim.reading, claim.start, claim.end)
    theirs = times(clause.reading, clause.start, clause.end)
    is_member = "part-of" in claim.reading.lows or "now" in claim.reading.lows
    if theirs == {"past"} and mine == {"now"} and not is_member:
        return "the fact tells of the past, not of now"
    if theirs == {"now"} and mine == {"past"} and not clause.has("past"):
        return "it tells of the past, the fact does not"
    return ""


def times(reading: Reading, start: int, end: int) -> frozenset[str]:
    """Returns of which times the finite verbs of a stretch speak: past, perfect or now."""
    found: set[str] = set()
    for at in range(start, end):
        low, text = reading.lows[at], reading.tokens[at].text.lower()
        before = reading.lows[at - 1] if at > start else ""
        if low in _PAST_BE:
            found.add("past")
        elif low in {"has", "have"}:
            near = range(at + 1, min(at + 4, end))
            found.add("perfect" if any(_is_participle(reading, p) for p in near) else "now")
        elif low in _NOW_BE:
            found.add("now")
        elif _is_past(reading, at, before, end):
            found.add("past")
        elif at in reading.verbs and text.endswith("s") and before not in {"to", "a", "the"}:
            found.add("now")
    return frozenset(found)


def _is_participle(reading: Reading, at: int) -> bool:
    low = reading.lows[at]
    return low.endswith("ed") or low == "been" or low in reading.lexicon.irregular


def _is_past(reading: Reading, at: int, before: str, end: int) -> bool:
    """A past form behind its subject, with no auxiliary and no noun of its own behind it."""
    token, low = reading.tokens[at], reading.lows[at]
    if token.kind != "word" or low in _EITHER or " " in token.text or token.is_capital:
        return False
    after = reading.lows[at + 1 : at + 2]
    if low.endswith("ed") and low not in reading.lexicon.verbs and at in reading.verbs:
        is_behind_noun = any(w.place == at - 1 for w in reading.words) or before in _PRONOUNS
        is_before_noun = any(w.place == at + 1 for w in reading.words)
        return is_behind_noun and after != ("by",) and not is_before_noun
    base = reading.lexicon.irregular.get(low, "")
    is_verb = base in reading.lexicon.verbs and not low.endswith(("en", "wn", "s"))
    return is_verb and before not in _HELPERS and after != ("by",)


_PRONOUNS = word_set("i you we it they he she which that who")
_HELPERS = word_set(
    "is are was were be been being has have had not a the of by in and or to get gets"
)


def _before_its_start(match: Match) -> str:
    """`launches on 1 February`: not there before, so that nobody uses it already."""
    claim, clause = match.claim, match.clause
    starts = [
        v
        for v in clause.reading.verbs
        if clause.start <= v < clause.end
        and not _STARTS.isdisjoint(forms(clause.reading.lows[v], "en"))
    ]
    dated = [
        m
        for m in clause.reading.moments
        if clause.start <= m.start < clause.end
        and m.name.startswith(("month", "season", "quarter", "half"))
    ]
    is_past = any(clause.reading.lows[v].endswith(("ed", "an", "ew", "ame")) for v in starts[:1])
    if not starts or not dated or is_past:
        return ""
    said = {m.name for m in claim.reading.moments}
    is_kept = any(m.name in said for m in dated)
    if claim.has("already") or (not is_kept and not claim.has("will", "plan")):
        return "the fact only says from when"
    return ""


def _settled(match: Match) -> str:
    """Nobody has decided the buyer's own case: `your loan is approved`."""
    claim, clause = match.claim, match.clause
    lows = claim.reading.lows
    for at in range(claim.start, claim.end):
        near = lows[max(claim.start, at - 5) : at]
        is_own = bool({"your", "you"} & set(near)) and bool({"is", "are", "been"} & set(near))
        is_open = claim.has("if", "may", "can", "will")
        is_known = lows[at] in clause.lows and bool({"your", "you"} & clause.lows)
        if lows[at] in _SETTLED and is_own and not (is_open or is_known):
            return f"the fact does not say that anything of the buyer's is {lows[at]!r}"
    return ""
