"""A question as the search reads it: its slips mended, its names picked out, its words weighed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agent_runtime.knowledge.synonyms import Concept, concepts_of, ways_to_say
from agent_runtime.knowledge.vocabulary import CAPITALISES_NOUNS, Vocabulary, stem, telling, tokens
from agent_runtime.placeholders import TOKEN

_UPPER = re.compile(r"\b(?:[A-Z]{2,}[a-z]?|[A-Z]+(?=\d))")
_PROPER = re.compile(r"(?<=[^.?!:\s] )[A-ZÀ-Þ]\w*[a-zà-ÿ]\w*")
_NUMBER = re.compile(r"\d")

_ALWAYS_A_NAME = 0.8
_CAN_BE_A_NAME = 0.05
"""Share of capitals from which a word that the buyer wrote with a capital is a name, too."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for. Rarities are inverse frequencies: a word of every passage has none."""

    text: str
    """The question without placeholders."""
    words: tuple[str, ...]
    """Its telling words."""
    synonyms: tuple[str, ...]
    """Other words for the same."""
    concepts: tuple[tuple[Concept, float], ...]
    """What it speaks of, with its rarity."""
    exact: Mapping[str, float]
    """Names, numbers and abbreviations, unknown ones too: who asks for one wants that one."""
    unknown: frozenset[str]
    """Those of them that no passage has at all."""
    titled: Mapping[str, float]
    """Words that stand in titles, with how few titles have them."""


def read_question(question: str, vocabulary: Vocabulary, *, locale: str = "en") -> Asked:
    """Returns how a question is searched for in one knowledge base.

    Args:
        question: As the buyer put it.
        vocabulary: The words of the knowledge base.
        locale: The buyer's language.
    """
    text = " ".join(TOKEN.sub(" ", question).split())
    every = tuple(map(vocabulary.corrected, tokens(text)))
    words = telling(dict.fromkeys(every))
    upper = {word for found in _UPPER.findall(text) for word in tokens(found)}
    first = set(every[:1])
    proper = {word for found in _PROPER.findall(text) for word in tokens(found)}

    concepts = concepts_of(every)
    common = {stem for concept in concepts if concept.others for stem in concept.own}
    minds_capitals = text[:1].isupper()

    def is_exact(word: str) -> bool:
        capitals = vocabulary.capitals(word)
        if word in proper and capitals >= _CAN_BE_A_NAME:
            return True
        if stem(word) in common:
            return False
        if word in upper or _NUMBER.match(word):
            return True
        if not vocabulary.knows(word):
            return word in proper and locale not in CAPITALISES_NOUNS
        return capitals >= _ALWAYS_A_NAME and (word in first or not minds_capitals)

    titled = {word: vocabulary.rarity_in_titles(word) for word in words}
    exact = {word: vocabulary.rarity_of_exactly(word) for word in words if is_exact(word)}
    return Asked(
        text=text,
        words=words,
        synonyms=ways_to_say(every),
        concepts=tuple((c, _rarity(c, vocabulary)) for c in concepts),
        exact=exact,
        unknown=frozenset(
            word for word in exact if not vocabulary.knows(word) and not _NUMBER.match(word)
        ),
        titled={word: rarity for word, rarity in titled.items() if rarity},
    )


def _rarity(concept: Concept, vocabulary: Vocabulary) -> float:
    """A thing is as rare as the commonest way to say it."""
    ways = (concept.own, *concept.others)
    return min(max(vocabulary.rarity(stem) for stem in way) for way in ways if way)
