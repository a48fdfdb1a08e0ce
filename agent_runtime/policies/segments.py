"""How long a text message may be: carriers charge by the piece, and nobody reads a letter there."""

import re

from agent_runtime.channels.carrier.segments import as_sms, segments
from agent_runtime.domain import Proposal, Verdict
from agent_runtime.policies.facts import Facts

MAX_SEGMENTS = 4
PER_SEGMENT = 153
"""Characters that a piece of a longer message holds in the GSM alphabet."""
_PLACEHOLDER = re.compile(r"\[\[[A-Z_0-9]+\]\]")
_NAME = "x" * 12
"""About as long as what stands in for a placeholder."""


def length(proposal: Proposal, facts: Facts) -> Verdict:
    """Hands what is too long for a text message to a person, who may write a mail instead.

    What counts is what there is to read: accents that the GSM alphabet lacks double the price of a
    Spanish or Portuguese text and not its limit.
    """
    if proposal.channel != "sms" or facts.actor == "human":
        return Verdict("length", 1, "allow")
    text = as_sms(_PLACEHOLDER.sub(_NAME, proposal.body))
    is_long = len(text) > MAX_SEGMENTS * PER_SEGMENT
    said = f"{len(text)} characters in {segments(text)} segments"
    if not is_long:
        return Verdict("length", 1, "allow", said)
    return Verdict("length", 1, "escalate", f"{said}; {MAX_SEGMENTS * PER_SEGMENT} may be read")
