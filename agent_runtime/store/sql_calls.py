"""Calls, attempts and do-not-call lists on the database; see `calling.rows.CallRows`."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import delete

from agent_runtime.calling.rows import Attempt, Call, CallCounts, CallState, DncList, attempt_of
from agent_runtime.store import tables as t
from agent_runtime.store.sql_rows import SqlRows, load

PAGE = 10_000


class SqlCalls(SqlRows):
    """The part of a transaction that calls need."""

    def add_call(self, call: Call) -> bool:
        """Adds a call unless its id stands."""
        return self.add(t.calls, call, **_columns(call))

    def call(self, call_id: str) -> Call | None:
        """Returns one call."""
        row = self.first(t.calls, call_id=call_id)
        return None if row is None else _call(row)

    def calls(self, *states: CallState) -> tuple[Call, ...]:
        """Returns the calls in these states."""
        among = (t.calls.c.state.in_(states),) if states else ()
        rows = self.rows(t.calls, *among)
        return tuple(sorted(map(_call, rows), key=lambda call: call.call_id))

    def save_call(self, call: Call) -> None:
        """Writes a call."""
        self.put(t.calls, call, **_columns(call))

    def claim_call(self, claimed: Call) -> bool:
        """Takes a READY call; whoever comes second finds it taken."""
        ready = {"call_id": claimed.call_id, "state": "READY"}
        if self.set(t.calls, ready, state="DIALLING") != 1:
            return False
        self.save_call(claimed)
        self.save_attempt(attempt_of(claimed))
        return True

    def calls_of(self, person_id: str) -> tuple[Call, ...]:
        """Returns the calls to a person."""
        rows = self.rows(t.calls, person_id=person_id)
        return tuple(sorted(map(_call, rows), key=lambda call: call.call_id))

    def cancel_calls(self, person_id: str) -> None:
        """Cancels what waits to be dialled."""
        self.set(t.calls, {"person_id": person_id, "state": "READY"}, state="CANCELLED")

    def attempt(self, call_id: str, number: int) -> Attempt | None:
        """Returns one attempt."""
        row = self.first(t.call_attempts, call_id=call_id, attempt=number)
        return None if row is None else Attempt(**row._mapping)

    def save_attempt(self, attempt: Attempt) -> None:
        """Writes an attempt."""
        row = asdict(attempt)
        row.pop("tenant_id")
        self.upsert(t.call_attempts, row)

    def call_counts(
        self, number: str, campaign_id: str, *, now: datetime, window_days: int
    ) -> CallCounts:
        """Counts what may have rung, and what people took."""
        a = t.call_attempts.c

        def rung(hours: int) -> int:
            since = a.dialled_at > now - timedelta(hours=hours)
            return self.count(t.call_attempts, since, number=number, rang=True)

        since = a.dialled_at > now - timedelta(days=window_days)
        taken = {"campaign_id": campaign_id, "answered_by": "person"}
        return CallCounts(
            in_a_day=rung(24),
            in_a_week=rung(24 * 7),
            answered=self.count(t.call_attempts, since, **taken),
            abandoned=self.count(t.call_attempts, since, **taken, is_abandoned=True),
        )

    def dnc_lists(self) -> tuple[DncList, ...]:
        """Returns the lists that were imported."""
        return tuple(sorted(self.all(DncList, t.dnc_lists), key=lambda one: one.name))

    def dnc_of(self, number: str) -> tuple[str, ...]:
        """Returns the lists on which a number is."""
        return tuple(sorted(row.name for row in self.rows(t.dnc_numbers, number=number)))

    def replace_dnc(self, made: DncList, numbers: Iterable[str]) -> int:
        """Puts the numbers in place of a list's, page by page."""
        c = t.dnc_numbers.c
        mine = (c.tenant_id == self.tenant_id, c.name == made.name)
        self.connection.execute(delete(t.dnc_numbers).where(*mine))
        for page in _pages(numbers):
            self.insert_all(t.dnc_numbers, [{"number": n, "name": made.name} for n in page])
        count = self.count(t.dnc_numbers, name=made.name)
        self.put(t.dnc_lists, replace(made, numbers=count), name=made.name)
        return count

    def add_dnc(self, name: str, number: str) -> bool:
        """Puts one number on a list."""
        return self.insert(t.dnc_numbers, {"number": number, "name": name})


def _columns(call: Call) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "person_id": call.person_id,
        "thread_id": call.thread_id,
        "lane": call.lane,
        "state": call.state,
        "due_at": call.due_at,
    }


def _call(row: Any) -> Call:
    return replace(load(Call, row.doc), state=row.state, due_at=row.due_at)


def _pages(numbers: Iterable[str]) -> Iterable[tuple[str, ...]]:
    rest = iter(numbers)
    while page := tuple(islice(rest, PAGE)):
        yield page
