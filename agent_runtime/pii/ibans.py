"""IBANs: the country's own length decides, so that a mistyped one is hidden as well."""

import re
from collections.abc import Iterator
from functools import cache

from agent_runtime.pii.finding import Found, Reading

_START = re.compile(r"(?<![^\W_])[A-Za-z]{2}[ -]?\d{2}(?=[ \-\u00a0]?[A-Za-z0-9])")
_ANY = re.compile(r"[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?!\w)|[a-z]{2}\d{2}[a-z0-9]{11,30}(?!\w)")
_FOURS = re.compile(r"\w{4}(?:[ \-\u00a0]\w{4})+(?:[ \-\u00a0]\w{1,3})?")
_GAP = " -\u00a0."


def find_ibans(reading: Reading) -> Iterator[Found]:
    """Yields account numbers of the form of ISO 13616, in one piece or in groups."""
    text = reading.text
    for m in _START.finditer(text):
        length = _length(m[0][:2].upper())
        end = _end(text, m.start(), length) or _unlisted(text, m.start())
        if (
            end
            and _is_grouped(text[m.start() : end])
            and sum(map(str.isdigit, text[m.start() : end])) >= 8
        ):
            yield Found("IBAN", m.start(), end)


def _end(text: str, start: int, length: int) -> int:
    """Returns where a number of that many letters and digits ends, 0 where it does not."""
    at, count = start, 0
    while count < length and at < len(text):
        if text[at].isascii() and text[at].isalnum():
            count += 1
        elif text[at] not in _GAP or (text[at - 1] in _GAP):
            return 0
        at += 1
    is_whole = count == length and length > 0 and not text[at : at + 1].isalnum()
    return at if is_whole else 0


def _is_grouped(number: str) -> bool:
    """Says whether a number is in one piece, in groups of four, or in capitals."""
    is_plain = number.isalnum() or number == number.upper()
    return is_plain or bool(_FOURS.fullmatch(number))


def _unlisted(text: str, start: int) -> int:
    """Returns where a number of an unlisted country or length ends, if its check digits fit."""
    m = _ANY.match(text, start)
    if m is None:
        return 0
    plain = "".join(filter(str.isalnum, m[0])).upper()
    value = int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4]))
    return m.end() if value % 97 == 1 else 0


@cache
def _length(country: str) -> int:
    from stdnum import numdb

    (_, facts), *_ = numdb.get("iban").info(country + "00")
    return 4 + sum(map(int, re.findall(r"\d+", facts["bban"]))) if "bban" in facts else 0
