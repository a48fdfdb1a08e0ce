"""Texts as sentences."""

import re

_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+[\"”»’)]*(?=\s|$)|$)", re.DOTALL)


def sentences(text: str) -> tuple[str, ...]:
    """Returns the sentences of a text, each on one line."""
    return tuple(
        " ".join(match[0].split())
        for paragraph in text.split("\n\n")
        for match in _SENTENCE.finditer(paragraph)
    )


def questions_in(text: str) -> tuple[str, ...]:
    """Returns the sentences of a text that ask."""
    return tuple(s for s in sentences(text) if s.rstrip('"”»’) ').endswith("?"))
