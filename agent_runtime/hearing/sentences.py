"""A text as rules read it: one sentence a line, in plain lower-case letters."""

import re
import unicodedata
from functools import lru_cache


@lru_cache(maxsize=8192)
def sentences_of(text: str) -> str:
    """Returns a text's sentences, one a line; only a question mark stays at their end."""
    plain = _NOISE.sub(" ", fold(text))
    plain = _WRAPPED.sub(" ", _LONG_DRAWN.sub(r"\1\2", plain))
    sentences = (_tidy(sentence) for sentence in _ENDS.split(plain))
    return "\n".join(sentence for sentence in sentences if sentence)


def fold(text: str) -> str:
    """Returns a text in lower case without accents, with straight apostrophes and dashes."""
    lowered = text.lower().translate(_STRAIGHT)
    return lowered if lowered.isascii() else without_accents(lowered)


def without_accents(text: str) -> str:
    """Returns a text with plain letters for accented ones."""
    if text.isascii():
        return text
    split = unicodedata.normalize("NFKD", text)
    return "".join(c for c in split if not unicodedata.combining(c))


_SAME = {"’": "'", "‘": "'", "`": "'", "´": "'", "ß": "ss", "–": "-", "—": "-", "‑": "-", "/": " "}
_SAME |= dict.fromkeys("\u00a0\u202f", " ")
_STRAIGHT = str.maketrans(_SAME | dict.fromkeys('\u200b¿¡"“”„«»'))
_NOISE = re.compile(r"(?<!\w)(?:u+h+m*|u+mm+|um(?=,)|h+m+|erm+|a+h+m*|e+u+h+|e+h+m+|hein)(?!\w),?")
_LONG_DRAWN = re.compile(r"(?<=[a-z])([a-z])\1{2,}|([a-z])\2{2,}(?=[a-z])")
_WRAPPED = re.compile(r"(?<=[^\n]{50})(?<![.!?:;])\n(?=[^\W\d_])")
"""A line break within a sentence, as mail programs set it; a short line ends by itself."""
_ENDS = re.compile(r"[.!…;]+(?=\s+(?!\d)|$)|(?<=\?)[?!]*\s+|\n[\s>*•-]*|\s[-–]{1,2}\s(?=[^\n]{25})")
_SIGNS = re.compile(r"[()*]+|:(?=\s|$)|\s-+\s")
_SPACES = re.compile(r"\s*,[\s,]*|\s+")
_END = re.compile(r"[\s,.!]*(\??)[\s?!.,]*$")


def _tidy(sentence: str) -> str:
    spaced = _SPACES.sub(lambda m: ", " if "," in m[0] else " ", _SIGNS.sub(" , ", sentence))
    return _END.sub(r"\1", spaced, count=1).strip(" ,-'")
