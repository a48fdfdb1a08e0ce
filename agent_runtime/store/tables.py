"""Tables of the runtime store, the same on SQLite and Postgres.

What is looked up or changes is a column; the rest of a row is its frozen value as JSON in `doc`.
Every key begins with the tenant.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData()


class Instant(TypeDecorator[datetime]):
    """A UTC instant as ISO 8601 text: sorts as time does, on every database alike."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Refuses an instant without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone, got {value!r}")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Returns the instant in UTC."""
        return None if value is None else datetime.fromisoformat(value)


def _key(name: str) -> Column[str]:
    return Column(name, String(120), primary_key=True)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, String(400), nullable=nullable)


def _doc() -> Column[str]:
    return Column("doc", Text, nullable=False)


contacts = Table(
    "contacts",
    metadata,
    _key("tenant_id"),
    _key("contact_id"),
    _text("person_id"),
    _text("email"),
    _text("domain"),
    Column("is_primary", Boolean, nullable=False),
    _doc(),
    Index("contacts_person", "tenant_id", "person_id"),
    Index("contacts_email", "tenant_id", "email"),
    Index("contacts_domain", "tenant_id", "domain"),
)

import_marks = Table(
    "import_marks",
    metadata,
    _key("tenant_id"),
    _key("contact_id"),
    Column("content", String(40), nullable=False),
)
"""What a batch last wrote of a contact and of its person's consents, as a hash; gone as soon as
anything else writes either."""

merged_persons = Table(
    "merged_persons",
    metadata,
    _key("tenant_id"),
    _key("person_id"),
    _key("same_as"),
    Column("merged_at", Instant, nullable=False),
)

addresses = Table(
    "addresses",
    metadata,
    _key("tenant_id"),
    _key("channel"),
    _key("address"),
    _text("person_id"),
    Column("noted_at", Instant, nullable=False),
    Column("refused_at", Instant),
    Index("addresses_person", "tenant_id", "person_id", "channel"),
)

moved_addresses = Table(
    "moved_addresses",
    metadata,
    _key("tenant_id"),
    _key("channel"),
    _key("address"),
    _key("thread_id"),
    Column("moved_at", Instant, nullable=False),
)

consents = Table("consents", metadata, _key("tenant_id"), _key("person_id"), _doc())

choices = Table("choices", metadata, _key("tenant_id"), _key("person_id"), _doc())
"""What people have turned off by themselves, by channel and topic."""

assignments = Table(
    "assignments",
    metadata,
    _key("tenant_id"),
    _key("experiment_id"),
    _key("unit_id"),
    _key("person_id"),
    _text("arm"),
    _doc(),
    Index("assignments_person", "tenant_id", "person_id"),
)

suppressions = Table(
    "suppressions",
    metadata,
    _key("tenant_id"),
    _key("person_id"),
    _key("source"),
    _text("reason"),
    Column("recorded_at", Instant, nullable=False),
)

listings = Table("listings", metadata, _key("tenant_id"), _key("scope"), _key("entry"), _doc())

threads = Table(
    "threads",
    metadata,
    _key("tenant_id"),
    _key("thread_id"),
    _text("person_id"),
    _doc(),
    Index("threads_person", "tenant_id", "person_id", unique=True),
)

vault = Table(
    "vault", metadata, _key("tenant_id"), _key("thread_id"), _key("token"), Column("value", Text)
)

tasks = Table(
    "tasks",
    metadata,
    _key("tenant_id"),
    _key("task_id"),
    _text("person_id"),
    _text("lane"),
    _text("state"),
    Column("due_at", Instant, nullable=False),
    _doc(),
    Index("tasks_due", "state", "due_at"),
    Index("tasks_person", "tenant_id", "person_id"),
)

messages = Table(
    "messages",
    metadata,
    _key("tenant_id"),
    _key("message_id"),
    _text("thread_id"),
    _text("person_id"),
    _text("account_id", nullable=True),
    _text("lane"),
    _text("touch_class"),
    _text("task_id", nullable=True),
    _text("provider", nullable=True),
    _text("rfc_message_id"),
    _text("state"),
    Column("attempt", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("sent_at", Instant),
    _text("claimed_by", nullable=True),
    _doc(),
    Index("messages_due", "state", "due_at"),
    Index("messages_thread", "tenant_id", "thread_id"),
    Index("messages_rfc", "rfc_message_id"),
    Index("messages_task", "task_id"),
    Index("messages_person_sent", "tenant_id", "person_id", "sent_at"),
    Index("messages_account_sent", "tenant_id", "account_id", "sent_at"),
    Index("messages_lane_sent", "tenant_id", "lane", "sent_at"),
    Index("messages_provider_sent", "tenant_id", "provider", "sent_at"),
)

inbound = Table(
    "inbound",
    metadata,
    _key("tenant_id"),
    _key("key"),
    _text("thread_id"),
    _text("lane"),
    _text("state"),
    Column("due_at", Instant, nullable=False),
    _doc(),
    Index("inbound_due", "state", "due_at"),
    Index("inbound_thread", "tenant_id", "thread_id"),
)

reminders = Table(
    "reminders",
    metadata,
    _key("tenant_id"),
    _key("reminder_id"),
    _text("person_id"),
    _text("lane"),
    _text("state"),
    Column("due_at", Instant, nullable=False),
    _doc(),
    Index("reminders_due", "state", "due_at"),
    Index("reminders_person", "tenant_id", "person_id"),
)

lanes = Table("lanes", metadata, Column("lane", String(200), primary_key=True), _text("work_id"))

meetings = Table(
    "meetings",
    metadata,
    _key("tenant_id"),
    _key("uid"),
    _text("thread_id"),
    _text("state"),
    _doc(),
    Index("meetings_thread", "tenant_id", "thread_id"),
)

holds = Table(
    "holds",
    metadata,
    _key("tenant_id"),
    _key("hold_id"),
    _text("thread_id"),
    _text("owner_id"),
    _text("lane"),
    _text("state"),
    Column("made_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    _doc(),
    Index("holds_due", "state", "due_at"),
    Index("holds_thread", "tenant_id", "thread_id", "state"),
    Index("holds_owner", "tenant_id", "owner_id", "made_at"),
)

human_tasks = Table(
    "human_tasks",
    metadata,
    _key("tenant_id"),
    _key("task_id"),
    _text("thread_id"),
    _text("state"),
    Column("next_at", Instant),
    _doc(),
    Index("human_tasks_state", "state", "next_at"),
)

approvals = Table(
    "approvals",
    metadata,
    _key("tenant_id"),
    _key("approval_id"),
    _text("person_id"),
    _text("message_id"),
    _text("state"),
    _doc(),
    Index("approvals_person", "tenant_id", "person_id"),
    Index("approvals_message", "tenant_id", "message_id"),
)

data_requests = Table(
    "data_requests",
    metadata,
    _key("tenant_id"),
    _key("request_id"),
    _text("person_id"),
    _text("state"),
    Column("due_at", Instant),
    _doc(),
    Index("data_requests_person", "tenant_id", "person_id"),
    Index("data_requests_due", "tenant_id", "state", "due_at"),
)
"""What people asked for by their rights over their data; those that are open have a day."""

promises = Table(
    "promises",
    metadata,
    _key("tenant_id"),
    _key("promise_id"),
    _text("thread_id"),
    _text("lane"),
    _text("state"),
    Column("due_at", Instant, nullable=False),
    _doc(),
    Index("promises_due", "state", "due_at"),
    Index("promises_thread", "tenant_id", "thread_id"),
)

crm_changes = Table(
    "crm_changes",
    metadata,
    _key("tenant_id"),
    _key("change_id"),
    _text("thread_id"),
    _text("record"),
    _text("field"),
    Column("position", Integer, nullable=False),
    _doc(),
    Index("crm_changes_record", "tenant_id", "record", "field", "position"),
)

tickets = Table(
    "tickets",
    metadata,
    _key("tenant_id"),
    _key("ticket_id"),
    _text("thread_id"),
    _text("state"),
    _doc(),
    Index("tickets_state", "tenant_id", "state"),
)

crm_pushes = Table(
    "crm_queue",
    metadata,
    _key("tenant_id"),
    _key("row_kind"),
    Column("row_id", String(400), primary_key=True),
    _text("state"),
    Column("due_at", Instant, nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("record", String(400), nullable=False),
    _doc(),
    Index("crm_queue_due", "tenant_id", "state", "due_at"),
    Index("crm_queue_record", "tenant_id", "record", "state", "queued_at"),
)

crm_news = Table(
    "crm_news",
    metadata,
    _key("tenant_id"),
    _key("news_id"),
    Column("is_pulled", Boolean, nullable=False),
    _text("stop"),
    Column("occurred_at", Instant, nullable=False),
    _doc(),
    Index("crm_news_waiting", "tenant_id", "is_pulled", "occurred_at"),
    Index("crm_news_stop", "tenant_id", "stop", "occurred_at"),
)

model_answers = Table(
    "model_answers",
    metadata,
    _key("tenant_id"),
    _key("question"),
    _key("asked_for"),
    _text("thread_id"),
    _text("state"),
    _doc(),
    Index("model_answers_asked_for", "tenant_id", "asked_for"),
)

band_messages = Table(
    "band_messages",
    metadata,
    _key("tenant_id"),
    _key("message_id"),
    _text("playbook"),
    Column("category", String(400), nullable=False),
    Column("went", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
    _doc(),
    Index("band_messages_unread", "tenant_id", "playbook", "went", "made_at"),
)

trace_events = Table(
    "trace_events",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("event_id", String(64), nullable=False, unique=True),
    Column("seq", Integer, unique=True),
    _text("tenant_id"),
    Column("day", String(10), nullable=False),
    _doc(),
    Index("trace_events_unnumbered", "seq", "position"),
)

flags = Table(
    "flags", metadata, _key("tenant_id"), _key("name"), Column("value", Text, nullable=False)
)

clock = Table(
    "clock",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("now", Instant, nullable=False),
)

mail_cursors = Table("mail_cursors", metadata, _key("tenant_id"), _key("source"), _doc())

published = Table(
    "published", metadata, _key("tenant_id"), _key("name"), Column("value", Text, nullable=False)
)

calls = Table(
    "calls",
    metadata,
    _key("tenant_id"),
    _key("call_id"),
    _text("person_id"),
    _text("thread_id"),
    _text("lane"),
    _text("state"),
    Column("due_at", Instant, nullable=False),
    _doc(),
    Index("calls_due", "state", "due_at"),
    Index("calls_person", "tenant_id", "person_id"),
)

call_attempts = Table(
    "call_attempts",
    metadata,
    _key("tenant_id"),
    _key("call_id"),
    Column("attempt", Integer, primary_key=True),
    _text("number"),
    _text("campaign_id"),
    Column("dialled_at", Instant, nullable=False),
    Column("rang", Boolean, nullable=False),
    _text("answered_by"),
    Column("is_abandoned", Boolean, nullable=False),
    Index("call_attempts_number", "tenant_id", "number", "dialled_at"),
    Index("call_attempts_campaign", "tenant_id", "campaign_id", "dialled_at"),
)

dnc_lists = Table("dnc_lists", metadata, _key("tenant_id"), _key("name"), _doc())

dnc_numbers = Table(
    "dnc_numbers",
    metadata,
    _key("tenant_id"),
    Column("number", String(20), primary_key=True),
    _key("name"),
)

approvals_later = Table(
    "approvals_later",
    metadata,
    _key("tenant_id"),
    _key("approval_id"),
    _text("batch_id"),
    _text("lane"),
    _text("state"),
    Column("due_at", Instant, nullable=False),
    _doc(),
    Index("approvals_later_due", "state", "due_at"),
    Index("approvals_later_batch", "tenant_id", "batch_id"),
)

approval_lines = Table(
    "approval_lines",
    metadata,
    _key("tenant_id"),
    _key("approval_id"),
    Column("risk", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("language", String(20), nullable=False),
    _text("playbook"),
    _text("channel"),
    _text("person_id"),
    _text("thread_id"),
)
"""By what a queue of approvals is ordered and narrowed, so that nobody need read all drafts for it;
whether one still waits is told by `approvals` alone. `risk` counts from the least."""
