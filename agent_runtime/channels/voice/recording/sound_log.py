"""Who was heard when in a call: seconds, without sound and without words."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MOST = 2_000
"""Stretches of one side that are kept: a call of an hour has fewer."""


@dataclass(slots=True)
class _Side:
    stretches: list[tuple[float, float]] = field(default_factory=list)
    since: float | None = None

    def begin(self, at: float) -> None:
        if self.since is None:
            self.since = max(at, 0.0)

    def end(self, at: float) -> None:
        if self.since is not None and len(self.stretches) < MOST:
            self.stretches.append((round(self.since, 3), round(max(at, self.since), 3)))
        self.since = None


@dataclass(slots=True)
class SoundLog:
    """Stretches of voice, in seconds from its first instant on.

    Args:
        since: Its first instant.
    """

    since: datetime
    them: _Side = field(default_factory=_Side)
    """As the voice detector has it."""
    us: _Side = field(default_factory=_Side)
    """A sentence each, as it was played."""
    recorded: list[tuple[float, float]] = field(default_factory=list)

    def second(self, at: datetime) -> float:
        """Returns the second of an instant."""
        return (at - self.since).total_seconds()

    def as_payload(self, at: datetime) -> dict[str, Any]:
        """Returns what a trace holds of it; whatever is under way ends with it."""
        for side in (self.them, self.us):
            side.end(self.second(at))
        return {
            "since": self.since.isoformat(),
            "them": self.them.stretches,
            "us": self.us.stretches,
            "recorded": self.recorded,
        }
