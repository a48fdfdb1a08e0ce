"""Minutes named ahead of their hour: half past two, viertel vor drei, diez para las tres."""

from agent_runtime.times.clocks import Clock, HeardClock, end_clock, said_hour
from agent_runtime.times.tokens import Atoms


def hear_minutes_first(atoms: Atoms, at: int) -> HeardClock | None:
    """Returns the clock whose minutes are named at a position."""
    half = atoms.tag(at, "half")
    if half in ("after", "before"):
        is_past = atoms.has(at + 1, "past")
        hour_at = atoms.skip(at + 2, "filler", "at") if is_past else at + 1
        return _shifted(atoms, hour_at, 30 if is_past or half == "after" else -30)
    if atoms.has(at, "three_quarters"):
        return _shifted(atoms, at + 1, -15)
    if atoms.tag(at, "quarter") == "before" and said_hour(atoms, at + 1) is not None:
        return _shifted(atoms, at + 1, -45)
    minutes = _minutes(atoms, at)
    link = at + 1 + (atoms.tag(at + 1, "unit") == "minute")
    if minutes is None or not _may_count_minutes(atoms, at, link, minutes):
        return None
    return _counted_from(atoms, link, -minutes if atoms.has(link, "less") else minutes)


_SPOKEN_TO = (5, 20, 25)
"""Minutes before "to" that are no range: "ten to four" may be one, "five to four" is not."""


def _minutes(atoms: Atoms, at: int) -> int | None:
    if atoms.has(at, "quarter"):
        return 15
    minutes = atoms.tag(at, "num") or atoms.tag(at, "minutes")
    return minutes if minutes and minutes < 60 else None


def _counted_from(atoms: Atoms, link: int, minutes: int) -> HeardClock | None:
    to = atoms.skip(link + 1, "filler", "at")
    if atoms.tag(to, "half") == "before":
        return _shifted(atoms, to + 1, minutes - 30)
    if atoms.has(to, "noon", "midnight"):
        total = (12 if atoms.has(to, "noon") else 24) * 60 + minutes
        return HeardClock(Clock(*divmod(total, 60)), to + 1, is_plain=True)
    return _shifted(atoms, to, minutes)


def _may_count_minutes(atoms: Atoms, at: int, to: int, minutes: int) -> bool:
    if not atoms.has(to, "past", "less"):
        return False
    if not atoms.has(to, "to", "of", "after") or atoms.has(at, "quarter"):
        return True
    is_said_at = atoms.has(at - 1, "at") and not atoms[at].word.isdigit()
    if atoms.has(to, "to"):
        return minutes in _SPOKEN_TO or is_said_at
    return not atoms.has(to, "of") and not atoms[at].word.isdigit()


def _shifted(atoms: Atoms, at: int, minutes: int) -> HeardClock | None:
    """The hour at a position, moved by minutes; its half of the day may follow."""
    hour = said_hour(atoms, at)
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
    return end_clock(atoms, Clock(whole or 12, minute, half), end, is_plain=True)
