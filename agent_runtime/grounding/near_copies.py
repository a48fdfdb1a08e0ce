"""A sentence that is nearly one of a fact: every word that differs must be harmless."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from agent_runtime.grounding.checks.twists import differences, turn_of
from agent_runtime.grounding.findings import Ground
from agent_runtime.grounding.lemmas import forms
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.reading import Reading

_NEAR = 0.75
_WHOLE = 0.9
_LEAST = 5
_SMALL = 4
"""Words of a difference that can be a twist; what is longer is another claim, judged as one."""
_HARMLESS = word_set(
    "a an the this that these those it its they them their he she we our us you your i my also "
    "just simply please indeed yes of course so as well too here now there and which who is are "
    "be been being was were do does has have had to for with in on at by from about per each "
    "only fully really quite very kindly happily currently exactly right"
)


def why_turned(reading: Reading, base: Ground) -> str:
    """Returns by which small difference a sentence departs from the fact that it nearly is.

    It is held against whole sentences, since what turns the sense may stand between two clauses
    or behind the last one.

    Args:
        reading: The sentence.
        base: The facts.

    Returns:
        The reason; nothing where it is no near copy, or is one whose differences are harmless.
    """
    mine = _lows(reading)
    reasons: list[str] = []
    for theirs in _sentences(base) if len(mine) >= _LEAST else ():
        matcher = SequenceMatcher(None, theirs, mine, autojunk=False)
        if not _is_near(matcher, theirs):
            continue
        if not (reason := _first_turn(matcher, theirs, mine, reading, base)):
            return ""
        reasons.append(reason)
    return reasons[0] if reasons else ""


def _is_near(matcher: SequenceMatcher[str], theirs: list[str]) -> bool:
    """Nearly the same words, or nearly all words of the fact with more around them."""
    shared = sum(block.size for block in matcher.get_matching_blocks())
    return matcher.ratio() >= _NEAR or shared >= _WHOLE * len(theirs)


def _sentences(base: Ground) -> Iterator[list[str]]:
    for _, clauses in base.facts:
        for reading in {id(c.reading): c.reading for c in clauses}.values():
            if len(lows := _lows(reading)) >= _LEAST:
                yield lows


def _lows(reading: Reading) -> list[str]:
    return [t.low for t in reading.tokens if t.kind != "mark"]


def _first_turn(
    matcher: SequenceMatcher[str],
    theirs: list[str],
    mine: list[str],
    reading: Reading,
    base: Ground,
) -> str:
    if theirs == mine:
        return ""
    for gone, come in differences(matcher, theirs, mine):
        is_small = max(len(gone), len(come)) <= _SMALL
        if is_small and (reason := turn_of(gone, come, theirs, mine, reading.lexicon)):
            return reason
        is_tail = not gone and mine[-len(come) :] == come
        if is_tail and (new := _new_word(come, base, reading.language)):
            return f"the fact that it nearly is does not say {new!r}"
    return ""


def _new_word(come: Sequence[str], base: Ground, language: str) -> str:
    known = (low for low in come if low in _HARMLESS or not low.isalpha())
    rest = set(come) - set(known) - base.words
    return next((low for low in come if low in rest and not _is_form(low, base, language)), "")


def _is_form(low: str, base: Ground, language: str) -> bool:
    return not base.words.isdisjoint(forms(low, language))
