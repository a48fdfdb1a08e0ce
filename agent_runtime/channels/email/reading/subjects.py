"""Subjects, and what mail programs put before them when a mail is answered or passed on."""

import re

_ANSWERS = re.compile(
    r"^\s*(?:(?:re|aw|sv|antw|r|rv|res|fwd?|wg|tr|rif|i|enc|vs|odp|ynt|отв)\s?(?:\[\d+\])?\s?:\s*)+",
    re.I,
)


def is_answer(subject: str) -> bool:
    """Says whether a subject begins with Re: or Fwd:, in one language or another."""
    return bool(_ANSWERS.match(subject))


def bare_subject(subject: str) -> str:
    """Returns a subject without Re:, Fwd: and their equivalents."""
    return _ANSWERS.sub("", subject)
