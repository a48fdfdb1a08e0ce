"""How fast: warm-up of new mailboxes, and what a mail provider takes from us in an hour (R39)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from agent_runtime.domain import Proposal, Verdict
from agent_runtime.policies.caps import tomorrow
from agent_runtime.policies.facts import Facts

_HOUR = timedelta(hours=1)


def throttle(proposal: Proposal, facts: Facts) -> Verdict:
    """Defers a touch by mail that a mailbox or provider should not get yet; never for ever."""
    if proposal.touch_class != "proactive" or proposal.channel != "email":
        return Verdict("throttle", 1, "allow")
    sent = facts.sent
    if sent is None:
        return Verdict("throttle", 1, "block", "nobody has counted the touches so far")
    if facts.warm_up_day is not None:
        cap = cap_on(facts.warm_up_day, facts.rules.parameter("throttle", "warm_up"))
        if cap is not None and sent.from_mailbox_today >= cap:
            why = f"day {facts.warm_up_day} of warming up: {cap} a day"
            return Verdict("throttle", 1, "defer", why, until=tomorrow(facts.now))
    limit = facts.rules.parameter("throttle", "per_provider_an_hour").get(facts.provider)
    if limit is not None and sent.to_provider_this_hour >= limit:
        why = f"{facts.provider}: {limit} an hour"
        return Verdict("throttle", 1, "defer", why, until=_next_hour(facts.now))
    return Verdict("throttle", 1, "allow")


def cap_on(day: int, schedule: Sequence[Sequence[int]]) -> int | None:
    """Returns the daily cap on a day of warm-up, from 0; None once the mailbox is warm.

    Args:
        day: Days since the mailbox began.
        schedule: Pairs of the last day of a step and the cap until then, ascending.
    """
    return next((cap for last_day, cap in schedule if day <= last_day), None)


def _next_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + _HOUR
