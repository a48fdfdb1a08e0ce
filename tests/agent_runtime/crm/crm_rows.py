"""Rows of the store that reach a CRM: what was said, work, meetings."""

from datetime import timedelta

from crm_world import ANA, NOW, SESSION

from agent_runtime.contracts import Assignment
from agent_runtime.crm_outbox import CONNECTED, queue_heard, queue_meeting, queue_sent
from agent_runtime.domain import Sentence, Slot
from agent_runtime.store.rows import HumanTask, Inbound, Meeting, Message

TREATED = Assignment(
    tenant_id="t",
    person_id="p-ana",
    experiment_id="e",
    unit_id="p-ana",
    arm="agent",
    layer="l",
    spec_hash="h",
    assigned_at=NOW,
    how="hash",
)


def connect(store, vendor="hubspot"):
    """Says which CRM is connected, and that Ana is of the treated arm."""
    with store.begin() as tx:
        tx.publish(CONNECTED, vendor)
        tx.publish("controls", '{"e": ["control"]}')
        tx.add_assignment(TREATED)


def hear(store, key, *, text="Is it safe?", channel="email", at=NOW, person="p-ana"):
    row = Inbound(
        "t",
        key,
        ANA.mailbox,
        "l",
        f"thread-{person}",
        person,
        "Re",
        text,
        f"<{key}@x>",
        "",
        at,
        at,
        channel=channel,
    )
    with store.begin() as tx:
        tx.add_inbound(row)
        queue_heard(tx, row, arm="agent")


def say(store, key, *, text="Yes.", channel="email", at=NOW):
    row = Message(
        tenant_id="t",
        message_id=key,
        thread_id=SESSION.thread_id,
        person_id="p-ana",
        contact_id="c-ana",
        account_id="a-1",
        actor="agent",
        mailbox=ANA.mailbox,
        to_email=ANA.email,
        touch_class="reply",
        purpose="answer",
        action="answer",
        subject="Re: safe",
        sentences=(Sentence(text, ()),),
        language="en",
        confidence=1.0,
        playbook="support_triage",
        due_at=at,
        channel=channel,
        state="SENT",
        sent_at=at,
        arm="agent",
        experiment_id="e",
    )
    with store.begin() as tx:
        tx.add_message(row)
        queue_sent(tx, row, at=at)


def work(store, key, *, kind="handoff", state="OPEN", at=NOW, **more):
    row = HumanTask(
        tenant_id="t",
        task_id=key,
        thread_id=SESSION.thread_id,
        person_id="p-ana",
        kind=kind,
        route_to="owner",
        reason="pricing_question",
        text="How much?",
        received_at=at,
        state=state,
        **more,
    )
    with store.begin() as tx:
        tx.save_human_task(row)


def meet(store, uid, *, state="CONFIRMED", attendance="", at=NOW):
    start = NOW + timedelta(days=3)
    slot = Slot("o-1", start, start + timedelta(minutes=30))
    row = Meeting("t", uid, SESSION.thread_id, "p-ana", slot, "agent", state, attendance=attendance)
    with store.begin() as tx:
        tx.save_meeting(row)
        queue_meeting(tx, row, at=at)


def stop(store, *, person="p-ana", reason="opt_out", source="k9", at=NOW):
    with store.begin() as tx:
        tx.suppress(person, reason=reason, source=source, now=at)
