"""The times that a text asks for, as instants in the buyer's zone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from agent_runtime.hearing.new_text import unquoted
from agent_runtime.times.clauses import asked_for
from agent_runtime.times.days import Calendar, Day
from agent_runtime.times.entries import Entry, put_together
from agent_runtime.times.hours import Hours, minutes_of
from agent_runtime.times.lengths import Length
from agent_runtime.times.lexicon import tag_text
from agent_runtime.times.sayings import Saying, hear_all
from agent_runtime.times.spoken_language import likely_languages
from agent_runtime.times.tokens import Atoms
from agent_runtime.times.zone_phrases import UNKNOWN, NamedZone, ZoneContext
from agent_runtime.times.zones_named import date_order


@dataclass(frozen=True, slots=True)
class AskedTime:
    """A time to meet in the buyer's zone: one slot, or a window to choose within."""

    kind: Literal["slot", "window"]
    start: datetime
    end: datetime


@lru_cache(maxsize=4096)
def resolve_times(
    text: str, *, now: datetime, zone: str, language: str = "", country: str = ""
) -> tuple[AskedTime, ...]:
    """Returns the times that a text asks for, earliest first; none means to ask back.

    Args:
        text: What a buyer wrote or said; quoted mail below it is left out.
        now: When they did.
        zone: IANA name of where they are.
        language: Two letters, where known; else it is told from the words.
        country: Two letters, for the order of day and month; else it is told from the zone.
    """
    own = unquoted(text)
    local = now.astimezone(ZoneInfo(zone))
    calendar = Calendar(local.date(), date_order(zone, country))
    buyer = _Buyer(now, zone, calendar)
    for spoken in likely_languages(own, zone=zone, known=language):
        atoms = tag_text(own, spoken)
        said = hear_all(atoms, calendar, ZoneContext(zone, now))
        if said:
            return _times(atoms, said, buyer)
    return ()


@dataclass(frozen=True, slots=True)
class _Buyer:
    now: datetime
    zone: str
    calendar: Calendar


def _times(atoms: Atoms, said: list[Saying], buyer: _Buyer) -> tuple[AskedTime, ...]:
    kept = asked_for(atoms, _zoned(atoms, said))
    length = next((s.what.minutes for s in kept if isinstance(s.what, Length)), None)
    entries = put_together(atoms, kept, buyer.calendar)
    zones = {s.what.name for s in said if isinstance(s.what, NamedZone)}
    zone = zones.pop() if len(zones) == 1 else ""
    found: dict[AskedTime, bool] = {}
    for entry in entries:
        for asked, is_whole_day in _of_entry(entry, length, zone, buyer):
            found[asked] = found.get(asked, True) and is_whole_day
    return tuple(sorted(_most_exact(found), key=lambda asked: (asked.start, asked.end)))


def _zoned(atoms: Atoms, said: list[Saying]) -> list[Saying]:
    """Sayings with each zone put to the hours before it, and to others of its sentence."""
    zoned = list(said)
    for n, (before, saying) in enumerate(pairwise(said)):
        hours = zoned[n].what
        if isinstance(saying.what, NamedZone) and isinstance(hours, Hours) and not hours.zone:
            zoned[n] = replace(before, what=replace(hours, zone=saying.what.name))
    pauses = [n for n in range(len(atoms)) if atoms.has(n, "pause")]

    def sentence(saying: Saying) -> int:
        return sum(pause < saying.first for pause in pauses)

    spoken = {sentence(s): s.what.name for s in reversed(said) if isinstance(s.what, NamedZone)}
    for n, saying in enumerate(zoned):
        name = spoken.get(sentence(saying))
        if name and isinstance(saying.what, Hours) and not saying.what.zone:
            zoned[n] = replace(saying, what=replace(saying.what, zone=name))
    return zoned


def _of_entry(
    entry: Entry, length: int | None, zone: str, buyer: _Buyer
) -> Iterable[tuple[AskedTime, bool]]:
    choices: list[Hours | None] = [*entry.hours] or [None]
    for hours in choices:
        if hours and hours.is_same:
            continue
        if hours and hours.wait_minutes:
            start = buyer.now + timedelta(minutes=hours.wait_minutes)
            yield _asked("slot", start, start + timedelta(minutes=length or 30), buyer), False
            continue
        name = (hours.zone if hours else "") or zone or buyer.zone
        if name == UNKNOWN:
            continue
        if not entry.days:
            asked = _next_time(hours, length, name, buyer)
            if asked:
                yield asked, False
            continue
        for day in _dates(entry.days, buyer.calendar):
            left = _left(hours, day, entry, buyer.calendar)
            if left is not _NOTHING and (asked := _on(day, left, length, name, buyer)):
                yield asked, left is None


_NOTHING = Hours(part="nothing")


def _dates(days: list[Day], calendar: Calendar) -> list[date]:
    found: list[date] = []
    for day in days:
        try:
            found += (d for d in day.dates(calendar) if d not in found)
        except (ValueError, OverflowError):
            continue
    return found


def _left(hours: Hours | None, day: date, entry: Entry, calendar: Calendar) -> Hours | None:
    """What is asked of a day after what was excluded of it."""
    for excluded, which in entry.excluded:
        if day in _dates([excluded], calendar) or _is_weekday(excluded, day):
            if which is None:
                return _NOTHING
            if which.is_bound:
                return which.turned()
            return {"morning": Hours(part="afternoon"), "afternoon": Hours(part="morning")}.get(
                which.part, hours
            )
    return hours


def _is_weekday(excluded: Day, day: date) -> bool:
    return (
        getattr(excluded, "week", 0) is None and getattr(excluded, "weekday", -1) == day.weekday()
    )


def _next_time(
    hours: Hours | None, length: int | None, zone: str, buyer: _Buyer
) -> AskedTime | None:
    """Hours without a day: today, or tomorrow once they have gone by."""
    today = buyer.now.astimezone(ZoneInfo(zone)).date()
    for day in (today, today + timedelta(days=1)):
        if asked := _on(day, hours, length, zone, buyer):
            return asked
    return None


def _on(
    day: date, hours: Hours | None, length: int | None, zone: str, buyer: _Buyer
) -> AskedTime | None:
    """The hours on a day; None when they are over, or fall where the clock was put forward."""
    kind, first, last = minutes_of(hours, length)
    start = _instant(day, first, zone)
    if kind == "slot":
        if not _exists(start) or start < buyer.now:
            return None
        return _asked(kind, start, _later(start, last - first), buyer)
    end = _instant(day, last, zone)
    start = max(start, buyer.now, key=datetime.timestamp)
    return _asked(kind, start, end, buyer) if start < end else None


def _instant(day: date, minutes: int, zone: str) -> datetime:
    days, minutes = divmod(minutes, 24 * 60)
    clock = time(minutes // 60, minutes % 60)
    return datetime.combine(day + timedelta(days=days), clock, ZoneInfo(zone))


def _exists(local: datetime) -> bool:
    there_and_back = datetime.fromtimestamp(local.timestamp(), local.tzinfo)
    return there_and_back.replace(tzinfo=None) == local.replace(tzinfo=None)


def _later(start: datetime, minutes: int) -> datetime:
    return datetime.fromtimestamp(start.timestamp() + minutes * 60, start.tzinfo)


def _asked(
    kind: Literal["slot", "window"], start: datetime, end: datetime, buyer: _Buyer
) -> AskedTime:
    there = ZoneInfo(buyer.zone)
    return AskedTime(kind, start.astimezone(there), end.astimezone(there))


def _most_exact(found: dict[AskedTime, bool]) -> list[AskedTime]:
    """Without whole days of which hours were asked as well."""
    exact = {asked.start.date() for asked, is_whole_day in found.items() if not is_whole_day}
    return [
        a for a, is_whole_day in found.items() if not (is_whole_day and a.start.date() in exact)
    ]
