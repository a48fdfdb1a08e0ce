"""Moves a deal on in the CRM when a meeting stands: a permitted call, never backwards."""

from datetime import datetime

from agent_runtime import log
from agent_runtime.arms import arms_of, is_held
from agent_runtime.crm_outbox import CONNECTED
from agent_runtime.domain import Contact, Session, ToolCall
from agent_runtime.gather import pauses
from agent_runtime.library.playbook import Playbook
from agent_runtime.policies.arms import HOLDOUT
from agent_runtime.policies.tool_facts import ToolFacts
from agent_runtime.policies.tool_permit import authorise_call
from agent_runtime.ports import Tx
from agent_runtime.tooling import deals_of
from agent_runtime.tools.hands import Cause, Hands
from agent_runtime.tools.writable import writable


def move_on(
    tx: Tx,
    contact: Contact,
    session: Session,
    playbook: Playbook,
    *,
    cause: str,
    now: datetime,
    versions: log.Versions,
) -> str:
    """Has the stage of the contact's deal written, where a CRM is connected and knows the deal.

    Over which stages it may be written stands in `writable.yaml`; from a later one it never is.

    Returns:
        The id of the change, empty where there is none.
    """
    deal = next(iter(deals_of(contact)), "")
    if not deal or not tx.published(CONNECTED):
        return ""
    stage = "demo_booked" if playbook.meeting == "demo" else "meeting_booked"
    call = ToolCall("crm.update", f"deal:{deal}", (("stage", stage),), "meeting_confirmed")
    person_id = session.person_id
    arms = tuple(arm for _, arm in arms_of(tx, person_id))
    facts = ToolFacts(
        writable=writable(),
        tools=tuple(playbook.tools),
        own_records=(call.target,),
        arms=(HOLDOUT,) if is_held(tx, person_id) else arms,
        paused=pauses(tx.flags(), session.campaign_id),
    )
    judgement = authorise_call(call, facts)
    journal = log.Journal(tx, session, now=now, versions=versions)
    journal.write("policy", cause, "stage", payload=log.call(judgement, by_id="stage"))
    if judgement.permit is None:
        return ""
    made = Hands().do(tx, judgement.permit, Cause(session, cause, now))
    if made:
        journal.write("crm_write", cause, "stage", payload=log.written(call, made))
    return made
