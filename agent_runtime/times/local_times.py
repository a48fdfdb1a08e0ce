"""Meeting times as people read them: in their zone, their language, numbered."""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from agent_runtime.domain import Slot
from agent_runtime.times.calendar_words import MONTHS, WEEKDAYS

_SHAPES = {
    "en": "{weekday} {day} {month}, {clock} ({zone})",
    "es": "{weekday} {day} de {month}, {clock} ({zone})",
    "de": "{weekday}, {day}. {month}, {clock} Uhr ({zone})",
    "fr": "{weekday} {day} {month}, {clock} ({zone})",
    "pt": "{weekday}, {day} de {month}, {clock} ({zone})",
    "it": "{weekday} {day} {month}, {clock} ({zone})",
}

_DAYS = {
    "en": "{day} {month} {year}",
    "es": "{day} de {month} de {year}",
    "de": "{day}. {month} {year}",
    "fr": "{day} {month} {year}",
    "pt": "{day} de {month} de {year}",
    "it": "{day} {month} {year}",
}


@lru_cache(maxsize=4096)
def say_time(start: datetime, *, zone: str, language: str) -> str:
    """Returns an instant as the reader would write it, with their zone named.

    >>> from datetime import UTC
    >>> say_time(datetime(2026, 1, 13, 9, tzinfo=UTC), zone="Europe/Berlin", language="en")
    'Tuesday 13 January, 10:00 (Europe/Berlin)'
    """
    local = start.astimezone(zone_of(zone))
    return _SHAPES[language].format(
        weekday=WEEKDAYS[language][local.weekday()],
        day=local.day,
        month=MONTHS[language][local.month - 1],
        clock=f"{local:%H:%M}",
        zone=zone or "UTC",
    )


def say_day(at: datetime, *, zone: str, language: str) -> str:
    """Returns the day of an instant, with its year, as the reader would write it.

    >>> from datetime import UTC
    >>> say_day(datetime(2026, 1, 13, 9, tzinfo=UTC), zone="", language="de")
    '13. Januar 2026'
    """
    local = at.astimezone(zone_of(zone))
    month = MONTHS[language][local.month - 1]
    return _DAYS[language].format(day=local.day, month=month, year=local.year)


def number_times(slots: Iterable[Slot], *, zone: str, language: str) -> str:
    """Returns the slots as a numbered list, one a line."""
    times = (say_time(slot.start, zone=zone, language=language) for slot in slots)
    return "\n".join(f"{number}) {time}" for number, time in enumerate(times, 1))


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """Returns the zone of an IANA name; an empty name is UTC, and the reader sees it named."""
    return ZoneInfo(name or "UTC")


def _either(words: Iterable[tuple[str, ...]]) -> str:
    return "|".join(sorted({re.escape(w) for group in words for w in group}, key=len))


TIME_PATTERN = (
    rf"(?:{_either(WEEKDAYS.values())}),? \d{{1,2}}\.?(?: de)? (?:{_either(MONTHS.values())}), "
    r"\d{2}:\d{2}(?: Uhr)? \([A-Za-z_/+\-0-9]+\)"
)
"""What `say_time` can return, so that the permit can check a draft against approved wording."""
