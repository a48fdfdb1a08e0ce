"""What every store promises, asked of the real one and of the fake beside it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from runtime_people import ANA, CONSENT, NOW, THREAD

from agent_runtime.act import message_of
from agent_runtime.band.rows import BandMessage
from agent_runtime.contracts import Assignment, TraceEvent
from agent_runtime.domain import Proposal, Sentence, Slot
from agent_runtime.policies.facts import Sent
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import ChatMark, Due, Hold, Inbound, Meeting, Reminder, Stop, Task
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import metadata

TASK = Task(
    tenant_id="t",
    task_id="task-1",
    person_id="p-ana",
    contact_id="c-ana",
    account_id="a-1",
    campaign_id="c",
    campaign_version=1,
    touch=1,
    playbook="icp_prospecting",
    experiment_id="e",
    arm="agent",
    mailbox=ANA.mailbox,
    expires_at=NOW + timedelta(days=5),
    due_at=NOW,
)
PROPOSAL = Proposal(
    action="send_touch",
    touch_class="proactive",
    channel="email",
    purpose="prospecting",
    subject="S",
    sentences=(Sentence("Hello [[FIRST_NAME]]", ("a@1",)),),
    language="en",
    confidence=1.0,
)
MESSAGE = message_of(
    THREAD,
    ANA,
    PROPOSAL,
    cause="task-1",
    actor="agent",
    mailbox=ANA.mailbox,
    due_at=NOW,
    task=TASK,
    arm=("e", "agent"),
)
INBOUND = Inbound(
    tenant_id="t",
    key="k",
    mailbox=ANA.mailbox,
    lane=ANA.mailbox,
    thread_id=THREAD.thread_id,
    person_id="p-ana",
    subject="Re",
    text="yes",
    rfc_message_id="<1@x>",
    in_reply_to="",
    received_at=NOW,
    due_at=NOW,
)


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore("t")
        return
    is_postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if is_postgres else f"sqlite:///{tmp_path}/t.db"
    engine = open_engine(url)
    yield SqlStore(engine, "t")
    metadata.drop_all(engine)
    engine.dispose()


def test_contacts_are_found_by_person_and_by_any_of_their_addresses(store):
    with store.begin() as tx:
        tx.add_contact(ANA)
        tx.add_contact(replace(ANA, contact_id="c-2", email="old@alder.example", is_primary=False))
    with store.begin() as tx:
        assert tx.contact_of("p-ana") == ANA
        assert tx.contact_by_email("OLD@alder.example").person_id == "p-ana"
        assert tx.contact_by_email("nobody@alder.example") is None


def test_an_assignment_is_written_once(store):
    first = Assignment(
        tenant_id="t",
        experiment_id="e",
        unit_id="p-ana",
        person_id="p-ana",
        arm="holdout",
        layer="l",
        spec_hash="h",
        assigned_at=NOW,
        how="hash",
    )
    with store.begin() as tx:
        tx.add_assignment(first)
        tx.add_assignment(first.model_copy(update={"arm": "agent"}))
        assert [a.arm for a in tx.assignments("p-ana")] == ["holdout"]


def test_a_claim_succeeds_once(store):
    with store.begin() as tx:
        assert tx.add_message(MESSAGE)
        assert not tx.add_message(MESSAGE)
        assert tx.claim(MESSAGE.message_id, attempt=1, rfc_message_id="<a>", claimed_by="w")
        assert not tx.claim(MESSAGE.message_id, attempt=1, rfc_message_id="<a>", claimed_by="w")
        assert tx.message_by_rfc_id("<a>").state == "SENDING"
        assert [m.message_id for m in tx.sending("w")] == [MESSAGE.message_id]


def test_what_left_counts_and_what_may_have_left_counts_too(store):
    with store.begin() as tx:
        tx.add_task(TASK)
        tx.add_message(MESSAGE)
        tx.claim(MESSAGE.message_id, attempt=1, rfc_message_id="<a>", claimed_by="w")
        tx.settle(MESSAGE.message_id, "UNKNOWN", sent_at=NOW)
        assert tx.has_unknown(THREAD.thread_id)
        assert tx.has_left("task-1")
        assert not tx.has_left("task-1", but=MESSAGE.message_id)
        who = {"person_id": "p-ana", "account_id": "a-1", "mailbox": ANA.mailbox}
        assert tx.sent_counts(**who, now=NOW) == Sent(1, 1, 1)
        assert tx.sent_counts(**who, now=NOW + timedelta(days=1)) == Sent(1, 0, 0)
        assert tx.sent_counts(**who, now=NOW + timedelta(days=15)) == Sent(0, 0, 0)


def test_a_stop_cancels_all_that_waits(store):
    with store.begin() as tx:
        tx.add_task(TASK)
        tx.add_message(MESSAGE)
        assert tx.suppress("p-ana", reason="opt_out", source="k", now=NOW)
        assert not tx.suppress("p-ana", reason="bounce", source="k", now=NOW)
        assert tx.suppressed("p-ana") == "opt_out"
        assert tx.task("task-1").state == "CANCELLED"
        assert tx.message(MESSAGE.message_id).state == "CANCELLED"


def test_a_stop_cancels_what_is_not_owed_after_it(store):
    """R68: reminders too; the confirmation of the stop and the answer to HELP still go."""
    owed = [
        replace(MESSAGE, message_id=action, action=action, touch_class="transactional")
        for action in ("confirm_stop", "explain", "remind", "book")
    ]
    with store.begin() as tx:
        tx.add_reminder(Reminder("t", "u:day", "u", "p-ana", ANA.mailbox, NOW))
        tx.add_reminder(Reminder("t", "v:day", "v", "p-bo", ANA.mailbox, NOW))
        for message in owed:
            tx.add_message(message)
        tx.suppress("p-ana", reason="opt_out", source="k", now=NOW)
        assert tx.reminder("u:day").state == "CANCELLED"
        assert tx.reminder("v:day").state == "WAITING"
        states = {m.action: tx.message(m.message_id).state for m in owed}
    assert states == {
        "confirm_stop": "READY",
        "explain": "READY",
        "remind": "CANCELLED",
        "book": "CANCELLED",
    }


def test_a_mail_is_one_event_however_often_it_arrives(store):
    with store.begin() as tx:
        assert tx.add_inbound(INBOUND)
        assert not tx.add_inbound(INBOUND)
        assert tx.has_unread(THREAD.thread_id)
        tx.close_inbound("k")
        tx.close_inbound("k")
        assert not tx.has_unread(THREAD.thread_id)
        assert tx.inbound("k").state == "DONE"


def test_values_come_back_as_they_were_written(store):
    from agent_runtime.domain import Slot

    slot = Slot("o-1", NOW, NOW + timedelta(minutes=30))
    session = replace(THREAD, offered=(slot,), facts_known=(("role", "CTO"),), request_at=NOW)
    meeting = Meeting("t", "u@parley", THREAD.thread_id, "p-ana", slot, "agent")
    with store.begin() as tx:
        tx.save_session(session)
        tx.save_meeting(meeting)
        tx.add_consents("p-ana", [CONSENT])
        tx.remember(THREAD.thread_id, {"[[EMAIL_1]]": "x@y.example"})
        tx.set_flag("pause", "why")
    with store.begin() as tx:
        assert tx.session_of("p-ana") == session
        assert tx.meetings_of(THREAD.thread_id, "HOLDING") == (meeting,)
        assert tx.consents("p-ana") == (CONSENT,)
        assert tx.recall(THREAD.thread_id) == {"[[EMAIL_1]]": "x@y.example"}
        assert tx.flags() == {"pause": "why"}
        tx.set_flag("pause", None)
        assert tx.flags() == {}


def test_an_event_is_appended_once(tmp_path):
    from sqlalchemy import func, select

    from agent_runtime.store import tables as t

    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    event = TraceEvent(
        event_id="01",
        tenant_id="t",
        kind="incident",
        thread_id=None,
        person_id=None,
        contact_id=None,
        occurred_at=NOW,
        versions={},
        payload={"what": "x"},
    )
    with SqlStore(engine, "t").begin() as tx:
        tx.trace(event, event)
        tx.trace(event)
    with SqlStore(engine, "t").begin() as tx:
        tx.trace(event)
    with engine.connect() as connection:
        count = connection.execute(select(func.count()).select_from(t.trace_events)).scalar()
    engine.dispose()
    assert count == 1


def test_an_address_is_of_one_person_who_is_reached_at_their_latest(store):
    with store.begin() as tx:
        assert tx.person_at("sms", "+1") == tx.address_on("sms", "p-ana") == ""
        assert tx.add_address("sms", "+1", "p-ana", now=NOW)
        assert tx.add_address("sms", "+2", "p-ana", now=NOW + timedelta(days=1))
        assert tx.add_address("chat", "+1", "p-ben", now=NOW)
    with store.begin() as tx:
        assert tx.person_at("sms", "+1") == "p-ana"
        assert tx.address_on("sms", "p-ana") == "+2"
        assert not tx.add_address("sms", "+2", "p-ben", now=NOW + timedelta(days=2))
        assert tx.add_address("sms", "+1", "p-ana", now=NOW + timedelta(days=3))
        assert tx.address_on("sms", "p-ana") == "+1"
        assert tx.address_on("chat", "p-ana") == ""


def test_nobody_is_found_by_an_address_that_is_not_known(store):
    """A chat visitor has no e-mail address; two of them must not become one person."""
    with store.begin() as tx:
        tx.add_contact(replace(ANA, contact_id="c-x", person_id="p-x", email=""))
        assert tx.contact_by_email("") is None


def test_a_chat_shows_what_was_said_there_and_nothing_that_has_not_left(store):
    chat = replace(MESSAGE, channel="chat", message_id="m-1", thread_id="th")
    asked = replace(INBOUND, key="k-1", thread_id="th", channel="chat", text="Price?")
    with store.begin() as tx:
        tx.add_inbound(asked)
        tx.add_inbound(replace(asked, key="k-2", channel="email"))
        tx.add_message(chat)
        tx.add_message(replace(chat, message_id="m-2", actor="human"))
        tx.add_message(replace(chat, message_id="m-3", channel="email"))
        tx.settle("m-2", "SENT", sent_at=asked.received_at)
        tx.settle("m-3", "SENT", sent_at=NOW)
    with store.begin() as tx:
        said = [(line.line_id, line.by) for line in tx.chat_of("th")]
        assert said == [("k-1", "visitor"), ("m-2", "person")]
        assert tx.chat_marks(["th", "other"]) == {"th": ChatMark(lines=4, waiting=2)}
        assert not tx.is_settled("th")
        tx.settle("m-1", "SENT", sent_at=NOW + timedelta(days=2))
        tx.close_inbound("k-1")
        tx.close_inbound("k-2")
        assert tx.chat_of("th")[-1].line_id == "m-1"
        assert tx.is_settled("th")


def test_at_one_instant_a_person_speaks_after_the_agent_that_handed_over(store):
    """R29: whose turn it is shows in the window, however fast both were."""
    chat = replace(MESSAGE, channel="chat", thread_id="th")
    with store.begin() as tx:
        for name, actor in (("m-1", "human"), ("m-2", "agent"), ("m-3", "human"), ("m-4", "agent")):
            tx.add_message(replace(chat, message_id=name, actor=actor))
            tx.settle(name, "SENT", sent_at=NOW)
    with store.begin() as tx:
        assert [line.line_id for line in tx.chat_of("th")] == ["m-2", "m-4", "m-1", "m-3"]


def test_an_address_is_moved_and_its_former_thread_is_kept(store):
    with store.begin() as tx:
        tx.save_session(THREAD)
        tx.add_address("chat", "w", THREAD.person_id, now=NOW)
        tx.move_address("chat", "w", "p-ben", now=NOW)
    with store.begin() as tx:
        assert tx.person_at("chat", "w") == "p-ben"
        assert tx.address_on("chat", THREAD.person_id) == ""
        assert tx.former_threads("chat", "w") == (THREAD.thread_id,)
        assert tx.former_threads("chat", "v") == ()


def test_every_stop_is_kept_with_its_source_until_all_are_lifted(store):
    with store.begin() as tx:
        assert tx.suppress("p-ana", reason="opt_out", source="k1", now=NOW)
        later = NOW + timedelta(hours=1)
        assert not tx.suppress("p-ana", reason="bounce", source="k2", now=later)
        assert not tx.suppress("p-ana", reason="opt_out", source="k1", now=later)
    with store.begin() as tx:
        assert tx.stops("p-ana") == (Stop("opt_out", "k1"), Stop("bounce", "k2"))
        assert tx.suppressed("p-ana") == "opt_out"
        tx.unsuppress("p-ana")
        assert tx.suppressed("p-ana") == ""
        assert tx.suppress("p-ana", reason="opt_out", source="k1", now=later)


def test_a_refused_number_is_not_used_until_somebody_writes_from_it(store):
    with store.begin() as tx:
        tx.add_address("sms", "+1", "p-ana", now=NOW)
        tx.refuse_address("sms", "+1", now=NOW)
        assert tx.address_on("sms", "p-ana") == ""
        assert tx.person_at("sms", "+1") == "p-ana"
        tx.add_address("sms", "+1", "p-ana", now=NOW + timedelta(days=1))
        assert tx.address_on("sms", "p-ana") == "+1"


def test_a_reminder_is_due_once(store):
    reminder = Reminder("t", "u:day", "u", "p-ana", ANA.mailbox, NOW)
    with store.begin() as tx:
        assert tx.add_reminder(reminder)
        assert not tx.add_reminder(reminder)
        assert tx.reminder("u:day") == reminder
        tx.close_reminder("u:day", "DONE")
        assert tx.reminder("u:day").state == "DONE"


def test_the_last_time_that_somebody_wrote_is_known_by_channel(store):
    with store.begin() as tx:
        tx.add_inbound(INBOUND)
        tx.add_inbound(replace(INBOUND, key="k2", channel="sms", received_at=NOW))
        later = NOW + timedelta(hours=2)
        tx.add_inbound(replace(INBOUND, key="k3", channel="sms", received_at=later))
        assert tx.last_inbound_at(THREAD.thread_id, "sms") == later
        assert tx.last_inbound_at(THREAD.thread_id, "email") == NOW
        assert tx.last_inbound_at(THREAD.thread_id, "whatsapp") is None


def test_a_carriers_id_finds_its_message(store):
    with store.begin() as tx:
        tx.add_message(MESSAGE)
        tx.claim(MESSAGE.message_id, attempt=1, rfc_message_id="<a>", claimed_by="w")
        tx.settle(MESSAGE.message_id, "SENT", sent_at=NOW, rfc_message_id="SM1")
        assert tx.message_by_rfc_id("SM1").state == "SENT"
        assert tx.message(MESSAGE.message_id).rfc_message_id == "SM1"


def test_holds_end_by_themselves_with_their_meeting_or_with_a_stop(store):
    """R37 R70: what is held for a person is due at once when contact must stop."""
    slot = Slot("o-1", NOW + timedelta(days=2), NOW + timedelta(days=2, minutes=30))
    until = NOW + timedelta(hours=4)
    hold = Hold("t", "h", "thread-p-ana", "p-ana", ANA.mailbox, slot, NOW, until, until)
    with store.begin() as tx:
        tx.save_hold(hold)
        tx.save_hold(replace(hold, hold_id="h2", state="BOOKED"))
        tx.save_hold(replace(hold, hold_id="h3", thread_id="thread-x", person_id="x"))
        assert tx.hold("h") == hold
        assert [h.hold_id for h in tx.open_holds()] == ["h", "h3"]
        assert tx.open_holds("thread-p-ana") == (hold,)
        assert tx.holds_made("o-1", since=NOW) == 3
        assert tx.holds_made("o-1", since=until) == tx.holds_made("o-2", since=NOW) == 0
        tx.suppress("p-ana", reason="opt_out", source="s", now=NOW)
        assert tx.hold("h").due_at == tx.hold("h").until == NOW
        assert tx.hold("h3").due_at == until
        tx.set_aside(Due("hold", "h"))
        assert tx.open_holds("thread-p-ana") == ()


def test_messages_of_the_band_are_kept_in_time_and_counted_while_unread(store):
    """R227: a second writing of one message is the same message."""
    row = BandMessage("t", "m1", "p", "answer/a/en", 0.9, 0.15, 1.0, NOW, True, "UNREAD")
    earlier = replace(row, message_id="m2", category="ask/b/de", made_at=NOW - timedelta(hours=1))
    read = replace(row, message_id="m3", went=False, state="WAITING")
    other = replace(row, message_id="m4", playbook="q")
    with store.begin() as tx:
        for one in (row, earlier, read, other, replace(row, state="WRONG", how="complaint")):
            tx.save_band_message(one)
    with store.begin() as tx:
        assert tx.band_message("m1").how == "complaint"
        assert tx.band_message("m9") is None
        assert [one.message_id for one in tx.band_messages("p")] == ["m2", "m1", "m3"]
        assert tx.count_unread("p", None, None) == 2
        assert tx.count_unread("p", {"ask/b/de"}, None) == 1
        assert tx.count_unread("p", None, NOW - timedelta(hours=1)) == 1
        assert tx.count_unread("p", (), None) == 0
