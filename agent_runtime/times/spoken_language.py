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
    """Returns the languages to try, likeliest first: by words, then by what is known or the zone."""
    votes: Counter[str] = Counter()
    spoken = [fold(word) for word in _WORD.findall(text)]
    words = set(spoken)
    for word in spoken:
        for language in _by_word().get(word, ()):
            votes[language] += 12 // len(_by_word()[word])
    usual = _by_zone().get(zone, "en")
    votes[usual] += 2
    if known in LANGUAGES:
        votes[known] += 6
    best, *others = sorted(LANGUAGES, key=lambda language: -votes[language])
    known_words = load_lexicon(best).telling
    return (best, *(other for other in others if words & load_lexicon(other).telling - known_words))


@lru_cache(maxsize=1)
def _by_word() -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for language, words in read_words("languages").items():
        if language in LANGUAGES:
            for word in words.split():
                found.setdefault(fold(word), set()).add(language)
    for language in LANGUAGES:
        for word in load_lexicon(language).telling:
            found.setdefault(word, set()).add(language)
    return {word: tuple(sorted(languages)) for word, languages in found.items()}


@lru_cache(maxsize=1)
def _by_zone() -> dict[str, str]:
    return {
        zone: language
        for language, zones in read_words("times/zones")["languages"].items()
        for zone in zones
    }
