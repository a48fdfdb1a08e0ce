"""Which facts of the CRM are off limits, for texts to buyers and for briefs to people of ours."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from agent_runtime.domain import Contact

_PRIVATE = "_private"
"""What a mark's name ends in: `lost_reason_private: yes` makes `lost_reason` off limits."""

_UNMARKED = frozenset({"", "no", "false", "0"})


def is_off_limits(name: str, contact: Contact, redlines: Iterable[str]) -> bool:
    """Says whether a redline covers a fact, or the CRM marks this one as private."""
    if name.endswith(_PRIVATE) or any(fnmatchcase(name, line) for line in redlines):
        return True
    return contact.fact(name + _PRIVATE).strip().lower() not in _UNMARKED
