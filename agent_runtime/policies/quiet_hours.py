"""When: working hours of workdays in every time zone where the person may be (R65)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from agent_runtime.domain import Proposal, Verdict
from agent_runtime.policies.facts import Facts
from agent_runtime.policies.zones import plausible_zones

GRID = timedelta(minutes=30)
JUST_NOW = timedelta(hours=1)
RINGING = frozenset({"sms", "whatsapp", "voice"})
"""Channels that make a telephone ring."""
_HORIZON = 2 * 24 * 7


def quiet_hours(proposal: Proposal, facts: Facts) -> Verdict:
    """Defers to the next hour that is open in every plausible zone what comes unasked.

    That is a proactive touch, and by text or voice also what somebody asked for earlier, in longer
    hours; who wrote there just now is answered at any hour.
    """
    is_ringing = proposal.channel in RINGING
    if proposal.touch_class != "proactive" and not is_ringing:
        return Verdict("quiet_hours", 1, "allow")
    wrote = facts.last_inbound_at
    is_on_the_line = proposal.channel == "voice" and proposal.touch_class == "reply"
    is_just_now = wrote is not None and facts.now - wrote <= JUST_NOW
    if proposal.touch_class != "proactive" and (is_on_the_line or is_just_now):
        return Verdict("quiet_hours", 1, "allow", "they are here now")
    zones = plausible_zones(facts.time_zone, facts.country)
    if not zones:
        return Verdict("quiet_hours", 1, "block", f"no time zone known for {facts.country!r}")
    limits = facts.limits
    hours = Hours(limits.first_hour, limits.last_hour)
    if proposal.touch_class != "proactive":
        hours = Hours(limits.text_first_hour, limits.text_last_hour, weekends=True)
    if _open(facts.now, zones, hours):
        return Verdict("quiet_hours", 1, "allow")
    until = next_open(facts.now, zones, hours)
    if until is None:
        return Verdict("quiet_hours", 1, "block", "no common open hour in the next week")
    return Verdict("quiet_hours", 1, "defer", "outside local working hours", until=until)


@dataclass(frozen=True, slots=True)
class Hours:
    """Local hours in which something may go: from the first on, before the last."""

    first: int
    last: int
    weekends: bool = False


def next_open(now: datetime, zones: tuple[str, ...], hours: Hours) -> datetime | None:
    """Returns the first half hour from `now` that is open in all zones, or None in a week."""
    instant = datetime.fromtimestamp(-(-now.timestamp() // 1800) * 1800, tz=UTC)
    for _ in range(_HORIZON):
        if _open(instant, zones, hours):
            return instant
        instant += GRID
    return None


def _open(now: datetime, zones: tuple[str, ...], hours: Hours) -> bool:
    for name in zones:
        local = now.astimezone(_zone(name))
        is_weekend = local.weekday() >= 5 and not hours.weekends
        if is_weekend or not hours.first <= local.hour < hours.last:
            return False
    return True


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
