"""The CRM of a company without one that we can reach: what is in the store is all there is."""

from agent_runtime.crm_port import Activity, Case, Outcome, Record, Write
from agent_runtime.ports import Store

_KEPT = Outcome("kept", "no CRM is connected: it is kept here")


class LocalCrm:
    """Takes everything, since the row that it is told of stands already."""

    name = ""

    def __init__(self, store: Store) -> None:
        self._store = store

    def value(self, record: Record, field: str) -> str:
        """Returns what we last wrote."""
        with self._store.begin() as tx:
            return tx.crm_value(record.kind, record.record_id, field)

    def write(self, write: Write) -> Outcome:
        """Does nothing more."""
        return _KEPT

    def put_ticket(self, case: Case) -> Outcome:
        """Does nothing more."""
        return _KEPT

    def log_activity(self, activity: Activity) -> Outcome:
        """Does nothing more: the thread itself is here."""
        return _KEPT

    def close(self) -> None:
        """Has nothing to close."""
