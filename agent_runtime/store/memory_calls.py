"""Calls, attempts and do-not-call lists in plain dictionaries; see `calling.rows.CallRows`."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heappush

from agent_runtime.calling.rows import (
    OPEN,
    Attempt,
    Call,
    CallCounts,
    CallState,
    DncList,
    attempt_of,
)
from agent_runtime.store.rows import DueKind


class MemoryCalls:
    """The part of the store in memory that calls need, and the heap of what waits."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, DueKind, str]] = []
        self._calls: dict[str, Call] = {}
        self._attempts: dict[tuple[str, int], Attempt] = {}
        self._dnc: dict[str, set[str]] = defaultdict(set)
        self._dnc_lists: dict[str, DncList] = {}

    def add_call(self, call: Call) -> bool:
        """Adds a call unless its id stands."""
        if call.call_id in self._calls:
            return False
        self.save_call(call)
        return True

    def call(self, call_id: str) -> Call | None:
        """Returns one call."""
        return self._calls.get(call_id)

    def calls(self, *states: CallState) -> tuple[Call, ...]:
        """Returns the calls in these states."""
        found = (c for c in self._calls.values() if not states or c.state in states)
        return tuple(sorted(found, key=lambda call: call.call_id))

    def save_call(self, call: Call) -> None:
        """Writes a call."""
        self._calls[call.call_id] = call
        heappush(self._waiting, (call.due_at, "call", call.call_id))

    def claim_call(self, claimed: Call) -> bool:
        """Takes a READY call; whoever comes second finds it taken."""
        known = self._calls.get(claimed.call_id)
        if known is None or known.state != "READY":
            return False
        self.save_call(claimed)
        self.save_attempt(attempt_of(claimed))
        return True

    def calls_of(self, person_id: str) -> tuple[Call, ...]:
        """Returns the calls to a person."""
        return tuple(call for call in self.calls() if call.person_id == person_id)

    def cancel_calls(self, person_id: str) -> None:
        """Cancels what waits to be dialled."""
        for call in self.calls_of(person_id):
            if call.state == "READY":
                self.save_call(replace(call, state="CANCELLED"))

    def attempt(self, call_id: str, number: int) -> Attempt | None:
        """Returns one attempt."""
        return self._attempts.get((call_id, number))

    def save_attempt(self, attempt: Attempt) -> None:
        """Writes an attempt."""
        self._attempts[attempt.call_id, attempt.attempt] = attempt

    def call_counts(
        self, number: str, campaign_id: str, *, now: datetime, window_days: int
    ) -> CallCounts:
        """Counts what may have rung, and what people took."""
        rung = [a for a in self._attempts.values() if a.number == number and a.rang]
        since = now - timedelta(days=window_days)
        taken = [
            a
            for a in self._attempts.values()
            if (a.campaign_id, a.answered_by) == (campaign_id, "person") and a.dialled_at > since
        ]
        return CallCounts(
            in_a_day=sum(a.dialled_at > now - timedelta(hours=24) for a in rung),
            in_a_week=sum(a.dialled_at > now - timedelta(days=7) for a in rung),
            answered=len(taken),
            abandoned=sum(a.is_abandoned for a in taken),
        )

    def dnc_lists(self) -> tuple[DncList, ...]:
        """Returns the lists that were imported."""
        return tuple(sorted(self._dnc_lists.values(), key=lambda one: one.name))

    def dnc_of(self, number: str) -> tuple[str, ...]:
        """Returns the lists on which a number is."""
        return tuple(sorted(name for name, numbers in self._dnc.items() if number in numbers))

    def replace_dnc(self, made: DncList, numbers: Iterable[str]) -> int:
        """Puts the numbers in place of a list's."""
        self._dnc[made.name] = set(numbers)
        count = len(self._dnc[made.name])
        self._dnc_lists[made.name] = replace(made, numbers=count)
        return count

    def add_dnc(self, name: str, number: str) -> bool:
        """Puts one number on a list."""
        is_new = number not in self._dnc[name]
        self._dnc[name].add(number)
        return is_new

    def lane_of_call(self, call_id: str, now: datetime) -> str | None:
        """Returns the lane of a call that is due, None where it is not."""
        call = self._calls[call_id]
        is_due = call.state in ("READY", *OPEN) and call.due_at <= now
        return call.lane if is_due else None
