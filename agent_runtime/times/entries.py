"""Days and hours put together: each entry is some days with the hours asked of them."""

from dataclasses import dataclass, field, replace

from agent_runtime.times.days import (
    Bound,
    Calendar,
    Dated,
    Day,
    Named,
    Near,
    NthWeekday,
    Numeric,
    Through,
    Week,
    Weekend,
)
from agent_runtime.times.hours import Hours, joined
from agent_runtime.times.links import Link, link_between
from agent_runtime.times.sayings import Saying, is_day
from agent_runtime.times.tokens import Atoms


@dataclass(slots=True)
class Entry:
    """Some days and the hours asked of each; no days is the next time that the hours come."""

    days: list[Day] = field(default_factory=list)
    hours: list[Hours] = field(default_factory=list)
    excluded: list[tuple[Day, Hours | None]] = field(default_factory=list)
    is_hours_first: bool = False
    corrects: bool = False
    carried: Week | None = None
    """The week of the weekday before, for those that follow it."""
    disagrees: bool = False


def put_together(atoms: Atoms, said: list[Saying], calendar: Calendar) -> list[Entry]:
    """Returns the entries that the sayings make up, corrections applied."""
    said = [saying for saying in said if is_day(saying) or isinstance(saying.what, Hours)]
    builder = _Builder(calendar)
    for n, saying in enumerate(said):
        before = said[n - 1] if n else None
        after = said[n + 1] if n + 1 < len(said) else None
        link = link_between(atoms, before.end if before else 0, saying.first)
        ahead = link_between(atoms, saying.end, after.first) if after else None
        if before is None:
            link = replace(link, is_correction=False, is_list=False)
        builder.add(saying, link, after, ahead)
    return _corrected(builder.entries)


@dataclass(slots=True)
class _Builder:
    calendar: Calendar
    entries: list[Entry] = field(default_factory=list)
    was_excluded: bool = False

    def add(self, saying: Saying, link: Link, after: Saying | None, ahead: Link | None) -> None:
        """Adds one saying to the entry it belongs to, or begins another."""
        if link.is_correction and self.entries:
            self.entries.append(Entry(corrects=True))
            self.was_excluded = False
        entry = self.entries[-1] if self.entries else self._new()
        takes_out = link.takes_out or (self.was_excluded and link.is_list and not link.words)
        is_own = ahead is not None and ahead.is_tight and not ahead.is_list and after is not None
        if isinstance(saying.what, Hours):
            follows_excluded = self.was_excluded and link.is_tight and not link.is_list
            if takes_out or follows_excluded:
                self._take_hours_out(entry, saying.what, follows_excluded)
                return
            self._add_hours(entry, saying.what, link, is_own and bool(after) and is_day(after))
        else:
            day: Day = saying.what  # pyright: ignore[reportAssignmentType]
            if takes_out:
                entry.excluded.append((_in_week(day, entry), None))
                self.was_excluded = True
                return
            has_hours = is_own and after is not None and isinstance(after.what, Hours)
            goes_on = ahead is not None and ahead.is_list and after is not None and is_day(after)
            self._add_day(entry, day, saying.carries, link, has_hours=has_hours, goes_on=goes_on)
        self.was_excluded = False

    def _new(self, **fields: bool) -> Entry:
        self.entries.append(Entry(**fields))
        return self.entries[-1]

    def _take_hours_out(self, entry: Entry, hours: Hours, follows_day: bool) -> None:
        if follows_day and entry.excluded:
            entry.excluded[-1] = (entry.excluded[-1][0], hours)
            self.was_excluded = False
        elif hours.is_bound:
            both = joined(entry.hours[-1], hours.turned()) if entry.hours else None
            entry.hours[-1:] = [both or hours.turned()]

    def _add_hours(self, entry: Entry, hours: Hours, link: Link, is_of_next_day: bool) -> None:
        if hours.is_same:
            hours = next((h for e in reversed(self.entries) for h in reversed(e.hours)), hours)
        if not entry.hours:
            if entry.days and is_of_next_day and link.is_list:
                entry = self._new()
            entry.is_hours_first = not entry.days
            entry.hours.append(hours)
            return
        both = joined(entry.hours[-1], hours)
        may_join = not link.is_list or (entry.hours[-1].is_bound and hours.is_bound)
        if both and may_join:
            entry.hours[-1] = both
        elif is_of_next_day and entry.days:
            self._new(is_hours_first=True).hours.append(hours)
        else:
            entry.hours.append(hours)

    def _add_day(
        self, entry: Entry, day: Day, carries: str, link: Link, *, has_hours: bool, goes_on: bool
    ) -> None:
        if entry.days and not link.is_list:
            if link.has_pause or link.words:
                is_within = not entry.hours and self._is_within(entry, day)
            else:
                is_within = self._is_appended(entry, day, has_hours=has_hours, goes_on=goes_on)
            if is_within:
                return
        if entry.hours and (entry.days or not entry.is_hours_first):
            is_listed = link.is_list or link.has_comma
            is_same = entry.is_hours_first and is_listed and link.is_tight and not has_hours
            entry = entry if is_same else self._new()
        elif entry.days and (link.has_pause or link.words) and not entry.hours:
            entry = self._new()
        self._append(entry, day, carries, link)

    def _is_within(self, entry: Entry, day: Day) -> bool:
        """Whether a sentence names the day of a week that was said before it."""
        week = entry.days[-1]
        if not isinstance(week, Week) or not isinstance(day, Named):
            return False
        moved = _with_week(day, week)
        if moved is None or moved.dates(self.calendar)[0] <= self.calendar.today:
            return False
        entry.days[-1] = moved
        entry.carried = week
        return True

    def _is_appended(self, entry: Entry, day: Day, *, has_hours: bool, goes_on: bool) -> bool:
        """Whether the day says more about the last one: its week, its date, its weekday."""
        last = entry.days[-1]
        if isinstance(day, Week) and (moved := _with_week(last, day)):
            entry.days[-1] = moved
            _carry_back(entry, day)
            return True
        if isinstance(last, Week) and (moved := _with_week(day, last)):
            entry.days[-1] = moved
            entry.carried = last
            return True
        if has_hours and entry.hours:
            return False
        if (one := _same_day(last, day, self.calendar, may_differ=goes_on)) is None:
            return False
        entry.days[-1] = one
        return True

    def _append(self, entry: Entry, day: Day, carries: str, link: Link) -> None:
        if isinstance(day, Named) and day.week is None and entry.carried and not day.plus_days:
            is_later = _weekday(entry.days[-1]) < day.weekday if entry.days else False
            day = replace(day, week=entry.carried) if is_later else day
        entry.days.append(day)
        if isinstance(day, Named) and day.week and carries:
            entry.carried = day.week
            if carries == "back":
                _carry_back(entry, day.week)


def _weekday(day: Day) -> int:
    return day.weekday if isinstance(day, Named) else 7


def _with_week(day: Day, week: Week) -> Day | None:
    """A weekday of a week that was said beside it; None for what has no place in a week."""
    match day:
        case Named(week=None):
            return replace(day, week=week)
        case Through(first=Named() as first):
            return replace(day, first=_with_week(first, week) or first)
        case Bound(day=Named() as inner, week=None):
            return replace(day, day=_with_week(inner, week) or inner, week=week)
    return None


def _carry_back(entry: Entry, week: Week) -> None:
    """Gives the week to the weekdays before in the same list, as long as they ascend."""
    for n in range(len(entry.days) - 2, -1, -1):
        day = entry.days[n]
        if not isinstance(day, Named) or day.week or day.weekday >= _weekday(entry.days[n + 1]):
            return
        entry.days[n] = replace(day, week=week)


def _in_week(day: Day, entry: Entry) -> Day:
    week = next((d for d in entry.days if isinstance(d, Week)), None)
    return (_with_week(day, week) or day) if week else day


def _same_day(one: Day, other: Day, calendar: Calendar, *, may_differ: bool) -> Day | None:
    """One day for two ways to name it; None when they are two days.

    Where the two disagree the result is a day that no calendar has.
    """
    if isinstance(one, Named) and isinstance(other, Dated | Numeric):
        return replace(other, weekday=one.weekday)
    if isinstance(other, Named) and isinstance(one, Dated | Numeric):
        return replace(one, weekday=other.weekday)
    kinds = {type(one), type(other)}
    if kinds in ({Near, Named}, {Near, Dated}, {Near, Numeric}, {NthWeekday, Dated}):
        try:
            same = _same(one, other, calendar)
        except ValueError:
            return None
        return one if same else None if may_differ else _NO_DAY
    if isinstance(one, Week | Weekend) and isinstance(other, Named | Dated | Numeric):
        return other
    return None


_NO_DAY = Dated(30, 2)


def _same(one: Day, other: Day, calendar: Calendar) -> bool:
    first, second = one.dates(calendar)[0], other.dates(calendar)[0]
    if Named in (type(one), type(other)):
        return first.weekday() == second.weekday()
    return first == second


def _corrected(entries: list[Entry]) -> list[Entry]:
    """Entries with each correction in place of what it corrects, of which it keeps the rest."""
    kept: list[Entry] = []
    for entry in entries:
        if entry.corrects and kept and (entry.days or entry.hours):
            before = kept.pop()
            entry.days = [_as_before(day, before) for day in entry.days] or before.days
            entry.hours = entry.hours or before.hours
        if entry.days or entry.hours:
            kept.append(entry)
    return kept


def _as_before(day: Day, before: Entry) -> Day:
    week = next((d.week for d in before.days if isinstance(d, Named) and d.week), None)
    return (_with_week(day, week) or day) if week else day
