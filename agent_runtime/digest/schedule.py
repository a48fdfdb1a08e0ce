"""Sends the digest of the week before as soon as it is over and published; part of the worker."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agent_runtime.digest.content import NotYet, digest_of
from agent_runtime.digest.sending import Line, readers, send
from agent_runtime.digest.week import Week
from agent_runtime.settings import Settings
from agent_runtime.store.sql import SqlStore

HOUR = 6
"""From which hour of Monday, UTC: the night's batch has published then."""
LOOKS_EVERY = timedelta(minutes=5)
BY = "worker"


@dataclass(slots=True)
class WeeklyDigest:
    """Looks now and then whether a digest is due."""

    settings: Settings
    store: SqlStore
    line: Line
    sender: str
    wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _looked_at: datetime | None = field(default=None, init=False)

    def work(self, *, now: datetime) -> int:
        """Returns how many mails left; a repeat sends none of them again."""
        if not self.settings.weekly_digest or not self._is_time(now):
            return 0
        self._looked_at = now
        week = Week.before(now)
        if now < week.ends_at + timedelta(hours=HOUR):
            return 0
        with self.store.begin() as tx:
            to = readers(tx)
        if not to:
            return 0
        try:
            digest = digest_of(self.settings, self.store, week)
        except NotYet:
            return 0
        wall = self.wall_clock()
        told = send(
            self.store, digest, to, self.line, sender=self.sender, by=BY, now=now, wall=wall
        )
        return sum(one.is_new and one.state == "SENT" for one in told)

    def _is_time(self, now: datetime) -> bool:
        return self._looked_at is None or not timedelta() <= now - self._looked_at < LOOKS_EVERY
