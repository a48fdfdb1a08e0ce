"""Where a text may be cut so that its first sound comes early."""

import re

_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’)\]]*\s+(?=[^\sa-zà-ÿ])")
_CLAUSE = re.compile(r"(?<=[,;:—])\s+")
_TITLE = re.compile(r"(?:^|[\s(])(?:[A-Z]|Dr|Mr|Mrs|Ms|Prof|St|Sr|Sra|Mme|Hr|Fr|No|Inc|vs)\.$")

LONG = 90
"""Characters: a sentence above this is cut once, behind its first clause."""
SHORTEST = 24
"""Characters: a first clause below this would sound chopped."""


def cut(text: str) -> list[str]:
    """Returns the sentences of a text, the first one cut behind a clause where it is long."""
    sentences = _sentences(text)
    if not sentences:
        return []
    return [*_first_clause(sentences[0]), *sentences[1:]]


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for part in _SENTENCE.split(text.strip()):
        if found and _TITLE.search(found[-1]):
            found[-1] += f" {part}"
        elif part.strip():
            found.append(part.strip())
    return found


def _first_clause(sentence: str) -> list[str]:
    if len(sentence) <= LONG:
        return [sentence]
    for gap in _CLAUSE.finditer(sentence):
        if gap.start() >= SHORTEST:
            return [sentence[: gap.start()], sentence[gap.end() :]]
    return [sentence]
