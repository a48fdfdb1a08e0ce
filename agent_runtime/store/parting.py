"""Persons who are not one after all: what stopped either stays with both."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from agent_runtime.ports import Tx
from agent_runtime.store.rows import Stop


class _Stopping(Protocol):
    def suppress(self, person_id: str, *, reason: str, source: str, now: datetime) -> bool: ...


def keep_stopped(
    tx: _Stopping, people: Iterable[str], stops: Collection[Stop], now: datetime
) -> None:
    """Gives every stop of people who were one until now to each of them."""
    for person_id in people:
        for stop in stops:
            tx.suppress(person_id, reason=stop.reason, source=stop.source, now=now)


def follow(tx: Tx, into: Mapping[str, str], once_merged: Iterable[str], *, now: datetime) -> None:
    """Makes one what is one by now, and parts what is not any more.

    Args:
        tx: The runtime's store.
        into: Person who stays, by person who was merged away.
        once_merged: Persons of whom a merge was taken back; nobody else is ever parted.
        now: When it is learnt.
    """
    for person_id in once_merged:
        everybody = tx.persons_of(person_id)
        for one in everybody:
            others = [p for p in everybody if _who(p, into) != _who(one, into)]
            tx.part(one, others, now=now)
    known = tx.merged()
    for person_id, same_as in into.items():
        if (person_id, same_as) not in known:
            tx.merge(person_id, same_as, now=now)


def _who(person_id: str, into: Mapping[str, str]) -> str:
    while person_id in into:
        person_id = into[person_id]
    return person_id
