"""What a person newly wrote: without quoted mail, greeting, sign-off and our own words."""

import re
from functools import lru_cache

from agent_runtime.words import any_of, read_words

_LETTERS = read_words("letters")
_PLACEHOLDER = r"\[\[[A-Z_\d]+\]\]"
_QUOTE_BEGINS = re.compile(
    rf"^{any_of(_LETTERS['quote_begins'])}[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_GREETING = re.compile(
    rf"^\s*{any_of(_LETTERS['greeting'])}"
    rf"(?:[ \t]+(?:{any_of(_LETTERS['greeted'])}|{_PLACEHOLDER}|(?-i:[A-ZÀ-Þ][\w.'’-]*))){{0,3}}"
    r"[ \t]*(?:[,!:]+|\n|[-–](?=\s)|(?<=\]\])(?=\s))",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    rf"\n[ \t]*(?:--[ \t]*\n[\s\S]*|{any_of(_LETTERS['sign_off'])}[,.!]?[ \t]*"
    r"(?:\n[\s\S]{0,300})?)$",
    re.IGNORECASE,
)
_SIGNED_NAME = re.compile(
    rf"\n[ \t]*-{{0,2}}[ \t]*{_PLACEHOLDER}(?:[ \t]{_PLACEHOLDER})?(?:\n[\s\S]{{0,200}})?$"
)


def unquoted(text: str) -> str:
    """Returns the text up to the first quoted mail, without lines that quote."""
    begins = _QUOTE_BEGINS.search(text)
    own = text[: begins.start()] if begins else text
    return _QUOTED_LINE.sub("", own).strip()


@lru_cache(maxsize=8192)
def message_of(text: str) -> str:
    """Returns what the text says between its greeting and its sign-off, never nothing."""
    own = unquoted(text)
    bare = _GREETING.sub("", own, count=1)
    bare = _SIGN_OFF.sub("", bare)
    bare = _SIGNED_NAME.sub("", bare)
    return bare.strip() or own


def signature_of(text: str) -> str:
    """Returns what stands below the sign-off of a text: who writes."""
    own = unquoted(text)
    found = _SIGN_OFF.search(own)
    return found[0].strip().partition("\n")[2] if found else ""
