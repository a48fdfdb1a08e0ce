"""Delivers queued rows to the CRM: at least once asked, at most once there, nothing ever lost."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event

from sqlalchemy.exc import DBAPIError

from agent_runtime import log
from agent_runtime.crash import crash_point
from agent_runtime.crm_outbox import CONNECTED
from agent_runtime.crm_port import Case, Crm, Outcome, Write
from agent_runtime.crm_request import Request, person_of, request_of
from agent_runtime.domain import Contact
from agent_runtime.placeholders import redact
from agent_runtime.ports import Store, Tx
from agent_runtime.store.rows import Push, PushState

AT_A_TIME = 50
POLL_S = 1.0
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
BREATH = timedelta(seconds=10)
"""After a failure nothing is asked for so long, whichever row it was."""

_STATES: dict[str, PushState] = {
    "pushed": "PUSHED",
    "kept": "KEPT",
    "conflict": "CONFLICT",
    "refused": "REFUSED",
}


@dataclass(frozen=True, slots=True)
class CrmPush:
    """Works the queue of one store with one CRM; running it again changes nothing twice."""

    store: Store
    crm: Crm
    versions: log.Versions

    def announce(self) -> None:
        """Tells the turns to come which CRM is connected."""
        with self.store.begin() as tx:
            if tx.published(CONNECTED) != self.crm.name:
                tx.publish(CONNECTED, self.crm.name)

    def run(self, stop: Event, clock: Callable[[], datetime]) -> None:
        """Delivers until `stop` is set, in a thread of its own, since a vendor may be slow."""
        silent_until: datetime | None = None
        while not stop.wait(POLL_S):
            try:
                now = clock()
                if silent_until is None or now >= silent_until:
                    silent_until = self.work(now=now)
            except DBAPIError:
                # The database is the worker's trouble; this thread goes on when it is back.
                stop.wait(BREATH.total_seconds())
        self.crm.close()

    def work(self, *, now: datetime) -> datetime | None:
        """Delivers what is due; returns until when the vendor is to be left alone, if it is."""
        with self.store.begin() as tx:
            due = tx.pushes_due(now, limit=AT_A_TIME)
        for push in due:
            outcome = self._try(push, now=now)
            if outcome is not None and outcome.status == "retry":
                return now + max(BREATH, timedelta(seconds=outcome.retry_after_s))
        return None

    def _try(self, push: Push, *, now: datetime) -> Outcome | None:
        """An error of ours is tried again like one of theirs: no row is ever dropped."""
        try:
            return self._deliver(push, now=now)
        except DBAPIError:
            raise
        except Exception as error:
            failed = Outcome("retry", f"could not be worked: {error!r}"[:300])
            with self.store.begin() as tx:
                self._mark(tx, push, None, failed, now=now)
            return failed

    def _deliver(self, push: Push, *, now: datetime) -> Outcome | None:
        with self.store.begin() as tx:
            contact = tx.contact_of(person_of(tx, push))
            if contact is None:
                asked = Outcome("refused", "the thread has no contact any more")
            else:
                asked = request_of(tx, push, contact)
            if isinstance(asked, Push):
                # An earlier write of the same field comes first.
                later = max(now, asked.due_at) + timedelta(seconds=1)
                tx.save_push(replace(push, due_at=later))
                return None
        outcome = asked if isinstance(asked, Outcome) else self._ask(asked)
        crash_point("pushed")
        with self.store.begin() as tx:
            current = tx.push(push.kind, push.row_id)
            is_same = isinstance(asked, Outcome) or (
                contact is not None and request_of(tx, push, contact) == asked
            )
            if current == push and is_same:
                self._mark(tx, push, contact, outcome, now=now)
        return outcome

    def _ask(self, asked: Request) -> Outcome:
        if isinstance(asked, Write):
            return self.crm.write(asked)
        if isinstance(asked, Case):
            return self.crm.put_ticket(asked)
        return self.crm.log_activity(asked)

    def _mark(
        self, tx: Tx, push: Push, contact: Contact | None, outcome: Outcome, *, now: datetime
    ) -> None:
        reason, found = outcome.reason, outcome.found
        if contact is not None:
            reason = redact(reason, contact).text
        if contact is not None and found:
            thread_id = f"thread-{contact.person_id}"
            hidden = redact(found, contact, known=tx.recall(thread_id))
            tx.remember(thread_id, hidden.originals)
            found = hidden.text
        if outcome.status == "retry":
            asked_for = timedelta(seconds=outcome.retry_after_s)
            wait = max(min(FIRST_WAIT * 2 ** min(push.attempts, 10), LONGEST_WAIT), asked_for)
            attempts = push.attempts + 1
            tx.save_push(replace(push, due_at=now + wait, attempts=attempts, reason=reason))
            return
        marked = replace(
            push,
            state=_STATES[outcome.status],
            reason=reason,
            vendor_id=outcome.vendor_id,
            found=found,
        )
        tx.save_push(marked)
        session = tx.session_of(contact.person_id) if contact else None
        if session is not None and outcome.status != "kept":
            journal = log.Journal(tx, session, now=now, versions=self.versions)
            payload = log.pushed(marked, self.crm.name, tx.change(push.row_id))
            journal.write("crm_write", push.kind, push.row_id, marked.state, payload=payload)
