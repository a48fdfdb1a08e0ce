"""Releases due rows to the durable queue, one batch a lane at a time.

A lane is a mailbox. Its rows are worked in order, on one connection, by one batch at a time: so
caps, calendars and threads of one owner never race, the same day plays the same way twice, and
whoever finds a message SENDING knows that the one who claimed it is dead.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Table, and_, bindparam, literal, not_, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ColumnElement

from agent_runtime.store import tables as t

BATCH = 40

_LIVE = '"channel":"chat"'
"""How a row of a channel on which somebody waits says so in JSON; in a text a quote is escaped."""

_SPOKEN = '"channel":"voice"'
"""Rows of a call, which its own process works: nobody else holds its line."""

CALL_GRACE = timedelta(minutes=2)
"""What a call has left undone by then is everybody's: its process has died."""

Rows = list[tuple[str, str]]
"""(kind, row id) of each row, in order."""

Enqueue = Callable[[Connection, str, str, Rows], None]
"""(connection, work id, lane, rows): puts a batch into the queue in the same transaction."""


@dataclass(frozen=True, slots=True)
class _Source:
    kind: str
    table: Table
    key: ColumnElement[str]
    waiting: tuple[str, ...]
    """The states in which a row waits for its time."""

    @property
    def waits(self) -> ColumnElement[bool]:
        """Whether a row waits."""
        state = self.table.c.state
        return state == self.waiting[0] if len(self.waiting) == 1 else state.in_(self.waiting)


_SOURCES = (
    _Source("inbound", t.inbound, t.inbound.c.key, ("NEW",)),
    _Source("message", t.messages, t.messages.c.message_id, ("READY",)),
    _Source("promise", t.promises, t.promises.c.promise_id, ("OPEN",)),
    _Source("hold", t.holds, t.holds.c.hold_id, ("OPEN",)),
    _Source("reminder", t.reminders, t.reminders.c.reminder_id, ("WAITING",)),
    _Source("approval", t.approvals_later, t.approvals_later.c.approval_id, ("GOING",)),
    _Source("task", t.tasks, t.tasks.c.task_id, ("WAITING",)),
    # While a line stands `due_at` says when it must be over: no call stays open.
    _Source("call", t.calls, t.calls.c.call_id, ("READY", "DIALLING", "ANSWERED")),
)


def release(engine: Engine, enqueue: Enqueue, *, now: datetime) -> int:
    """Puts the due rows of every free lane into the queue and returns how many."""
    if not _is_anything_due(engine, now, in_free_lanes=True):
        return 0
    with engine.begin() as connection:
        busy = set(connection.execute(select(t.lanes.c.lane)).scalars())
        batches: dict[str, Rows] = defaultdict(list)
        for kind, row_id, lane in _in_order(connection, now):
            if lane not in busy and len(batches[lane]) < BATCH:
                batches[lane].append((kind, row_id))
        work_ids = {lane: f"{lane}:{uuid4().hex[:12]}" for lane in batches}
        # In one order: two workers that took lanes crosswise would wait for each other.
        taken = {lane for lane in sorted(batches) if _take(connection, lane, work_ids[lane])}
        for lane, rows in batches.items():
            if lane in taken:
                enqueue(connection, work_ids[lane], lane, rows)
        return sum(len(batches[lane]) for lane in taken)


def live(engine: Engine, *, lane: str, now: datetime) -> Rows:
    """Returns the due rows of a lane for which somebody waits before a chat window.

    Whoever works the lane's batch works these in between: one at a time, as always, but nobody
    waits for forty mails.
    """
    with engine.connect() as connection:
        return [(kind, row_id) for kind, row_id, _ in _live(connection, now, lane=lane)]


def free(engine: Engine, *, lane: str = "", work_ids: Iterable[str] = ()) -> None:
    """Frees a lane whose batch has been worked, or the lanes of batches that ended otherwise."""
    ended = list(work_ids)
    if lane or ended:
        is_done = t.lanes.c.lane == lane if lane else t.lanes.c.work_id.in_(ended)
        with engine.begin() as connection:
            connection.execute(t.lanes.delete().where(is_done))


def work_in_hand(engine: Engine) -> set[str]:
    """Returns the ids of the batches that hold a lane."""
    with engine.connect() as connection:
        return set(connection.execute(select(t.lanes.c.work_id)).scalars())


def next_due(engine: Engine) -> datetime | None:
    """Returns when the next waiting row is due, or None when nothing waits."""
    with engine.connect() as connection:
        found = (
            connection.execute(
                select(source.table.c.due_at)
                .where(source.waits)
                .order_by(source.table.c.due_at)
                .limit(1)
            ).scalar()
            for source in _SOURCES
        )
        return min((instant for instant in found if instant), default=None)


def is_idle(engine: Engine, now: datetime) -> bool:
    """Whether nothing is due, in hand, being sent, or on hold in a calendar."""
    if _is_anything_due(engine, now):
        return False
    pending = (
        select(literal(1)).select_from(t.lanes),
        select(literal(1)).where(t.messages.c.state == "SENDING"),
        select(literal(1)).where(t.meetings.c.state == "HOLDING"),
        select(literal(1)).where(t.calls.c.state.in_(("DIALLING", "ANSWERED"))),
    )
    with engine.connect() as connection:
        return not any(connection.execute(query.limit(1)).first() for query in pending)


def _take(connection: Connection, lane: str, work_id: str) -> bool:
    """Takes a lane; False where another worker was a moment faster."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(t.lanes).values(lane=lane, work_id=work_id).on_conflict_do_nothing()
    # Without this option psycopg reports no count for an insert.
    counted = statement.execution_options(preserve_rowcount=True)
    return connection.execute(counted).rowcount == 1


def _is_anything_due(engine: Engine, now: datetime, *, in_free_lanes: bool = False) -> bool:
    with engine.connect() as connection:
        return any(
            connection.execute(_any_due(source, in_free_lanes), _at(now)).first()
            for source in _SOURCES
        )


def _in_order(connection: Connection, now: datetime) -> list[tuple[str, str, str]]:
    """Live rows of free lanes first, then the others by the time at which they fell due."""
    waiting = [(kind, row_id, lane) for _, kind, row_id, lane in sorted(_due(connection, now))]
    return list(dict.fromkeys((*_live(connection, now), *waiting)))


def _live(
    connection: Connection, now: datetime, *, lane: str = ""
) -> Iterable[tuple[str, str, str]]:
    for source in _SOURCES:
        if source.kind in ("inbound", "message"):
            bound = {**_at(now), **({"lane": lane} if lane else {})}
            for row in connection.execute(_live_rows(source, bool(lane)), bound):
                yield source.kind, row.row_id, row.lane


def _due(connection: Connection, now: datetime) -> Iterable[tuple[datetime, str, str, str]]:
    for source in _SOURCES:
        for row in connection.execute(_due_rows(source), _at(now)):
            yield row.due_at, source.kind, row.row_id, row.lane


# Asked many times a second: building a statement costs more than running it.


@cache
def _any_due(source: _Source, in_free_lanes: bool) -> Any:
    query = select(literal(1)).select_from(source.table).where(_is_due(source))
    return (query.where(_has_free_lane(source)) if in_free_lanes else query).limit(1)


@cache
def _due_rows(source: _Source) -> Any:
    return _rows(source).where(_has_free_lane(source)).limit(20 * BATCH)


@cache
def _live_rows(source: _Source, of_one_lane: bool) -> Any:
    query = _rows(source).where(source.table.c.doc.contains(_LIVE, autoescape=True))
    lane = source.table.c.lane == bindparam("lane") if of_one_lane else _has_free_lane(source)
    return query.where(lane).limit(BATCH)


def _rows(source: _Source) -> Any:
    columns = (source.table.c.due_at, source.key.label("row_id"), source.table.c.lane)
    return select(*columns).where(_is_due(source)).order_by(source.table.c.due_at, source.key)


def _is_due(source: _Source) -> ColumnElement[bool]:
    columns = source.table.c
    now, overdue = (bindparam(name, type_=t.Instant()) for name in ("now", "overdue"))
    due = and_(source.waits, columns.due_at <= now)
    if source.kind not in ("inbound", "message"):
        return due
    is_of_a_call = columns.doc.contains(_SPOKEN, autoescape=True)
    return and_(due, or_(columns.due_at <= overdue, not_(is_of_a_call)))


def _at(now: datetime) -> dict[str, datetime]:
    return {"now": now, "overdue": now - CALL_GRACE}


def _has_free_lane(source: _Source) -> ColumnElement[bool]:
    return source.table.c.lane.not_in(select(t.lanes.c.lane))
