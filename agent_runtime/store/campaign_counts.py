"""What became of each campaign's touches and threads, counted in the store."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, literal_column, select

from agent_runtime.store import tables as t


@dataclass(frozen=True, slots=True)
class CampaignCounts:
    """Figures of one campaign, as they stand."""

    touches: int
    """In its plan, whatever became of them."""
    waiting: int
    """Not worked yet."""
    people: int
    """Whose thread it has begun."""
    answered: int
    """Of these, who wrote back."""
    meetings: int
    """That stand in a calendar."""


def counts_by_campaign(connection: Connection, tenant_id: str) -> dict[str, CampaignCounts]:
    """Returns the figures of all campaigns of a tenant by id."""
    of_task, of_thread = _campaign(connection, "tasks"), _campaign(connection, "threads")
    touches: dict[str, Counter[str]] = {}
    query = select(of_task, t.tasks.c.state, func.count()).where(t.tasks.c.tenant_id == tenant_id)
    for campaign, state, count in connection.execute(query.group_by(of_task, t.tasks.c.state)):
        touches.setdefault(campaign or "", Counter())[state] += count
    people = _grouped(connection, of_thread, t.threads, t.threads.c.tenant_id == tenant_id)
    same = and_(
        t.inbound.c.tenant_id == t.threads.c.tenant_id,
        t.inbound.c.thread_id == t.threads.c.thread_id,
    )
    has_written = select(t.inbound.c.key).where(same).exists()
    answered = _grouped(
        connection, of_thread, t.threads, t.threads.c.tenant_id == tenant_id, has_written
    )
    joined = t.meetings.join(
        t.threads,
        and_(
            t.meetings.c.tenant_id == t.threads.c.tenant_id,
            t.meetings.c.thread_id == t.threads.c.thread_id,
        ),
    )
    stand = (t.meetings.c.tenant_id == tenant_id, t.meetings.c.state == "CONFIRMED")
    meetings = _grouped(connection, of_thread, joined, *stand)
    return {
        name: CampaignCounts(
            touches=touches.get(name, Counter()).total(),
            waiting=touches.get(name, Counter())["WAITING"],
            people=people.get(name, 0),
            answered=answered.get(name, 0),
            meetings=meetings.get(name, 0),
        )
        for name in sorted({*touches, *people} - {""})
    }


def _grouped(connection: Connection, by: Any, source: Any, *where: Any) -> dict[str, int]:
    query = select(by, func.count()).select_from(source).where(*where).group_by(by)
    return {name or "": count for name, count in connection.execute(query)}


def _campaign(connection: Connection, table: str) -> Any:
    if connection.dialect.name == "postgresql":
        return literal_column(f"(({table}.doc::jsonb) ->> 'campaign_id')")
    return literal_column(f"json_extract({table}.doc, '$.campaign_id')")
