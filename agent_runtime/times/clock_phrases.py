"""Hours of the clock as people say them: half past two, las tres y media, 15h30, three thirty."""

from agent_runtime.times.clocks import Clock, HeardClock, end_clock, said_hour
from agent_runtime.times.minutes_first import hear_minutes_first
from agent_runtime.times.tokens import Atoms


def hear_clock(atoms: Atoms, at: int, *, up_to: bool = False) -> HeardClock | None:
    """Returns the hour said at a position; a bare number counts, and is marked as not plain.

    With `up_to` an "and" leads to another hour, not to minutes.
    """
    at = atoms.skip(at, "filler", "at")
    if atoms.has(at, "clock", "hhmm", "dotted", "hours"):
        return _in_digits(atoms, at)
    if atoms.has(at, "noon", "midnight"):
        hour = 12 if atoms.has(at, "noon") else 24
        return _after_hour(atoms, hour, at + 1, is_plain=True, word=True)
    return hear_minutes_first(atoms, at) or _from_hour(atoms, at, up_to=up_to)


_PLAIN_FROM = 7
"""From "7h" on an hour with its letter is no length."""

_NOON = 12
_AND_MINUTES = ("es", "pt", "it")
"""Languages that say "las cinco y diez"."""


def _in_digits(atoms: Atoms, at: int) -> HeardClock | None:
    if said := atoms.tag(at, "clock"):
        return end_clock(atoms, Clock(*said), at + 1, is_plain=True)
    if said := atoms.tag(at, "hhmm"):
        return HeardClock(Clock(*said), at + 1, is_plain=False)
    if said := atoms.tag(at, "dotted"):
        hour, minute, digits, _ = said
        is_clock = hour <= 24 and minute < 60 and digits == 2
        return end_clock(atoms, Clock(hour, minute), at + 1, is_plain=False) if is_clock else None
    hour, unit = atoms.tag(at, "hours")
    if unit == "long" or hour > 24:
        return None
    is_plain = hour >= _PLAIN_FROM or unit == "clock"
    return _after_hour(atoms, hour, at + 1, is_plain=is_plain, word=False)


def _from_hour(atoms: Atoms, at: int, *, up_to: bool) -> HeardClock | None:
    hour = said_hour(atoms, at)
    if hour is None:
        return None
    is_word = not atoms[at].word[0].isdigit()
    if atoms.has(at + 1, "hundred") and hour > _NOON:
        return HeardClock(Clock(hour), at + 2, is_plain=True)
    return _after_hour(atoms, hour, at + 1, is_plain=False, word=is_word, up_to=up_to)


def _after_hour(
    atoms: Atoms, hour: int, at: int, *, is_plain: bool, word: bool, up_to: bool = False
) -> HeardClock:
    """What follows an hour: "o'clock", minutes, "y media", "menos cuarto", "et demie"."""
    if not is_plain and atoms.has(at, "oclock"):
        is_plain, at, word = not atoms.has(at, "unit"), at + 1, True
    total, end = _fraction(atoms, hour, at)
    if total is not None:
        return end_clock(atoms, Clock(*divmod(total, 60)), end, is_plain=True)
    is_joined = atoms.has(at, "and")
    after = at + is_joined
    minute = None
    if not is_joined or (not up_to and atoms.language in _AND_MINUTES):
        minute = _spoken_minute(atoms, after, joined=is_joined, word=word or is_plain)
    if minute is not None and not atoms.has(after + 1, "unit", "oclock"):
        return end_clock(atoms, Clock(hour, minute), after + 1, is_plain=True)
    return end_clock(atoms, Clock(hour), at, is_plain=is_plain)


def _fraction(atoms: Atoms, hour: int, at: int) -> tuple[int | None, int]:
    """Minutes after midnight with "y media", "et quart" or "menos diez", and where that ends."""
    if atoms.has(at, "and") and atoms.tag(at + 1, "half") == "tail":
        return hour * 60 + 30, at + 2
    if atoms.has(at, "and") and atoms.has(at + 1, "quarter"):
        return hour * 60 + 15, at + 2
    if atoms.has(at, "minus"):
        minutes = 15 if atoms.has(at + 1, "quarter") else atoms.tag(at + 1, "num")
        if minutes and minutes < 60:
            return (hour or 24) * 60 - minutes, at + 2
    return None, at


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
