"""The language of a text by its commonest words; nothing where they do not tell for sure."""

import re

from agent_runtime.grounding.lexicon import LANGUAGES, lexicon_of
from agent_runtime.hearing.sentences import fold

_WORD = re.compile(r"[^\W\d_]+")
_LEAST = 3
_SHARE = 0.3
_LEAD = 2


def commonest(text: str) -> str:
    """Returns the language whose function words a text is full of, or nothing."""
    words = _WORD.findall(fold(text[:600]))
    counts = sorted(
        ((sum(_is_function(w, code) for w in words), code) for code in LANGUAGES), reverse=True
    )
    (most, code), (second, _) = counts[0], counts[1]
    is_clear = most >= _LEAST and most >= _SHARE * len(words) and most >= _LEAD * second
    return code if is_clear else ""


def _is_function(word: str, language: str) -> bool:
    return "function" in lexicon_of(language).marks.labels((word,))
