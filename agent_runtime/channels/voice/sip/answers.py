"""What the answers of SIP mean for a call of ours (RFC 3261 section 21, RFC 8197, RFC 8688)."""

from dataclasses import dataclass
from typing import Literal

Ending = Literal["busy", "no_answer", "failed", "next"]
"""next: nothing rang and the trunk is at fault, so another one may be tried."""

_BUSY = {486, 600}
_NOBODY = {408, 480, 487}
_TRUNK = {403, 407, 401, 500, 502, 503, 504, 513}
"""Said by a trunk of itself, or by us of one that cannot be reached."""
_DECLINED = {603, 607, 608}


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended before anybody answered."""

    ending: Ending
    code: str
    """The code of SIP, with what it means where a person said no: `603 declined`."""


def rings(code: int) -> bool:
    """Whether a provisional answer means that a telephone may be ringing.

    183 does, since a network plays its own ring-back after it; 100 and 199 do not.
    """
    return 180 <= code < 199


def meaning_of(code: int, *, has_rung: bool, was_heard: bool) -> Ended:
    """Returns what a final answer means.

    Args:
        code: The final answer, ours included where none came.
        has_rung: Whether an answer said before that it rings.
        was_heard: Whether the trunk has answered at all, be it with 100.
    """
    if code in _BUSY:
        return Ended("busy", str(code))
    if not has_rung and (code in _TRUNK or (code == 408 and not was_heard)):
        return Ended("next", str(code))
    if code in _NOBODY:
        return Ended("no_answer", str(code))
    if code in _DECLINED:
        # Whoever declined is not rung again by itself: `failed` is final, `busy` is not.
        return Ended("failed", f"{code} declined")
    return Ended("failed", str(code))
