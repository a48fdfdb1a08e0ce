"""Tables of reviews: the samples, everybody's scores, what was agreed, changes, lessons read."""

from typing import Any

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text

from agent_runtime.store.tables import Instant, metadata


def _key(name: str) -> Column[str]:
    return Column(name, String(120), primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, String(400), nullable=False, default="")


def _long(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, default="")


def _marks() -> tuple[Column[Any], ...]:
    rated = (Column(name, Integer, nullable=False) for name in ("accuracy", "tone", "adherence"))
    return (*rated, Column("objection", String(20), nullable=False))


samples = Table(
    "coaching_samples",
    metadata,
    _key("tenant_id"),
    _key("sample_id"),
    Column("day", String(10), nullable=False),
    _text("playbook"),
    _text("thread_id"),
    _text("language"),
    Column("is_answered", Boolean, nullable=False),
    Column("is_for_all", Boolean, nullable=False),
    Column("weight", Float, nullable=False),
    Column("number", Integer, nullable=False),
    Column("until_position", Integer, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("per_playbook", Integer, nullable=False),
    _text("drawn_by"),
    Column("drawn_at", Instant, nullable=False),
    Index("coaching_samples_day", "tenant_id", "day", "thread_id", unique=True),
)
"""Threads as they were at the end of a day; drawn once and then fixed."""

scores = Table(
    "coaching_scores",
    metadata,
    _key("tenant_id"),
    _key("sample_id"),
    _key("scorer"),
    Column("slot", Integer, nullable=False),
    *_marks(),
    _long("note"),
    Column("made_at", Instant, nullable=False),
    Index("coaching_scores_slot", "tenant_id", "sample_id", "slot", unique=True),
    Index("coaching_scores_order", "tenant_id", "made_at"),
)
"""One row per reviewer and sample: nobody writes into another's. `slot` counts them from 1."""

agreed = Table(
    "coaching_agreed",
    metadata,
    _key("tenant_id"),
    _key("sample_id"),
    *_marks(),
    _long("note"),
    _text("made_by"),
    Column("made_at", Instant, nullable=False),
)
"""What the scorers of a sample settled on; written once."""

proposed = Table(
    "coaching_changes",
    metadata,
    _key("tenant_id"),
    _key("change_id"),
    _text("kind"),
    _text("path"),
    _text("playbook"),
    _text("thread_id"),
    _text("message_id"),
    _text("sample_id"),
    _text("tags"),
    _long("why"),
    _long("before"),
    _long("after"),
    _text("author"),
    Column("made_at", Instant, nullable=False),
    Column("state", String(20), nullable=False),
    _text("decided_by"),
    Column("decided_at", Instant),
    _long("decided_why"),
    _long("effect"),
    Index("coaching_changes_state", "tenant_id", "state", "made_at"),
    Index("coaching_changes_thread", "tenant_id", "thread_id"),
)
"""Files that tags propose to change: the whole file before and after."""

steps = Table(
    "coaching_steps",
    metadata,
    _key("tenant_id"),
    _key("user_id"),
    _key("step_id"),
    _text("playbook"),
    Column("done_at", Instant, nullable=False),
    Index("coaching_steps_playbook", "tenant_id", "playbook"),
)
"""Lessons that somebody has read, and lines of checklists that they have ticked."""
