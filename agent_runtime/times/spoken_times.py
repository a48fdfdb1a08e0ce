"""Days and hours that a text names outright; enough to tell a few given slots apart."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from agent_runtime.times.calendar_words import DAY_FORMS, MONTHS, WEEKDAYS


@dataclass(frozen=True, slots=True)
class SpokenTime:
    """What a text says about when. Empty fields were not said."""

    weekdays: frozenset[int] = frozenset()
    """Monday is 0."""
    days: frozenset[tuple[int, int]] = frozenset()
    """Day and month; month 0 where only the day was named."""
    in_days: frozenset[int] = frozenset()
    """0 for today, 1 for tomorrow."""
    clocks: frozenset[tuple[int, int]] = frozenset()
    """Hour and minute; hours 1 to 6 without am or pm are in the afternoon."""
    hours: tuple[int, int] | None = None
    """A part of the day, from hour to hour."""
    names_zone: bool = False
    """Clock times are in a zone that the text names, so they are not the reader's own."""
    words: str = ""
    """The stretch of the text that says it."""

    @property
    def has_day(self) -> bool:
        """Whether a day was named."""
        return bool(self.weekdays or self.days or self.in_days)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said about when."""
        return not (self.has_day or self.clocks or self.hours)

    def on_day(self, local: datetime, *, today: date) -> bool:
        """Says whether a local time lies on a named day; true when none was named."""
        if not self.has_day:
            return True
        day = local.date()
        return (
            day.weekday() in self.weekdays
            or bool(self.days & {(day.day, day.month), (day.day, 0)})
            or any(day == today + timedelta(days=n) for n in self.in_days)
        )

    def at_hour(self, local: datetime) -> bool:
        """Says whether a local time fits the named hour; true when none was named."""
        if self.clocks:
            return not self.names_zone and (local.hour, local.minute) in self.clocks
        return self.hours is None or self.hours[0] <= local.hour < self.hours[1]


@lru_cache(maxsize=8192)
def hear_time(text: str, language: str) -> SpokenTime:
    """Returns the days and hours that a text names, by the words of one language."""
    words = _words(language if language in WEEKDAYS else "en")
    spans: list[tuple[int, int]] = []
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = text

    def found(pattern: re.Pattern[str]) -> list[re.Match[str]]:
        matches = list(pattern.finditer(lowered))
        spans.extend(m.span() for m in matches)
        return matches

    weekdays = {words.weekdays[m[0].rstrip("s")] for m in found(words.weekday)}
    days = {(int(m["day"]), words.months.index(m["month"]) + 1) for m in found(words.date)}
    days |= {(int(m[1]), 0) for m in found(words.bare_day)}
    days |= {(int(m[1]), int(m[2])) for m in found(_NUMERIC_DATE) if int(m[2]) <= 12}
    in_days = {words.relative[m[0]] for m in found(words.near)}
    clocks = {_clock(m) for m in found(words.clock)}
    parts = {words.parts[m[0]] for m in found(words.part)}
    said = text[min(s for s, _ in spans) : max(e for _, e in spans)] if spans else ""
    return SpokenTime(
        weekdays=frozenset(weekdays),
        days=frozenset(days),
        in_days=frozenset(in_days),
        clocks=frozenset(clocks),
        hours=(min(a for a, _ in parts), max(b for _, b in parts)) if parts else None,
        names_zone=bool(_ZONE.search(text)),
        words=said if len(said) <= 80 else "",
    )


_NUMERIC_DATE = re.compile(r"(?<![\d.:/])(\d{1,2})[./](\d{1,2})(?:\.|/\d{2,4}\b)(?!\d)")
_ZONE = re.compile(
    r"\b(?:E[SD]?T|C[SD]T|M[SD]T|P[SD]?T|GMT|UTC|BST|CES?T|WES?T|IST|[Yy]our time|[Ii]hre Zeit"
    r"|hora de (?:Nueva York|Londres)|heure de (?:Paris|Londres|New York))\b"
)

_PARTS = {
    "en": {"morning": (9, 12), "afternoon": (12, 17), "lunchtime": (12, 13), "evening": (17, 20)},
    "es": {"por la mañana": (9, 12), "tarde": (12, 17), "a mediodía": (12, 13)},
    "de": {"vormittag": (9, 12), "vormittags": (9, 12), "nachmittag": (12, 17)}
    | {"nachmittags": (12, 17), "mittags": (12, 13), "morgens": (9, 12), "früh": (9, 12)},
    "fr": {"matin": (9, 12), "matinée": (9, 12), "après-midi": (12, 17), "midi": (12, 13)},
    "pt": {"manhã": (9, 12), "de manhã": (9, 12), "tarde": (12, 17)},
    "it": {"mattina": (9, 12), "mattino": (9, 12), "pomeriggio": (12, 17)},
}
_NEAR = {
    "en": {"today": 0, "tomorrow": 1},
    "es": {"hoy": 0, "mañana": 1, "pasado mañana": 2},
    "de": {"heute": 0, "morgen": 1, "übermorgen": 2},
    "fr": {"aujourd'hui": 0, "aujourd’hui": 0, "demain": 1, "après-demain": 2},
    "pt": {"hoje": 0, "amanhã": 1, "depois de amanhã": 2},
    "it": {"oggi": 0, "domani": 1, "dopodomani": 2},
}
_AT = {
    "en": r"at|@|around",
    "es": r"a las?|sobre las?",
    "de": r"um|gegen|ab",
    "fr": r"à|vers",
    "pt": r"às?|pelas",
    "it": r"alle|all'|verso le",
}
_BARE_DAY = {
    "en": r"\b(?:the )?(\d{1,2})(?:st|nd|rd|th)\b",
    "es": r"\bel (?:d[ií]a )?(\d{1,2})\b(?! de| ?h)",
    "de": r"\bam (\d{1,2})\.(?!\d)",
    "fr": r"\ble (\d{1,2})\b(?! ?h)",
    "pt": r"\b(?:no )?dia (\d{1,2})\b",
    "it": r"\bil (?:giorno )?(\d{1,2})\b",
}


@dataclass(frozen=True, slots=True)
class _Words:
    weekdays: dict[str, int]
    months: tuple[str, ...]
    relative: dict[str, int]
    parts: dict[str, tuple[int, int]]
    weekday: re.Pattern[str]
    date: re.Pattern[str]
    bare_day: re.Pattern[str]
    near: re.Pattern[str]
    clock: re.Pattern[str]
    part: re.Pattern[str]


@lru_cache(maxsize=8)
def _words(language: str) -> _Words:
    weekdays = {name.lower().rstrip("s"): n for n, name in enumerate(WEEKDAYS[language])}
    for n, forms in enumerate(DAY_FORMS[language]):
        weekdays |= dict.fromkeys((form.rstrip("s") for form in forms), n)
    months = tuple(month.lower() for month in MONTHS[language])
    month = "|".join(months)
    return _Words(
        weekdays=weekdays,
        months=months,
        relative=_NEAR[language],
        parts=_PARTS[language],
        weekday=re.compile(rf"\b(?:{_either(weekdays)})s?\b"),
        date=re.compile(
            rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?(?: de| of)? ?(?P<month>{month})\b"
        ),
        bare_day=re.compile(_BARE_DAY[language]),
        near=re.compile(rf"(?<!\w)(?<!la )(?:{_either(_NEAR[language])})(?!\w)"),
        clock=re.compile(
            r"(?<![\d./])(?:(?P<h1>[01]?\d|2[0-3])[:h.](?P<m>[0-5]\d)(?!\d|\.\d|/)"
            r"|(?P<h2>[01]?\d|2[0-3]) ?(?=(?:am|pm|a\.m|p\.m|uhr|h\b|o.clock|heures|horas|ore\b))"
            rf"|(?<!\w)(?:{_AT[language]}) ?(?P<h3>[01]?\d|2[0-3])"
            rf"(?![\d:.,h]?\d|\. ?(?:{month})|%|/| ?(?:{month})))"
            r"(?: ?(?P<half>am|pm|a\.m|p\.m))?"
        ),
        part=re.compile(rf"(?<!\w)(?:{_either(_PARTS[language])})(?!\w)"),
    )


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


def _clock(match: re.Match[str]) -> tuple[int, int]:
    hour = int(match["h1"] or match["h2"] or match["h3"])
    half = (match["half"] or "").replace(".", "")
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    elif not half and 1 <= hour <= 6:
        hour += 12
    return hour, int(match["m"] or 0)
