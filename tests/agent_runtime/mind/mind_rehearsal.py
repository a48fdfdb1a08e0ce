"""Plays a scenario through the whole runtime on a store in memory, as a real thread would go."""

from dataclasses import replace
from datetime import timedelta

from mind_dialogue import START

from agent_runtime.app import assemble
from agent_runtime.arms import publish_controls
from agent_runtime.channels.email.parse import ReceivedMail
from agent_runtime.contracts import Assignment, TraceEvent
from agent_runtime.domain import Consent
from agent_runtime.newcomers import Newcomers
from agent_runtime.ports import Receipt
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Task
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours


class Nowhere:
    """A channel that takes every mail."""

    def send(self, mail, permit, *, permitted_words):
        return Receipt("sent", "250")


def rehearse(scenario, library, model, contact) -> list[TraceEvent]:
    """Returns the traces of a scenario's thread."""
    store = MemoryStore(contact.tenant_id)
    reader = replace(
        contact,
        language=scenario.language,
        title=scenario.title,
        facts=tuple(scenario.facts.items()),
        signals=tuple(signal.at(START.date()) for signal in scenario.signals),
        owner_id=contact.owner_id if scenario.has_owner else "",
    )
    purpose = library.playbook(scenario.playbook).on("email").purpose
    publish_controls(store, {"e": ("holdout",)})
    store.add_contact(reader)
    store.add_consents(reader.person_id, [Consent("email", purpose, "consent", "form", START)])
    store.add_assignment(_assignment(reader))
    hours = OfficeHours("Europe/Berlin")
    runtime = assemble(
        store,
        library=library,
        model=model,
        calendar=MemoryCalendar({contact.owner_id: hours, "o-2": hours}),
        newcomers=Newcomers(contact.tenant_id, (), None),
    )
    now = START
    for number, turn in enumerate(scenario.turns):
        now += timedelta(hours=2)
        if turn.due is not None:
            store.add_task(_task(scenario, reader, number, turn.due, now))
        else:
            runtime.inbox.receive(_mail(reader, turn, number), now=now)
            session = store.session_of(reader.person_id)
            if session.playbook != scenario.playbook and not session.state:
                store.save_session(replace(session, playbook=scenario.playbook))
        _work(store, runtime, now + timedelta(hours=1))
    return store.events


def _work(store, runtime, now):
    while due := store.take_due(now):
        for _, row in due:
            runtime.desk.work(row, Nowhere(), now=now)


def _assignment(reader):
    return Assignment(
        tenant_id=reader.tenant_id,
        experiment_id="e",
        unit_id=reader.person_id,
        person_id=reader.person_id,
        arm="agent",
        layer="l",
        spec_hash="h",
        assigned_at=START,
        how="hash",
    )


def _task(scenario, reader, number, touch, now):
    return Task(
        tenant_id=reader.tenant_id,
        task_id=f"task-{number}",
        person_id=reader.person_id,
        contact_id=reader.contact_id,
        account_id=reader.account_id,
        campaign_id="c",
        campaign_version=1,
        touch=touch,
        playbook=scenario.playbook,
        experiment_id="e",
        arm="agent",
        mailbox=reader.mailbox,
        expires_at=now + timedelta(days=20),
        due_at=now,
    )


def _mail(reader, turn, number):
    return ReceivedMail(
        key=f"k{number}",
        sender=reader.email,
        recipient=reader.mailbox,
        subject="Re: hello",
        text=turn.buyer,
        rfc_message_id=f"<k{number}@x>",
        in_reply_to="<something@x>",
        auto_submitted=turn.is_auto_reply,
    )
