"""What a batch brings into the store in whole pages, and what stands there from the ones before."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.sql import Select

from agent_runtime.contracts import Assignment
from agent_runtime.domain import Consent, Contact
from agent_runtime.store import tables as t
from agent_runtime.store.rows import Brought, Standing, Task
from agent_runtime.store.sql_calls import SqlCalls
from agent_runtime.store.sql_rows import dump, load, upsert_of

PAGE = 500
_WAITS = (
    (t.tasks, ("WAITING",)),
    (t.reminders, ("WAITING",)),
    (t.messages, ("READY", "HANDED")),
    (t.approvals, ("OPEN",)),
    (t.calls, ("READY",)),
)
_WAITS_IN_THREADS = ((t.promises, ("OPEN",)), (t.holds, ("OPEN",)))


class SqlBatch(SqlCalls):
    """The part of a transaction that only batches use."""

    def standing(self) -> Standing:
        """Returns what the store has of earlier batches."""
        m, c, a = t.import_marks.c, t.contacts.c, t.assignments.c
        marks = select(m.contact_id, m.content).join(
            t.contacts, (m.tenant_id == c.tenant_id) & (m.contact_id == c.contact_id)
        )
        arms = select(a.experiment_id, a.unit_id, a.person_id, a.arm)
        return Standing(
            marks=dict(map(tuple, self._all(marks, m.tenant_id))),
            arms=tuple(map(tuple, self._all(arms, a.tenant_id))),  # pyright: ignore
            tasks=frozenset(
                row[0] for row in self._all(select(t.tasks.c.task_id), t.tasks.c.tenant_id)
            ),
            stopped=frozenset(row[0] for row in self._all(_stopped(), t.suppressions.c.tenant_id)),
        )

    def bring(self, brought: Sequence[Brought], keeps: Callable[[Consent], bool]) -> None:
        """Writes contacts and the bases of their persons; see `ports.Tx`."""
        if not brought:
            return
        self.upsert_all(t.contacts, [contact_row(one.contact) for one in brought])
        given = {one.contact.person_id: one.consents for one in brought if one.consents is not None}
        here = self._consents_of(list(given))
        self.upsert_all(
            t.consents,
            [
                {"person_id": person, "doc": dump(tuple[Consent, ...], (*consents, *kept))}
                for person, consents in given.items()
                for kept in ([one for one in here.get(person, ()) if keeps(one)],)
            ],
        )
        self.upsert_all(
            t.import_marks,
            [{"contact_id": one.contact.contact_id, "content": one.content} for one in brought],
        )

    def insert_assignments(self, assignments: Sequence[Assignment]) -> tuple[Assignment, ...]:
        """Writes assignments once; returns those of whose unit another arm stands."""
        self.insert_all(t.assignments, [assignment_row(one) for one in assignments])
        a = t.assignments.c
        people = {one.person_id for one in assignments}
        query = select(a.experiment_id, a.unit_id, a.person_id, a.arm)
        stands = set(map(tuple, self._all(query.where(a.person_id.in_(people)), a.tenant_id)))
        return tuple(
            one
            for one in assignments
            if (one.experiment_id, one.unit_id, one.person_id, one.arm) not in stands
        )

    def forget_marks(self, *, contact_id: str = "", person_id: str = "") -> None:
        """Makes the next batch write a contact, or all of a person, whatever the CRM says."""
        m, c = t.import_marks.c, t.contacts.c
        theirs = select(c.contact_id).where(c.tenant_id == self.tenant_id, c.person_id == person_id)
        which = m.contact_id == contact_id if contact_id else m.contact_id.in_(theirs)
        self.connection.execute(delete(t.import_marks).where(m.tenant_id == self.tenant_id, which))

    def upsert_all(self, table: Any, rows: Sequence[dict[str, Any]]) -> None:
        """Inserts rows of one shape, or changes all but their keys where those stand already."""
        if rows:
            statement = upsert_of(table, self._is_postgres, tuple(rows[0]))
            tenant = {"tenant_id": self.tenant_id}
            self.connection.execute(statement, [{**tenant, **row} for row in rows])

    def _consents_of(self, people: Sequence[str]) -> dict[str, tuple[Consent, ...]]:
        found: dict[str, tuple[Consent, ...]] = {}
        c = t.consents.c
        for start in range(0, len(people), PAGE):
            query = select(c.person_id, c.doc).where(c.person_id.in_(people[start : start + PAGE]))
            for person, doc in self._all(query, c.tenant_id):
                found[person] = load(tuple[Consent, ...], doc)
        return found

    def _all(self, query: Any, tenant: Any) -> Any:
        return self.connection.execute(query.where(tenant == self.tenant_id)).all()


def contact_row(contact: Contact) -> dict[str, Any]:
    """Returns the columns of a contact."""
    return {
        "contact_id": contact.contact_id,
        "person_id": contact.person_id,
        "email": contact.email.lower(),
        "domain": contact.email.rpartition("@")[2].lower(),
        "is_primary": contact.is_primary,
        "doc": dump(Contact, contact),
    }


def assignment_row(assignment: Assignment) -> dict[str, Any]:
    """Returns the columns of an assignment."""
    keys = ("experiment_id", "unit_id", "person_id", "arm")
    return {name: getattr(assignment, name) for name in keys} | {
        "doc": dump(Assignment, assignment)
    }


def task_row(task: Task) -> dict[str, Any]:
    """Returns the columns of a touch."""
    return {**task_columns(task), "doc": dump(Task, task)}


def task_columns(task: Task) -> dict[str, Any]:
    """Returns the columns of a touch but its whole value."""
    return {
        "task_id": task.task_id,
        "person_id": task.person_id,
        "lane": task.mailbox,
        "state": task.state,
        "due_at": task.due_at,
    }


def _stopped() -> Select[Any]:
    """Persons stopped by the CRM; of whom anything waits, they are stopped again."""
    s = t.suppressions.c
    query = select(s.person_id).where(s.source == "crm")
    for table, states in _WAITS:
        whose = (table.c.tenant_id == s.tenant_id) & (table.c.person_id == s.person_id)
        query = query.where(~select(1).where(whose, table.c.state.in_(states)).exists())
    for table, states in _WAITS_IN_THREADS:
        thread = table.c.thread_id == "thread-" + s.person_id
        whose = (table.c.tenant_id == s.tenant_id) & thread
        query = query.where(~select(1).where(whose, table.c.state.in_(states)).exists())
    return query
