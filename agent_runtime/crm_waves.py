"""What is asked of the CRM together: the next rows of many records, each record in its order."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from agent_runtime.crm_port import Request, Write
from agent_runtime.store.rows import Push


@dataclass(frozen=True, slots=True)
class Ask:
    """One request and the rows that it settles: its own, and those in whose place it goes."""

    push: Push
    request: Request
    carried: tuple[Push, ...] = ()

    @property
    def rows(self) -> tuple[Push, ...]:
        """The rows that the outcome is written to, the earliest first."""
        return (*self.carried, self.push)

    @property
    def group(self) -> str:
        """What may go out in one request; rows of one record in another group wait their turn."""
        return "fields" if isinstance(self.request, Write) else self.push.kind


@dataclass(slots=True)
class Waves:
    """Hands out asks wave by wave; a record that was stopped gets nothing more of this round."""

    asks: Sequence[Ask]
    _stopped: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[list[Ask]]:
        """Yields what may go out together; a row that failed before goes alone."""
        stops = [ask for ask in self.asks if ask.push.kind == "stop"]
        others = [ask for ask in self.asks if ask.push.kind != "stop"]
        fresh = [ask for ask in others if ask.push.attempts == 0]
        again = [ask for ask in others if ask.push.attempts]
        yield from ([ask] for ask in stops)
        # Whoever failed is earlier in its record than what is fresh there.
        for ask in again:
            if self._may(ask):
                yield [ask]
        queues: dict[str, deque[Ask]] = {}
        for ask in fresh:
            key = ask.push.record or f"{ask.push.kind}:{ask.push.row_id}"
            queues.setdefault(key, deque()).append(ask)
        while queues:
            wave: list[Ask] = []
            for key in list(queues):
                queue = queues[key]
                first = queue[0].group
                while queue and queue[0].group == first:
                    ask = queue.popleft()
                    if self._may(ask):
                        wave.append(ask)
                if not queue:
                    del queues[key]
            if wave:
                yield wave

    def stop(self, record: str) -> None:
        """Leaves the later rows of a record for another round."""
        if record:
            self._stopped.add(record)

    def _may(self, ask: Ask) -> bool:
        return ask.push.record not in self._stopped
