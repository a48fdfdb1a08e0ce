"""Samples in the store: drawn once a day, then fixed, and drawn again to be checked."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from agent_runtime.coaching.candidates import (
    candidates_of,
    days_with_messages,
    last_position,
)
from agent_runtime.coaching.drawing import Drawn, draw
from agent_runtime.coaching.errors import CoachingError
from agent_runtime.store.coaching_tables import samples
from agent_runtime.store.sql import SqlStore, SqlTx

PER_PLAYBOOK = 4
"""Threads of each playbook that are read of a day."""
SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A thread that people read, as it was at the end of a day."""

    sample_id: str
    day: date
    playbook: str
    thread_id: str
    language: str
    is_answered: bool
    is_for_all: bool
    """Whether all reviewers read it, not only two."""
    weight: float
    """How many threads of its playbook it stands for."""
    number: int
    """In which order the day's threads are read, from 1."""
    until_position: int
    """Of the last event that is read."""
    seed: int
    per_playbook: int
    drawn_by: str
    drawn_at: datetime


def draw_day(
    store: SqlStore,
    day: date,
    *,
    by: str,
    now: datetime,
    at: datetime,
    per_playbook: int = PER_PLAYBOOK,
    seed: int = SEED,
    dry_run: bool = False,
) -> tuple[Sample, ...]:
    """Returns the sample of a day; one that was drawn already stays as it is.

    Args:
        store: Where the threads are.
        day: The day, UTC.
        by: Who draws it.
        now: The time of the campaigns: the day has to be over by then.
        at: Real time, which is written down.
        per_playbook: Threads of each playbook.
        seed: Another seed draws another sample.
        dry_run: Writes nothing.

    Raises:
        CoachingError: the day is not over, or a number is out of its range.
    """
    if day >= now.date():
        raise CoachingError(
            f"day {day}: is not over; draw {now.date() - timedelta(days=1)} or an earlier day."
        )
    if not 1 <= per_playbook <= 100:
        raise CoachingError(f"per playbook {per_playbook}: take from 1 to 100 threads.")
    with store.begin() as tx:
        tx.lock("coaching:samples")
        if standing := of_day(tx, day):
            return standing
        made = _made(tx, day, per_playbook, seed, by, at)
        if not dry_run:
            tx.insert_all(samples, [_row(one) for one in made])
    return made


def checked_again(store: SqlStore, day: date) -> tuple[frozenset[str], frozenset[str]]:
    """Returns threads that only stand in a day's sample, and those that only a new draw has.

    Both are empty where the sample follows from its seed.

    Raises:
        CoachingError: no sample of the day was drawn.
    """
    with store.begin() as tx:
        standing = of_day(tx, day)
        if not standing:
            raise CoachingError(f"day {day}: no sample was drawn; `parley review sample` does.")
        first = standing[0]
        again = _made(tx, day, first.per_playbook, first.seed, first.drawn_by, first.drawn_at)
    before, after = ({(s.thread_id, s.is_for_all) for s in each} for each in (standing, again))
    return frozenset(one for one, _ in before - after), frozenset(one for one, _ in after - before)


def days_to_draw(store: SqlStore, *, now: datetime) -> tuple[date, ...]:
    """Returns the days that are over, on which the agent wrote, and of which no sample is drawn."""
    with store.begin() as tx:
        wrote = days_with_messages(tx.connection, tx.tenant_id)
        drawn = set(drawn_days(tx))
    return tuple(one for one in wrote if one < now.date() and one not in drawn)


def draw_yesterday(store: SqlStore, *, now: datetime, at: datetime, per_playbook: int) -> None:
    """Draws the sample of the day before, once; a repeat on the same day finds it."""
    if per_playbook > 0:
        day = now.date() - timedelta(days=1)
        draw_day(store, day, by="parley", now=now, at=at, per_playbook=per_playbook)


def of_day(tx: SqlTx, day: date) -> tuple[Sample, ...]:
    """Returns the sample of a day in the order of reading; empty where none was drawn."""
    found = (_sample(row) for row in tx.rows(samples, day=day.isoformat()))
    return tuple(sorted(found, key=lambda one: one.number))


def sample_of(tx: SqlTx, sample_id: str) -> Sample:
    """Returns one thread of a sample.

    Raises:
        CoachingError: there is none of this id.
    """
    row = tx.first(samples, sample_id=sample_id)
    if row is None:
        raise CoachingError(f"sample {sample_id[:40]!r}: is unknown; the list of a day has all.")
    return _sample(row)


def all_samples(tx: SqlTx, *, playbook: str = "", since: date = date.min) -> tuple[Sample, ...]:
    """Returns the samples of a day and all later ones, the latest day first."""
    where = samples.c.day >= since.isoformat()
    rows = tx.rows(samples, where, **({"playbook": playbook} if playbook else {}))
    return tuple(sorted(map(_sample, rows), key=lambda one: (-one.day.toordinal(), one.number)))


def drawn_days(tx: SqlTx) -> tuple[date, ...]:
    """Returns the days of which there is a sample, the latest first."""
    c = samples.c
    query = select(c.day).where(c.tenant_id == tx.tenant_id).distinct().order_by(c.day.desc())
    return tuple(date.fromisoformat(one) for one in tx.connection.execute(query).scalars())


def _made(
    tx: SqlTx, day: date, per_playbook: int, seed: int, by: str, at: datetime
) -> tuple[Sample, ...]:
    earlier = {
        row.thread_id for row in tx.rows(samples, samples.c.day < day.isoformat()).fetchall()
    }
    drawn = draw(
        candidates_of(tx.connection, tx.tenant_id, day),
        day=day,
        seed=seed,
        per_playbook=per_playbook,
        read_before=earlier,
    )

    def sample(number: int, one: Drawn) -> Sample:
        thread = one.candidate.thread_id
        key = f"{tx.tenant_id}\x1f{day}\x1f{thread}"
        return Sample(
            sample_id=hashlib.sha256(key.encode()).hexdigest()[:12],
            day=day,
            playbook=one.candidate.playbook,
            thread_id=thread,
            language=one.candidate.language,
            is_answered=one.candidate.is_answered,
            is_for_all=one.is_for_all,
            weight=one.weight,
            number=number,
            until_position=last_position(tx.connection, tx.tenant_id, thread, day),
            seed=seed,
            per_playbook=per_playbook,
            drawn_by=by,
            drawn_at=at,
        )

    return tuple(sample(number, one) for number, one in enumerate(drawn, 1))


def _row(sample: Sample) -> dict[str, Any]:
    return asdict(sample) | {"day": sample.day.isoformat()}


_COLUMNS: Sequence[str] = tuple(Sample.__dataclass_fields__)


def _sample(row: Any) -> Sample:
    told: dict[str, Any] = {name: row._mapping[name] for name in _COLUMNS}
    told["day"] = date.fromisoformat(told["day"])
    return Sample(**told)
