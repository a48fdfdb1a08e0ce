"""All that a text says about when, in order: days, hours, lengths and zones."""

from dataclasses import dataclass
from typing import TypeAlias

from agent_runtime.times.day_phrases import HeardDay, hear_day
from agent_runtime.times.days import Bound, Calendar, Day, Near, Side, Through, Week
from agent_runtime.times.hour_phrases import hear_hours
from agent_runtime.times.hours import Hours
from agent_runtime.times.lengths import Length, hear_length
from agent_runtime.times.tokens import Atoms
from agent_runtime.times.zone_phrases import NamedZone, ZoneContext, hear_zone


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing said, and the atoms that say it."""

    what: "What"
    first: int
    end: int
    carries: str = ""
    """For a weekday with "next": whether its neighbours to come ("on") or gone ("back") share it."""


What: TypeAlias = "Day | Hours | Length | NamedZone"


def is_day(saying: Saying) -> bool:
    """Says whether a day was said, not hours, a length or a zone."""
    return not isinstance(saying.what, Hours | Length | NamedZone)


def hear_all(atoms: Atoms, calendar: Calendar, zones: ZoneContext) -> list[Saying]:
    """Returns everything that is said about when."""
    said: list[Saying] = []
    at = 0
    while at < len(atoms):
        found = _hear(atoms, at, calendar, zones, said)
        if found:
            said.append(found)
        at = found.end if found else at + 1
    return said


_SIDES: tuple[Side, ...] = ("after", "from", "before", "until")
_BETWEEN = ("filler", "comma", "or", "and", "dash", "slash", "to", "daymark", "onday", "until")


def _hear(
    atoms: Atoms, at: int, calendar: Calendar, zones: ZoneContext, said: list[Saying]
) -> Saying | None:
    before = said[-1] if said else None
    is_next_to = before is not None and atoms.skip(before.end, *_BETWEEN) >= at
    if found := hear_zone(atoms, at, zones, follows_hours=bool(is_next_to)):
        return Saying(found.zone, at, found.end)
    if found := hear_length(atoms, at):
        return Saying(found.length, at, found.end)
    neighbour = before if is_next_to and before else None
    day_before = neighbour.what if neighbour and is_day(neighbour) else None
    if found := _days(atoms, at, calendar, day_before):  # pyright: ignore[reportArgumentType]
        return Saying(found.day, at, found.end, found.carries)
    hours_before = neighbour.what if neighbour and isinstance(neighbour.what, Hours) else None
    if found := hear_hours(
        atoms, at, follows_day=day_before is not None, follows_hours=hours_before
    ):
        return Saying(found.hours, at, found.end)
    return None


def _days(atoms: Atoms, at: int, calendar: Calendar, before: Day | None) -> HeardDay | None:
    side: Side | None = next((name for name in _SIDES if atoms.has(at, name)), None)
    if atoms.has(at, "between") or side:
        start = atoms.skip(at + 1, "filler", "daymark", "onday")
        is_now = atoms.has(start, "now")
        if found := HeardDay(Near(0), start + 1) if is_now else hear_day(atoms, start, calendar):
            is_between = atoms.has(at, "between")
            if through := _through(atoms, found, calendar, is_between=is_between):
                return through
            if side and not is_now and atoms.tag(at, side) != "weak":
                return _bound(side, found)
    found = hear_day(atoms, at, calendar, before=before)
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
