"""What the CRM of a made-up campaign tells of leads, deals and what reps did before the launch."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from trace_payloads import DAY_0, TENANT

from agent_runtime.contracts import TraceEvent

if TYPE_CHECKING:
    from campaign_world import World

LEAD_STAGES = ("new", "working", "mql", "sql", "disqualified", "customer")
OWNERS = ("o1", "o2", "o3")
STUDIES = (("answer", 9, 2), ("answer", 7, 3), ("answer", 20, 1), ("touch", 6, 1.5))
"""Kind of work, minutes by hand, minutes with the agent; bookings were never timed."""


def leads(world: "World") -> dict[str, dict[str, Any]]:
    """Returns person to owner, and of two in three the lead's stage and when it was created."""
    found: dict[str, dict[str, Any]] = {}
    for i, person in enumerate(world.persons):
        draw = world.draw(person.person_id, "lead")
        is_lead = draw < 0.66
        found[person.person_id] = {
            "owner_id": OWNERS[i % len(OWNERS)],
            "lead_stage": LEAD_STAGES[int(draw * 9) % 6] if is_lead else None,
            "lead_created_at": _created(world, person.person_id) if is_lead else None,
        }
    return found


def _created(world: "World", person_id: str) -> datetime:
    """Some leads are younger than their deal, which is then no step of theirs."""
    return DAY_0 + timedelta(days=30 * world.draw(person_id, "created") - 15)


def closings(world: "World") -> dict[str, datetime]:
    """Returns when each deal that was won or lost was closed."""
    return {
        deal.opportunity_id: deal.opened_at
        + timedelta(days=3 + 20 * world.draw(deal.opportunity_id, "closed"))
        for deal in world.deals
        if deal.stage in {"won", "lost"}
    }


def activities(world: "World") -> list[dict[str, Any]]:
    """Returns what reps did in the four weeks before the launch; a note touches nobody."""
    found = []
    owners = leads(world)
    for person in world.persons:
        for number in range(3):
            draw = world.draw(person.person_id, "activity", number)
            if draw > 0.4:
                continue
            at = DAY_0 - timedelta(days=28) + timedelta(hours=6 + 27 * 24 * draw / 0.4)
            found.append(
                {
                    "tenant_id": TENANT,
                    "activity_id": f"act-{person.person_id}-{number}",
                    "contact_id": person.contact_id,
                    "owner_id": owners[person.person_id]["owner_id"],
                    "kind": ("email", "call", "note")[number],
                    "occurred_at": at,
                }
            )
    return found


def studies() -> list[TraceEvent]:
    """Returns the timings of work by hand and with the agent, which belong to no person."""
    return [_study(DAY_0 + timedelta(days=3, hours=n), *study) for n, study in enumerate(STUDIES)]


def _study(at: datetime, task: str, by_hand: float, with_agent: float) -> TraceEvent:
    return TraceEvent(
        event_id=f"study-{at:%H}",
        tenant_id=TENANT,
        kind="review",
        thread_id=None,
        person_id=None,
        contact_id=None,
        occurred_at=at,
        versions={},
        payload={
            "what": "time_study",
            "task": task,
            "minutes_by_hand": by_hand,
            "minutes_with_agent": with_agent,
            "by": "ada",
            "note": "",
        },
    )
