"""A message by voice becomes a call that waits to be dialled."""

from datetime import datetime

from agent_runtime.calling.rows import Call
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Message


def rings_first(tx: Tx, message: Message, *, now: datetime) -> bool:
    """Says whether a message still has to be dialled, and lets it wait for that.

    A touch by voice rings first; once somebody has answered its words go to the line. Whatever
    else is said by voice is said on a line that stands.
    """
    if message.channel != "voice" or message.task_id is None:
        return False
    call = tx.call(message.message_id)
    if call is not None and call.state == "ANSWERED":
        return False
    take_over(tx, message, now=now)
    return True


def take_over(tx: Tx, message: Message, *, now: datetime) -> Call:
    """Turns a READY message into a call; the message stays, as the opener of that id."""
    call = Call(
        tenant_id=message.tenant_id,
        call_id=message.message_id,
        thread_id=message.thread_id,
        person_id=message.person_id,
        contact_id=message.contact_id,
        lane=message.mailbox,
        number=message.to_email,
        campaign_id=message.campaign_id or "",
        playbook=message.playbook,
        language=message.language,
        purpose=message.purpose,
        due_at=now,
        task_id=message.task_id or "",
        experiment_id=message.experiment_id or "",
        arm=message.arm or "",
    )
    tx.add_call(call)
    tx.settle(message.message_id, "HANDED")
    return call
