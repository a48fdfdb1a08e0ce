"""The runtime store in plain dictionaries: the fake beside the port, and the fast path's store."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from heapq import heappop, heappush

from agent_runtime.asking.answers import KeptAnswer, best_of
from agent_runtime.band.rows import BandMessage
from agent_runtime.contracts import Assignment, TraceEvent
from agent_runtime.crm_outbox import queue_stop, queue_work
from agent_runtime.domain import ChannelName, Choices, Consent, Contact, MessageState, Session
from agent_runtime.news_port import CrmNews, in_time
from agent_runtime.policies.facts import Limits, Sent
from agent_runtime.providers import provider_of
from agent_runtime.store.chat_lines import chat_lines
from agent_runtime.store.memory_calls import MemoryCalls
from agent_runtime.store.parting import keep_stopped
from agent_runtime.store.rows import (
    Approval,
    Brought,
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
    Standing,
    Stop,
    Task,
    Ticket,
    ended,
    in_order,
)

LEFT = frozenset({"SENDING", "HANDED", "SENT", "UNKNOWN"})


class MemoryStore(MemoryCalls):
    """Keeps one tenant in memory; `begin` yields the store itself, nothing can roll back."""

    def __init__(self, tenant_id: str) -> None:
        super().__init__()
        self.tenant_id = tenant_id
        self.events: list[TraceEvent] = []
        self.messages: dict[str, Message] = {}
        self.tasks: dict[str, Task] = {}
        self.meetings: dict[str, Meeting] = {}
        self._contacts: dict[str, Contact] = {}
        self._by_email: dict[str, Contact] = {}
        self._addresses: dict[tuple[ChannelName, str], tuple[str, datetime]] = {}
        self._moved: dict[tuple[ChannelName, str], dict[str, datetime]] = {}
        self._refused: set[tuple[ChannelName, str]] = set()
        self._reminders: dict[str, Reminder] = {}
        self._holds: dict[str, Hold] = {}
        self._consents: dict[str, tuple[Consent, ...]] = {}
        self._choices: dict[str, Choices] = {}
        self._assignments: dict[str, list[Assignment]] = defaultdict(list)
        self._same_as: dict[str, tuple[str, ...]] = {}
        self._stops: dict[str, tuple[Stop, ...]] = {}
        self._listings: dict[tuple[ListScope, str], Listing] = {}
        self._sessions: dict[str, Session] = {}
        self._vault: dict[str, dict[str, str]] = defaultdict(dict)
        self._inbound: dict[str, Inbound] = {}
        self._mail_cursors: dict[str, MailCursor] = {}
        self._human: dict[str, HumanTask] = {}
        self._approvals: dict[str, Approval] = {}
        self._later: dict[str, Later] = {}
        self._changes: dict[str, FieldChange] = {}
        self._tickets: dict[str, Ticket] = {}
        self._pushes: dict[tuple[PushKind, str], Push] = {}
        self._news: dict[str, CrmNews] = {}
        self._band_messages: dict[str, BandMessage] = {}
        self._answers: dict[tuple[str, str], KeptAnswer] = {}
        self._promises: dict[str, Promise] = {}
        self._flags: dict[str, str] = {}
        self._published: dict[str, str] = {}
        self._by_person: dict[str, list[str]] = defaultdict(list)
        self._by_rfc: dict[str, str] = {}
        self._tasks_of: dict[str, list[str]] = defaultdict(list)
        self._unread: dict[str, int] = defaultdict(int)
        self._day_counts: dict[tuple[str, str], int] = defaultdict(int)
        self._hour_counts: dict[tuple[str, str], int] = defaultdict(int)

    @contextmanager
    def begin(self) -> Iterator["MemoryStore"]:
        yield self

    def next_due(self) -> datetime | None:
        """Returns when the next row may be due."""
        return self._waiting[0][0] if self._waiting else None

    def take_due(self, now: datetime) -> list[tuple[str, Due]]:
        """Takes the rows that are due, each with its lane, in the order of the pump."""
        taken: list[tuple[str, Due]] = []
        while self._waiting and self._waiting[0][0] <= now:
            _, kind, row_id = heappop(self._waiting)
            lane = self._lane_if_due(kind, row_id, now)
            if lane is not None:
                taken.append((lane, Due(kind, row_id)))
        return taken

    def all_assignments(self) -> list[Assignment]:
        """Returns every assignment."""
        return [assignment for held in self._assignments.values() for assignment in held]

    def suppressions(self) -> dict[str, str]:
        """Returns the reason by person of everybody who must not be written to."""
        return {person_id: stops[0].reason for person_id, stops in self._stops.items()}

    def lock(self, *names: str) -> None:
        """Nobody else is there."""

    def contact_of(self, person_id: str) -> Contact | None:
        people = self.persons_of(person_id)
        return next((self._contacts[p] for p in people if p in self._contacts), None)

    def contact_by_email(self, email: str) -> Contact | None:
        return self._by_email.get(email.lower())

    def contacts_at(self, domain: str) -> tuple[Contact, ...]:
        end = f"@{domain.lower()}"
        return tuple(c for email, c in self._by_email.items() if email.endswith(end))

    def merge(self, person_id: str, same_as: str, *, now: datetime) -> bool:
        if same_as in self.persons_of(person_id):
            return False
        people = {*self.persons_of(person_id), *self.persons_of(same_as)}
        for one in people:
            self._same_as[one] = tuple(sorted(people - {one}))
        for stop in self.stops(person_id):
            queue_stop(self, person_id, reason=stop.reason, source="merge", at=now)
        return True

    def merged(self) -> frozenset[tuple[str, str]]:
        return frozenset((p, o) for p, others in self._same_as.items() for o in others)

    def part(self, person_id: str, others: Collection[str], *, now: datetime) -> bool:
        everybody = self.persons_of(person_id)
        gone = {other for other in others if other in everybody[1:]}
        if not gone:
            return False
        stops = self.stops(person_id)
        for one in (person_id, *gone):
            apart = gone if one == person_id else {person_id}
            self._same_as[one] = tuple(p for p in self._same_as[one] if p not in apart)
        keep_stopped(self, everybody, stops, now)
        return True

    def persons_of(self, person_id: str) -> tuple[str, ...]:
        return (person_id, *self._same_as.get(person_id, ()))

    def contacts(self) -> tuple[Contact, ...]:
        return tuple(self._contacts.values())

    def add_contact(self, contact: Contact) -> None:
        former = self._by_email.get(contact.email.lower())
        is_same = former is not None and former.contact_id == contact.contact_id
        if former is not None and is_same and self._contacts.get(former.person_id) == former:
            del self._contacts[former.person_id]
        if contact.is_primary:
            self._contacts[contact.person_id] = contact
        if contact.email:
            self._by_email[contact.email.lower()] = contact

    def person_at(self, channel: ChannelName, address: str) -> str:
        held = self._addresses.get((channel, address))
        return held[0] if held else ""

    def address_on(self, channel: ChannelName, person_id: str) -> str:
        theirs = (
            (noted_at, address)
            for (name, address), (owner, noted_at) in self._addresses.items()
            if (name, owner) == (channel, person_id) and (name, address) not in self._refused
        )
        latest = max(theirs, default=None)
        return latest[1] if latest else ""

    def add_address(
        self, channel: ChannelName, address: str, person_id: str, *, now: datetime
    ) -> bool:
        if self.person_at(channel, address) not in ("", person_id):
            return False
        self._addresses[channel, address] = (person_id, now)
        self._refused.discard((channel, address))
        return True

    def move_address(
        self, channel: ChannelName, address: str, person_id: str, *, now: datetime
    ) -> None:
        before = self.session_of(self.person_at(channel, address))
        if before is not None:
            self._moved.setdefault((channel, address), {}).setdefault(before.thread_id, now)
        self._addresses[channel, address] = (person_id, now)

    def former_threads(self, channel: ChannelName, address: str) -> tuple[str, ...]:
        moved = self._moved.get((channel, address), {})
        return tuple(sorted(moved, key=lambda thread: (moved[thread], thread)))

    def chat_of(self, thread_id: str) -> tuple[ChatLine, ...]:
        came = (i for i in self._inbound.values() if i.thread_id == thread_id)
        return chat_lines(came, self._left(thread_id))

    def chat_marks(self, thread_ids: Collection[str]) -> dict[str, ChatMark]:
        found: dict[str, ChatMark] = {}
        for thread in thread_ids:
            came = [i for i in self._inbound.values() if i.thread_id == thread]
            lines = len(came) + len(self._left(thread))
            if lines:
                found[thread] = ChatMark(lines, sum(i.state == "NEW" for i in came))
        return found

    def _left(self, thread_id: str) -> list[Message]:
        ours = self.messages.values()
        return [m for m in ours if m.thread_id == thread_id and m.state == "SENT"]

    def is_settled(self, thread_id: str) -> bool:
        messages = (m for m in self.messages.values() if m.thread_id == thread_id)
        return not (
            self.has_unread(thread_id)
            or any(m.state in ("READY", "SENDING") for m in messages)
            or self.meetings_of(thread_id, "HOLDING")
        )

    def refuse_address(self, channel: ChannelName, address: str, *, now: datetime) -> None:
        self._refused.add((channel, address))

    def consents(self, person_id: str) -> tuple[Consent, ...]:
        return self._consents.get(person_id, ())

    def add_consents(self, person_id: str, consents: Iterable[Consent]) -> None:
        self._consents[person_id] = tuple(consents)

    def choices(self, person_id: str) -> Choices:
        found = Choices()
        for one in self.persons_of(person_id):
            found = found.joined(self._choices.get(one, Choices()))
        return found

    def save_choices(self, person_id: str, choices: Choices) -> None:
        self._choices.update(dict.fromkeys(self.persons_of(person_id), choices))

    def standing(self) -> Standing:
        return Standing()

    def bring(self, brought: Sequence[Brought], keeps: Callable[[Consent], bool]) -> None:
        for one in brought:
            self.add_contact(one.contact)
            if one.consents is not None:
                person_id = one.contact.person_id
                kept = tuple(c for c in self.consents(person_id) if keeps(c))
                self.add_consents(person_id, (*one.consents, *kept))

    def assignments(self, person_id: str) -> tuple[Assignment, ...]:
        people = self.persons_of(person_id)
        return tuple(a for p in people for a in self._assignments.get(p, ()))

    def add_assignment(self, assignment: Assignment) -> bool:
        held = self._assignments[assignment.person_id]
        key = (assignment.experiment_id, assignment.unit_id)
        is_new = all((a.experiment_id, a.unit_id) != key for a in held)
        if is_new:
            held.append(assignment)
        return is_new

    def add_assignments(self, assignments: Sequence[Assignment]) -> tuple[Assignment, ...]:
        return tuple(
            one
            for one in assignments
            if not self.add_assignment(one)
            and all(
                (a.experiment_id, a.unit_id, a.arm) != (one.experiment_id, one.unit_id, one.arm)
                for a in self._assignments[one.person_id]
            )
        )

    def suppressed(self, person_id: str) -> str:
        return next((stop.reason for stop in self.stops(person_id)), "")

    def stops(self, person_id: str) -> tuple[Stop, ...]:
        return tuple(stop for p in self.persons_of(person_id) for stop in self._stops.get(p, ()))

    def suppress(self, person_id: str, *, reason: str, source: str, now: datetime) -> bool:
        stops = self.stops(person_id)
        if all(stop.source != source for stop in stops):
            self._stops[person_id] = (*self._stops.get(person_id, ()), Stop(reason, source))
        for task_id in self._tasks_of[person_id]:
            if self.tasks[task_id].state == "WAITING":
                self.tasks[task_id] = replace(self.tasks[task_id], state="CANCELLED")
        for message in self._messages_of(person_id):
            if message.state == "READY" and not message.is_owed:
                self.settle(message.message_id, "CANCELLED")
            if message.state == "HANDED":
                self.settle(message.message_id, "CANCELLED")
                task = self.human_task(message.message_id)
                if task is not None:
                    self.save_human_task(replace(task, state="DONE"))
        self.cancel_calls(person_id)
        self.void_approvals(person_id)
        for reminder in self._reminders.values():
            if reminder.person_id == person_id and reminder.state == "WAITING":
                self.close_reminder(reminder.reminder_id, "CANCELLED")
        for promise in self.open_promises(f"thread-{person_id}"):
            self.close_promise(promise.promise_id, "CANCELLED")
        for hold in self.open_holds(f"thread-{person_id}"):
            self.save_hold(ended(hold, now))
        queue_stop(self, person_id, reason=reason, source=source, at=now)
        return not stops

    def unsuppress(self, person_id: str) -> None:
        for one in self.persons_of(person_id):
            self._stops.pop(one, None)

    def listing(self, scope: ListScope, value: str) -> Listing | None:
        return self._listings.get((scope, value))

    def save_listing(self, listing: Listing) -> None:
        self._listings[listing.scope, listing.value] = listing

    def listings(self) -> tuple[Listing, ...]:
        return tuple(self._listings.values())

    def session_of(self, person_id: str) -> Session | None:
        return self._sessions.get(person_id)

    def save_session(self, session: Session) -> None:
        self._sessions[session.person_id] = session

    def remember(self, thread_id: str, originals: Mapping[str, str]) -> None:
        self._vault[thread_id].update(originals)

    def recall(self, thread_id: str) -> dict[str, str]:
        return dict(self._vault.get(thread_id, {}))

    def task(self, task_id: str) -> Task | None:
        return self.tasks.get(task_id)

    def save_task(self, task: Task) -> None:
        self.tasks[task.task_id] = task
        if task.state == "WAITING":
            heappush(self._waiting, (task.due_at, "task", task.task_id))

    def add_task(self, task: Task) -> bool:
        if task.task_id in self.tasks:
            return False
        self.save_task(task)
        self._tasks_of[task.person_id].append(task.task_id)
        return True

    def add_tasks(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            self.add_task(task)

    def message(self, message_id: str) -> Message | None:
        return self.messages.get(message_id)

    def message_by_rfc_id(self, rfc_message_id: str) -> Message | None:
        return self.messages.get(self._by_rfc.get(rfc_message_id, ""))

    def add_message(self, message: Message) -> bool:
        if message.message_id in self.messages:
            return False
        self.messages[message.message_id] = message
        self._by_person[message.person_id].append(message.message_id)
        heappush(self._waiting, (message.due_at, "message", message.message_id))
        return True

    def claim(self, message_id: str, *, attempt: int, rfc_message_id: str, claimed_by: str) -> bool:
        message = self.messages[message_id]
        if message.state != "READY":
            return False
        self.messages[message_id] = replace(
            message, state="SENDING", attempt=attempt, rfc_message_id=rfc_message_id
        )
        self._by_rfc[rfc_message_id] = message_id
        return True

    def sending(self, claimed_by: str) -> tuple[Message, ...]:
        return tuple(m for m in self.messages.values() if m.state == "SENDING")

    def unknown(self) -> tuple[Message, ...]:
        return tuple(m for m in self.messages.values() if m.state == "UNKNOWN")

    def settle(
        self,
        message_id: str,
        state: MessageState,
        *,
        sent_at: datetime | None = None,
        due_at: datetime | None = None,
        rfc_message_id: str = "",
    ) -> None:
        message = self.messages[message_id]
        if rfc_message_id:
            self._by_rfc[rfc_message_id] = message_id
        self.messages[message_id] = replace(
            message,
            state=state,
            rfc_message_id=rfc_message_id or message.rfc_message_id,
            sent_at=sent_at or message.sent_at,
            due_at=due_at or message.due_at,
        )
        if state == "READY":
            due = due_at or message.due_at
            heappush(self._waiting, (due, "message", message_id))
        if state in LEFT and sent_at and message.touch_class == "proactive":
            day = sent_at.astimezone(UTC).date().isoformat()
            self._day_counts[message.mailbox, day] += 1
            self._day_counts[message.account_id or "", day] += 1
            self._hour_counts[provider_of(message.to_email), _hour(sent_at)] += 1

    def keep_heard(self, message: Message) -> None:
        known = self.messages[message.message_id]
        self.messages[message.message_id] = replace(
            known,
            sentences=message.sentences,
            content_ids=message.content_ids,
            slots=message.slots,
        )

    def has_unknown(self, thread_id: str) -> bool:
        person = thread_id.removeprefix("thread-")
        return any(m.state == "UNKNOWN" for m in self._messages_of(person))

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
        day = now.astimezone(UTC).date().isoformat()
        since = now - Limits().person_window
        to_person = sum(
            m.touch_class == "proactive"
            and m.state in LEFT
            and m.message_id != but
            and (m.sent_at is None or m.sent_at >= since)
            for m in self._messages_of(person_id)
        )
        to_account = self._day_counts[account_id, day] if account_id else 0
        to_provider = self._hour_counts[provider, _hour(now)] if provider else 0
        return Sent(to_person, to_account, self._day_counts[mailbox, day], to_provider)

    def has_left(self, task_id: str, *, but: str = "") -> bool:
        task = self.tasks.get(task_id)
        if task is None:
            return False
        return any(
            m.task_id == task_id and m.message_id != but and m.state in LEFT
            for m in self._messages_of(task.person_id)
        )

    def add_inbound(self, inbound: Inbound) -> bool:
        if inbound.key in self._inbound:
            return False
        self._inbound[inbound.key] = inbound
        self._unread[inbound.thread_id] += inbound.state == "NEW"
        heappush(self._waiting, (inbound.due_at, "inbound", inbound.key))
        return True

    def last_inbound_at(self, thread_id: str, channel: ChannelName) -> datetime | None:
        theirs = (i for i in self._inbound.values() if i.thread_id == thread_id)
        return max((i.received_at for i in theirs if i.channel == channel), default=None)

    def inbound(self, key: str) -> Inbound | None:
        return self._inbound.get(key)

    def mail_cursor(self, source: str) -> MailCursor | None:
        return self._mail_cursors.get(source)

    def save_mail_cursor(self, cursor: MailCursor) -> None:
        self._mail_cursors[cursor.source] = cursor

    def close_inbound(self, key: str) -> None:
        inbound = self._inbound[key]
        if inbound.state == "NEW":
            self._unread[inbound.thread_id] -= 1
            self._inbound[key] = replace(inbound, state="DONE")

    def has_unread(self, thread_id: str) -> bool:
        return self._unread[thread_id] > 0

    def set_aside(self, due: Due) -> None:
        if due.kind == "task":
            self.tasks[due.row_id] = replace(self.tasks[due.row_id], state="BLOCKED")
        elif due.kind == "message":
            if self.messages[due.row_id].state == "READY":
                self.settle(due.row_id, "BLOCKED")
        elif due.kind == "promise":
            self.close_promise(due.row_id, "CANCELLED")
        elif due.kind == "reminder":
            self.close_reminder(due.row_id, "CANCELLED")
        elif due.kind == "call":
            if self._calls[due.row_id].state == "READY":
                self.save_call(replace(self._calls[due.row_id], state="BLOCKED"))
        elif due.kind == "approval":
            why = "it could not be worked"
            self._later[due.row_id] = replace(self._later[due.row_id], state="OVER", why_not=why)
        elif due.kind == "hold":
            self.save_hold(replace(self._holds[due.row_id], state="RELEASED"))
        else:
            self.close_inbound(due.row_id)

    def meeting(self, uid: str) -> Meeting | None:
        return self.meetings.get(uid)

    def save_meeting(self, meeting: Meeting) -> None:
        self.meetings[meeting.uid] = meeting

    def meetings_of(self, thread_id: str, state: MeetingState) -> tuple[Meeting, ...]:
        return tuple(
            m for m in self.meetings.values() if m.thread_id == thread_id and m.state == state
        )

    def meetings_on_hold(self) -> tuple[Meeting, ...]:
        return tuple(m for m in self.meetings.values() if m.state == "HOLDING")

    def meetings_standing(self) -> tuple[Meeting, ...]:
        confirmed = (m for m in self.meetings.values() if m.state == "CONFIRMED")
        return (*self.meetings_on_hold(), *confirmed)

    def hold(self, hold_id: str) -> Hold | None:
        return self._holds.get(hold_id)

    def save_hold(self, hold: Hold) -> None:
        self._holds[hold.hold_id] = hold
        if hold.state == "OPEN":
            heappush(self._waiting, (hold.due_at, "hold", hold.hold_id))

    def open_holds(self, thread_id: str = "") -> tuple[Hold, ...]:
        found = (h for h in self._holds.values() if h.state == "OPEN")
        return in_order(h for h in found if thread_id in ("", h.thread_id))

    def holds_made(self, owner_id: str, *, since: datetime) -> int:
        held = self._holds.values()
        return sum(h.slot.owner_id == owner_id and h.made_at >= since for h in held)

    def add_promise(self, promise: Promise) -> bool:
        if promise.promise_id in self._promises:
            return False
        self._promises[promise.promise_id] = promise
        heappush(self._waiting, (promise.due_at, "promise", promise.promise_id))
        return True

    def promise(self, promise_id: str) -> Promise | None:
        return self._promises.get(promise_id)

    def open_promises(self, thread_id: str) -> tuple[Promise, ...]:
        found = (p for p in self._promises.values() if p.thread_id == thread_id)
        return tuple(
            sorted((p for p in found if p.state == "OPEN"), key=lambda p: (p.due_at, p.promise_id))
        )

    def close_promise(self, promise_id: str, state: PromiseState) -> None:
        self._promises[promise_id] = replace(self._promises[promise_id], state=state)

    def add_reminder(self, reminder: Reminder) -> bool:
        if reminder.reminder_id in self._reminders:
            return False
        self._reminders[reminder.reminder_id] = reminder
        heappush(self._waiting, (reminder.due_at, "reminder", reminder.reminder_id))
        return True

    def reminder(self, reminder_id: str) -> Reminder | None:
        return self._reminders.get(reminder_id)

    def close_reminder(self, reminder_id: str, state: ReminderState) -> None:
        self._reminders[reminder_id] = replace(self._reminders[reminder_id], state=state)

    def save_human_task(self, task: HumanTask) -> None:
        self._human[task.task_id] = task
        queue_work(self, task)

    def human_task(self, task_id: str) -> HumanTask | None:
        return self._human.get(task_id)

    def tasks_to_route(self, now: datetime, *, limit: int) -> tuple[HumanTask, ...]:
        due = (t for t in self._human.values() if t.state == "OPEN" and t.next_at is not None)
        return tuple(task for task in due if task.next_at and task.next_at <= now)[:limit]

    def supersede_human_tasks(self, thread_id: str) -> None:
        for task in self.open_human_tasks():
            if task.thread_id == thread_id and task.is_superseded:
                self.save_human_task(replace(task, state="DONE"))

    def open_human_tasks(self) -> tuple[HumanTask, ...]:
        return tuple(task for task in self._human.values() if task.state == "OPEN")

    def crm_value(self, kind: str, record_id: str, field: str) -> str:
        written = self.changes_of(kind, record_id, field)
        return written[-1].after if written else ""

    def add_change(self, change: FieldChange) -> bool:
        if change.change_id in self._changes:
            return False
        self._changes[change.change_id] = change
        return True

    def changes(self) -> tuple[FieldChange, ...]:
        return tuple(sorted(self._changes.values(), key=lambda c: (c.at, c.change_id)))

    def change(self, change_id: str) -> FieldChange | None:
        return self._changes.get(change_id)

    def changes_of(self, kind: str, record_id: str, field: str) -> tuple[FieldChange, ...]:
        where = (kind, record_id, field)
        written = self._changes.values()
        return tuple(c for c in written if (c.object, c.record_id, c.field) == where)

    def add_push(self, push: Push) -> bool:
        if (push.kind, push.row_id) in self._pushes:
            return False
        self.save_push(push)
        return True

    def save_push(self, push: Push) -> None:
        self._pushes[push.kind, push.row_id] = push

    def push(self, kind: PushKind, row_id: str) -> Push | None:
        return self._pushes.get((kind, row_id))

    def pushes(self) -> tuple[Push, ...]:
        found = self._pushes.values()
        return tuple(sorted(found, key=lambda p: (p.due_at, p.kind, p.row_id)))

    def pushes_due(self, now: datetime, *, limit: int) -> tuple[Push, ...]:
        waiting = [p for p in self._pushes.values() if p.state == "WAITING"]
        held: dict[str, datetime] = {}
        for push in waiting:
            if push.due_at > now and push.record:
                held[push.record] = min(held.get(push.record, push.queued_at), push.queued_at)
        due = (
            p
            for p in waiting
            if p.due_at <= now
            and (p.kind == "stop" or held.get(p.record, p.queued_at) >= p.queued_at)
        )
        order = sorted(due, key=lambda p: (p.kind != "stop", p.queued_at, p.kind, p.row_id))
        return tuple(order[:limit])

    def pushed_people(self, *, after: str, limit: int) -> tuple[str, ...]:
        records = {p.record for p in self._pushes.values() if p.record.startswith("person:")}
        people = sorted(record.removeprefix("person:") for record in records)
        return tuple(person for person in people if person > after)[:limit]

    def add_news(self, news: CrmNews) -> bool:
        if news.news_id in self._news:
            return False
        self.save_news(news)
        return True

    def save_news(self, news: CrmNews) -> None:
        self._news[news.news_id] = news

    def news_waiting(self) -> tuple[CrmNews, ...]:
        return in_time(news for news in self._news.values() if not news.is_pulled)

    def stops_open(self) -> tuple[CrmNews, ...]:
        return in_time(news for news in self._news.values() if news.stop == "open")

    def save_answer(self, answer: KeptAnswer) -> None:
        self._answers[answer.question, answer.asked_for] = answer

    def answer_to(self, question: str, *, message_key: str) -> KeptAnswer | None:
        known = self._answers.values()
        return best_of((one for one in known if one.question == question), message_key)

    def answer_for(self, message_key: str) -> KeptAnswer | None:
        return best_of(one for one in self._answers.values() if one.asked_for == message_key)

    def save_band_message(self, row: BandMessage) -> None:
        self._band_messages[row.message_id] = row

    def band_message(self, message_id: str) -> BandMessage | None:
        return self._band_messages.get(message_id)

    def band_messages(self, playbook: str) -> tuple[BandMessage, ...]:
        found = (row for row in self._band_messages.values() if row.playbook == playbook)
        return tuple(sorted(found, key=lambda row: (row.made_at, row.message_id)))

    def count_unread(
        self, playbook: str, categories: Collection[str] | None, after: datetime | None
    ) -> int:
        return sum(
            row.went
            and (after is None or row.made_at > after)
            and (categories is None or row.category in categories)
            for row in self.band_messages(playbook)
        )

    def contact_by_id(self, contact_id: str) -> Contact | None:
        known = self._contacts.values()
        return next((one for one in known if one.contact_id == contact_id), None)

    def add_ticket(self, ticket: Ticket) -> bool:
        if ticket.ticket_id in self._tickets:
            return False
        self._tickets[ticket.ticket_id] = ticket
        return True

    def save_ticket(self, ticket: Ticket) -> None:
        self._tickets[ticket.ticket_id] = ticket

    def tickets(self) -> tuple[Ticket, ...]:
        return tuple(sorted(self._tickets.values(), key=lambda t: (t.opened_at, t.ticket_id)))

    def ticket(self, ticket_id: str) -> Ticket | None:
        return self._tickets.get(ticket_id)

    def save_approval(self, approval: Approval) -> None:
        self._approvals[approval.approval_id] = approval

    def change_approval(self, before: Approval, after: Approval) -> bool:
        is_same = self._approvals.get(before.approval_id) == before
        if is_same:
            self._approvals[before.approval_id] = after
        return is_same

    def save_later(self, later: Later) -> None:
        self._later[later.approval_id] = later
        if later.state == "GOING":
            heappush(self._waiting, (later.due_at, "approval", later.approval_id))

    def later(self, approval_id: str) -> Later | None:
        return self._later.get(approval_id)

    def batch_of(self, batch_id: str) -> tuple[Later, ...]:
        found = (later for later in self._later.values() if later.batch_id == batch_id)
        return tuple(sorted(found, key=lambda later: later.approval_id))

    def approval(self, approval_id: str) -> Approval | None:
        return self._approvals.get(approval_id)

    def approval_of(self, message_id: str) -> Approval | None:
        return next((a for a in self._approvals.values() if a.message_id == message_id), None)

    def open_approvals(self) -> tuple[Approval, ...]:
        found = (a for a in self._approvals.values() if a.state == "OPEN")
        return tuple(sorted(found, key=lambda a: (a.made_at, a.approval_id)))

    def void_approvals(self, person_id: str) -> None:
        for approval in self.open_approvals():
            if approval.person_id == person_id:
                self.save_approval(replace(approval, state="VOID"))

    def trace(self, *events: TraceEvent) -> None:
        self.events.extend(events)

    def flags(self) -> dict[str, str]:
        return dict(self._flags)

    def set_flag(self, name: str, value: str | None) -> None:
        if value is None:
            self._flags.pop(name, None)
        else:
            self._flags[name] = value

    def publish(self, name: str, value: str) -> None:
        self._published[name] = value

    def published(self, name: str) -> str:
        return self._published.get(name, "")

    def _lane_if_due(self, kind: str, row_id: str, now: datetime) -> str | None:
        """The heap keeps old entries of rows that have moved; the row itself decides."""
        if kind == "task":
            task = self.tasks[row_id]
            return task.mailbox if task.state == "WAITING" and task.due_at <= now else None
        if kind == "message":
            message = self.messages[row_id]
            is_due = message.state == "READY" and message.due_at <= now
            return message.mailbox if is_due else None
        if kind == "reminder":
            reminder = self._reminders[row_id]
            return reminder.lane if reminder.state == "WAITING" else None
        if kind == "call":
            return self.lane_of_call(row_id, now)
        if kind in ("hold", "approval", "promise"):
            rows = {"hold": self._holds, "approval": self._later, "promise": self._promises}
            held = rows[kind][row_id]
            is_due = held.state in ("OPEN", "GOING") and held.due_at <= now
            return held.lane if is_due else None
        inbound = self._inbound[row_id]
        return inbound.lane if inbound.state == "NEW" else None

    def _messages_of(self, person_id: str) -> list[Message]:
        return [self.messages[key] for key in self._by_person.get(person_id, ())]


def _hour(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()[:13]
