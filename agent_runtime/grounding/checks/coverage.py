"""Every word that says something is in the fact, or a word for the same is."""

from agent_runtime.grounding.amount import Amount
from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lemmas import forms
from agent_runtime.grounding.reading import Word
from agent_runtime.grounding.units import in_base


def coverage(match: Match) -> str:
    """Names the first word that the fact does not say; names first, since they weigh most."""
    names = [w for w in match.uncovered if w.is_name]
    if names:
        return f"the name {names[0].text!r} is not in the fact"
    open_words = [w for w in match.uncovered if not _is_implied(w, match)]
    hard = [w for w in open_words if not _is_soft(w, match)]
    if hard or len(open_words) > _slack(match):
        return f"{(hard or open_words)[0].text!r} is not in the fact"
    if not match.places and not _has_figures(match):
        return "nothing of it is in the fact"
    is_thin = len(match.places) < 2 and len(match.clause.words) > 3 and not names
    if is_thin and not _has_figures(match) and _has_figures_of_its_own(match):
        return "hardly anything of the fact is in it"
    return ""


def _has_figures_of_its_own(match: Match) -> bool:
    clause = match.clause
    return any(clause.start <= a.start < clause.end for a in clause.reading.amounts)


def _slack(match: Match) -> int:
    """How many soft words the rest of a claim carries: one for every two that the fact says."""
    claim = match.claim
    figures = (*claim.reading.amounts, *claim.reading.moments)
    said = len(match.places) + sum(claim.start <= f.start < claim.end for f in figures)
    return min(2, said // 2)


def _is_turned(own: frozenset[str], match: Match) -> bool:
    """`charge` for `discharge`, `wired` for `unwired`."""
    for other in match.clause.words:
        if other.place in match.said:
            continue
        theirs = forms(other.low, "en")
        if any(
            f"{p}{a}" in theirs or f"{p}{b}" in own for p in _PREFIXES for a in own for b in theirs
        ):
            return True
    return False


_PREFIXES = ("dis", "un", "in", "im", "non", "de", "mis", "ir", "il", "out", "re")


def _stands_in(word: Word, match: Match) -> bool:
    """Whether a verb that the fact does not say takes the place of the fact's own verb."""
    claim, clause = match.claim, match.clause
    reading = claim.reading
    before = reading.lows[word.place - 1] if word.place else ""
    is_form = word.low.endswith(("ed", "ing")) or before in {"to", "can", "will", "you", "we"}
    if not _SUBORDINATE.isdisjoint(reading.lows[max(claim.start, word.place - 3) : word.place]):
        return False
    if before in _BEFORE_NOUN or not (word.place in reading.verbs or is_form):
        return False
    own = [v for v in clause.reading.verbs if clause.start <= v < clause.end]
    deeds = [v for v in own if v not in match.said]
    others = [
        w
        for w in match.uncovered
        if w.place < word.place and not reading.lexicon.verbs.isdisjoint(forms(w.low, "en"))
    ]
    return bool(deeds or not own) and not others


_SUBORDINATE = frozenset(("before", "after", "when", "while", "until", "once", "since"))
_BEFORE_NOUN = frozenset(("the", "a", "an", "your", "our", "by", "of", "at", "under", "in", "with"))


def _is_implied(word: Word, match: Match) -> bool:
    """`costs` beside euros, `height` beside metres."""
    claim, reading = match.claim, match.claim.reading
    own = forms(word.low, reading.language)
    kinds = {name for name, line in reading.lexicon.measures.items() if not line.isdisjoint(own)}
    if not kinds or word.is_name:
        return False
    stretch = range(claim.start, claim.end)
    figures = {_kind(a) for a in reading.amounts if a.start in stretch}
    if any(m.start in stretch for m in reading.moments):
        figures.add("time")
    return not kinds.isdisjoint(figures)


def _kind(amount: Amount) -> str:
    """What an amount measures: money, time, mass, length, temperature or sound."""
    if amount.is_money:
        return "money"
    base = in_base(amount.value, amount.units[0])[0] if amount.units else ""
    return "time" if amount.is_time else _MEASURED.get(base, "")


_MEASURED = {
    **{"gram": "mass", "ounce": "mass", "micrometre": "length", "inch": "length"},
    **{"mile": "length", "celsius": "temperature", "fahrenheit": "temperature"},
    **{"degree": "temperature", "decibel": "sound"},
}


def _is_soft(word: Word, match: Match) -> bool:
    """A neutral verb, or a word that another one of the claim implies; never one that weighs."""
    reading = match.claim.reading
    lexicon = reading.lexicon
    if reading.language != "en" or word.is_firm:
        return False
    own = forms(word.low, "en")
    if _is_turned(own, match):
        return False
    if not lexicon.weighty.isdisjoint(own):
        return False
    if lexicon.marks.labels((word.low,)) and word.low not in lexicon.soft:
        return False
    if word.low in lexicon.soft or word.low.endswith(("able", "ible")):
        return True
    return not lexicon.neutral_verbs.isdisjoint(own) and _stands_in(word, match)


def _has_figures(match: Match) -> bool:
    claim = match.claim
    stretch = range(claim.start, claim.end)
    return any(a.start in stretch for a in claim.reading.amounts) or any(
        m.start in stretch for m in claim.reading.moments
    )
