"""Whether somebody asks in words that the call goes on in another language."""

import re
from functools import cache

from agent_runtime.hearing.sentences import fold
from agent_runtime.words import any_of, read_words

_MARKS = re.compile(r"[^\w\s]|_")


def asked_language(text: str) -> str:
    """Returns the language that an utterance asks for, and nothing else; empty: none."""
    folded = fold(text.replace("ß", "ss"))
    said = [" ".join(_MARKS.sub(" ", part).split()) for part in re.split(r"[.!?]+", folded)]
    for utterance in (" ".join(filter(None, said)), *said):
        for language, pattern in _patterns().items():
            if utterance and pattern.fullmatch(utterance):
                return language
    return ""


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    words = read_words("asked_languages")
    found: dict[str, list[str]] = {}
    for spoken, asks in words["asks"].items():
        for wanted, name in words["names"][spoken].items():
            found.setdefault(wanted, []).extend(ask.replace("{name}", name) for ask in asks)
    return {wanted: re.compile(any_of(lines)) for wanted, lines in found.items()}
