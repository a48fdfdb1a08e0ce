"""What a person turns off by themselves: kept, traced, and what already lies with us taken back."""

from dataclasses import replace
from datetime import datetime

from agent_runtime import log
from agent_runtime.crm_outbox import queue_choice
from agent_runtime.domain import Choices, Contact
from agent_runtime.intake import opened_by_buyer
from agent_runtime.policies.choices import topic_of
from agent_runtime.store import tables as t
from agent_runtime.store.rows import Message
from agent_runtime.store.sql import SqlTx
from agent_runtime.store.sql_rows import load


def choose(
    tx: SqlTx,
    contact: Contact,
    wanted: Choices,
    *,
    source: str,
    versions: log.Versions,
    now: datetime,
) -> None:
    """Keeps what is off from now on; the permit asks at each sending.

    A draft that a colleague has before them, to post by hand, passes no permit any more, and so it
    is taken back here.

    Args:
        tx: The transaction.
        contact: Whose choices they are.
        wanted: All that is off; what is not named is on again.
        source: By which mail they came to choose.
        versions: For the trace.
        now: When they chose.
    """
    person = contact.person_id
    if tx.choices(person) != Choices().joined(wanted):
        tx.save_choices(person, wanted)
        queue_choice(tx, person, at=now)
    for row in tx.rows(t.messages, person_id=person, state="HANDED").all():
        message = load(Message, row.doc)
        is_off = message.channel in wanted.channels_off
        if is_off or topic_of(message.purpose) in wanted.topics_off:
            tx.settle(row.message_id, "CANCELLED")
            task = tx.human_task(row.message_id)
            if task is not None:
                tx.save_human_task(replace(task, state="DONE"))
    session = tx.session_of(person) or opened_by_buyer(contact)
    off = {"channels": wanted.channels_off, "topics": wanted.topics_off}
    told = {
        "object": "choices",
        "status": "off" if any(off.values()) else "on",
        "fields": {f"{name} off": ", ".join(names) for name, names in off.items() if names},
        "source": source,
    }
    journal = log.Journal(tx, session, now=now, versions=versions)
    journal.write("crm_write", "choices", person, payload=told)
