"""Works what falls due in a story, as the pump and a worker would."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection

from agent_runtime import pump
from agent_runtime.batch import work_batch
from agent_runtime.clock import write_now
from agent_runtime.remembering.world import World
from agent_runtime.store.rows import Due, DueKind

_WITHIN = timedelta(minutes=10)
"""How long after a moment all that comes of it has been done."""


def work(world: World, now: datetime) -> datetime:
    """Works until the agent has answered, and returns when that was."""
    engine, until = world.store.engine, now + _WITHIN
    while (due := pump.next_due(engine)) is not None and due <= until:
        now = max(now, due)
        write_now(engine, now)
        _work_lanes(world, now)
    return now


def _work_lanes(world: World, now: datetime) -> None:
    engine = world.store.engine
    released: list[tuple[str, list[Due]]] = []

    def enqueue(_: Connection, _work_id: str, lane: str, rows: pump.Rows) -> None:
        released.append((lane, [Due(cast(DueKind, kind), row_id) for kind, row_id in rows]))

    pump.release(engine, enqueue, now=now)
    for lane, rows in released:
        desk, clock = world.runtime.desk, world.clock
        work_batch(desk, rows, world.channel, waits_live=lambda: (), clock=clock)
        pump.free(engine, lane=lane)
