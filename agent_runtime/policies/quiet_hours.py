"""When: working hours of workdays in every time zone where the person may be (R65, R68)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from agent_runtime.domain import Proposal, Verdict
from agent_runtime.policies.facts import Facts
from agent_runtime.policies.rest_days import lawful_hours, rests_on
from agent_runtime.policies.zones import plausible_zones

GRID = timedelta(minutes=30)
JUST_NOW = timedelta(hours=1)
RINGING = frozenset({"sms", "whatsapp", "voice"})
"""Channels that make a telephone ring."""
_DAYS = 21
"""Longer than any run of holidays and weekends, such as the Golden Week of China."""
_HORIZON = 2 * 24 * _DAYS


@dataclass(frozen=True, slots=True)
class OpenHours:
    """Where a person may be and when they may be written to there."""

    zones: tuple[str, ...]
    country: str
    first_hour: int
    last_hour: int
    lawful: Sequence[Sequence[int]] = ()
    """Stretches of hours that the law leaves for the channel; empty means no such law."""
    has_rest: bool = True
    """Whether weekends and holidays are closed: what somebody asked for comes on them too."""

    def closed(self, now: datetime) -> str:
        """Returns why an instant is not open in all zones, or empty."""
        for name in self.zones:
            local = now.astimezone(_zone(name))
            rest = rests_on(self.country, local.date()) if self.has_rest else ""
            if rest:
                return "outside local working hours" if rest == "weekend" else f"holiday: {rest}"
            if not self.first_hour <= local.hour < self.last_hour:
                return "outside local working hours"
            if self.lawful and not any(a <= local.hour < b for a, b in self.lawful):
                return "outside the lawful hours of the channel"
        return ""


def quiet_hours(proposal: Proposal, facts: Facts) -> Verdict:
    """Defers to the next hour that is open in every plausible zone what comes unasked.

    That is a proactive touch, and by text or voice also what somebody asked for earlier, in longer
    hours; who wrote there just now is answered at any hour.
    """
    is_proactive = proposal.touch_class == "proactive"
    if not is_proactive and proposal.channel not in RINGING:
        return Verdict("quiet_hours", 3, "allow")
    wrote = facts.last_inbound_at
    is_on_the_line = proposal.channel == "voice" and proposal.touch_class == "reply"
    is_just_now = wrote is not None and facts.now - wrote <= JUST_NOW
    if not is_proactive and (is_on_the_line or is_just_now):
        return Verdict("quiet_hours", 3, "allow", "they are here now")
    zones = plausible_zones(facts.time_zone, facts.country)
    if not zones:
        return Verdict("quiet_hours", 3, "block", f"no time zone known for {facts.country!r}")
    limits = facts.limits
    lawful = lawful_hours(proposal.channel, facts.country)
    hours = OpenHours(zones, facts.country, limits.first_hour, limits.last_hour, lawful)
    if not is_proactive:
        first, last = limits.text_first_hour, limits.text_last_hour
        hours = OpenHours(zones, facts.country, first, last, has_rest=False)
    why = hours.closed(facts.now)
    if not why:
        return Verdict("quiet_hours", 3, "allow")
    until = next_open(facts.now, hours)
    if until is None:
        return Verdict("quiet_hours", 3, "block", f"no common open hour in {_DAYS} days")
    return Verdict("quiet_hours", 3, "defer", why, until=until)


def next_open(now: datetime, hours: OpenHours) -> datetime | None:
    """Returns the first half hour from `now` that is open in all zones, or None in three weeks."""
    return next_open_of(now, (hours,))


def next_open_of(now: datetime, hours: Sequence[OpenHours]) -> datetime | None:
    """Returns the first half hour from `now` that all of these leave open; None in three weeks."""
    instant = datetime.fromtimestamp(-(-now.timestamp() // 1800) * 1800, tz=UTC)
    for _ in range(_HORIZON):
        if not any(one.closed(instant) for one in hours):
            return instant
        instant += GRID
    return None


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
