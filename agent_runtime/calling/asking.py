"""A call that somebody asks for becomes a touch in the queue, once, if the rules may allow it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent_runtime.arms import binding_arm
from agent_runtime.calling.briefing import CallBriefing, brief_call
from agent_runtime.calling.checking import Checked, check_person, whom
from agent_runtime.calling.rows import Call
from agent_runtime.calling.telephony import Telephony
from agent_runtime.domain import Contact
from agent_runtime.library.catalog import Library
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Task

EXPIRES = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class CallRequest:
    """Who is to be called, and why; the same key is the same call."""

    person: str
    """A person id, an e-mail address or a number."""
    playbook: str
    key: str
    """Names the request, so that one that is sent again changes nothing."""
    campaign_id: str = ""
    at: datetime | None = None
    """Not before; None means now."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a request."""

    checked: Checked
    briefing: CallBriefing
    task_id: str
    is_new: bool = False
    """Whether it was queued just now; False for a repeat, a dry run, or where a rule blocks."""


def ask_for_call(
    tx: Tx,
    library: Library,
    telephony: Telephony,
    request: CallRequest,
    *,
    now: datetime,
    dry_run: bool = False,
) -> Asked:
    """Checks a call against every rule and queues it unless one stops it for good.

    What only has to wait or to be approved is queued and checked again when it is due and before it
    is dialled.

    Raises:
        CallError: nobody is called so, or the playbook has no call to make.
    """
    contact = whom(tx, request.person)
    tx.lock(f"person:{contact.person_id}")
    checked = check_person(
        tx,
        contact,
        library,
        telephony,
        playbook=request.playbook,
        campaign_id=request.campaign_id,
        now=now,
    )
    task_id = _task_id(tx.tenant_id, request, contact)
    asked = Asked(checked, _briefing(tx, library, contact, checked, request, task_id, now), task_id)
    may = checked.decision in ("allow", "defer", "escalate")
    if dry_run or not may:
        return asked
    is_new = tx.add_task(_task(tx, contact, checked, request, task_id, now))
    return Asked(checked, asked.briefing, task_id, is_new=is_new)


def _task(
    tx: Tx,
    contact: Contact,
    checked: Checked,
    request: CallRequest,
    task_id: str,
    now: datetime,
) -> Task:
    assert checked.session is not None
    experiment, arm = binding_arm(tx, contact.person_id)
    due_at = max(request.at or now, now)
    return Task(
        tenant_id=contact.tenant_id,
        task_id=task_id,
        person_id=contact.person_id,
        contact_id=contact.contact_id,
        account_id=contact.account_id,
        campaign_id=checked.session.campaign_id,
        campaign_version=1,
        touch=checked.touch,
        playbook=checked.playbook,
        experiment_id=experiment,
        arm=arm,
        mailbox=contact.mailbox,
        expires_at=due_at + EXPIRES,
        due_at=due_at,
        autonomy=checked.session.autonomy,
    )


def _briefing(
    tx: Tx,
    library: Library,
    contact: Contact,
    checked: Checked,
    request: CallRequest,
    task_id: str,
    now: datetime,
) -> CallBriefing:
    assert checked.proposal is not None
    assert checked.facts is not None
    assert checked.session is not None
    call = Call(
        tenant_id=contact.tenant_id,
        call_id=task_id,
        thread_id=checked.session.thread_id,
        person_id=contact.person_id,
        contact_id=contact.contact_id,
        lane=contact.mailbox,
        number=checked.number,
        campaign_id=checked.session.campaign_id,
        playbook=checked.playbook,
        language=checked.proposal.language,
        purpose=checked.proposal.purpose,
        due_at=now,
    )
    playbook = library.playbook(checked.playbook)
    return brief_call(tx, call, contact, checked.session, checked.proposal, checked.facts, playbook)


def _task_id(tenant_id: str, request: CallRequest, contact: Contact) -> str:
    parts = (tenant_id, "call", contact.person_id, request.key)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
