"""In which of the six languages a text is likely to name its times."""

import re
from collections import Counter
from functools import lru_cache

from agent_runtime.times.lexicon import LANGUAGES, load_lexicon
from agent_runtime.times.tokens import fold
from agent_runtime.words import read_words

_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=8192)
def likely_languages(text: str, *, zone: str = "", known: str = "") -> tuple[str, ...]:
    """Returns the languages to try, likeliest first.

    The text's own words count most, then the language that is known, then that of the zone.
    """
    votes: Counter[str] = Counter()
    spoken = [fold(word) for word in _WORD.findall(text)]
    words = set(spoken)
    for word in spoken:
        told = _by_word().get(word, {})
        for language, weight in told.items():
            votes[language] += 12 * weight // sum(told.values())
    usual = _by_zone().get(zone, "en")
    votes[usual] += 2
    if known in LANGUAGES:
        votes[known] += 6
    best, *others = sorted(LANGUAGES, key=lambda language: -votes[language])
    further = words - load_lexicon(best).telling.keys()
    return (best, *(o for o in others if votes[o] * 2 >= votes[best] and _knows(o, further)))


def _knows(language: str, words: set[str]) -> bool:
    return not words.isdisjoint(load_lexicon(language).telling)


@lru_cache(maxsize=1)
def _by_word() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for language, words in read_words("languages").items():
        if language in LANGUAGES:
            for word in words.split():
                found.setdefault(fold(word), {})[language] = 1
    for language in LANGUAGES:
        for word, weight in load_lexicon(language).telling.items():
            found.setdefault(word, {})[language] = weight
    return found


@lru_cache(maxsize=1)
def _by_zone() -> dict[str, str]:
    return {
        zone: language
        for language, zones in read_words("times/zones")["languages"].items()
        for zone in zones
    }
