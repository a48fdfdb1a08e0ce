"""What the store promises of rows that are to reach the vendor's CRM."""

from datetime import datetime
from typing import Protocol

from agent_runtime.store.rows import FieldChange, Push, PushKind, Ticket


class PushRows(Protocol):
    """The part of a transaction that the delivery to the CRM needs."""

    def add_push(self, push: Push) -> bool:
        """Queues a row for the CRM unless it is known already."""
        ...

    def save_push(self, push: Push) -> None:
        """Writes what became of a row on its way to the CRM."""
        ...

    def push(self, kind: PushKind, row_id: str) -> Push | None:
        """How far a row is on its way to the CRM."""
        ...

    def pushes(self) -> tuple[Push, ...]:
        """Every row that was to reach the CRM, the earliest first."""
        ...

    def pushes_due(self, now: datetime, *, limit: int) -> tuple[Push, ...]:
        """Rows that wait and whose time has come: opt-outs first, then the earliest queued.

        While an earlier row of a record waits for its time the later ones wait too, opt-outs not.
        """
        ...

    def pushed_people(self, *, after: str, limit: int) -> tuple[str, ...]:
        """Persons about whom something was queued, by id, those after the given one."""
        ...

    def change(self, change_id: str) -> FieldChange | None:
        """A change of a field."""
        ...

    def changes_of(self, kind: str, record_id: str, field: str) -> tuple[FieldChange, ...]:
        """Every change of one field, in the order in which they were written."""
        ...

    def ticket(self, ticket_id: str) -> Ticket | None:
        """A case for support."""
        ...
