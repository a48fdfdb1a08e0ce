"""Which language a text is in: letters, by lingua, and its commonest words; six are whole."""

import math
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from agent_runtime.library.content import LOCALES
from agent_runtime.words import read_words

if TYPE_CHECKING:
    from lingua import LanguageDetector


@lru_cache(maxsize=8192)
def detect_language(text: str, *, fallback: str) -> str:
    """Returns the two-letter code of a text's language; `fallback` when too little tells.

    A text in another script is `xx`: recognised as none of ours, for a person to read.
    """
    if len(_OTHER_SCRIPT.findall(text)) > len(text) / 4:
        return "xx"
    own = _NO_WORDS.sub(" ", text)
    tokens = _TOKEN.findall(own.lower().replace("’", "'"))
    if not tokens:
        return fallback
    scores = _scores(own, tokens)
    best = max(scores, key=lambda language: scores[language])
    lead = scores[best] - scores.get(fallback, -math.inf)
    return best if lead >= _NEEDED_LEAD.get(len(tokens), _LEAD) else fallback


def language_shares(text: str) -> Mapping[str, float]:
    """Returns how probable each language is for a text, all together 1; empty without words."""
    own = _NO_WORDS.sub(" ", text)
    tokens = _TOKEN.findall(own.lower().replace("’", "'"))
    if not tokens:
        return {}
    weights = {code: math.exp(score) for code, score in _scores(own, tokens).items()}
    total = sum(weights.values())
    return {code: weight / total for code, weight in weights.items()}


_OTHER_SCRIPT = re.compile(r"[\u0370-\u1cff\u2e80-\ud7ff]")
_NO_WORDS = re.compile(r"\[\[\w+\]\]|\S+@\S+|\bhttps?://\S+")
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")

_WEIGHT = 2.5
"""A word that only one language has weighs as much as this logarithm of lingua's confidence."""
_DOUBT = 0.05
"""Lingua's confidences are this unsure, so that no few letters exclude a language."""
_ELSEWHERE = math.log(0.3)
"""Languages that are not whole are rare among buyers."""
_LEAD = 0.7
_NEEDED_LEAD = {1: 8.0, 2: 3.0, 3: 1.5}
"""How far another language must be ahead of the known one, by the number of words."""


def _scores(text: str, tokens: list[str]) -> dict[str, float]:
    """Log-odds by language."""
    detector, words = _detector(), _languages_by_word()
    scores = {}
    for guess in detector.compute_language_confidence_values(text):
        code = guess.language.iso_code_639_1.name.lower()
        prior = 0.0 if code in LOCALES else _ELSEWHERE
        scores[code] = math.log(guess.value + _DOUBT) + prior
    for token in tokens:
        languages = words.get(token) or words.get(token.partition("'")[2], ())
        for language in languages:
            scores[language] += _WEIGHT / len(languages)
    return scores


@cache
def _languages_by_word() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for language, listed in read_words("languages").items():
        for word in dict.fromkeys(listed.split()):
            found[word] = (*found.get(word, ()), language)
    return found


@cache
def _detector() -> "LanguageDetector":
    """Loads lingua in its small mode, which needs a tenth of the memory of its large one."""
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [IsoCode639_1.from_str(code) for code in read_words("languages")]
    builder = LanguageDetectorBuilder.from_iso_codes_639_1(*codes)
    return builder.with_low_accuracy_mode().build()
