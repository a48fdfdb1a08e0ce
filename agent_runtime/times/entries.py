"""Days and hours put together: each entry is some days with the hours asked of them."""

from dataclasses import dataclass, field, replace

from agent_runtime.times.day_joins import in_week, same_day
from agent_runtime.times.days import Calendar, Day
from agent_runtime.times.hours import Hours, joined
from agent_runtime.times.links import Link, link_between
from agent_runtime.times.sayings import Saying, is_day
from agent_runtime.times.stretches import Through
from agent_runtime.times.tokens import Atoms
from agent_runtime.times.weeks import Named, Week


@dataclass(slots=True)
class Entry:
    """Some days and the hours asked of each; no days is the next time that the hours come."""

    days: list[Day] = field(default_factory=list)
    hours: list[Hours] = field(default_factory=list)
    excluded: list[tuple[Day | None, Hours | None]] = field(default_factory=list)
    """Days, hours of days, and hours of every day that are not asked for."""
    is_hours_first: bool = False
    corrects: bool = False
    carried: Week | None = None
    """The week of the weekday before, for those that follow it."""


def put_together(
    atoms: Atoms, said: list[Saying], refused: list[Saying], calendar: Calendar
) -> list[Entry]:
    """Returns the entries that the sayings make up, corrections applied.

    Refused days are taken out of weeks and stretches.
    """
    said = [saying for saying in said if saying.day or saying.hours]
    builder = _Builder(calendar)
    for n, saying in enumerate(said):
        link = link_between(atoms, said[n - 1].end if n else None, saying.first)
        after = said[n + 1] if n + 1 < len(said) else None
        builder.add(saying, link, _ahead(saying, after, atoms))
    entries = _corrected(builder.entries)
    for entry in entries:
        if any(map(_is_stretch, entry.days)):
            entry.excluded += ((_in_week(day, entry), None) for day in _days_of(refused))
    return entries


def _days_of(said: list[Saying]) -> list[Day]:
    return [saying.day for saying in said if saying.day]


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What comes after a saying: its kind when nothing parts the two, and whether days go on."""

    is_day: bool
    is_hours: bool
    is_more_days: bool


@dataclass(slots=True)
class _Builder:
    calendar: Calendar
    entries: list[Entry] = field(default_factory=list)
    was_excluded: bool = False

    def add(self, saying: Saying, link: Link, ahead: _Ahead) -> None:
        """Adds one saying to the entry it belongs to, or begins another."""
        if link.is_correction and self.entries:
            self.entries.append(Entry(corrects=True))
            self.was_excluded = False
        entry = self.entries[-1] if self.entries else self._new()
        is_exception = link.is_but and bool(entry.days) and _is_stretch(entry.days[-1])
        is_further = self.was_excluded and link.is_list and not link.words
        takes_out = link.takes_out or is_exception or is_further
        if saying.hours:
            is_beside = link.is_tight and not link.is_list and not link.has_comma
            is_of_excluded = self.was_excluded and is_beside
            if takes_out or is_of_excluded:
                _take_hours_out(entry, saying.hours, is_of_excluded=is_of_excluded)
                return
            self._add_hours(entry, saying.hours, link, is_of_next_day=ahead.is_day)
        elif saying.day:
            if takes_out:
                entry.excluded.append((_in_week(saying.day, entry), None))
                self.was_excluded = True
                return
            self._add_day(entry, saying.day, saying.carries, link, ahead)
        self.was_excluded = False

    def _new(self, *, is_hours_first: bool = False) -> Entry:
        self.entries.append(Entry(is_hours_first=is_hours_first))
        return self.entries[-1]

    def _add_hours(self, entry: Entry, hours: Hours, link: Link, *, is_of_next_day: bool) -> None:
        if hours.is_same:
            hours = next((h for e in reversed(self.entries) for h in reversed(e.hours)), hours)
        if not entry.hours:
            if entry.days and is_of_next_day and link.is_list:
                entry = self._new()
            entry.is_hours_first = not entry.days
            entry.hours.append(hours)
            return
        both = joined(entry.hours[-1], hours)
        are_bounds = entry.hours[-1].is_bound and hours.is_bound and not link.is_choice
        may_join = not link.is_list or are_bounds
        if both and may_join:
            entry.hours[-1] = both
        elif is_of_next_day and entry.days:
            self._new(is_hours_first=True).hours.append(hours)
        else:
            entry.hours.append(hours)

    def _add_day(self, entry: Entry, day: Day, carries: str, link: Link, ahead: _Ahead) -> None:
        if entry.days and not link.is_list:
            if link.has_pause or link.words:
                is_within = not entry.hours and self._is_within(entry, day)
            else:
                is_within = self._is_appended(entry, day, ahead)
            if is_within:
                return
        if entry.hours and (entry.days or not entry.is_hours_first):
            is_listed = link.is_list or link.has_comma
            is_same = entry.is_hours_first and is_listed and link.is_tight and not ahead.is_hours
            entry = entry if is_same else self._new()
        elif entry.days and (link.has_pause or link.words) and not entry.hours:
            entry = self._new()
        self._append(entry, day, carries, link)

    def _is_within(self, entry: Entry, day: Day) -> bool:
        """Whether a sentence names the day of a week that was said before it."""
        week = entry.days[-1]
        if not isinstance(week, Week) or not isinstance(day, Named):
            return False
        moved = in_week(day, week)
        if moved is None or moved.dates(self.calendar)[0] <= self.calendar.today:
            return False
        entry.days[-1] = moved
        entry.carried = week
        return True

    def _is_appended(self, entry: Entry, day: Day, ahead: _Ahead) -> bool:
        """Whether the day says more about the last one: its week, its date, its weekday."""
        last = entry.days[-1]
        if isinstance(day, Week) and (moved := in_week(last, day)):
            entry.days[-1] = moved
            _carry_back(entry, day)
            return True
        if isinstance(last, Week) and (moved := in_week(day, last)):
            entry.days[-1] = moved
            entry.carried = last
            return True
        if ahead.is_hours and entry.hours:
            return False
        one = same_day(last, day, self.calendar, may_differ=ahead.is_more_days)
        if one is None:
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


def _ahead(saying: Saying, after: Saying | None, atoms: Atoms) -> _Ahead:
    if after is None:
        return _Ahead(is_day=False, is_hours=False, is_more_days=False)
    link = link_between(atoms, saying.end, after.first)
    is_own = link.is_tight and not link.is_list
    return _Ahead(
        is_day=is_own and is_day(after),
        is_hours=is_own and after.hours is not None,
        is_more_days=link.is_list and is_day(after),
    )


def _take_hours_out(entry: Entry, hours: Hours, *, is_of_excluded: bool) -> None:
    if is_of_excluded and entry.excluded:
        entry.excluded[-1] = (entry.excluded[-1][0], hours)
    else:
        entry.excluded.append((None, hours))


def _is_stretch(day: Day) -> bool:
    return isinstance(day, Week | Through)


def _weekday(day: Day) -> int:
    return day.weekday if isinstance(day, Named) else 7


def _carry_back(entry: Entry, week: Week) -> None:
    """Gives the week to the weekdays before in the same list, as long as they ascend."""
    for n in range(len(entry.days) - 2, -1, -1):
        day = entry.days[n]
        if not isinstance(day, Named) or day.week or day.weekday >= _weekday(entry.days[n + 1]):
            return
        entry.days[n] = replace(day, week=week)


def _in_week(day: Day, entry: Entry) -> Day:
    week = next((d for d in entry.days if isinstance(d, Week)), None)
    return (in_week(day, week) or day) if week else day


def _corrected(entries: list[Entry]) -> list[Entry]:
    """Entries with each correction in place of what it corrects, of which it keeps the rest."""
    kept: list[Entry] = []
    for entry in entries:
        if not entry.days and entry.hours:
            entry.days = [day for day, hours in entry.excluded if day is not None and hours]
        if entry.corrects and kept and (entry.days or entry.hours):
            before = kept.pop()
            entry.days = [_as_before(day, before) for day in entry.days] or before.days
            entry.hours = entry.hours or before.hours
        if entry.days or entry.hours:
            kept.append(entry)
    return kept


def _as_before(day: Day, before: Entry) -> Day:
    weeks = (d if isinstance(d, Week) else getattr(d, "week", None) for d in before.days)
    week = next((week for week in weeks if week), None)
    return (in_week(day, week) or day) if week else day
