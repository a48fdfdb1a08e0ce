"""How often: caps per person, account and mailbox on proactive touches (R63, R64)."""

from datetime import UTC, datetime, time, timedelta

from agent_runtime.domain import Proposal, Verdict
from agent_runtime.policies.facts import Facts


def caps(proposal: Proposal, facts: Facts) -> Verdict:
    """Ends a campaign for a person at the cap; defers to tomorrow at an account's or mailbox's."""
    if proposal.touch_class != "proactive":
        return Verdict("caps", 1, "allow")
    sent, limits = facts.sent, facts.limits
    if sent is None:
        return Verdict("caps", 1, "block", "nobody has counted the touches so far")
    if sent.to_person >= limits.per_person:
        return Verdict("caps", 1, "end", f"{sent.to_person} touches to this person already")
    if sent.to_account_today >= limits.per_account_a_day:
        return Verdict("caps", 1, "defer", "account cap of today", until=tomorrow(facts.now))
    if sent.from_mailbox_today >= limits.per_mailbox_a_day:
        return Verdict("caps", 1, "defer", "mailbox cap of today", until=tomorrow(facts.now))
    return Verdict("caps", 1, "allow")


def tomorrow(now: datetime) -> datetime:
    """Returns when a cap of the day counts anew: the next morning, UTC."""
    day = now.astimezone(UTC).date() + timedelta(days=1)
    return datetime.combine(day, time(hour=8), tzinfo=UTC)
