"""Hours of the clock as said, and what they mean."""

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


def said_hour(atoms: Atoms, at: int) -> int | None:
    """Returns the number at a position when it can be an hour."""
    hour = atoms.count(at) if atoms.has(at + 1, "oclock") else atoms.tag(at, "num")
    return hour if hour is not None and 0 <= hour <= 24 else None


def end_clock(atoms: Atoms, clock: Clock, at: int, *, is_plain: bool) -> HeardClock:
    """Returns the clock with what may end it: "Uhr", "-ish", "pm", "in the afternoon"."""
    while True:
        if (atoms.has(at, "oclock") and not atoms.has(at, "unit")) or atoms.has(at, "ish"):
            is_plain, at = True, at + 1
            continue
        half = atoms.tag(at, "half_day")
        if half and not clock.half and clock.hour <= 12:
            clock, is_plain, at = replace(clock, half=half), True, at + 1
            continue
        part = atoms.tag(at, "part")
        if part in _PARTS and not clock.half and clock.hour <= 12:
            total = clock.settle(part)
            settled = Clock(total // 60, clock.minute, "am" if total < _NOON else "")
            return HeardClock(settled, at + 1, is_plain=True)
        return HeardClock(clock, at, is_plain)


_LATER = ("afternoon", "evening", "night", "lunch", "after_lunch", "after_work")
_LAST_AFTERNOON_HOUR = 6
_PARTS = ("morning", "afternoon", "evening", "night", "lunch")
_NOON = 12 * 60
