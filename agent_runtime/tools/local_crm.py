"""The CRM of a company without one that we can reach: what is in the store is all there is."""

from collections.abc import Sequence

from agent_runtime.crm_port import Looked, Outcome, Record, Request, Standing
from agent_runtime.ports import Store

_KEPT = Outcome("kept", "no CRM is connected: it is kept here")


class LocalCrm:
    """Takes everything, since the row that it is told of stands already."""

    name = ""

    def __init__(self, store: Store) -> None:
        self._store = store

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Does nothing more."""
        return [_KEPT] * len(requests)

    def value(self, record: Record, field: str) -> Standing:
        """Returns what we last wrote."""
        with self._store.begin() as tx:
            written = tx.changes_of(record.kind, record.record_id, field)
        last = written[-1] if written else None
        return Standing(last.after, last.by, last.at) if last else Standing("")

    def look(self, emails: Sequence[str]) -> list[Looked]:
        """Returns that nothing is known: the store itself is the CRM."""
        return [Looked("gone") for _ in emails]

    def close(self) -> None:
        """Has nothing to close."""
