"""All that a text says about when, in order: days, hours, lengths and zones."""

from dataclasses import dataclass, replace

from agent_runtime.times.day_phrases import hear_day
from agent_runtime.times.days import Calendar, Day, Near
from agent_runtime.times.hour_phrases import hear_hours
from agent_runtime.times.hours import Hours
from agent_runtime.times.lengths import Length, hear_length
from agent_runtime.times.stretches import Bound, Side, Through
from agent_runtime.times.tokens import Atoms
from agent_runtime.times.weekday_phrases import HeardDay
from agent_runtime.times.weeks import Named, Week
from agent_runtime.times.zone_phrases import NamedZone, ZoneContext, hear_zone


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing said, and the atoms that say it."""

    what: Day | Hours | Length | NamedZone
    first: int
    end: int
    carries: str = ""
    """For a weekday with "next": whether neighbours to come ("on") or gone ("back") share it."""

    @property
    def day(self) -> Day | None:
        """What was said when it was a day."""
        return None if isinstance(self.what, Hours | Length | NamedZone) else self.what

    @property
    def hours(self) -> Hours | None:
        """What was said when it was hours."""
        return self.what if isinstance(self.what, Hours) else None


def is_day(saying: Saying) -> bool:
    """Says whether a day was said, not hours, a length or a zone."""
    return saying.day is not None


def is_when(saying: Saying) -> bool:
    """Says whether days or hours were said, not a length or a zone."""
    return not isinstance(saying.what, Length | NamedZone)


def hear_all(atoms: Atoms, calendar: Calendar, zones: ZoneContext) -> list[Saying]:
    """Returns everything that is said about when."""
    said: list[Saying] = []
    at = 0
    while at < len(atoms) and len(said) < _MOST:
        found = _hear(atoms, at, calendar, zones, said)
        if found and said and _is_start(atoms, said[-1], found):
            said[-1] = replace(said[-1], what=_started(said[-1].hours))
        if found:
            said.append(found)
        at = found.end if found else at + 1
    return said


_SIDES: tuple[Side, ...] = ("from", "after", "before", "until")
_BEGINS = (
    *("num", "article", "ord", "numeric", "dotted", "iso", "hhmm", "clock", "hours", "minutes"),
    *("weekday", "weekday_short", "month", "near", "week", "weekend", "week_of", "week_after"),
    *("week_number", "in_days", "in", "next", "this", "coming", "following", "after_next", "last"),
    *("early", "mid", "late", "rest", "after", "from", "before", "until", "between", "at", "for"),
    *("part", "early_part", "first", "eod", "noon", "midnight", "same_time", "half", "quarter"),
    *("three_quarters", "duration", "quick", "half_day"),
)
"""Tags of the words that can begin days, hours or a length."""

_MOST = 100
"""Sayings in one text; whoever names more has named none."""

_FAR = 12
"""Atoms between two sayings that are beside each other at most."""

_BETWEEN = ("filler", "comma", "or", "and", "dash", "slash", "to", "daymark", "onday", "until")


def _hear(
    atoms: Atoms, at: int, calendar: Calendar, zones: ZoneContext, said: list[Saying]
) -> Saying | None:
    beside = said[-1] if said and _is_next_to(atoms, said[-1].end, at) else None
    hours_before = beside.hours if beside else None
    if found := hear_zone(atoms, at, zones, follows_hours=hours_before is not None):
        return Saying(found.zone, at, found.end)
    if not atoms.has(at, *_BEGINS):
        return None
    if found := hear_length(atoms, at):
        return Saying(found.length, at, found.end)
    day_before = beside.day if beside else None
    before = _last_week(said) if atoms.has(at, "week_after") else day_before
    if found := _days(atoms, at, calendar, before):
        return Saying(found.day, at, found.end, found.carries)
    found = hear_hours(
        atoms,
        at,
        follows_day=day_before is not None,
        follows_hours=hours_before,
        goes_on=beside is not None or any(saying.hours for saying in said),
    )
    return Saying(found.hours, at, found.end) if found else None


def _last_week(said: list[Saying]) -> Day | None:
    """The week or weekday that "the one after" counts from."""
    days = (saying.what for saying in reversed(said) if isinstance(saying.what, Week | Named))
    return next(days, None)


def _is_start(atoms: Atoms, before: Saying, found: Saying) -> bool:
    """Whether "from 3" is a start, because "for 20 minutes" comes right after it."""
    hours = before.hours
    is_from = hours is not None and bool(hours.since) and hours.is_bound
    is_for = isinstance(found.what, Length) and atoms.has(found.first, "for")
    return is_from and is_for and found.first == before.end and atoms.has(before.first, "from")


def _started(hours: Hours | None) -> Hours:
    return replace(hours, at=hours.since, since=None) if hours else Hours()


def _is_next_to(atoms: Atoms, end: int, at: int) -> bool:
    """Whether only prepositions, list words or a correction lie between two positions."""
    if at - end > _FAR:
        return False
    between = [*_BETWEEN, "correct", "correct_weak"]
    if any(atoms.has(n, "correct") for n in range(end, at)):
        between.append("pause")
    return atoms.skip(end, *between) >= at


def _days(atoms: Atoms, at: int, calendar: Calendar, before: Day | None) -> HeardDay | None:
    side: Side | None = next((name for name in _SIDES if atoms.has(at, name)), None)
    if atoms.has(at, "between") or side:
        start = atoms.skip(at + 1, "filler", "daymark", "onday")
        is_now = atoms.has(start, "now")
        if found := HeardDay(Near(0), start + 1) if is_now else hear_day(atoms, start, calendar):
            is_between = atoms.has(at, "between")
            if through := _through(atoms, found, calendar, is_between=is_between):
                return through
            is_open = atoms.has(found.end, "onwards")
            if side and not is_now and (atoms.tag(at, side) != "weak" or is_open):
                return _bound(side, found._replace(end=found.end + is_open))
    found = hear_day(atoms, at, calendar, before=before)
    if found and atoms.has(found.end, "onwards"):
        return _bound("from", found._replace(end=found.end + 1))
    return (_through(atoms, found, calendar) or found) if found else None


def _through(
    atoms: Atoms, first: HeardDay, calendar: Calendar, *, is_between: bool = False
) -> HeardDay | None:
    names = ("to", "dash", "until", "and") if is_between else ("to", "dash", "until")
    link = atoms.reach(first.end, *names)
    is_joined = first.end < len(atoms) and atoms[first.end].is_joined
    if link is None and not is_joined:
        return None
    start = atoms.skip(first.end if link is None else link + 1, "filler", "daymark", "onday")
    before = None if link is not None and atoms.has(link, "at") else first.day
    last = hear_day(atoms, start, calendar, before=before)
    if last is None or isinstance(last.day, Week):
        return None
    return HeardDay(Through(first.day, last.day), last.end, last.carries or first.carries)


def _bound(side: Side, found: HeardDay) -> HeardDay:
    day = found.day
    if isinstance(day, Week) and not day.of and not day.edge and not day.number:
        moves = {"after": 1, "from": 0, "before": -1, "until": 0}
        return HeardDay(Week(day.after + moves[side]), found.end)
    return HeardDay(Bound(side, day), found.end, found.carries)
