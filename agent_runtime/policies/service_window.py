"""When free words may go to WhatsApp: within a day of what the buyer last wrote there."""

from datetime import timedelta

from agent_runtime.domain import Proposal, Verdict
from agent_runtime.policies.facts import Facts

WINDOW = timedelta(hours=24)
"""Meta, WhatsApp Business Platform, "customer service window", as of 2026-01."""


def service_window(proposal: Proposal, facts: Facts) -> Verdict:
    """Asks for a template that the carrier has approved once the buyer's window is shut."""
    if proposal.channel != "whatsapp" or proposal.template is not None:
        return Verdict("service_window", 1, "allow")
    wrote = facts.last_inbound_at
    if wrote is not None and facts.now - wrote < WINDOW:
        return Verdict("service_window", 1, "allow")
    when = f"on {wrote.isoformat()}" if wrote else "never"
    why = f"the buyer last wrote there {when}, and the words are no approved template"
    return Verdict("service_window", 1, "escalate", why)
