"""Hides from a reviewer who wrote: names of candidates, their marks, addresses, links."""

import re
from collections.abc import Callable, Sequence

HIDDEN = "[hidden]"
_TELLING = re.compile(
    r"\[\[[A-Z_]+(?:_\d+)?\]\]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)[^\s<>\"')\]]+",
    re.IGNORECASE,
)


def blinding(marks: Sequence[str]) -> Callable[[str], str]:
    """Returns a function that hides marks as whole words, in any case, and addresses and links.

    Placeholders of personal data are hidden alike, since only some candidates' texts have them.
    How a text is written stays, so that a reviewer who knows a candidate's style may still guess.

    Args:
        marks: Words that would tell who wrote; those of one letter or two are left alone, since
            they are common words too.
    """
    long = sorted((m for m in marks if len(m) > 2), key=len, reverse=True)
    pattern = "|".join(rf"(?<!\w){re.escape(mark)}(?!\w)" for mark in long)
    known = re.compile(pattern, re.IGNORECASE) if pattern else None

    def blind(text: str) -> str:
        without = _TELLING.sub(HIDDEN, text)
        return known.sub(HIDDEN, without) if known else without

    return blind
