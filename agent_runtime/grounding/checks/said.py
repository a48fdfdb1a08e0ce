"""Whether a claim says a word of a fact."""

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lemmas import is_same
from agent_runtime.grounding.reading import Word


def is_said(word: Word, match: Match) -> bool:
    """Says whether a word of the clause is in the claim, in this or another form."""
    if word.place in match.said:
        return True
    language = match.claim.reading.language
    return any(
        low == word.low or (not word.is_name and is_same(low, word.low, language))
        for low in match.claim.reading.lows
    )
