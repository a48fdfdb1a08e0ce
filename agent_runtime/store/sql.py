"""The runtime store on SQLAlchemy Core: SQLite on one machine, Postgres with many workers."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Engine, and_, exists, func, or_, select, text

from agent_runtime.asking.answers import KeptAnswer, best_of
from agent_runtime.band.rows import BandMessage
from agent_runtime.contracts import Assignment, TraceEvent
from agent_runtime.crm_outbox import queue_stop, queue_work
from agent_runtime.domain import ChannelName, Choices, Consent, Contact, MessageState, Session
from agent_runtime.news_port import CrmNews, in_time
from agent_runtime.policies.facts import Limits, Sent
from agent_runtime.providers import provider_of
from agent_runtime.store import tables as t
from agent_runtime.store.approval_lines import line_of
from agent_runtime.store.chat_lines import chat_lines
from agent_runtime.store.parting import keep_stopped
from agent_runtime.store.rows import (
    Approval,
    ChatLine,
    ChatMark,
    Due,
    FieldChange,
    Hold,
    HumanTask,
    Inbound,
    Later,
    Listing,
    ListScope,
    MailCursor,
    Meeting,
    MeetingState,
    Message,
    Promise,
    PromiseState,
    Push,
    PushKind,
    Reminder,
    ReminderState,
    Stop,
    Task,
    Ticket,
    ended,
    in_order,
)
from agent_runtime.store.sql_batch import (
    SqlBatch,
    assignment_row,
    contact_row,
    task_columns,
    task_row,
)
from agent_runtime.store.sql_rows import dump, load

LEFT: tuple[MessageState, ...] = ("SENDING", "HANDED", "SENT", "UNKNOWN")
"""States in which a message has left, may have left, or lies with who will post it."""


_LOCK = text("select pg_advisory_xact_lock(:key)")


class SqlStore:
    """Opens transactions on one tenant's rows."""

    def __init__(self, engine: Engine, tenant_id: str) -> None:
        self.engine = engine
        self.tenant_id = tenant_id

    @contextmanager
    def begin(self) -> Iterator["SqlTx"]:
        """Opens a transaction that commits at the end of the block."""
        with self.engine.begin() as connection:
            tx = SqlTx(connection, self.tenant_id)
            yield tx
            tx.write_traces()


class SqlTx(SqlBatch):
    """One transaction on the store; see `ports.Tx` for what each method promises."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        super().__init__(connection, tenant_id)
        self._assigned: dict[str, tuple[Assignment, ...]] = {}
        """Asked for several times a turn, and never changed but by this transaction."""
        self._people: dict[str, tuple[str, ...]] = {}
        self._events: list[TraceEvent] = []
        """Written all at once, as the last thing before the commit."""

    def lock(self, *names: str) -> None:
        """On SQLite there is one name: whoever writes. A reader alone would begin nothing."""
        if self._is_postgres:
            for key in sorted({_lock_key(f"{self.tenant_id}/{name}") for name in names}):
                self.connection.execute(_LOCK, {"key": key})
        elif not self.connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
            self.connection.exec_driver_sql("BEGIN IMMEDIATE")

    def contact_of(self, person_id: str) -> Contact | None:
        own = self.one(Contact, t.contacts, person_id=person_id, is_primary=True)
        if own is not None:
            return own
        others = self.persons_of(person_id)[1:]
        found = (self.one(Contact, t.contacts, person_id=p, is_primary=True) for p in others)
        return next((contact for contact in found if contact), None)

    def contact_by_email(self, email: str) -> Contact | None:
        if not email:
            return None
        return self.one(Contact, t.contacts, email=email.lower())

    def contacts_at(self, domain: str) -> tuple[Contact, ...]:
        return self.all(Contact, t.contacts, domain=domain.lower())

    def merge(self, person_id: str, same_as: str, *, now: datetime) -> bool:
        people = dict.fromkeys((*self.persons_of(person_id), *self.persons_of(same_as)))
        if same_as in self.persons_of(person_id):
            return False
        self.lock(*(f"person:{one}" for one in people))
        pairs = [(a, b) for a in people for b in people if a != b]
        self.insert_all(
            t.merged_persons, [{"person_id": a, "same_as": b, "merged_at": now} for a, b in pairs]
        )
        self._people.clear()
        self._assigned.clear()
        for stop in self.stops(person_id):
            queue_stop(self, person_id, reason=stop.reason, source="merge", at=now)
        return True

    def merged(self) -> frozenset[tuple[str, str]]:
        rows = self.rows(t.merged_persons)
        return frozenset((row.person_id, row.same_as) for row in rows)

    def part(self, person_id: str, others: Collection[str], *, now: datetime) -> bool:
        everybody = self.persons_of(person_id)
        gone = [other for other in others if other in everybody[1:]]
        if not gone:
            return False
        self.lock(*(f"person:{one}" for one in everybody))
        stops = self.stops(person_id)
        table = t.merged_persons
        ours = table.c.tenant_id == self.tenant_id
        for one, other in ((person_id, gone), (gone, person_id)):
            is_pair = _is_any(table.c.person_id, one) & _is_any(table.c.same_as, other)
            self.connection.execute(table.delete().where(ours, is_pair))
        self._people.clear()
        self._assigned.clear()
        keep_stopped(self, everybody, stops, now)
        return True

    def persons_of(self, person_id: str) -> tuple[str, ...]:
        known = self._people.get(person_id)
        if known is None:
            rows = self.rows(t.merged_persons, person_id=person_id)
            known = (person_id, *sorted(row.same_as for row in rows))
            self._people[person_id] = known
        return known

    def contacts(self) -> tuple[Contact, ...]:
        return self.all(Contact, t.contacts, is_primary=True)

    def add_contact(self, contact: Contact) -> None:
        self.upsert(t.contacts, contact_row(contact))
        self.forget_marks(contact_id=contact.contact_id)

    def person_at(self, channel: ChannelName, address: str) -> str:
        row = self.first(t.addresses, channel=channel, address=address)
        return "" if row is None else row.person_id

    def address_on(self, channel: ChannelName, person_id: str) -> str:
        usable = t.addresses.c.refused_at.is_(None)
        rows = self.rows(t.addresses, usable, person_id=person_id, channel=channel)
        latest = max(rows, key=lambda row: (row.noted_at, row.address), default=None)
        return "" if latest is None else latest.address

    def add_address(
        self, channel: ChannelName, address: str, person_id: str, *, now: datetime
    ) -> bool:
        key = {"channel": channel, "address": address}
        is_new = self.insert(t.addresses, {**key, "person_id": person_id, "noted_at": now})
        is_theirs = is_new or self.person_at(channel, address) == person_id
        if is_theirs and not is_new:
            self.set(t.addresses, key, noted_at=now, refused_at=None)
        return is_theirs

    def move_address(
        self, channel: ChannelName, address: str, person_id: str, *, now: datetime
    ) -> None:
        key = {"channel": channel, "address": address}
        before = self.session_of(self.person_at(channel, address))
        if before is not None:
            former = {**key, "thread_id": before.thread_id, "moved_at": now}
            self.insert(t.moved_addresses, former)
        self.set(t.addresses, key, person_id=person_id, noted_at=now)

    def former_threads(self, channel: ChannelName, address: str) -> tuple[str, ...]:
        rows = self.rows(t.moved_addresses, channel=channel, address=address)
        ordered = sorted(rows, key=lambda row: (row.moved_at, row.thread_id))
        return tuple(row.thread_id for row in ordered)

    def chat_of(self, thread_id: str) -> tuple[ChatLine, ...]:
        came = self.all(Inbound, t.inbound, thread_id=thread_id)
        rows = self.rows(t.messages, thread_id=thread_id, state="SENT")
        left = (replace(load(Message, r.doc), state=r.state, sent_at=r.sent_at) for r in rows)
        return chat_lines(came, left)

    def chat_marks(self, thread_ids: Collection[str]) -> dict[str, ChatMark]:
        came = self._counts(t.inbound, thread_ids)
        waiting = self._counts(t.inbound, thread_ids, t.inbound.c.state == "NEW")
        left = self._counts(t.messages, thread_ids, t.messages.c.state == "SENT")
        return {
            thread: ChatMark(came.get(thread, 0) + left.get(thread, 0), waiting.get(thread, 0))
            for thread in {*came, *left}
        }

    def _counts(self, table: Any, thread_ids: Collection[str], *where: Any) -> dict[str, int]:
        of_ours = (table.c.tenant_id == self.tenant_id, table.c.thread_id.in_(thread_ids))
        query = select(table.c.thread_id, func.count()).where(*of_ours, *where)
        return {
            row[0]: row[1] for row in self.connection.execute(query.group_by(table.c.thread_id))
        }

    def is_settled(self, thread_id: str) -> bool:
        on_its_way = t.messages.c.state.in_(("READY", "SENDING"))
        return not (
            self.has_unread(thread_id)
            or self.count(t.messages, on_its_way, thread_id=thread_id)
            or self.count(t.meetings, thread_id=thread_id, state="HOLDING")
        )

    def refuse_address(self, channel: ChannelName, address: str, *, now: datetime) -> None:
        self.set(t.addresses, {"channel": channel, "address": address}, refused_at=now)

    def consents(self, person_id: str) -> tuple[Consent, ...]:
        return self.one(tuple[Consent, ...], t.consents, person_id=person_id) or ()

    def add_consents(self, person_id: str, consents: Iterable[Consent]) -> None:
        self.put(t.consents, tuple(consents), kind=tuple[Consent, ...], person_id=person_id)
        self.forget_marks(person_id=person_id)

    def choices(self, person_id: str) -> Choices:
        found = Choices()
        for one in self.persons_of(person_id):
            found = found.joined(self.one(Choices, t.choices, person_id=one) or Choices())
        return found

    def save_choices(self, person_id: str, choices: Choices) -> None:
        self.lock(f"person:{person_id}")
        for one in self.persons_of(person_id):
            self.put(t.choices, choices, person_id=one)

    def assignments(self, person_id: str) -> tuple[Assignment, ...]:
        known = self._assigned.get(person_id)
        if known is None:
            people = self.persons_of(person_id)
            held = (self.all(Assignment, t.assignments, person_id=one) for one in people)
            known = tuple(assignment for of_one in held for assignment in of_one)
            self._assigned[person_id] = known
        return known

    def add_assignment(self, assignment: Assignment) -> bool:
        self._assigned.clear()
        return self.insert(t.assignments, assignment_row(assignment))

    def add_assignments(self, assignments: Sequence[Assignment]) -> tuple[Assignment, ...]:
        self._assigned.clear()
        return self.insert_assignments(assignments)

    def suppressed(self, person_id: str) -> str:
        return next((stop.reason for stop in self.stops(person_id)), "")

    def stops(self, person_id: str) -> tuple[Stop, ...]:
        people = self.persons_of(person_id)
        found = (row for p in people for row in self.rows(t.suppressions, person_id=p))
        rows = sorted(found, key=lambda r: r.recorded_at)
        return tuple(Stop(row.reason, row.source) for row in rows)

    def suppress(self, person_id: str, *, reason: str, source: str, now: datetime) -> bool:
        self.lock(f"person:{person_id}")
        is_new = not self.stops(person_id)
        self.insert(
            t.suppressions,
            {"person_id": person_id, "reason": reason, "source": source, "recorded_at": now},
        )
        waiting = {"person_id": person_id, "state": "WAITING"}
        self.set(t.tasks, waiting, state="CANCELLED")
        self.set(t.reminders, waiting, state="CANCELLED")
        for row in self.rows(t.messages, person_id=person_id, state="READY").all():
            if not load(Message, row.doc).is_owed:
                self.settle(row.message_id, "CANCELLED")
        for row in self.rows(t.messages, person_id=person_id, state="HANDED").all():
            self.settle(row.message_id, "CANCELLED")
            task = self.human_task(row.message_id)
            if task is not None:
                self.save_human_task(replace(task, state="DONE"))
        self.cancel_calls(person_id)
        self.void_approvals(person_id)
        for promise in self.open_promises(f"thread-{person_id}"):
            self.close_promise(promise.promise_id, "CANCELLED")
        for hold in self.open_holds(f"thread-{person_id}"):
            self.save_hold(ended(hold, now))
        queue_stop(self, person_id, reason=reason, source=source, at=now)
        return is_new

    def unsuppress(self, person_id: str) -> None:
        self.connection.execute(
            t.suppressions.delete().where(
                t.suppressions.c.tenant_id == self.tenant_id,
                t.suppressions.c.person_id.in_(self.persons_of(person_id)),
            )
        )

    def listing(self, scope: ListScope, value: str) -> Listing | None:
        return self.one(Listing, t.listings, scope=scope, entry=value)

    def save_listing(self, listing: Listing) -> None:
        self.put(t.listings, listing, scope=listing.scope, entry=listing.value)

    def listings(self) -> tuple[Listing, ...]:
        return self.all(Listing, t.listings)

    def session_of(self, person_id: str) -> Session | None:
        return self.one(Session, t.threads, person_id=person_id)

    def save_session(self, session: Session) -> None:
        self.put(t.threads, session, thread_id=session.thread_id, person_id=session.person_id)

    def remember(self, thread_id: str, originals: Mapping[str, str]) -> None:
        for token, value in originals.items():
            self.upsert(t.vault, {"thread_id": thread_id, "token": token, "value": value})

    def recall(self, thread_id: str) -> dict[str, str]:
        rows = self.rows(t.vault, thread_id=thread_id)
        return {row.token: row.value for row in rows}

    def task(self, task_id: str) -> Task | None:
        row = self.first(t.tasks, task_id=task_id)
        if row is None:
            return None
        return replace(load(Task, row.doc), state=row.state, due_at=row.due_at)

    def save_task(self, task: Task) -> None:
        self.put(t.tasks, task, **task_columns(task))

    def add_task(self, task: Task) -> bool:
        return self.insert(t.tasks, task_row(task))

    def add_tasks(self, tasks: Sequence[Task]) -> None:
        self.insert_all(t.tasks, [task_row(task) for task in tasks])

    def message(self, message_id: str) -> Message | None:
        return self._message(message_id=message_id)

    def message_by_rfc_id(self, rfc_message_id: str) -> Message | None:
        return self._message(rfc_message_id=rfc_message_id)

    def add_message(self, message: Message) -> bool:
        return self.add(
            t.messages,
            message,
            message_id=message.message_id,
            thread_id=message.thread_id,
            person_id=message.person_id,
            account_id=message.account_id,
            lane=message.mailbox,
            touch_class=message.touch_class,
            task_id=message.task_id,
            provider=provider_of(message.to_email) if message.channel == "email" else None,
            rfc_message_id=message.rfc_message_id,
            state=message.state,
            attempt=message.attempt,
            due_at=message.due_at,
        )

    def claim(self, message_id: str, *, attempt: int, rfc_message_id: str, claimed_by: str) -> bool:
        result = self.set(
            t.messages,
            {"message_id": message_id, "state": "READY"},
            state="SENDING",
            attempt=attempt,
            rfc_message_id=rfc_message_id,
            claimed_by=claimed_by,
        )
        return result == 1

    def sending(self, claimed_by: str) -> tuple[Message, ...]:
        rows = self.rows(t.messages, state="SENDING", claimed_by=claimed_by)
        return tuple(message for row in rows if (message := self.message(row.message_id)))

    def unknown(self) -> tuple[Message, ...]:
        rows = self.rows(t.messages, state="UNKNOWN")
        return tuple(message for row in rows if (message := self.message(row.message_id)))

    def settle(
        self,
        message_id: str,
        state: MessageState,
        *,
        sent_at: datetime | None = None,
        due_at: datetime | None = None,
        rfc_message_id: str = "",
    ) -> None:
        values: dict[str, Any] = {"state": state}
        values |= {"rfc_message_id": rfc_message_id} if rfc_message_id else {}
        values |= {"sent_at": sent_at} if sent_at else {}
        values |= {"due_at": due_at} if due_at else {}
        self.set(t.messages, {"message_id": message_id}, **values)

    def keep_heard(self, message: Message) -> None:
        self.set(t.messages, {"message_id": message.message_id}, doc=dump(Message, message))

    def has_unknown(self, thread_id: str) -> bool:
        return self.count(t.messages, thread_id=thread_id, state="UNKNOWN") > 0

    def sent_counts(
        self,
        *,
        person_id: str,
        account_id: str | None,
        mailbox: str,
        provider: str = "",
        but: str = "",
        now: datetime,
    ) -> Sent:
        m = t.messages.c
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        hour = now.replace(minute=0, second=0, microsecond=0)
        proactive = and_(m.touch_class == "proactive", m.state.in_(LEFT), m.message_id != but)
        since = now - Limits().person_window
        return Sent(
            to_person=self.count(t.messages, proactive, _sent_since(since), person_id=person_id),
            to_account_today=self.count(
                t.messages, proactive, _sent_since(day), account_id=account_id
            )
            if account_id
            else 0,
            from_mailbox_today=self.count(t.messages, proactive, _sent_since(day), lane=mailbox),
            to_provider_this_hour=self.count(
                t.messages,
                proactive,
                _sent_since(hour),
                provider=provider,
            )
            if provider
            else 0,
        )

    def has_left(self, task_id: str, *, but: str = "") -> bool:
        m = t.messages.c
        left = (m.message_id != but, m.state.in_(LEFT))
        return self.count(t.messages, *left, task_id=task_id) > 0

    def add_inbound(self, inbound: Inbound) -> bool:
        return self.add(
            t.inbound,
            inbound,
            key=inbound.key,
            thread_id=inbound.thread_id,
            lane=inbound.lane,
            state=inbound.state,
            due_at=inbound.due_at,
        )

    def last_inbound_at(self, thread_id: str, channel: ChannelName) -> datetime | None:
        rows = self.all(Inbound, t.inbound, thread_id=thread_id)
        return max((row.received_at for row in rows if row.channel == channel), default=None)

    def inbound(self, key: str) -> Inbound | None:
        row = self.first(t.inbound, key=key)
        return None if row is None else replace(load(Inbound, row.doc), state=row.state)

    def mail_cursor(self, source: str) -> MailCursor | None:
        return self.one(MailCursor, t.mail_cursors, source=source)

    def save_mail_cursor(self, cursor: MailCursor) -> None:
        self.put(t.mail_cursors, cursor, source=cursor.source)

    def close_inbound(self, key: str) -> None:
        self.set(t.inbound, {"key": key}, state="DONE")

    def has_unread(self, thread_id: str) -> bool:
        return self.count(t.inbound, thread_id=thread_id, state="NEW") > 0

    def set_aside(self, due: Due) -> None:
        if due.kind == "task":
            self.set(t.tasks, {"task_id": due.row_id}, state="BLOCKED")
        elif due.kind == "message":
            ready = {"message_id": due.row_id, "state": "READY"}
            self.set(t.messages, ready, state="BLOCKED")
        elif due.kind == "promise":
            self.close_promise(due.row_id, "CANCELLED")
        elif due.kind == "reminder":
            self.close_reminder(due.row_id, "CANCELLED")
        elif due.kind == "call":
            ready = {"call_id": due.row_id, "state": "READY"}
            self.set(t.calls, ready, state="BLOCKED")
        elif due.kind == "approval":
            later = self.later(due.row_id)
            if later is not None:
                self.save_later(replace(later, state="OVER", why_not="it could not be worked"))
        elif due.kind == "hold":
            hold = self.hold(due.row_id)
            if hold is not None:
                self.save_hold(replace(hold, state="RELEASED"))
        else:
            self.close_inbound(due.row_id)

    def meeting(self, uid: str) -> Meeting | None:
        row = self.first(t.meetings, uid=uid)
        return None if row is None else replace(load(Meeting, row.doc), state=row.state)

    def save_meeting(self, meeting: Meeting) -> None:
        self.put(
            t.meetings, meeting, uid=meeting.uid, thread_id=meeting.thread_id, state=meeting.state
        )

    def meetings_of(self, thread_id: str, state: MeetingState) -> tuple[Meeting, ...]:
        return self.all(Meeting, t.meetings, thread_id=thread_id, state=state)

    def meetings_on_hold(self) -> tuple[Meeting, ...]:
        return self.all(Meeting, t.meetings, state="HOLDING")

    def meetings_standing(self) -> tuple[Meeting, ...]:
        return (*self.meetings_on_hold(), *self.all(Meeting, t.meetings, state="CONFIRMED"))

    def hold(self, hold_id: str) -> Hold | None:
        return self.one(Hold, t.holds, hold_id=hold_id)

    def save_hold(self, hold: Hold) -> None:
        self.put(
            t.holds,
            hold,
            hold_id=hold.hold_id,
            thread_id=hold.thread_id,
            owner_id=hold.slot.owner_id,
            lane=hold.lane,
            state=hold.state,
            made_at=hold.made_at,
            due_at=hold.due_at,
        )

    def open_holds(self, thread_id: str = "") -> tuple[Hold, ...]:
        whose = {"thread_id": thread_id} if thread_id else {}
        return in_order(self.all(Hold, t.holds, state="OPEN", **whose))

    def holds_made(self, owner_id: str, *, since: datetime) -> int:
        return self.count(t.holds, t.holds.c.made_at >= since, owner_id=owner_id)

    def add_promise(self, promise: Promise) -> bool:
        return self.add(
            t.promises,
            promise,
            promise_id=promise.promise_id,
            thread_id=promise.thread_id,
            lane=promise.lane,
            state=promise.state,
            due_at=promise.due_at,
        )

    def promise(self, promise_id: str) -> Promise | None:
        row = self.first(t.promises, promise_id=promise_id)
        return None if row is None else replace(load(Promise, row.doc), state=row.state)

    def open_promises(self, thread_id: str) -> tuple[Promise, ...]:
        found = self.all(Promise, t.promises, thread_id=thread_id, state="OPEN")
        return tuple(sorted(found, key=lambda p: (p.due_at, p.promise_id)))

    def close_promise(self, promise_id: str, state: PromiseState) -> None:
        self.set(t.promises, {"promise_id": promise_id}, state=state)

    def add_reminder(self, reminder: Reminder) -> bool:
        return self.add(
            t.reminders,
            reminder,
            reminder_id=reminder.reminder_id,
            person_id=reminder.person_id,
            lane=reminder.lane,
            state=reminder.state,
            due_at=reminder.due_at,
        )

    def reminder(self, reminder_id: str) -> Reminder | None:
        row = self.first(t.reminders, reminder_id=reminder_id)
        return None if row is None else replace(load(Reminder, row.doc), state=row.state)

    def close_reminder(self, reminder_id: str, state: ReminderState) -> None:
        self.set(t.reminders, {"reminder_id": reminder_id}, state=state)

    def save_human_task(self, task: HumanTask) -> None:
        columns = {"task_id": task.task_id, "thread_id": task.thread_id, "state": task.state}
        self.put(t.human_tasks, task, **columns, next_at=task.next_at)
        queue_work(self, task)

    def human_task(self, task_id: str) -> HumanTask | None:
        return self.one(HumanTask, t.human_tasks, task_id=task_id)

    def tasks_to_route(self, now: datetime, *, limit: int) -> tuple[HumanTask, ...]:
        is_due = t.human_tasks.c.next_at <= now
        rows = self.rows(t.human_tasks, is_due, state="OPEN")
        return tuple(load(HumanTask, row.doc) for row in rows.fetchmany(limit))

    def supersede_human_tasks(self, thread_id: str) -> None:
        for task in self.all(HumanTask, t.human_tasks, thread_id=thread_id, state="OPEN"):
            if task.is_superseded:
                self.save_human_task(replace(task, state="DONE"))

    def open_human_tasks(self) -> tuple[HumanTask, ...]:
        return self.all(HumanTask, t.human_tasks, state="OPEN")

    def crm_value(self, kind: str, record_id: str, field: str) -> str:
        written = self._written(f"{kind}:{record_id}", field)
        return written[-1].after if written else ""

    def add_change(self, change: FieldChange) -> bool:
        record = f"{change.object}:{change.record_id}"
        return self.add(
            t.crm_changes,
            change,
            change_id=change.change_id,
            thread_id=change.thread_id,
            record=record,
            field=change.field,
            position=len(self._written(record, change.field)),
        )

    def changes(self) -> tuple[FieldChange, ...]:
        found = self.all(FieldChange, t.crm_changes)
        return tuple(sorted(found, key=lambda c: (c.at, c.change_id)))

    def change(self, change_id: str) -> FieldChange | None:
        return self.one(FieldChange, t.crm_changes, change_id=change_id)

    def changes_of(self, kind: str, record_id: str, field: str) -> tuple[FieldChange, ...]:
        return self._written(f"{kind}:{record_id}", field)

    def add_push(self, push: Push) -> bool:
        return self.add(t.crm_pushes, push, **_push_columns(push))

    def save_push(self, push: Push) -> None:
        self.put(t.crm_pushes, push, **_push_columns(push))

    def push(self, kind: PushKind, row_id: str) -> Push | None:
        return self.one(Push, t.crm_pushes, row_kind=kind, row_id=row_id)

    def pushes(self) -> tuple[Push, ...]:
        found = self.all(Push, t.crm_pushes)
        return tuple(sorted(found, key=lambda p: (p.due_at, p.kind, p.row_id)))

    def pushes_due(self, now: datetime, *, limit: int) -> tuple[Push, ...]:
        c, e = t.crm_pushes.c, t.crm_pushes.alias("earlier").c
        is_earlier = and_(
            e.tenant_id == c.tenant_id,
            e.record == c.record,
            e.state == "WAITING",
            e.due_at > now,
            e.queued_at < c.queued_at,
        )
        is_due = and_(
            c.tenant_id == self.tenant_id,
            c.state == "WAITING",
            c.due_at <= now,
            or_(c.row_kind == "stop", c.record == "", ~exists().where(is_earlier)),
        )
        order = (c.row_kind != "stop", c.queued_at, c.row_kind, c.row_id)
        query = select(c.doc).where(is_due).order_by(*order).limit(limit)
        return tuple(load(Push, doc) for doc in self.connection.execute(query).scalars())

    def add_news(self, news: CrmNews) -> bool:
        return self.add(t.crm_news, news, **_news_columns(news))

    def save_news(self, news: CrmNews) -> None:
        self.put(t.crm_news, news, **_news_columns(news))

    def news_waiting(self) -> tuple[CrmNews, ...]:
        return in_time(self.all(CrmNews, t.crm_news, is_pulled=False))

    def stops_open(self) -> tuple[CrmNews, ...]:
        return in_time(self.all(CrmNews, t.crm_news, stop="open"))

    def save_answer(self, answer: KeptAnswer) -> None:
        columns = {"question": answer.question, "asked_for": answer.asked_for}
        more = {"thread_id": answer.thread_id, "state": answer.state}
        self.put(t.model_answers, answer, **columns, **more)

    def answer_to(self, question: str, *, message_key: str) -> KeptAnswer | None:
        return best_of(self.all(KeptAnswer, t.model_answers, question=question), message_key)

    def answer_for(self, message_key: str) -> KeptAnswer | None:
        return best_of(self.all(KeptAnswer, t.model_answers, asked_for=message_key))

    def save_band_message(self, row: BandMessage) -> None:
        columns = {"message_id": row.message_id, "playbook": row.playbook, "went": row.went}
        more = {"category": row.category, "made_at": row.made_at}
        self.put(t.band_messages, row, **columns, **more)

    def band_message(self, message_id: str) -> BandMessage | None:
        return self.one(BandMessage, t.band_messages, message_id=message_id)

    def band_messages(self, playbook: str) -> tuple[BandMessage, ...]:
        found = self.all(BandMessage, t.band_messages, playbook=playbook)
        return tuple(sorted(found, key=lambda row: (row.made_at, row.message_id)))

    def count_unread(
        self, playbook: str, categories: Collection[str] | None, after: datetime | None
    ) -> int:
        c = t.band_messages.c
        where = [] if after is None else [c.made_at > after]
        where += [] if categories is None else [c.category.in_(categories)]
        return self.count(t.band_messages, *where, playbook=playbook, went=True)

    def contact_by_id(self, contact_id: str) -> Contact | None:
        return self.one(Contact, t.contacts, contact_id=contact_id)

    def pushed_people(self, *, after: str, limit: int) -> tuple[str, ...]:
        c = t.crm_pushes.c
        beyond = and_(c.record.startswith("person:"), c.record > f"person:{after}")
        mine = and_(c.tenant_id == self.tenant_id, beyond)
        query = select(c.record).where(mine).distinct().order_by(c.record).limit(limit)
        found = self.connection.execute(query).scalars()
        return tuple(record.removeprefix("person:") for record in found)

    def _written(self, record: str, field: str) -> tuple[FieldChange, ...]:
        rows = self.rows(t.crm_changes, record=record, field=field)
        ordered = sorted(rows, key=lambda row: (row.position, row.change_id))
        return tuple(load(FieldChange, row.doc) for row in ordered)

    def add_ticket(self, ticket: Ticket) -> bool:
        columns = {"ticket_id": ticket.ticket_id, "thread_id": ticket.thread_id}
        return self.add(t.tickets, ticket, **columns, state=ticket.state)

    def save_ticket(self, ticket: Ticket) -> None:
        columns = {"ticket_id": ticket.ticket_id, "thread_id": ticket.thread_id}
        self.put(t.tickets, ticket, **columns, state=ticket.state)

    def tickets(self) -> tuple[Ticket, ...]:
        found = self.all(Ticket, t.tickets)
        return tuple(sorted(found, key=lambda c: (c.opened_at, c.ticket_id)))

    def ticket(self, ticket_id: str) -> Ticket | None:
        return self.one(Ticket, t.tickets, ticket_id=ticket_id)

    def save_approval(self, approval: Approval) -> None:
        self.put(
            t.approvals,
            approval,
            approval_id=approval.approval_id,
            person_id=approval.person_id,
            message_id=approval.message_id,
            state=approval.state,
        )
        if approval.state == "OPEN":
            self.upsert(t.approval_lines, line_of(approval))

    def change_approval(self, before: Approval, after: Approval) -> bool:
        row = self.first(t.approvals, approval_id=before.approval_id)
        if row is None or load(Approval, row.doc) != before:
            return False
        changed = self.set(
            t.approvals,
            {"approval_id": before.approval_id, "doc": row.doc},
            message_id=after.message_id,
            state=after.state,
            doc=dump(Approval, after),
        )
        if changed and after.state == "OPEN":
            self.upsert(t.approval_lines, line_of(after))
        return changed == 1

    def save_later(self, later: Later) -> None:
        self.put(
            t.approvals_later,
            later,
            approval_id=later.approval_id,
            batch_id=later.batch_id,
            lane=later.lane,
            state=later.state,
            due_at=later.due_at,
        )

    def later(self, approval_id: str) -> Later | None:
        return self.one(Later, t.approvals_later, approval_id=approval_id)

    def batch_of(self, batch_id: str) -> tuple[Later, ...]:
        found = self.all(Later, t.approvals_later, batch_id=batch_id)
        return tuple(sorted(found, key=lambda later: later.approval_id))

    def approval(self, approval_id: str) -> Approval | None:
        return self.one(Approval, t.approvals, approval_id=approval_id)

    def approval_of(self, message_id: str) -> Approval | None:
        return self.one(Approval, t.approvals, message_id=message_id)

    def open_approvals(self) -> tuple[Approval, ...]:
        found = self.all(Approval, t.approvals, state="OPEN")
        return tuple(sorted(found, key=lambda a: (a.made_at, a.approval_id)))

    def void_approvals(self, person_id: str) -> None:
        for approval in self.all(Approval, t.approvals, person_id=person_id, state="OPEN"):
            self.change_approval(approval, replace(approval, state="VOID"))

    def trace(self, *events: TraceEvent) -> None:
        self._events.extend(events)

    def write_traces(self) -> None:
        """Writes what was traced; an event that stands already stays as it is."""
        rows = [
            {
                "event_id": event.event_id,
                "day": event.occurred_at.astimezone(UTC).date().isoformat(),
                "doc": event.model_dump_json(),
            }
            for event in self._events
        ]
        self._events.clear()
        self.insert_all(t.trace_events, rows)

    def flags(self) -> dict[str, str]:
        return {row.name: row.value for row in self.rows(t.flags)}

    def set_flag(self, name: str, value: str | None) -> None:
        if value is None:
            match = and_(t.flags.c.tenant_id == self.tenant_id, t.flags.c.name == name)
            self.connection.execute(t.flags.delete().where(match))
        else:
            self.upsert(t.flags, {"name": name, "value": value})

    def publish(self, name: str, value: str) -> None:
        self.upsert(t.published, {"name": name, "value": value})

    def published(self, name: str) -> str:
        row = self.first(t.published, name=name)
        return "" if row is None else row.value

    def _message(self, **keys: Any) -> Message | None:
        row = self.first(t.messages, **keys)
        if row is None:
            return None
        return replace(
            load(Message, row.doc),
            state=row.state,
            attempt=row.attempt,
            due_at=row.due_at,
            rfc_message_id=row.rfc_message_id,
            sent_at=row.sent_at,
        )


def _lock_key(name: str) -> int:
    """Postgres locks numbers of 64 bits."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


def _news_columns(news: CrmNews) -> dict[str, Any]:
    columns = {"news_id": news.news_id, "is_pulled": news.is_pulled, "stop": news.stop}
    return {**columns, "occurred_at": news.occurred_at}


def _push_columns(push: Push) -> dict[str, Any]:
    key = {"row_kind": push.kind, "row_id": push.row_id}
    order = {"queued_at": push.queued_at, "record": push.record}
    return {**key, **order, "state": push.state, "due_at": push.due_at}


def _sent_since(instant: datetime) -> Any:
    """Rows in flight have no time yet and count as now."""
    return or_(t.messages.c.sent_at.is_(None), t.messages.c.sent_at >= instant)


def _is_any(column: Any, values: str | list[str]) -> Any:
    return column.in_([values] if isinstance(values, str) else values)
