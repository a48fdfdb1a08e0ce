"""Postcodes, as far as their form tells them."""

import re

from agent_runtime.pii.addresses.tokens import Tokens

_NUMERIC = re.compile(r"\d{4,6}|\d{8}|\d{5}-\d{3,4}|\d{4}-\d{3}|\d{2}-\d{3}")
_SECOND = re.compile(r"\d{2,3}")
_BRITISH = re.compile(r"[a-z]{1,2}\d[a-z\d]?"), re.compile(r"\d[a-z]{2}")
_CANADA = re.compile(r"[abceghj-nprstvxy]\d[a-z]"), re.compile(r"\d[a-z]\d")
_COUNTRIES = frozenset(["d", "f", "i", "a", "ch", "cp", "l", "b"])
_ALONE = re.compile(
    r"[^\d]{3,}-\d{6}|(?:d|f|i|a|ch|l|b|gb|lv|lt|md|az)-\d{4,5}"
    r"|[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}|[a-z]\d[a-z]\d[a-z]\d"
)


def postcode_end(tokens: Tokens, at: int) -> int:
    """Returns where the postcode that begins at a token ends; `at` where none does."""
    word, after = tokens.word(at), tokens.word(at + 1)
    if word.isalpha() and len(word) > 2:
        return at
    if _ALONE.fullmatch(word):
        return at + 1
    if tokens.kind(at) == "n":
        return at + _numeric_size(tokens, at) if tokens.is_number(at) else at
    if word in _COUNTRIES and after == "-" and _NUMERIC.fullmatch(tokens.word(at + 2)):
        return at + 3
    is_pair = any(
        first.fullmatch(word) and second.fullmatch(after) for first, second in (_BRITISH, _CANADA)
    )
    return at + 2 if is_pair else at


def _numeric_size(tokens: Tokens, at: int) -> int:
    """Returns of how many tokens a postcode that begins with digits is made: 10115; 5907 JO."""
    word, after = tokens.word(at), tokens.word(at + 1)
    if _NUMERIC.fullmatch(word):
        is_dutch = len(word) == 4 and len(after) == 2 and after.isalpha()
        return 1 + (is_dutch and (tokens.raw(at + 1).isupper() or tokens.is_lower_case))
    return 2 if len(word) == 3 and word.isdigit() and _SECOND.fullmatch(after) else 0


def is_strong(tokens: Tokens, at: int, end: int) -> bool:
    """Says whether the postcode between two tokens is more than four digits."""
    return end > at and (end - at > 1 or len(tokens.raw(at)) > 4)
