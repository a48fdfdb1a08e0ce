"""A thread as a real conversation made it, in the store of a desk, and longer ones like it."""

import sys
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

ASKED = "What is the price? Ask Zoltan Kovacs, zoltan.kovacs@kranwerk.example, +49 30 1234567."


@cache
def played():
    """A touch, a question and its answer: the store in which it happened, and its events."""
    from conversation_world import ANA, NOW, Wire, mail, new_world, work_all

    store, runtime = new_world()
    work_all(store, runtime, Wire(), NOW)
    runtime.inbox.receive(mail(ASKED), now=NOW + timedelta(hours=1))
    work_all(store, runtime, Wire(), NOW + timedelta(hours=1, minutes=3))
    session = store.session_of(ANA.person_id)
    events = tuple(e for e in store.events if e.thread_id == session.thread_id)
    return store, ANA, session, events


def write_thread(store, number=0, *, times=1):
    """Writes the thread for somebody of a number, its events as often as asked; returns its id."""
    with store.begin() as tx:
        return write_in(tx, number, times=times)


def write_in(tx, number=0, *, times=1):
    """Does so in a transaction."""
    memory, ana, session, events = played()
    own = "" if not number else f"-{number}"
    contact = replace(ana, contact_id=ana.contact_id + own, person_id=ana.person_id + own)
    contact = replace(contact, tenant_id=tx.tenant_id, email=f"{own}{ana.email}".lstrip("-"))
    thread = session.thread_id + own
    tx.add_contact(contact)
    person = {"person_id": contact.person_id, "contact_id": contact.contact_id}
    tx.save_session(replace(session, tenant_id=tx.tenant_id, thread_id=thread, **person))
    tx.remember(thread, memory.recall(session.thread_id))
    for turn in range(times):
        tx.trace(*(_again(e, tx.tenant_id, thread, person, turn) for e in events))
    for message in memory.messages.values():
        tx.add_message(
            replace(
                message,
                tenant_id=tx.tenant_id,
                message_id=message.message_id + own,
                thread_id=thread,
                person_id=contact.person_id,
            )
        )
    return thread


def _again(event, tenant_id, thread, person, turn):
    """The same event once more, later, under ids of its own."""
    if not turn and thread == event.thread_id:
        return event.model_copy(update={"tenant_id": tenant_id, **person})
    said = event.model_dump_json()
    for name in ("turn_id", "message_id", "proposal_id", "task_id"):
        if value := event.payload.get(name):
            said = said.replace(f'"{value}"', f'"{value}-{turn}"')
    made = type(event).model_validate_json(said)
    return made.model_copy(
        update={
            "event_id": f"{event.event_id}-{turn}-{thread}"[:64],
            "tenant_id": tenant_id,
            "thread_id": thread,
            "occurred_at": event.occurred_at + timedelta(hours=2 * turn),
            **person,
        }
    )
