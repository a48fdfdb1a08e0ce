"""Hours as a text names them: at, from, until, between, parts of the day, in an hour."""

from typing import NamedTuple

from agent_runtime.times.clocks import Clock, HeardClock, hear_clock
from agent_runtime.times.hours import Hours
from agent_runtime.times.lengths import count_minutes
from agent_runtime.times.tokens import Atoms
from agent_runtime.times.zone_phrases import names_zone


class HeardHours(NamedTuple):
    """Hours and where they end."""

    hours: Hours
    end: int


def hear_hours(
    atoms: Atoms, at: int, *, follows_day: bool, follows_hours: Hours | None
) -> HeardHours | None:
    """Returns the hours said at a position.

    Args:
        atoms: The text.
        at: Where they would begin.
        follows_day: A day was named just before, so that a bare number is an hour.
        follows_hours: The hours just before, which a bare number continues.
    """
    if atoms.has(at, "first"):
        return HeardHours(Hours(at=Clock(9, half="am")), at + 1)
    if atoms.has(at, "eod") and not _is_figure_of_speech(atoms, at):
        return HeardHours(Hours(at=Clock(17)), at + 1)
    if atoms.has(at, "same_time"):
        return HeardHours(Hours(is_same=True), at + 1)
    return (
        _waiting(atoms, at)
        or _bounded(atoms, at)
        or _part(atoms, at)
        or _said(atoms, at, follows_day=follows_day, follows_hours=follows_hours)
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


def _is_figure_of_speech(atoms: Atoms, at: int) -> bool:
    """Whether "at the end of the day" means "when all is said", as it mostly does up front."""
    if atoms.tag(at, "eod") != "maybe":
        return False
    after = atoms.skip(at + 1, "filler", "onday", "of", "daymark")
    if atoms.has(after, "weekday", "near", "this", "next", "works") or atoms.has(at + 1, "works"):
        return False
    before = at - 1
    while atoms.has(before, "filler", "at", "daymark"):
        before -= 1
    if atoms.has(before, "weekday", "near", "before", "until", "part"):
        return False
    is_up_front = before < 0 or atoms.has(before, "pause", "comma", "but", "so", "and")
    is_followed = at + 1 < len(atoms) and not atoms.has(at + 1, "pause", "or")
    return is_up_front and is_followed or (is_followed and atoms.has(at + 1, "comma"))


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


def _part(atoms: Atoms, at: int) -> HeardHours | None:
    start = atoms.skip(at + 1, "filler", "of") if atoms.has(at, *_EDGES) else at
    part = atoms.tag(start, "part")
    return HeardHours(Hours(part=part), start + 1) if part else None


def _bounded(atoms: Atoms, at: int) -> HeardHours | None:
    """Hours with a word that opens or closes a stretch before them."""
    if atoms.has(at, "between", "from") and atoms.has(at + 1, "now"):
        last = _second(atoms, at + 2, "and", "to", "dash", "until")
        return HeardHours(Hours(until=last.clock), last.end) if last else None
    if atoms.has(at, "between"):
        first = _clock(atoms, at + 1)
        last = _second(atoms, first.end, "and", "to", "dash", "until") if first else None
        if first and last:
            return HeardHours(Hours(since=first.clock, until=last.clock), last.end)
        return None
    for side in ("from", "after", "before", "until"):
        if not atoms.has(at, side):
            continue
        first = _clock(atoms, at + 1)
        if first is None:
            continue
        last = (
            _second(atoms, first.end, "to", "dash", "until") if side in ("from", "after") else None
        )
        if last:
            return HeardHours(Hours(since=first.clock, until=last.clock), last.end)
        if atoms.tag(at, side) == "weak":
            continue
        end = atoms.skip(first.end, "onwards")
        if side in ("from", "after"):
            return HeardHours(Hours(since=first.clock), end)
        return HeardHours(Hours(until=first.clock), atoms.skip(end, "backwards"))
    return None


def _clock(atoms: Atoms, at: int) -> HeardClock | None:
    start = atoms.skip(at, "filler", "at", "daymark")
    found = hear_clock(atoms, start)
    if found is None or atoms.has(start, "ord"):
        return None
    return None if not found.is_plain and is_counted(atoms, found.end) else found


def _second(atoms: Atoms, at: int, *links: str) -> HeardClock | None:
    """The other end of a from-to, after its link."""
    link = atoms.reach(at, *links)
    return None if link is None else _clock(atoms, link + 1)


def _said(
    atoms: Atoms, at: int, *, follows_day: bool, follows_hours: Hours | None
) -> HeardHours | None:
    """An hour with "at", or one that is plain by itself, or a bare number where hours belong."""
    is_at = atoms.has(at, "at")
    if atoms.has(at, "filler") and not is_at:
        return None
    found = hear_clock(atoms, at)
    if found is None or (atoms.has(at, "ord") and not is_at):
        return None
    clock = found.clock
    last = _second(atoms, found.end, "to", "dash", "until")
    if last and atoms.has(atoms.skip(found.end), "at") and not last.is_plain and not is_at:
        last = None
    is_counted_on = is_counted(atoms, (last or found).end) or atoms.has(at - 1, "counted_before")
    may_be_bare = is_at or follows_day or follows_hours is not None
    if not found.is_plain and (
        is_counted_on
        or not (
            may_be_bare
            or (last and last.is_plain)
            or _is_hour_by_what_follows(atoms, (last or found).end)
        )
    ):
        return None
    if last and (last.is_plain or not is_counted_on):
        return HeardHours(Hours(since=clock, until=last.clock), last.end)
    end = atoms.skip(found.end)
    if atoms.has(end, "onwards"):
        return HeardHours(Hours(since=clock), end + 1)
    if atoms.has(end, "backwards"):
        return HeardHours(Hours(until=clock), end + 1)
    return HeardHours(Hours(at=clock), found.end)


def _is_hour_by_what_follows(atoms: Atoms, at: int) -> bool:
    """Whether a bare number is an hour because a day, or another hour, comes right after."""
    if atoms.has(at, "onwards", "backwards") or names_zone(atoms, at):
        return True
    after = atoms.skip(at, "filler", "onday")
    if atoms.has(after, "weekday", "near"):
        return True
    if atoms.has(at, "or", "and", "slash"):
        other = hear_clock(atoms, at + 1)
        if other is None or atoms.has(at + 1, "at"):
            return False
        return other.is_plain or _is_hour_by_what_follows(atoms, other.end)
    return False
