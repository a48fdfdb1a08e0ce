"""A text that rules can read in bounded time, whatever a stranger sends."""

import re

LONGEST_TEXT = 30_000
LONGEST_WORD = 200
_LONG_WORD = re.compile(rf"(\S{{{LONGEST_WORD}}})\S+")
_LONG_LINE = re.compile(r"([^\n]{2000}\S*)[ \t]")
_LONG_GAP = re.compile(r"[ \t]{80,}")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){6,}")


def bounded(text: str) -> str:
    """Returns a text without what no person writes: words and gaps of hundreds of characters.

    Rules that look at every word of a text would take minutes over a word of a million letters.
    """
    text = _LONG_WORD.sub(r"\1", text[:LONGEST_TEXT])
    return _LONG_LINE.sub(r"\1\n", _LONG_GAP.sub(" ", _BLANK_LINES.sub("\n\n\n", text)))
