"""Telephone numbers: what libphonenumber calls valid, and what people write besides."""

import re
from collections.abc import Iterator
from functools import cache

from agent_runtime.pii.finding import Found, Phrases, Reading, flat
from agent_runtime.words import read_words

_MAYBE = re.compile(r"[+(\d][\d\s().\-/]{6,}\d")
_EXTENSION = r"(?:\s?(?:[x#]|ext\.?|extension|durchwahl|dw|poste|int(?:erno)?\.?|ramal)\s?\d{1,6})"
_CANDIDATE = re.compile(
    rf"(?<![\w@])(?<!\d[.,:/-])[+(]{{0,2}}\d(?:[ .\-/()\u00a0\u2010-\u2013]{{0,3}}\d){{5,16}}"
    rf"{_EXTENSION}?(?!\w|[.,:]\d)",
    re.IGNORECASE,
)
_MORE = re.compile(_EXTENSION, re.IGNORECASE)
_STRONG = re.compile(
    r"\+\(?\d[\d ()./\-\u00a0\u2010-\u2013]{6,}"
    r"|00[1-9][\d ()./\-]{7,}"
    r"|\(?0\d{1,4}\)?[ /.\-\u00a0]{1,2}\d[\d ./\-\u00a0]{4,}\d"
    r"|0\d{9,10}"
    r"|\(\d{2,5}\) ?\d[\d \-./]{4,}\d"
    r"|\d{3}[-.]\d{3}[-.]\d{4}|\d{3} \d{3}[ -]\d{4}"
    r"|[2-9]\d\d([ -])\d{3}\1(?!000)\d{3}|[2-9]\d\d \d\d \d\d \d\d"
    r"|[1-9]\d \d{3} \d\d \d\d|[1-9]\d(?: \d\d){3}|3\d\d[/.\-]\d{6,7}|3\d\d \d{6,7}"
    r"|[1-9]\d 9?\d{4}-\d{4}"
    r"|1[-. ]\d{3}[-. ]\d{3}[-. ]\d{4}"
    r"|\d{10}(?=x)"
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])(?!\d)"
    r"|(?:0?[1-9]|[12]\d|3[01])([-./ ])(?:0?[1-9]|1[0-2])\1(?:19|20)?\d\d(?!\d)"
    r"|(?:0?[1-9]|1[0-2])([-./ ])(?:0?[1-9]|[12]\d|3[01])\2(?:19|20)?\d\d(?!\d)"
    r"|[01]\d-[0-3]\d(?:[ ,]+[01]\d-[0-3]\d)+(?!\d)"
    r"|(?:19|20)\d\d ?[-–] ?(?:19|20)?\d\d(?!\d)"
    r"|(?:19|20)\d\d[-/]\d{3,6}(?![-\d])"
    r"|[012]?\d[.:][0-5]\d ?[-–] ?[012]?\d[.:][0-5]\d(?!\d)"
)
_PAIRS = re.compile(r"0\d(?:[ .\-]\d\d){4}(?!\d)")
_MONEY_BEFORE = re.compile(r"(?:[€$£¥₹]|\b(?:EUR|USD|GBP|CHF|US|R)\$?)\s?$", re.IGNORECASE)
_MONEY_AFTER = re.compile(
    r"\s?(?:[€$£¥₹%]|,-|(?:eur|usd|gbp|chf|euros?|dollars?|pounds?|k|mio|million\w*|users?|seats?"
    r"|nutzer|usuarios|utenti|utilisateurs|people|records|rows|contacts|leads)\b)",
    re.IGNORECASE,
)
_NEAR = 40
_SHORT = 16
_MARGIN = 12
_SENTENCE = re.compile(r"[.!?]\s|\n\s*\n")


def find_phones(reading: Reading) -> Iterator[Found]:
    """Yields numbers that are told by their form.

    A number after a word such as "order" or "invoice" is none, unless it begins with a plus.
    """
    if reading.digits >= 7:
        said = tuple(_said().find(reading.words))
        if _MAYBE.search(reading.text):
            yield from _valid(reading, said)
        yield from _candidates(reading, said, is_told=False)


def find_told_phones(reading: Reading) -> Iterator[Found]:
    """Yields numbers of any form that the words around them call a telephone number."""
    if reading.digits >= 6:
        yield from _candidates(reading, tuple(_said().find(reading.words)), is_told=True)


def _candidates(
    reading: Reading, said: tuple[tuple[str, int, int], ...], *, is_told: bool
) -> Iterator[Found]:
    for m in _CANDIDATE.finditer(reading.text):
        if _is_phone(reading.text, m, said, is_told=is_told):
            yield Found("PHONE", m.start() + _unopened(m[0]), m.end())


def _valid(reading: Reading, said: tuple[tuple[str, int, int], ...]) -> Iterator[Found]:
    """Asks libphonenumber, which takes its time, about what has no telling form."""
    text = reading.text
    for m in _MAYBE.finditer(text):
        is_date = _DATE.match(m[0]) and not _PAIRS.match(m[0])
        is_foreign = m[0].startswith("+")
        is_none = not is_foreign and _nearest(text, m.start(), said) == "never"
        if not (is_date or is_none or _STRONG.fullmatch(m[0])):
            begin = max(0, m.start() - _MARGIN)
            yield from _matched(text, begin, m.end() + _MARGIN, reading.country or "US")


def _matched(text: str, begin: int, end: int, region: str) -> Iterator[Found]:
    from phonenumbers import Leniency, PhoneNumberMatcher

    window = text[begin:end]
    for m in PhoneNumberMatcher(window, region, leniency=Leniency.VALID, max_tries=20):
        start = begin + m.start
        if not _DATE.match(text, start) or _PAIRS.match(text, start):
            more = _MORE.match(text, begin + m.end)
            yield Found("PHONE", start, more.end() if more else begin + m.end)


def _is_phone(
    text: str, m: re.Match[str], said: tuple[tuple[str, int, int], ...], *, is_told: bool
) -> bool:
    number = m[0]
    bare = number[_unopened(number) :]
    if _DATE.match(bare) and not _PAIRS.match(bare):
        return False
    is_money = _MONEY_BEFORE.search(text[max(0, m.start() - 5) : m.start()])
    if is_money or _MONEY_AFTER.match(text, m.end()):
        return False
    if bare.startswith("+") and _STRONG.match(bare):
        return True
    nearest = _nearest(text, m.start(), said)
    if nearest == "never":
        return False
    if not is_told:
        return bool(_STRONG.match(bare))
    return nearest == "before" or _is_named(text, m.end(), said)


def _nearest(text: str, start: int, said: tuple[tuple[str, int, int], ...]) -> str:
    """Returns what the last telling phrase before a number says of it, within its sentence."""
    for meaning, _, end in reversed(said):
        if meaning != "after" and end <= start:
            between = text[end:start]
            is_near = len(between) <= (_NEAR if meaning == "before" else _SHORT)
            return meaning if is_near and not _SENTENCE.search(between[2:]) else ""
    return ""


def _is_named(text: str, end: int, said: tuple[tuple[str, int, int], ...]) -> bool:
    return any(
        end <= start <= end + 3 and "\n" not in text[end:start]
        for meaning, start, _ in said
        if meaning in ("after", "before")
    )


def _unopened(number: str) -> int:
    """Returns how many opening brackets at the start are never closed."""
    return 1 if number.startswith("(") and number.count("(") > number.count(")") else 0


@cache
def _said() -> Phrases:
    lists = read_words("pii/phones")
    return Phrases(
        {
            "never": flat(lists["never"]),
            "before": flat(lists["before"]),
            "after": [w for w in lists["after"] if w not in set(flat(lists["before"]))],
        }
    )
