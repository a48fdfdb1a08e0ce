"""Hours as a text names them: at, from, until, between, parts of the day, in an hour."""

from typing import NamedTuple

from agent_runtime.times.clock_phrases import hear_clock
from agent_runtime.times.clocks import Clock, HeardClock
from agent_runtime.times.figure_of_speech import is_figure_of_speech
from agent_runtime.times.hours import Hours
from agent_runtime.times.lengths import count_minutes
from agent_runtime.times.tokens import Atoms
from agent_runtime.times.zone_phrases import names_zone


class HeardHours(NamedTuple):
    """Hours and where they end."""

    hours: Hours
    end: int


def hear_hours(
    atoms: Atoms, at: int, *, follows_day: bool, follows_hours: Hours | None, goes_on: bool
) -> HeardHours | None:
    """Returns the hours said at a position.

    Args:
        atoms: The text.
        at: Where they would begin.
        follows_day: A day was named just before, so that a bare number is an hour.
        follows_hours: The hours just before, which a bare number continues.
        goes_on: Times were named before, so that a number by itself is an hour.
    """
    if atoms.has(at, "first"):
        return HeardHours(Hours(at=Clock(9, half="am")), at + 1)
    if atoms.has(at, "eod") and not is_figure_of_speech(atoms, at):
        return HeardHours(Hours(at=Clock(17)), at + 1)
    if atoms.has(at, "same_time"):
        return HeardHours(Hours(is_same=True), at + 1)
    return (
        _waiting(atoms, at)
        or _between(atoms, at)
        or _bounded(atoms, at)
        or _part(atoms, at, follows_day=follows_day)
        or _said(atoms, at, may_be_bare=follows_day or follows_hours is not None, goes_on=goes_on)
    )


def is_counted(atoms: Atoms, at: int) -> bool:
    """Says whether what follows a number makes it a count of something, as in "2 offices"."""
    if atoms.has(at, "counted", "noun_of_rank"):
        return True
    if atoms.has(at, "unit") and not atoms.has(at, "oclock"):
        return True
    if at >= len(atoms) or atoms.language != "en" or atoms[at].tags:
        return False
    return atoms[at].word.endswith("s") and len(atoms[at].word) > 3


_COUNTS = ("num", "article", "duration", "minutes", "hours")
_EDGES = ("early", "mid", "late")


def _waiting(atoms: Atoms, at: int) -> HeardHours | None:
    """So long from now: "in an hour", "20 minutes from now"."""
    is_in = atoms.has(at, "in")
    start = atoms.reach(at + 1, *_COUNTS) if is_in else at
    found = count_minutes(atoms, start, is_said_for=True) if start is not None else None
    if found is None:
        return None
    minutes, end = found
    if is_in and not atoms.has(end, "or", "of", "ago"):
        return HeardHours(Hours(wait_minutes=minutes), end)
    if atoms.has(end, "hence"):
        return HeardHours(Hours(wait_minutes=minutes), end + 1)
    return None


def _part(atoms: Atoms, at: int, *, follows_day: bool) -> HeardHours | None:
    half = atoms.tag(at, "half_day")
    if half and follows_day:
        return HeardHours(Hours(part="morning" if half == "am" else "afternoon"), at + 1)
    if follows_day and atoms.has(at, "early_part"):
        is_more = atoms.has(atoms.skip(at + 1, "filler", "of"), "part", "at", "num", "clock")
        return None if is_more else HeardHours(Hours(part="morning"), at + 1)
    start = atoms.skip(at + 1, "filler", "of") if atoms.has(at, *_EDGES) else at
    part = atoms.tag(start, "part")
    return HeardHours(Hours(part=part), start + 1) if part else None


def _between(atoms: Atoms, at: int) -> HeardHours | None:
    """A stretch with both its ends: "between 2 and 4", "from now until noon"."""
    links = ("and", "to", "dash", "until")
    if atoms.has(at, "between", "from") and atoms.has(at + 1, "now"):
        last = _second(atoms, at + 2, *links)
        return HeardHours(Hours(until=last.clock), last.end) if last else None
    first = _clock(atoms, at + 1, up_to=True) if atoms.has(at, "between") else None
    last = _second(atoms, first.end, *links) if first else None
    return (
        HeardHours(Hours(since=first.clock, until=last.clock), last.end) if first and last else None
    )


def _bounded(atoms: Atoms, at: int) -> HeardHours | None:
    """Hours with a word that opens or closes a stretch before them."""
    is_opening = atoms.has(at, "from", "after")
    if not is_opening and not atoms.has(at, "before", "until"):
        return None
    first = _clock(atoms, at + 1)
    if first is None:
        return None
    last = _second(atoms, first.end, "to", "dash", "until") if is_opening else None
    if last:
        return HeardHours(Hours(since=first.clock, until=last.clock), last.end)
    if atoms.tag(at, "from") == "weak" and not atoms.has(at, "after", "before", "until"):
        return None
    end = atoms.skip(first.end, "onwards")
    if is_opening:
        return HeardHours(Hours(since=first.clock), end)
    return HeardHours(Hours(until=first.clock), atoms.skip(end, "backwards"))


def _clock(atoms: Atoms, at: int, *, up_to: bool = False) -> HeardClock | None:
    start = atoms.skip(at, "filler", "at", "daymark")
    found = hear_clock(atoms, start, up_to=up_to)
    if found is None or atoms.has(start, "ord"):
        return None
    return None if not found.is_plain and is_counted(atoms, found.end) else found


def _second(atoms: Atoms, at: int, *links: str) -> HeardClock | None:
    """The other end of a from-to, after its link."""
    link = atoms.reach(at, *links)
    return None if link is None else _clock(atoms, link + 1)


def _said(atoms: Atoms, at: int, *, may_be_bare: bool, goes_on: bool) -> HeardHours | None:
    """An hour with "at", or one that is plain by itself, or a bare number where hours belong."""
    is_at = atoms.has(at, "at")
    found = hear_clock(atoms, at) if is_at or not atoms.has(at, "filler") else None
    is_rank = atoms.has(at, "ord") and not atoms.has(at, "quarter")
    if found is None or (is_rank and not is_at):
        return None
    if not (found.is_plain or is_at) and atoms[at].word == "one":
        return None
    last = _last(atoms, found, is_at=is_at)
    end = (last or found).end
    if not found.is_plain:
        is_count = is_counted(atoms, end) or atoms.has(at - 1, "counted_before")
        is_placed = may_be_bare or is_at or (goes_on and _is_alone(atoms, at, found.end))
        is_small = last is not None or found.clock.hour <= 12
        is_shown = (last and last.is_plain) or (is_small and _is_hour_by_what_follows(atoms, end))
        if is_count or not (is_placed or is_shown):
            return None
    if last:
        return HeardHours(Hours(since=found.clock, until=last.clock), end)
    return _open(atoms, found)


def _last(atoms: Atoms, first: HeardClock, *, is_at: bool) -> HeardClock | None:
    """The other end, unless its "a las" or "alle" only says an hour of the day number before."""
    links = ("to", "dash", "until")
    link = atoms.reach(first.end, *links)
    is_hour = link is not None and atoms.has(link, "at") and not first.is_plain and not is_at
    last = None if is_hour else _second(atoms, first.end, *links)
    is_count = last is not None and not last.is_plain and is_counted(atoms, last.end)
    return None if is_count else last


def _open(atoms: Atoms, found: HeardClock) -> HeardHours:
    end = atoms.skip(found.end)
    if atoms.has(end, "onwards"):
        return HeardHours(Hours(since=found.clock), end + 1)
    if atoms.has(end, "backwards"):
        return HeardHours(Hours(until=found.clock), end + 1)
    return HeardHours(Hours(at=found.clock), found.end)


def _is_alone(atoms: Atoms, at: int, end: int) -> bool:
    """Whether a number ends a sentence or is its subject: "what about 11?", "11 would do"."""
    is_first = at == 0 or atoms.has(at - 1, "pause", "comma", "dash", "but")
    is_last = end >= len(atoms) or atoms.has(end, "pause")
    return is_last or (is_first and atoms.has(end, "works", "or"))


def _is_hour_by_what_follows(atoms: Atoms, at: int, *, further: int = 4) -> bool:
    """Whether a bare number is an hour because a day, or another hour, comes right after."""
    if atoms.has(at, "onwards", "backwards") or names_zone(atoms, at):
        return True
    after = atoms.skip(at, "filler", "onday", "daymark")
    is_on_date = atoms.has(at, "onday") and atoms.has(after, "ord", "numeric", "month")
    if is_on_date or atoms.has(after, "weekday", "near"):
        return True
    is_list = atoms.has(at, "or", "and", "slash") and not atoms.has(at + 1, "at")
    other = hear_clock(atoms, at + 1) if is_list and further else None
    if other is None:
        return False
    return other.is_plain or _is_hour_by_what_follows(atoms, other.end, further=further - 1)
