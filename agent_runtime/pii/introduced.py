"""Values that words introduce: identity papers, accounts, birth dates, passwords, postcodes."""

import re
from collections.abc import Iterator
from functools import cache

from agent_runtime.pii.finding import Found, Phrases, Reading, flat
from agent_runtime.times.calendar_words import MONTHS
from agent_runtime.words import read_words

_KINDS = ("NATIONAL_ID", "ACCOUNT", "BIRTH_DATE", "SECRET", "POSTCODE")
_GROUPS = (
    r"(?:[A-Za-z]{0,4}\d[A-Za-z0-9]*|[A-Z]{1,3}(?![\w])|[A-Z]{3,6}\d\w*)"
    r"(?:[ ./\-\u00a0]{1,2}(?:[A-Za-z]{0,3}\d[A-Za-z0-9]*|[A-Z]{1,2}(?![\w'’])))*"
)
_MONTH = "|".join(sorted({m for names in MONTHS.values() for m in names}, key=len, reverse=True))
_DATE = (
    r"\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{2,4}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.|º)?\s(?:de\s|of\s)?(?:{_MONTH}|[A-Z][a-z]{{2}})\.?,?\s(?:del?\s)?\d{{4}}"
    rf"|(?:{_MONTH}|[A-Z][a-z]{{2}})\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}"
    r"|(?:19|20)\d{2}(?!\w)"
)
_VALUES = {
    "NATIONAL_ID": re.compile(_GROUPS),
    "ACCOUNT": re.compile(rf"{_GROUPS}|[A-Z]{{6}}[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?(?!\w)"),
    "BIRTH_DATE": re.compile(_DATE, re.IGNORECASE),
    "SECRET": re.compile(r"[^\s,;\"]*[^\s,;\".?!)]"),
    "POSTCODE": re.compile(
        r"\d{5}-\d{3,4}(?!\d)|\d{4}-\d{3}(?!\d)|\d{2}-\d{3}(?!\d)|\d{3} \d{2}(?!\d)"
        r"|\d{4} ?[A-Z]{2}(?!\w)|\d{4,6}(?![\w%€$£])"
        r"|[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}(?!\w)|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d(?!\w)"
    ),
}
_FEWEST_DIGITS = {"NATIONAL_ID": 4, "ACCOUNT": 5}
_SAYS_SO = re.compile(r"[:=]|(?<!\w)(?:is|ist|lautet|es|est|é|è|s)(?!\w)", re.IGNORECASE)
_NO_WORD = re.compile(r"\d|[^\w\s'’.-]|[a-z][A-Z]")


def find_introduced(reading: Reading) -> Iterator[Found]:
    """Yields the values that follow their names, such as "passport no. C01X00T47"."""
    text = reading.text
    for kind, _, end in _labels().find(reading.words):
        link = _link().match(text, end)
        start = link.end() if link else end
        value = _VALUES[kind].match(text, start)
        if value and start > end and _is_value(kind, value[0], text[end:start]):
            name = "ADDRESS" if kind == "POSTCODE" else kind
            yield Found(name, start, value.end())


def _is_value(kind: str, value: str, link: str) -> bool:
    if kind == "SECRET":
        is_said = bool(_SAYS_SO.search(link))
        return len(value) >= 3 and bool(_NO_WORD.search(value)) and (is_said or value.isdigit())
    digits = sum(map(str.isdigit, value))
    is_bank_code = kind == "ACCOUNT" and value.isalpha() and len(value) >= 8
    return is_bank_code or digits >= _FEWEST_DIGITS.get(kind, 0)


@cache
def _labels() -> Phrases:
    lists = read_words("pii/labels")
    return Phrases({kind: flat(lists[kind]) for kind in _KINDS})


@cache
def _link() -> re.Pattern[str]:
    words = "|".join(sorted(set(read_words("pii/labels")["links"].split()), key=len, reverse=True))
    return re.compile(
        rf"(?:[\s:=#>*_\"'’(.°º/–—-]+|(?:(?<!\w)(?:{words})(?!\w))){{0,14}}", re.IGNORECASE
    )
