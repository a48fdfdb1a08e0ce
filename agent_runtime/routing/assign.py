"""Who gets a piece of work now: by role, language and presence. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent_runtime.domain import Contact
from agent_runtime.routing.table import Colleague, RoutingTable, Way

NATIVE = "native_reviewer"


@dataclass(frozen=True, slots=True)
class Assignee:
    """Who has a task, how they are told, and until when they may take."""

    role: str
    name: str
    email: str
    by: tuple[Way, ...]
    answer_by: datetime | None
    """After this the next role is asked; None at the end of the chain."""


def assign(
    role: str, contact: Contact, table: RoutingTable, *, language: str, now: datetime
) -> Assignee:
    """Returns who takes a task of a role; out of office passes it on at once.

    Args:
        role: As playbooks name it; one without a route goes to the owner.
        contact: Whose thread it is; the owner comes from here.
        table: The routing table.
        language: Of the thread, two letters: who speaks it comes first.
        now: Decides who is away, and from when the service level counts.
    """
    role = role if role in table.routes else "owner"
    while True:
        route = table.routes[role]
        found = _present(role, contact, table, language, now)
        if found is not None or not route.then:
            within = timedelta(minutes=route.answer_within_minutes)
            return Assignee(
                role=role,
                name=found.name if found else contact.owner_name,
                email=found.email if found else contact.owner_email,
                by=route.by,
                answer_by=now + within if route.then else None,
            )
        role = route.then


def role_of(role: str, reason: str, table: RoutingTable, language: str) -> str:
    """Returns the role to ask: a native reviewer for a language that nobody wrote texts in."""
    speaks = any(NATIVE in p.roles and language in p.languages for p in table.people)
    return NATIVE if reason == "language_not_supported" and speaks else role


def _present(
    role: str, contact: Contact, table: RoutingTable, language: str, now: datetime
) -> Colleague | None:
    if role == "owner":
        if not contact.owner_email:
            return None
        owner = table.colleague(contact.owner_email)
        owner = owner or Colleague(
            name=contact.owner_name or contact.owner_email, email=contact.owner_email
        )
        return None if owner.is_away(now.date()) else owner
    there = [p for p in table.people if role in p.roles and not p.is_away(now.date())]
    if role == NATIVE:
        there = [p for p in there if language in p.languages]
    return min(there, key=lambda p: language not in p.languages, default=None)
