"""Payment cards: issuer ranges and Luhn's check digit, or a word for a card before the number."""

import re
from collections.abc import Iterator

from agent_runtime.pii.finding import Found, Reading

_NUMBER = re.compile(r"(?<![\w+.-])\d(?:[ .\-\u00a0]{0,2}\d){11,18}(?![\w-])")
_RANGES = re.compile(
    r"(?:4\d{12}(?:\d{3}){0,2}"
    r"|(?:5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720))\d*(?<=^\d{16})"
    r"|3[47]\d{13}|3(?:0[0-5]|[689])\d{11,16}"
    r"|(?:6011|65|64[4-9]|622|60|81|82|62)\d*(?<=^\d{16})(?:\d{3})?"
    r"|(?:2131|1800)\d{11}|35(?:2[89]|[3-8])\d*(?<=^\d{16})(?:\d{3})?"
    r"|(?:50|5[6-9]|6\d)\d{10,17}|220[0-4]\d{12,15}|9792\d{12})"
)
_CARD_WORD = re.compile(
    r"(?<!\w)(?:card|cards|cc|visa|mastercard|amex|american express|maestro|credit|debit"
    r"|(?:\w*karte|\w*kartennummer)|carte|tarjeta|cart[aã]o|carta)(?!\w)",
    re.IGNORECASE,
)
_BEFORE = 60


def find_cards(reading: Reading) -> Iterator[Found]:
    """Yields card numbers, in one piece or in groups."""
    for m in _NUMBER.finditer(reading.text):
        digits = re.sub(r"\D", "", m[0])
        before = reading.text[max(0, m.start() - _BEFORE) : m.start()]
        is_valid = bool(_RANGES.fullmatch(digits)) and passes_luhn(digits)
        if is_valid or _CARD_WORD.search(before):
            yield Found("CARD", m.start(), m.end())


def passes_luhn(digits: str) -> bool:
    """Says whether the last digit is the check digit of the others (ISO/IEC 7812)."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        value = int(character) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
