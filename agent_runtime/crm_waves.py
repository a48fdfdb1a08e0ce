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


@dataclass(slots=True)
class Waves:
    """Hands out asks wave by wave; a record that was stopped gets nothing more of this round."""

    asks: Sequence[Ask]
    _stopped: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[list[Ask]]:
        """Yields what may go out together: of each record its next row, or its next fields.

        A row that failed before goes alone.
        """
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
                together = [queue.popleft()]
                while queue and _is_field(together[0]) and _is_field(queue[0]):
                    together.append(queue.popleft())
                wave += [ask for ask in together if self._may(ask)]
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


def _is_field(ask: Ask) -> bool:
    return isinstance(ask.request, Write)
