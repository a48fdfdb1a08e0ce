"""Every word that says something is in the fact, or a word for the same is."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lemmas import forms
from agent_runtime.grounding.reading import Word


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
    return ""


def _slack(match: Match) -> int:
    """How many soft words the rest of a claim carries: one for every two that the fact says."""
    claim = match.claim
    figures = (*claim.reading.amounts, *claim.reading.moments)
    said = len(match.places) + sum(claim.start <= f.start < claim.end for f in figures)
    return min(2, said // 2)


def _is_implied(word: Word, match: Match) -> bool:
    """`costs` beside euros, `height` beside metres."""
    reading = match.claim.reading
    own = forms(word.low, reading.language)
    is_measure = any(not line.isdisjoint(own) for line in reading.lexicon.measures)
    return is_measure and not word.is_name and _has_figures(match)


def _is_soft(word: Word, match: Match) -> bool:
    """A neutral verb, or a word that another one of the claim implies; never one that weighs."""
    reading = match.claim.reading
    lexicon = reading.lexicon
    if reading.language != "en" or word.is_firm:
        return False
    own = forms(word.low, "en")
    if not lexicon.weighty.isdisjoint(own):
        return False
    if lexicon.marks.labels((word.low,)) and word.low not in lexicon.soft:
        return False
    if word.low in lexicon.soft or word.low.endswith(("able", "ible")):
        return True
    return not lexicon.verbs.isdisjoint(own)


def _has_figures(match: Match) -> bool:
    claim = match.claim
    stretch = range(claim.start, claim.end)
    return any(a.start in stretch for a in claim.reading.amounts) or any(
        m.start in stretch for m in claim.reading.moments
    )
