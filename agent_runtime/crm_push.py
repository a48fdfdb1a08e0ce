"""Delivers queued rows to the CRM: at least once asked, at most once there, nothing ever lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event

from sqlalchemy.exc import DBAPIError

from agent_runtime import log
from agent_runtime.crash import crash_point
from agent_runtime.crm_lists import list_of
from agent_runtime.crm_mirror import EVERY, Mirror
from agent_runtime.crm_outbox import CONNECTED
from agent_runtime.crm_port import Crm, Outcome
from agent_runtime.crm_request import person_of, request_of
from agent_runtime.crm_waves import Ask, Waves
from agent_runtime.domain import Contact
from agent_runtime.placeholders import redact
from agent_runtime.ports import Store, Tx
from agent_runtime.store.rows import WISHED, Push, PushState

AT_A_TIME = 100
POLL_S = 1.0
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
BREATH = timedelta(seconds=10)
"""After a failure nothing is asked for so long, whichever row it was; twice that after the next."""
LONGEST_BREATH = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(days=14)
"""A row that fails for so long while it is tried is given up and listed; a wish never is."""

_STATES: dict[str, PushState] = {
    "pushed": "PUSHED",
    "kept": "KEPT",
    "conflict": "CONFLICT",
    "refused": "REFUSED",
}


@dataclass(slots=True)
class Silence:
    """How often in a row the vendor failed."""

    failures: int = 0


@dataclass(frozen=True, slots=True)
class CrmPush:
    """Works the queue of one store with one CRM; running it again changes nothing twice."""

    store: Store
    crm: Crm
    versions: log.Versions
    _silence: Silence = field(default_factory=Silence)

    def announce(self) -> None:
        """Tells the turns to come which CRM is connected."""
        with self.store.begin() as tx:
            if tx.published(CONNECTED) != self.crm.name:
                tx.publish(CONNECTED, self.crm.name)

    def run(self, stop: Event, clock: Callable[[], datetime]) -> None:
        """Delivers until `stop` is set, in a thread of its own, since a vendor may be slow."""
        silent_until: datetime | None = None
        mirror, look_at = Mirror(self.store, self.crm, self.versions), None
        while not stop.wait(POLL_S):
            try:
                now = clock()
                if silent_until is None or now >= silent_until:
                    silent_until = self.work(now=now)
                if silent_until is None and (look_at is None or now >= look_at):
                    mirror.work(now=now)
                    look_at = now + EVERY
            except DBAPIError:
                # The database is the worker's trouble; this thread goes on when it is back.
                stop.wait(BREATH.total_seconds())
        self.crm.close()

    def work(self, *, now: datetime) -> datetime | None:
        """Delivers what is due; returns until when the vendor is to be left alone, if it is."""
        with self.store.begin() as tx:
            waves = Waves(self._asks(tx, now=now))
        for wave in waves:
            outcomes = self._deliver(wave)
            crash_point("pushed")
            with self.store.begin() as tx:
                for ask, outcome in zip(wave, outcomes, strict=True):
                    self._settle(tx, ask, outcome, now=now)
            failed = [o for o in outcomes if o.status in ("retry", "unasked")]
            if failed:
                return now + self._wait(failed)
        self._silence.failures = 0
        return None

    def _wait(self, failed: Sequence[Outcome]) -> timedelta:
        wait = timedelta(seconds=max(one.retry_after_s for one in failed))
        if any(one.status == "retry" for one in failed):
            breath = min(BREATH * 2 ** min(self._silence.failures, 10), LONGEST_BREATH)
            self._silence.failures += 1
            return max(wait, breath)
        return max(wait, timedelta(milliseconds=100))

    def _asks(self, tx: Tx, *, now: datetime) -> list[Ask]:
        """Returns what is due, and settles what must not be asked at all."""
        due = tx.pushes_due(now, limit=AT_A_TIME)
        in_place_of = self._coalesced(tx, due)
        asks: list[Ask] = []
        for push in due:
            carried = in_place_of.get((push.kind, push.row_id), ())
            if carried is None:
                continue
            contact = tx.contact_of(person_of(tx, push.kind, push.row_id))
            asked = request_of(tx, push, contact, carried)
            if isinstance(asked, Outcome):
                for row in (*carried, push):
                    self._mark(tx, row, contact, asked, now=now)
            else:
                asks.append(Ask(push, asked, carried))
        return asks

    def _coalesced(
        self, tx: Tx, due: Sequence[Push]
    ) -> dict[tuple[str, str], tuple[Push, ...] | None]:
        """Of several changes of one field the last goes, in place of the others (None)."""
        fields: dict[tuple[str, str, str], list[Push]] = {}
        for push in due:
            if push.kind == "change" and (change := tx.change(push.row_id)):
                key = change.object, change.record_id, change.field
                fields.setdefault(key, []).append(push)
        found: dict[tuple[str, str], tuple[Push, ...] | None] = {}
        for rows in fields.values():
            *earlier, last = self._in_order(tx, rows)
            found |= {(row.kind, row.row_id): None for row in earlier}
            found[last.kind, last.row_id] = tuple(earlier)
        return found

    def _in_order(self, tx: Tx, rows: Sequence[Push]) -> list[Push]:
        """Changes of one field in the order in which they were written."""
        first = tx.change(rows[0].row_id)
        if first is None or len(rows) == 1:
            return list(rows)
        written = tx.changes_of(first.object, first.record_id, first.field)
        place = {change.change_id: number for number, change in enumerate(written)}
        return sorted(rows, key=lambda row: place[row.row_id])

    def _deliver(self, wave: Sequence[Ask]) -> list[Outcome]:
        """An error of ours is tried again like one of theirs: no row is ever dropped."""
        try:
            return self.crm.deliver([ask.request for ask in wave])
        except DBAPIError:
            raise
        except Exception as error:
            failed = Outcome("retry", f"could not be worked: {error!r}"[:300])
            return [failed] * len(wave)

    def _settle(self, tx: Tx, ask: Ask, outcome: Outcome, *, now: datetime) -> None:
        """Writes what became of a request, unless its rows have changed while it was on its way."""
        if outcome.status == "unasked":
            return
        contact = tx.contact_of(person_of(tx, ask.push.kind, ask.push.row_id))
        is_same = all(tx.push(row.kind, row.row_id) == row for row in ask.rows)
        if not is_same or request_of(tx, ask.push, contact, ask.carried) != ask.request:
            return
        for row in ask.carried:
            merged = outcome.status == "pushed"
            self._mark(tx, row, contact, outcome, now=now, state="MERGED" if merged else None)
        self._mark(tx, ask.push, contact, outcome, now=now)

    def _mark(
        self,
        tx: Tx,
        push: Push,
        contact: Contact | None,
        outcome: Outcome,
        *,
        now: datetime,
        state: PushState | None = None,
    ) -> None:
        reason = redact(outcome.reason, contact).text if contact else outcome.reason
        if outcome.status == "retry":
            asked_for = timedelta(seconds=outcome.retry_after_s)
            wait = max(min(FIRST_WAIT * 2 ** min(push.attempts, 10), LONGEST_WAIT), asked_for)
            attempts = push.attempts + 1
            is_over = push.kind not in WISHED and now - push.queued_at > GIVE_UP_AFTER
            if not is_over:
                again = replace(push, due_at=now + wait, attempts=attempts, reason=reason)
                tx.save_push(again)
                return
            state = "GIVEN_UP"
        marked = replace(
            push,
            state=state or _STATES[outcome.status],
            reason=reason,
            vendor_id=outcome.vendor_id or push.vendor_id,
            found=self._hidden(tx, contact, outcome.found),
            stood=self._hidden(tx, contact, _stood(tx, push, outcome)),
        )
        tx.save_push(marked)
        session = tx.session_of(contact.person_id) if contact else None
        if session is not None and outcome.status != "kept":
            journal = log.Journal(tx, session, now=now, versions=self.versions)
            change = tx.change(push.row_id) if push.kind == "change" else None
            payload = log.pushed(marked, self.crm.name, change)
            journal.write("crm_write", push.kind, push.row_id, marked.state, payload=payload)

    def _hidden(self, tx: Tx, contact: Contact | None, text: str) -> str:
        """What people wrote there is kept in placeholder text, its originals in the vault."""
        if contact is None or not text:
            return text
        thread_id = f"thread-{contact.person_id}"
        hidden = redact(text, contact, known=tx.recall(thread_id))
        tx.remember(thread_id, hidden.originals)
        return hidden.text


def _stood(tx: Tx, push: Push, outcome: Outcome) -> str:
    """What stood there; where a list was asked before in vain, that may have been our own doing."""
    change = tx.change(push.row_id) if push.kind == "change" and push.attempts else None
    return "" if change is not None and list_of(change.field) else outcome.stood
