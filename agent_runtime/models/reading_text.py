"""A mail as the embedding reads it: names, numbers and dates mean no intent and are evened out."""

import re
from functools import lru_cache

from agent_runtime.placeholders import TOKEN
from agent_runtime.times.calendar_words import MONTHS, WEEKDAYS

MAX_CHARACTERS = 500
"""What comes later in a mail seldom says why it was written, and reading it takes time."""

_WORDS = {
    "FIRST_NAME": "Alex",
    "LAST_NAME": "Miller",
    "OWNER_NAME": "Kim Novak",
    "OWNER_FIRST_NAME": "Kim",
    "PERSON": "Sam Keller",
    "COMPANY": "Acme",
    "EMAIL": "sam@mail.example",
    "PHONE": "555 0100",
    "URL": "the link",
    "ADDRESS": "our office",
    "CARD": "my card",
    "IBAN": "our account",
    "ACCOUNT": "our account",
    "BIRTH_DATE": "my birthday",
    "NATIONAL_ID": "my number",
    "SECRET": "the password",
}
_NUMBER = re.compile(r"\b(?P<clock>\d{1,2}[:.h]\d{2})\b|\d{2,}")
_SPACE = re.compile(r"\s+")
_DAYS = {
    re.compile(rf"\b(?:{'|'.join(names)})\b", re.IGNORECASE): names[1]
    for names in (*WEEKDAYS.values(), *MONTHS.values())
}


@lru_cache(maxsize=8192)
def reading_text(text: str) -> str:
    """Returns the text in lower case, with one name, day, hour and number for all of them.

    So that mails that differ only in these are one text, embedded once.
    """
    evened = TOKEN.sub(_word, text[:MAX_CHARACTERS])
    for pattern, name in _DAYS.items():
        evened = pattern.sub(name, evened)
    evened = _NUMBER.sub(lambda m: "10:00" if m["clock"] else "20", evened)
    return _SPACE.sub(" ", evened).strip().lower()


def _word(match: re.Match[str]) -> str:
    kind = match[0].strip("[]").rstrip("0123456789").rstrip("_")
    return _WORDS.get(kind, "this")
