"""Hours of the clock as people say them: half past two, halb drei, las tres y media, 15h30."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from agent_runtime.times.tokens import Atoms


@dataclass(frozen=True, slots=True)
class Clock:
    """An hour and minute as said; `half` is "am", "pm", or empty where the text does not tell."""

    hour: int
    minute: int = 0
    half: str = ""

    def settle(self, part: str = "") -> int:
        """Returns the minutes after midnight that are meant.

        Hours 1 to 6 are afternoon and 7 to 11 morning, unless the text tells a part of the day.
        """
        hour = self.hour
        if self.half or hour == 0 or hour > 12:
            if self.half:
                hour = hour % 12 + (12 if self.half == "pm" else 0)
        elif part == "night" and hour <= _LAST_AFTERNOON_HOUR:
            pass
        elif part in _LATER:
            hour = 24 if part in ("evening", "night") and hour == 12 else hour % 12 + 12
        elif part != "morning" and hour <= _LAST_AFTERNOON_HOUR:
            hour += 12
        return hour * 60 + self.minute


class HeardClock(NamedTuple):
    """A clock, where it ends, and whether it is more than a bare number."""

    clock: Clock
    end: int
    is_plain: bool


def hear_clock(atoms: Atoms, at: int) -> HeardClock | None:
    """Returns the hour said at a position; a bare number counts, and is marked as not plain."""
    at = atoms.skip(at, "filler", "at")
    if said := atoms.tag(at, "clock"):
        return _tail(atoms, Clock(*said), at + 1, is_plain=True)
    if said := atoms.tag(at, "hhmm"):
        return HeardClock(Clock(*said), at + 1, is_plain=False)
    if said := atoms.tag(at, "dotted"):
        hour, minute, digits, _ = said
        is_clock = hour <= 24 and minute < 60 and digits == 2
        return _tail(atoms, Clock(hour, minute), at + 1, is_plain=False) if is_clock else None
    if said := atoms.tag(at, "hours"):
        hour, unit = said
        if unit == "long" or hour > 24:
            return None
        is_late = hour > _LAST_AFTERNOON_HOUR or unit == "clock"
        return _after_hour(atoms, hour, at + 1, is_plain=is_late, word=False)
    if atoms.has(at, "noon", "midnight"):
        hour = 12 if atoms.has(at, "noon") else 24
        return _after_hour(atoms, hour, at + 1, is_plain=True, word=True)
    return _before_hour(atoms, at) or _from_hour(atoms, at)


_LATER = ("afternoon", "evening", "night", "lunch", "after_lunch", "after_work")
_LAST_AFTERNOON_HOUR = 6
_PARTS = ("morning", "afternoon", "evening", "night", "lunch")
_SPOKEN_TO = (5, 20, 25)
"""Minutes before "to" that are no range: "ten to four" may be one, "five to four" is not."""


def _hour(atoms: Atoms, at: int) -> int | None:
    hour = atoms.count(at) if atoms.has(at + 1, "oclock") else atoms.tag(at, "num")
    return hour if hour is not None and 0 <= hour <= 24 else None


def _before_hour(atoms: Atoms, at: int) -> HeardClock | None:
    """Minutes named ahead of their hour: "half past two", "viertel vor drei"."""
    half = atoms.tag(at, "half")
    if half in ("after", "before") and atoms.has(at + 1, "past"):
        at_hour = atoms.skip(at + 2, "filler", "at")
        return _shifted(atoms, at_hour, 30)
    if half in ("after", "before"):
        return _shifted(atoms, at + 1, 30 if half == "after" else -30)
    if atoms.has(at, "three_quarters"):
        return _shifted(atoms, at + 1, -15)
    minutes = 15 if atoms.has(at, "quarter") else atoms.tag(at, "num")
    if minutes is None:
        minutes = atoms.tag(at, "minutes")
    if minutes is None or not 1 <= minutes < 60:
        return None
    is_quarter = atoms.has(at, "quarter")
    to = at + 1
    if atoms.tag(to, "unit") == "minute":
        to += 1
    if is_quarter and atoms.tag(at, "quarter") == "before" and _hour(atoms, to) is not None:
        return _shifted(atoms, to, -45)
    if not _may_count_minutes(atoms, at, to, minutes):
        return None
    sign = -1 if atoms.has(to, "less") else 1
    to = atoms.skip(to + 1, "filler", "at")
    if atoms.tag(to, "half") == "before":
        return _shifted(atoms, to + 1, -30 + sign * minutes)
    if atoms.has(to, "noon", "midnight"):
        hour = 12 if atoms.has(to, "noon") else 24
        total = hour * 60 + sign * minutes
        return HeardClock(Clock(total // 60, total % 60), to + 1, is_plain=True)
    return _shifted(atoms, to, sign * minutes)


def _may_count_minutes(atoms: Atoms, at: int, to: int, minutes: int) -> bool:
    if not atoms.has(to, "past", "less"):
        return False
    if not atoms.has(to, "to", "of", "after"):
        return True
    if atoms.has(at, "quarter"):
        return True
    is_said_at = atoms.has(at - 1, "at") and not atoms[at].word.isdigit()
    if atoms.has(to, "to"):
        return minutes in _SPOKEN_TO or is_said_at
    return atoms.has(to, "after") and not atoms.has(to, "of") and not atoms[at].word.isdigit()


def _shifted(atoms: Atoms, at: int, minutes: int) -> HeardClock | None:
    """The hour at a position, moved by minutes; its half of the day may follow."""
    hour = _hour(atoms, at)
    half = ""
    if hour is None:
        said = atoms.tag(at, "clock")
        if said is None and (hours := atoms.tag(at, "hours")):
            said = (hours[0], 0, "")
        if said is None or said[1]:
            return None
        hour, half = said[0], said[2]
    total = (hour or 12) * 60 + minutes
    whole, minute = divmod(total, 60)
    end = atoms.skip(at + 1, "oclock")
    return _tail(atoms, Clock(whole or 12, minute, half), end, is_plain=True)


def _from_hour(atoms: Atoms, at: int) -> HeardClock | None:
    hour = _hour(atoms, at)
    if hour is None:
        return None
    is_word = not atoms[at].word[0].isdigit()
    return _after_hour(atoms, hour, at + 1, is_plain=False, word=is_word)


def _after_hour(
    atoms: Atoms, hour: int, at: int, *, is_plain: bool, word: bool
) -> HeardClock | None:
    """What follows an hour: "o'clock", minutes, "y media", "menos cuarto", "et demie"."""
    if not is_plain and atoms.has(at, "oclock"):
        is_plain, at, word = not atoms.has(at, "unit"), at + 1, True
    after = at + 1 if atoms.has(at, "and") else at
    if atoms.tag(after, "half") and atoms.tag(after, "half") != "before" and after > at:
        return _tail(atoms, Clock(hour, 30), after + 1, is_plain=True)
    if after > at and atoms.has(after, "quarter"):
        return _tail(atoms, Clock(hour, 15), after + 1, is_plain=True)
    if atoms.has(at, "minus"):
        minutes = 15 if atoms.has(at + 1, "quarter") else atoms.tag(at + 1, "num")
        if minutes and 0 < minutes < 60:
            total = (hour or 24) * 60 - minutes
            return _tail(atoms, Clock(*divmod(total, 60)), at + 2, is_plain=True)
    minute = _spoken_minute(atoms, after, joined=after > at, word=word or is_plain)
    if minute is not None and not atoms.has(after + 1, "unit", "oclock"):
        return _tail(atoms, Clock(hour, minute), after + 1, is_plain=True)
    return _tail(atoms, Clock(hour), at, is_plain=is_plain)


def _spoken_minute(atoms: Atoms, at: int, *, joined: bool, word: bool) -> int | None:
    """Minutes right after their hour: "three thirty", "quinze heures trente", "3 30"."""
    minute = atoms.tag(at, "num")
    if minute is None:
        minute = atoms.tag(at, "minute_word")
    if minute is None or minute > 59:
        return None
    said = atoms[at].word
    if said.isdigit():
        return minute if len(said) == 2 and not joined else None
    return minute if word and (minute >= 10 or atoms.has(at, "minute_word")) else None


def _tail(atoms: Atoms, clock: Clock, at: int, *, is_plain: bool) -> HeardClock:
    """What may end an hour: "Uhr", "-ish", "pm", "in the afternoon"."""
    while True:
        if atoms.has(at, "oclock") and not atoms.has(at, "unit") or atoms.has(at, "ish"):
            is_plain, at = True, at + 1
            continue
        half = atoms.tag(at, "half_day")
        if half and not clock.half and clock.hour <= 12:
            clock, is_plain, at = replace(clock, half=half), True, at + 1
            continue
        part = atoms.tag(at, "part")
        if part in _PARTS and not clock.half and clock.hour <= 12:
            total = clock.settle(part)
            settled = Clock(total // 60, clock.minute, "am" if total < 720 else "")
            return HeardClock(settled, at + 1, is_plain=True)
        return HeardClock(clock, at, is_plain)
