"""How a message or a touch comes to its thread: in which playbook, and as what observation."""

from dataclasses import replace

from agent_runtime.domain import Contact, Observation, Session
from agent_runtime.inbound_campaign import inbound_campaign
from agent_runtime.library.catalog import Library
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Inbound, Task


def opened_by_agent(task: Task, contact: Contact, library: Library) -> Session:
    """Returns the thread that a first touch begins."""
    return Session(
        tenant_id=task.tenant_id,
        thread_id=f"thread-{task.person_id}",
        person_id=task.person_id,
        contact_id=contact.contact_id,
        playbook=task.playbook,
        state=library.playbook(task.playbook).start,
    )


def not_told_by_voice(session: Session) -> Session:
    """Returns a thread as a call finds it: on each line it is said anew that an AI speaks."""
    told = tuple(channel for channel in session.disclosed_on if channel != "voice")
    return replace(session, disclosed_on=told)


def in_playbook(
    tx: Tx, inbound: Inbound, contact: Contact, library: Library, *, inbound_address: str
) -> Session:
    """Returns the thread of a message; a request begins the inbound playbook, whatever ran before.

    Raises:
        LookupError: the message has no thread.
    """
    session = tx.session_of(contact.person_id)
    if session is None:
        raise LookupError(f"mail {inbound.key} has no thread in the store")
    is_to_all = inbound.channel == "email" and inbound.mailbox == inbound_address
    is_request = inbound.is_request or (is_to_all and not inbound.in_reply_to)
    playbook = "inbound_response" if is_request else session.playbook
    campaign = inbound_campaign(tx) if is_request else None
    if campaign is not None:
        session = campaign.taking(session, inbound.channel)
        if session.campaign_id == campaign.campaign_id and campaign.is_silent(tx, contact.email):
            # Whoever asks is not kept waiting until a campaign goes on: people of ours answer.
            session = replace(session, speaker="human")
    if playbook == session.playbook and session.state:
        return session
    return replace(
        session,
        playbook=playbook,
        state=library.playbook(playbook).start,
        subject=session.subject or inbound.subject,
    )


def observed(inbound: Inbound) -> Observation:
    """Returns a message as the loop reacts to it."""
    return Observation(
        kind="mail",
        observation_id=inbound.key,
        occurred_at=inbound.received_at,
        text=inbound.text,
        subject=inbound.subject,
        channel=inbound.channel,
        auto_submitted=inbound.auto_submitted,
        cue=inbound.cue,
        proposes=inbound.proposes,
        plain_means=inbound.plain_means,
    )
