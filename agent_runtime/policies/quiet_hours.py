"""When: working hours of workdays in every time zone where the person may be (R65)."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from agent_runtime.domain import Proposal, Verdict
from agent_runtime.policies.facts import Facts
from agent_runtime.policies.zones import plausible_zones

GRID = timedelta(minutes=30)
_HORIZON = 2 * 24 * 7


def quiet_hours(proposal: Proposal, facts: Facts) -> Verdict:
    """Defers a proactive touch to the next hour that is open in every plausible zone."""
    if proposal.touch_class != "proactive":
        return Verdict("quiet_hours", 1, "allow")
    zones = plausible_zones(facts.time_zone, facts.country)
    if not zones:
        return Verdict("quiet_hours", 1, "block", f"no time zone known for {facts.country!r}")
    limits = facts.limits
    if _open(facts.now, zones, limits.first_hour, limits.last_hour):
        return Verdict("quiet_hours", 1, "allow")
    until = next_open(facts.now, zones, limits.first_hour, limits.last_hour)
    if until is None:
        return Verdict("quiet_hours", 1, "block", "no common open hour in the next week")
    return Verdict("quiet_hours", 1, "defer", "outside local working hours", until=until)


def next_open(
    now: datetime, zones: tuple[str, ...], first_hour: int, last_hour: int
) -> datetime | None:
    """Returns the first half hour from `now` that is open in all zones, or None in a week."""
    instant = datetime.fromtimestamp(-(-now.timestamp() // 1800) * 1800, tz=UTC)
    for _ in range(_HORIZON):
        if _open(instant, zones, first_hour, last_hour):
            return instant
        instant += GRID
    return None


def _open(now: datetime, zones: tuple[str, ...], first_hour: int, last_hour: int) -> bool:
    for name in zones:
        local = now.astimezone(_zone(name))
        if local.weekday() >= 5 or not first_hour <= local.hour < last_hour:
            return False
    return True


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
