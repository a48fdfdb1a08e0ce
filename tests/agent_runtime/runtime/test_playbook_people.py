"""Who of ours is told, who meets the buyer, and what the deal remembers, on a store in memory."""

from dataclasses import replace
from datetime import timedelta

import pytest
from runtime_people import ANA, CONSENT, NOW, THREAD

from agent_runtime.app import assemble
from agent_runtime.arms import publish_controls
from agent_runtime.channels.email.parse import ReceivedMail
from agent_runtime.contracts import Assignment
from agent_runtime.library.catalog import load_library
from agent_runtime.models.language import ScriptedModel
from agent_runtime.newcomers import Newcomers, OnlineExperiment, Owner
from agent_runtime.ports import Receipt
from agent_runtime.store.memory import MemoryStore
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

OWNER = Owner("o-1", "Lena Vogt", ANA.owner_email, ANA.mailbox, "Europe/Berlin")
MODEL = ScriptedModel(
    {"see it": "interested", "2 please": "propose_time", "not for us": "not_interested"}
)
TARGET = (("product", "Relay"), ("target_product", "Relay Alerts"))
SPECIALIST = (("specialist", "Ines Falk"), ("specialist_id", "o-2"))


class Wire:
    def __init__(self):
        self.mails = []

    def send(self, mail, permit, *, permitted_words):
        self.mails.append(mail)
        return Receipt("sent", "250")


@pytest.fixture
def thread_of():
    def build(playbook, *, facts=()):
        store = MemoryStore("t")
        publish_controls(store, {"e": ("holdout",)})
        store.add_contact(replace(ANA, facts=facts))
        store.add_consents(ANA.person_id, [CONSENT])
        store.add_assignment(
            Assignment(
                tenant_id="t",
                experiment_id="e",
                unit_id=ANA.person_id,
                person_id=ANA.person_id,
                arm="agent",
                layer="l",
                spec_hash="h",
                assigned_at=NOW,
                how="hash",
            )
        )
        store.save_session(replace(THREAD, playbook=playbook, state="contacted"))
        experiment = OnlineExperiment("e", "l", "salt", "h", {"agent": 0.5, "holdout": 0.5})
        hours = OfficeHours("Europe/Berlin")
        runtime = assemble(
            store,
            library=load_library(),
            model=MODEL,
            calendar=MemoryCalendar({"o-1": hours, "o-2": hours}),
            newcomers=Newcomers("t", (OWNER,), experiment),
        )
        return store, runtime

    return build


def say(store, runtime, text, *, wire, key="k1"):
    mail = ReceivedMail(
        key=key,
        sender=ANA.email,
        recipient=ANA.mailbox,
        text=text,
        auto_submitted=False,
        subject="Re: hello",
        rfc_message_id=f"<{key}@x>",
        in_reply_to="",
    )
    runtime.inbox.receive(mail, now=NOW)
    while due := store.take_due(NOW + timedelta(hours=1)):
        for _, row in due:
            runtime.desk.work(row, wire, now=NOW + timedelta(hours=1))


def test_an_article_leaves_and_support_and_rep_are_told(thread_of):
    """R136, R137: the exact article; support and the rep know, and the deal has its blocker."""
    store, runtime = thread_of("support_triage")
    wire = Wire()
    say(store, runtime, "I cannot log in, my password is refused.", wire=wire)

    (sent,) = wire.mails
    assert "northbeam.example/help/sign-in" in sent.body
    told = {(task.kind, task.route_to) for task in store.open_human_tasks()}
    assert told == {("notice", "support"), ("notice", "owner")}
    (turn,) = [event for event in store.events if event.kind == "turn"]
    assert turn.payload["chosen"]["records"] == {"blocker": "supp.login"}
    assert dict(store.session_of(ANA.person_id).facts_known)["blocker"] == "supp.login"


def test_a_complex_issue_is_work_for_support_and_a_notice_for_the_rep(thread_of):
    """R138: support has it, the rep stays in the loop."""
    store, runtime = thread_of("support_triage")
    say(store, runtime, "The sync is down and I cannot log in.", wire=Wire())

    told = {(task.kind, task.route_to) for task in store.open_human_tasks()}
    assert told == {("handoff", "support"), ("notice", "owner")}
    assert dict(store.session_of(ANA.person_id).facts_known)["blocker"] == "complex_issue"


def test_a_yes_is_booked_with_the_specialist_and_not_the_owner(thread_of):
    """R128: times, confirmation and invitation are the specialist's."""
    store, runtime = thread_of("cross_sell", facts=(*TARGET, *SPECIALIST))
    wire = Wire()
    say(store, runtime, "I would like to see it.", wire=wire)
    say(store, runtime, "2 please", wire=wire, key="k2")

    (meeting,) = store.meetings.values()
    assert (meeting.state, meeting.slot.owner_id) == ("CONFIRMED", "o-2")
    offer, confirmation = wire.mails
    assert "Ines Falk looks after Relay Alerts" in offer.body
    assert "The meeting with Ines Falk is booked" in confirmation.body
    assert "SUMMARY:Northbeam Relay with Ines Falk" in confirmation.invite
    assert ANA.owner_name not in confirmation.invite


@pytest.mark.parametrize("named", [(), (("specialist", "Ines Falk"), ("specialist_id", "o-9"))])
def test_without_a_calendar_of_the_specialist_the_owning_team_takes_over(thread_of, named):
    """R130: the owner's calendar does not stand in for it, and the owner is told."""
    store, runtime = thread_of("cross_sell", facts=(*TARGET, *named))
    say(store, runtime, "I would like to see it.", wire=Wire())

    told = {(task.kind, task.route_to, task.reason) for task in store.open_human_tasks()}
    assert told == {
        ("handoff", "product_team", "no_time_to_offer"),
        ("notice", "owner", "no_time_to_offer"),
    }


def test_a_no_is_obeyed_and_the_prior_owner_is_told(thread_of):
    store, runtime = thread_of("win_back", facts=(("product", "Relay"), ("trigger", "a new CFO")))
    say(store, runtime, "It is not for us.", wire=Wire())

    (told,) = store.open_human_tasks()
    assert (told.kind, told.route_to, told.reason) == ("notice", "prior_owner", "still_no")
    assert store.session_of(ANA.person_id).closed
