"""The calibrated band as a permit sees it: may this message go, or does a person read it first?"""

import hashlib
from dataclasses import dataclass

from agent_runtime.band.category import category_of
from agent_runtime.band.state import Standing, coarser
from agent_runtime.domain import Proposal

_DIGITS = 13
"""Hexadecimal digits of a draw: as many bits as a float holds exactly."""


@dataclass(frozen=True, slots=True)
class Bands:
    """All bands of one playbook at one instant."""

    version: str = ""
    """Of the calibration; empty where there was none yet."""
    is_needed: bool = False
    """Whether a person reads everything until there was one."""
    standings: tuple[Standing, ...] = ()
    audit_share: float = 0.15
    """Share of what an autonomous agent sends that a person reads afterwards."""

    def governing(self, category: str) -> Standing | None:
        """Returns the finest band in which a category was judged; None for one never seen."""
        by_name = {one.category: one for one in self.standings}
        found = next((by_name[name] for name in coarser(category) if name in by_name), None)
        return found if found is not None and category in found.members else None

    def in_force(self, category: str) -> float:
        """Returns the share of a category that is read first where the agent is sure enough."""
        found = self.governing(category)
        return 1.0 if found is None or found.threshold is None else found.share

    def share(self, proposal: Proposal) -> float:
        """Returns the probability with which a person reads this message first."""
        if not self.version:
            return 1.0 if self.is_needed else 0.0
        category = category_of(proposal)
        found = self.governing(category)
        if found is None or found.threshold is None or proposal.confidence < found.threshold:
            return 1.0
        return found.share

    def why_closed(self, proposal: Proposal) -> str:
        """Says why even an autonomous agent asks: what judged messages closed; or nothing."""
        found = self.governing(category_of(proposal))
        return _why(proposal, found) if found is not None and found.state == "narrowed" else ""

    def why_read(self, proposal: Proposal, thread_id: str) -> str:
        """Says why a person reads a message first, or nothing where it may go."""
        share = self.share(proposal)
        if share == 0 or draw(thread_id, proposal) >= share:
            return ""
        category = category_of(proposal)
        found = self.governing(category)
        if not self.version:
            return "no band is calibrated yet: a person reads what teaches it"
        return f"nothing like {category} was judged yet" if found is None else _why(proposal, found)


def _why(proposal: Proposal, found: Standing) -> str:
    if found.state == "narrowed":
        return f"{found.category} is closed: {found.why}"
    if found.threshold is None:
        return f"{found.category}: no confidence is shown to be safe yet"
    if proposal.confidence < found.threshold:
        sure = f"confidence {proposal.confidence:.2f} is below {found.threshold:.2f}"
        return f"{sure}, from where {found.category} is shown to be safe"
    if found.state == "unheard":
        return "too many have gone since a person last judged one"
    return f"drawn to be read: {found.share:.0%} of what could go is"


def draw(thread_id: str, proposal: Proposal) -> float:
    """Returns a number in [0, 1) that hangs on the words alone, the same whenever asked."""
    words = "\x1f".join((thread_id, proposal.subject, proposal.body))
    digest = hashlib.sha256(words.encode()).hexdigest()
    return int(digest[:_DIGITS], 16) / 16**_DIGITS
