"""Who is to go on a list of the marketing tool, who off it, and who must not be put there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from agent_runtime.crm_lists import (
    OFF,
    ON,
    CrmListError,
    change_of,
    field_of,
    list_rules,
    stands,
    why_not_on,
)
from agent_runtime.crm_outbox import queue
from agent_runtime.domain import Contact
from agent_runtime.ports import Tx


@dataclass(frozen=True, slots=True)
class ListPlan:
    """What is to be changed of one list; of members that others put there nothing is."""

    name: str
    on: tuple[Contact, ...]
    off: tuple[Contact, ...]
    refused: tuple[tuple[Contact, str], ...]
    """Who is wanted and must not be put there, and why."""
    stand: int
    """How many stand there as they should."""


def plan(tx: Tx, name: str, wanted: Collection[str]) -> ListPlan:
    """Compares a list, as we last wrote it, with who is wanted on it; nothing is written.

    Args:
        tx: The transaction that reads.
        name: Our name of the list.
        wanted: Ids of persons.

    Raises:
        CrmListError: the list is not in `writable.yaml`.
    """
    rule = list_rules().get(name)
    if rule is None:
        known = ", ".join(sorted(list_rules())) or "none"
        raise CrmListError(
            f"list {name!r} is not in writable.yaml below crm.lists ({known}); list it there first."
        )
    on: list[Contact] = []
    off: list[Contact] = []
    refused: list[tuple[Contact, str]] = []
    stand = 0
    for contact in sorted(tx.contacts(), key=lambda one: one.contact_id):
        is_on = stands(tx, contact, name) == ON
        is_wanted = contact.person_id in wanted and contact.is_primary
        why = why_not_on(tx, contact, rule) if is_wanted else ""
        if why:
            refused.append((contact, why))
        if is_on and (why or not is_wanted):
            if not _was_there_before(tx, contact, name):
                off.append(contact)
        elif is_on:
            stand += 1
        elif is_wanted and not why:
            on.append(contact)
    return ListPlan(name, tuple(on), tuple(off), tuple(refused), stand)


def carry_out(tx: Tx, made: ListPlan, *, by: str, now: datetime) -> ListPlan:
    """Queues what a plan says; the worker brings it there.

    Args:
        tx: The transaction in which it is queued.
        made: The plan.
        by: Who decides.
        now: When.
    """
    for after, contacts in ((ON, made.on), (OFF, made.off)):
        for contact in contacts:
            change = change_of(tx, contact, made.name, after, by=by, reason="list_push", at=now)
            if tx.add_change(change):
                queue(tx, "change", change.change_id, at=now)
    return made


def _was_there_before(tx: Tx, contact: Contact, name: str) -> bool:
    """Says whether a contact stood on the list already when we first put them there."""
    written = tx.changes_of("contact", contact.contact_id, field_of(name))
    pushed = tx.push("change", written[-1].change_id) if written else None
    return pushed is not None and pushed.state == "PUSHED" and pushed.stood == ON
