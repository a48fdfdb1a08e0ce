"""What the store keeps of each message that the band may count: figures and ids, no words."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

BandState = Literal["UNREAD", "SAMPLED", "WAITING", "RIGHT", "WRONG"]
"""UNREAD: it went without a person; SAMPLED: it went, and was drawn to be read afterwards;
WAITING: a person is to read it first."""


@dataclass(frozen=True, slots=True)
class BandMessage:
    """One message of the agent of a kind that could go by itself."""

    tenant_id: str
    message_id: str
    playbook: str
    category: str
    confidence: float
    share: float
    """Probability with which it was drawn to be read first, in (0, 1]."""
    weight: float
    """Share in force inside the band at that time, over `share`."""
    made_at: datetime
    went: bool
    """Whether it went without a person."""
    state: BandState
    band: str = ""
    """Version of the calibration that was in force; empty where there was none."""
    judged_at: datetime | None = None
    how: str = ""
    """What the person did: `approved`, `edited 40%`, `rejected`, `another draft`, `score`, ..."""
    is_drawn: bool = True
    """Whether chance decided that a person reads it; what went and was not drawn is no evidence."""


class BandRows(Protocol):
    """The part of a transaction that the band needs."""

    def save_band_message(self, row: BandMessage) -> None:
        """Writes a message over what was known of it."""
        ...

    def band_message(self, message_id: str) -> BandMessage | None:
        """One message, None where it was never of a kind that could go by itself."""
        ...

    def band_messages(self, playbook: str) -> tuple[BandMessage, ...]:
        """All messages of a playbook, the earliest first."""
        ...

    def count_unread(
        self, playbook: str, categories: Collection[str] | None, after: datetime | None
    ) -> int:
        """How many went without a person after an instant; None means all categories, or ever."""
        ...
