"""One buyer, one campaign of two touches, a runtime on a store in memory."""

from dataclasses import replace
from datetime import timedelta

from runtime_people import ANA, CONSENT, NOW

from agent_runtime.app import assemble
from agent_runtime.arms import CONTROLS, publish_controls
from agent_runtime.channels.email.parse import ReceivedMail
from agent_runtime.contracts import Assignment
from agent_runtime.library.catalog import load_library
from agent_runtime.models.language import ScriptedModel
from agent_runtime.newcomers import Newcomers, OnlineExperiment, Owner
from agent_runtime.ports import Receipt
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Task
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

__all__ = ["ANA", "NOW", "OWNER", "Wire", "assign", "mail", "new_world", "task", "work_all"]

LIBRARY = load_library()
OWNER = Owner("o-1", "Lena Vogt", ANA.owner_email, ANA.mailbox, "Europe/Berlin")
MEANINGS = {"talk": "book_meeting", "price": "pricing_question", "2 please": "propose_time"}


class Wire:
    """A channel that keeps what it was given and answers as it is told."""

    def __init__(self, *receipts):
        self.mails = []
        self._receipts = list(receipts)

    def send(self, mail, permit, *, permitted_words):
        subject, body = permitted_words
        assert permit.covers(
            recipient=mail.recipient, mailbox=mail.sender, subject=subject, body=body
        )
        self.mails.append(mail)
        return self._receipts.pop(0) if self._receipts else Receipt("sent", "250")


def new_world(library=LIBRARY):
    store = MemoryStore("t")
    publish_controls(store, {"e": ("holdout",)})
    store.add_contact(ANA)
    store.add_consents(ANA.person_id, [CONSENT])
    assign(store, ANA.person_id, "agent")
    experiment = OnlineExperiment("e", "l", "salt", "h", {"agent": 0.5, "holdout": 0.5})
    runtime = assemble(
        store,
        library=library,
        model=ScriptedModel(MEANINGS),
        calendar=MemoryCalendar({"o-1": OfficeHours("Europe/Berlin")}),
        newcomers=Newcomers("t", (OWNER,), experiment),
    )
    for touch in (1, 2):
        store.add_task(task(touch))
    return store, runtime


def assign(store, person_id, arm):
    if not store.published(CONTROLS):
        publish_controls(store, {"e": ("holdout",)})
    store.add_assignment(
        Assignment(
            tenant_id="t",
            experiment_id="e",
            unit_id=person_id,
            person_id=person_id,
            arm=arm,
            layer="l",
            spec_hash="h",
            assigned_at=NOW,
            how="hash",
        )
    )


def task(touch, **changes):
    made = Task(
        tenant_id="t",
        task_id=f"task-{touch}",
        person_id=ANA.person_id,
        contact_id=ANA.contact_id,
        account_id=ANA.account_id,
        campaign_id="c",
        campaign_version=1,
        touch=touch,
        playbook="icp_prospecting",
        experiment_id="e",
        arm="agent",
        mailbox=ANA.mailbox,
        expires_at=NOW + timedelta(days=20),
        due_at=NOW + timedelta(days=touch - 1),
    )
    return replace(made, **changes)


def mail(text, *, key="k1", sender=ANA.email, to=ANA.mailbox, **more):
    fields = {"subject": "Re: hello", "rfc_message_id": f"<{key}@x>", "in_reply_to": ""} | more
    return ReceivedMail(
        key=key, sender=sender, recipient=to, text=text, auto_submitted=False, **fields
    )


def work_all(store, runtime, wire, now):
    while due := store.take_due(now):
        for _, row in due:
            runtime.desk.work(row, wire, now=now)
