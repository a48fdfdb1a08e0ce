"""What people wrote below or between quoted mails, where nobody looks for an answer.

The new text of a mail leaves it out as often as not: above it stands another answer, and below a
quote there are mostly signatures. A wish to be left alone is looked for there all the same.
"""

import re
from itertools import groupby

from agent_runtime.channels.email.trimming.lines import Kind, is_ours, kinds_of

_MARKS = (Kind.QUOTE, Kind.INTRODUCED, Kind.ANNOUNCED, Kind.HEADER)
_ENDED = (Kind.SIGNATURE, Kind.ADDED)
_JOINED = 3
"""Over so many lines a mail program wraps our footer."""
_READ_LINES = 2000
"""From the beginning, and as many from the end."""
_URL = re.compile(r"(?:https?://|www\.)\S")
_WORDS_OF_A_LINK = 6


def strays_of(text: str) -> tuple[str, ...]:
    """Returns the paragraphs without a quoting mark that stand below one, our footer left out.

    A quoted mail without marks of its own is among them: only its beginning is known. Signatures
    and the footers of others are not.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = lines[:_READ_LINES] + (lines[_READ_LINES:][-_READ_LINES:])
    kinds = kinds_of(lines)
    first = next((at for at, kind in enumerate(kinds) if kind in _MARKS), len(lines))
    ours = _lines_of_ours(lines)
    found, is_over = [], False
    for at in range(first, len(lines)):
        is_over = (kinds[at] in _ENDED and at not in ours) or (is_over and kinds[at] is Kind.TEXT)
        is_text = kinds[at] is Kind.TEXT and at not in ours and not is_over
        is_text = is_text and not _is_link(lines[at])
        found.append(lines[at].strip() if is_text else "")
    paragraphs = groupby(found, key=bool)
    return tuple("\n".join(paragraph) for is_text, paragraph in paragraphs if is_text)


def _is_link(line: str) -> bool:
    """Whether a line is an address with its name: `Unsubscribe: https://…`."""
    return bool(_URL.search(line)) and len(line.split()) <= _WORDS_OF_A_LINK


def _lines_of_ours(lines: list[str]) -> frozenset[int]:
    """Returns which lines are our footer, also where it was wrapped or half of it is quoted."""
    bare = [" ".join(line.lstrip(" \t>|").split()) for line in lines]
    ours: set[int] = set()
    for at in range(len(bare)):
        if not bare[at]:
            continue
        for count in range(1, _JOINED + 1):
            joined = " ".join(bare[at : at + count])
            if "stop" in joined.lower() and is_ours(joined):
                ours.update(range(at, at + count))
                break
    return frozenset(ours)
