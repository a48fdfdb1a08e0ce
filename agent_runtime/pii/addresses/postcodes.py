"""Postcodes, as far as their form tells them."""

import re

from agent_runtime.pii.addresses.tokens import Tokens

_NUMERIC = re.compile(r"\d{4,6}|\d{8}|\d{5}-\d{3,4}|\d{4}-\d{3}|\d{2}-\d{3}")
_OUTWARD = re.compile(r"[a-z]{1,2}\d[a-z\d]?")
_INWARD = re.compile(r"\d[a-z]{2}")
_CANADA = re.compile(r"[abceghj-nprstvxy]\d[a-z]"), re.compile(r"\d[a-z]\d")


def postcode_end(tokens: Tokens, at: int) -> int:
    """Returns where the postcode that begins at a token ends; `at` where none does."""
    raw = tokens.raw(at)
    if raw.isalpha() and len(raw) > 2:
        return at
    if tokens.kind(at) == "w" and tokens.word(at) in ("d", "f", "i", "a", "ch", "cp", "l", "b"):
        if tokens.word(at + 1) == "-" and _NUMERIC.fullmatch(tokens.word(at + 2)):
            return at + 3
    word, after = tokens.word(at), tokens.word(at + 1)
    if tokens.kind(at) == "w" and re.fullmatch(r"[^\d]{3,}-\d{6}", word):
        return at + 1
    if re.fullmatch(r"(?:d|f|i|a|ch|l|b|gb|lv|lt|md|az)-\d{4,5}", word):
        return at + 1
    if tokens.kind(at) == "n" and _NUMERIC.fullmatch(word) and tokens.is_number(at):
        is_dutch = len(word) == 4 and len(after) == 2 and after.isalpha()
        is_dutch = is_dutch and (tokens.raw(at + 1).isupper() or tokens.is_lower_case)
        return at + 2 if is_dutch else at + 1
    if re.fullmatch(r"\d{3}", word) and re.fullmatch(r"\d{2,3}", after) and tokens.is_number(at):
        return at + 2
    if _OUTWARD.fullmatch(word) and _INWARD.fullmatch(after):
        return at + 2
    if _CANADA[0].fullmatch(word) and _CANADA[1].fullmatch(after):
        return at + 2
    if re.fullmatch(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}|[a-z]\d[a-z]\d[a-z]\d", word):
        return at + 1
    return at


def is_strong(tokens: Tokens, at: int, end: int) -> bool:
    """Says whether the postcode between two tokens is more than four digits."""
    return end > at and (end - at > 1 or len(tokens.raw(at)) > 4)
