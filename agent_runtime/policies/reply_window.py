"""When answers by mail may go out: the hours that the playbook names, where the reader is (R66)."""

from agent_runtime.domain import Proposal, Verdict
from agent_runtime.policies.facts import Facts
from agent_runtime.policies.quiet_hours import OpenHours, next_open
from agent_runtime.policies.zones import plausible_zones


def reply_window(proposal: Proposal, facts: Facts) -> Verdict:
    """Defers an agent's answer by mail to the window; chats and texts are answered at any hour."""
    first, last = facts.reply_hours
    is_answer = proposal.touch_class == "reply" and proposal.channel == "email"
    if not is_answer or facts.actor == "human" or (first, last) == (0, 24):
        return Verdict("reply_window", 1, "allow")
    zones = plausible_zones(facts.time_zone, facts.country) or ("UTC",)
    hours = OpenHours(zones, facts.country, first, last, has_rest=False)
    if not hours.closed(facts.now):
        return Verdict("reply_window", 1, "allow")
    until = next_open(facts.now, hours)
    if until is None:
        return Verdict("reply_window", 1, "escalate", "no hour that is open in every zone")
    return Verdict(
        "reply_window", 1, "defer", f"answers go out from {first} to {last}", until=until
    )
