"""Meeting times as they are said on the telephone, in the listener's zone and language."""

import re
from collections.abc import Iterable
from datetime import datetime

from agent_runtime.domain import Slot
from agent_runtime.times.calendar_words import MONTHS, WEEKDAYS
from agent_runtime.times.local_times import zone_of

_DAY = {
    "en": "{weekday} {day} {month}",
    "es": "el {weekday} {day} de {month}",
    "de": "{weekday}, den {day}. {month}",
    "fr": "le {weekday} {day} {month}",
    "pt": "{weekday}, {day} de {month}",
    "it": "{weekday} {day} {month}",
}
_CLOCK = {
    "en": ("at {twelve} {half}", "at {twelve}:{minute} {half}"),
    "es": ("a las {hour}", "a las {hour} y {minute}"),
    "de": ("um {hour} Uhr", "um {hour} Uhr {minute}"),
    "fr": ("à {hour} heures", "à {hour} heures {minute}"),
    "pt": ("às {hour} horas", "às {hour} e {minute}"),
    "it": ("alle {hour}", "alle {hour} e {minute}"),
}
"""On the hour, and with minutes."""
_OR = {"en": "or", "es": "o", "de": "oder", "fr": "ou", "pt": "ou", "it": "o"}


def say_aloud(start: datetime, *, zone: str, language: str) -> str:
    """Returns an instant as one says it; the zone is named only where the listener's is unknown.

    >>> from datetime import UTC
    >>> say_aloud(datetime(2026, 1, 13, 13, 30, tzinfo=UTC), zone="Europe/Berlin", language="en")
    'Tuesday 13 January at 2:30 PM'
    """
    local = start.astimezone(zone_of(zone))
    day = _DAY[language].format(
        weekday=WEEKDAYS[language][local.weekday()],
        day=local.day,
        month=MONTHS[language][local.month - 1],
    )
    clock = _CLOCK[language][local.minute > 0].format(
        hour=local.hour,
        twelve=local.hour % 12 or 12,
        half="AM" if local.hour < 12 else "PM",
        minute=f"{local.minute:02}",
    )
    return f"{day} {clock}{'' if zone else ' UTC'}"


def list_aloud(slots: Iterable[Slot], *, zone: str, language: str) -> str:
    """Returns times to choose from, in one breath."""
    times = [say_aloud(slot.start, zone=zone, language=language) for slot in slots]
    if len(times) < 2:
        return "".join(times)
    return f"{', '.join(times[:-1])}, {_OR[language]} {times[-1]}"


def _pattern_of(language: str) -> str:
    def spelt(shape: str) -> str:
        named = {
            "weekday": f"(?:{'|'.join(map(re.escape, WEEKDAYS[language]))})",
            "month": f"(?:{'|'.join(map(re.escape, MONTHS[language]))})",
            "half": "[AP]M",
        }
        parts = re.split(r"\{(\w+)\}", shape)
        return "".join(
            (named.get(p, r"\d{1,2}") if i % 2 else re.escape(p)) for i, p in enumerate(parts)
        )

    clocks = "|".join(spelt(shape) for shape in _CLOCK[language])
    return rf"{spelt(_DAY[language])} (?:{clocks})(?: UTC)?"


ALOUD_PATTERN = f"(?:{'|'.join(_pattern_of(language) for language in _DAY)})"
"""What `say_aloud` can return, so that the permit can check what is to be spoken."""

_LAST = rf", (?:{'|'.join(sorted(set(_OR.values())))}) {ALOUD_PATTERN}"
ALOUD_LIST_PATTERN = rf"{ALOUD_PATTERN}(?:, {ALOUD_PATTERN})*(?:{_LAST})?"
"""What `list_aloud` can return."""
