"""What is asked of a day: an hour, a stretch, a part, or the whole of it."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from agent_runtime.times.clocks import Clock

PARTS = {
    "morning": (9 * 60, 12 * 60),
    "lunch": (12 * 60, 13 * 60),
    "afternoon": (12 * 60, 17 * 60),
    "evening": (17 * 60, 20 * 60),
    "night": (17 * 60, 20 * 60),
    "before_lunch": (9 * 60, 12 * 60),
    "after_lunch": (13 * 60, 17 * 60),
    "after_work": (17 * 60, 20 * 60),
    "day": (9 * 60, 17 * 60),
}
"""Minutes after midnight from which and to which each part of a day runs."""

SLOT_MINUTES = 30
"""How long a meeting is when nobody says."""

_LONGEST_SLOT = 60
"""A from-to of at most this many minutes is one meeting, not a stretch to choose within."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of a day as said; empty fields were not said."""

    at: Clock | None = None
    since: Clock | None = None
    until: Clock | None = None
    part: str = ""
    wait_minutes: int | None = None
    """From now, as in "in an hour"."""
    zone: str = ""
    """IANA name of the zone that the hours are in, when the text names one."""
    is_same: bool = False
    """"Same time", which needs another time before it."""

    @property
    def is_bound(self) -> bool:
        """Whether only one end of a stretch was said."""
        return self.at is None and (self.since is None) != (self.until is None)

    @property
    def is_only_part(self) -> bool:
        """Whether no hour of the clock was said."""
        return bool(self.part) and not (self.at or self.since or self.until)

    def turned(self) -> "Hours":
        """Returns what is left of the day when this bound is refused."""
        return replace(self, since=self.until, until=self.since)


class Minutes(NamedTuple):
    """A stretch of one day in minutes after its midnight."""

    kind: Literal["slot", "window"]
    start: int
    end: int


def joined(one: Hours, other: Hours) -> Hours | None:
    """Returns two sayings about the same hours as one; None when they are alternatives."""
    if one.is_same or other.is_same or one.wait_minutes or other.wait_minutes:
        return None
    if one.at and other.at:
        same = one.at.settle(one.part) == other.at.settle(other.part)
        return replace(one, part=one.part or other.part) if same else None
    if (one.at and not other.is_only_part) or (other.at and not one.is_only_part):
        return None
    parts = {one.part, other.part} - {"", "day"}
    if len(parts) > 1 or (one.since and other.since) or (one.until and other.until):
        return None
    return Hours(
        at=one.at or other.at,
        since=one.since or other.since,
        until=one.until or other.until,
        part=next(iter(parts), one.part or other.part),
        zone=one.zone or other.zone,
    )


def minutes_of(hours: Hours | None, length: int | None) -> Minutes:
    """Returns the stretch of a day that is meant; `length` is the meeting's, in minutes."""
    if hours is None:
        return Minutes("window", *PARTS["day"])
    part_start, part_end = PARTS[hours.part or "day"]
    if hours.at:
        start = hours.at.settle(hours.part)
        return Minutes("slot", start, start + (length or SLOT_MINUTES))
    if hours.since and hours.until:
        start, end = _from_to(hours.since, hours.until, hours.part)
        kind = "slot" if end - start <= _LONGEST_SLOT else "window"
        return Minutes(kind, start, end)
    if hours.since:
        start = hours.since.settle(hours.part)
        ends = (end for end in (part_end, *_DAY_ENDS) if end > start)
        return Minutes("window", start, next(ends, start + 60))
    if hours.until:
        end = hours.until.settle(hours.part)
        start = part_start if part_start < end else end - 60
        return Minutes("window", max(start, 0), end)
    return Minutes("window", part_start, part_end)


_DAY_ENDS = (17 * 60, 20 * 60)


def _from_to(since: Clock, until: Clock, part: str) -> tuple[int, int]:
    """Both ends in order; an end that names its half tells the half of the other."""
    if until.half and not since.half and since.hour <= 12 and since.hour:
        same = replace(since, half=until.half)
        other = replace(since, half="am")
        end = until.settle(part)
        start = same.settle(part) if same.settle(part) < end else other.settle(part)
        return start, end if start < end else end + 24 * 60
    start = since.settle(part)
    is_sure = bool(until.half) or until.hour > 12
    end = until.settle(part) if is_sure else until.hour * 60 + until.minute
    while end <= start:
        end += (24 if is_sure else 12) * 60
    return start, end
