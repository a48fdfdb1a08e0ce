"""Status codes of mail systems: RFC 3463 as stated, or derived from what else is said."""

import re
from functools import cache

from agent_runtime.channels.email.reading.patterns import flat
from agent_runtime.words import read_words

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d]|\.\d)")
_REPLY = re.compile(
    r"(?:^|[\s\"'(\[<:;,=#>])([45][0-5]\d)(?=[ \-:;,.)\]\"'_]|$)(?!-\d{3}-\d)(?!\.\d+\.)", re.M
)
_NO_REPLY = re.compile(
    r"\b(?:port|line|size|room|box|tel\.?|phone|only|top|page|over|under)\W{1,2}$"
)


def stated_status(text: str) -> str:
    """Returns the first RFC 3463 code in a text; the most telling where there are several."""
    found = [match.groups() for match in _ENHANCED.finditer(text[:20_000])]
    for wanted in ("5", "4", "2"):
        codes = [code for code in found if code[0] == wanted]
        telling = [code for code in codes if code[1] != "0"]
        if codes:
            return ".".join((telling or codes)[0])
    return ""


def reply_code(text: str) -> str:
    """Returns the first SMTP reply code of an error in a text: `550`."""
    for match in _REPLY.finditer(text[:20_000]):
        if not _NO_REPLY.search(text[max(0, match.start() - 12) : match.start(1)].lower()):
            return match[1]
    return ""


def derived_status(text: str, *, is_late: bool) -> str:
    """Returns the code that fits what a report says in words.

    Args:
        text: The report's own words.
        is_late: Whether the report is of a delay; its code is then of class 4.
    """
    if (stated := stated_status(text)) and stated[0] != "2":
        return f"4{stated[1:]}" if is_late else stated
    code = reply_code(text)
    said = _said(flat(text))
    if is_late or code.startswith("4"):
        return f"4{said[1:]}" if said else "4.0.0"
    if code:
        return f"5{said[1:]}" if said else "5.0.0"
    return said or "5.0.0"


def _said(text: str) -> str:
    return next((status for status, pattern in _diagnostics() if pattern.search(text)), "")


@cache
def _diagnostics() -> tuple[tuple[str, re.Pattern[str]], ...]:
    rows = read_words("mail/bounces")["diagnostics"]
    return tuple((status, re.compile(pattern)) for status, pattern in rows)
