"""Autonomy by use case: what goes by itself, what waits for a person, what an approval binds."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conversation_world import ANA, NOW, Wire, mail, new_world, work_all

from agent_runtime.approval_batch import WINDOW
from agent_runtime.approval_changes import judge, revise
from agent_runtime.approvals import ApprovalError, Approvals
from agent_runtime.autonomy import autonomy_of, flag_of
from agent_runtime.library.catalog import load_library
from agent_runtime.policies.permit import authorise
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Later

LIBRARY = load_library()
SOON = NOW + timedelta(minutes=3)


@pytest.fixture
def world():
    return new_world()


def asks_the_price(world, level):
    """A thread whose first touch has gone and whose buyer asks for the price."""
    store, runtime = world
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    store.set_flag(flag_of("icp_prospecting"), level)
    runtime.inbox.receive(mail("What is the price?"), now=NOW)
    work_all(store, runtime, wire, SOON)
    return store, runtime, wire, Approvals(store, LIBRARY, {})


def edited(approvals, words):
    """A price binds us, so its risk is high: one edits and another approves."""
    (waiting,) = approvals.waiting()
    revise(approvals, waiting.approval_id, 0, words, by="rep", now=SOON)
    return approvals.approve(waiting.approval_id, by="lead", now=SOON)


def test_an_assistive_agent_offers_several_drafts_and_sends_none(world):
    """R14 R71 R234: the rep chooses, edits and sends."""
    _store, _, wire, approvals = asks_the_price(world, "assistive")
    assert len(wire.mails) == 1
    (waiting,) = approvals.waiting()
    assert waiting.heard == "What is the price?"
    actions = [d.candidate.action for d in waiting.drafts]
    assert len(actions) >= 2
    assert actions[0] == "answer"
    assert "hand_off" in actions


def test_a_supervised_agent_sends_inside_the_safe_band_and_queues_the_rest(world):
    """R15 R72 R227 R234: prices are read by a person first, an offer of times is not."""
    store, runtime, wire, approvals = asks_the_price(world, "supervised")
    (waiting,) = approvals.waiting()
    assert "answer.pricing" in waiting.why
    runtime.inbox.receive(mail("Can we talk?", key="k2"), now=SOON)
    work_all(store, runtime, wire, SOON + timedelta(minutes=3))
    assert len(wire.mails) == 2
    assert "1)" in wire.mails[1].body


def test_an_unsure_reading_waits_even_where_the_action_is_safe(world):
    store, runtime = world
    store.set_flag(flag_of("icp_prospecting"), "supervised")
    runtime.desk.model.confidence = 0.6
    _, _, wire, approvals = asks_the_price((store, runtime), "supervised")
    assert len(wire.mails) == 1
    assert approvals.waiting()


def test_an_autonomous_agent_sends_by_itself(world):
    """R16, R234: the same question as above, answered without a person."""
    _, _, wire, approvals = asks_the_price(world, "autonomous")
    assert len(wire.mails) == 2
    assert approvals.waiting() == ()


def test_the_first_touch_of_an_assistive_campaign_waits_too(world):
    """R17: the campaign may be stricter than its playbook; nothing is sent without a person."""
    store, runtime = world
    store.save_task(replace(store.task("task-1"), autonomy="assistive"))
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    assert wire.mails == []
    (waiting,) = store.open_approvals()
    Approvals(store, LIBRARY, {}).approve(waiting.approval_id, by="rep", now=NOW)
    work_all(store, runtime, wire, NOW)
    assert len(wire.mails) == 1
    assert store.session_of(ANA.person_id).state == "contacted"


def test_what_is_approved_goes_out_word_for_word_and_once(world):
    store, runtime, wire, approvals = asks_the_price(world, "assistive")
    (waiting,) = approvals.waiting()
    decided = approvals.approve(waiting.approval_id, by="rep", now=SOON, draft=0)
    work_all(store, runtime, wire, SOON)
    assert len(wire.mails) == 2
    assert store.message(decided.message_id).state == "SENT"
    assert "answer.pricing" in store.session_of(ANA.person_id).contents_used
    with pytest.raises(ApprovalError, match="APPROVED already by rep"):
        approvals.approve(waiting.approval_id, by="other", now=SOON)


@pytest.mark.parametrize(
    "change",
    [
        lambda message: {"sentences": (message.sentences[0], *message.sentences[2:])},
        lambda message: {"subject": f"{message.subject}!"},
        lambda message: {"channel": "sms"},
        lambda message: {"mailbox": "other@mail.northbeam.example"},
    ],
    ids=["words", "subject", "channel", "sender"],
)
def test_any_change_after_approval_voids_it(world, change):
    """R72: the words, the recipient, the channel, the sender: leave binds them all."""
    store, runtime, wire, approvals = asks_the_price(world, "assistive")
    decided = approvals.approve(approvals.waiting()[0].approval_id, by="rep", now=SOON)
    message = store.message(decided.message_id)
    store.messages[decided.message_id] = replace(message, **change(message))
    work_all(store, runtime, wire, SOON)
    assert len(wire.mails) == 1
    assert store.message(decided.message_id).state == "BLOCKED"


def test_another_address_after_approval_stops_the_mail(world):
    store, runtime, wire, approvals = asks_the_price(world, "assistive")
    decided = approvals.approve(approvals.waiting()[0].approval_id, by="rep", now=SOON)
    store.add_contact(replace(ANA, email="else@alder.example"))
    work_all(store, runtime, wire, SOON)
    assert len(wire.mails) == 1
    assert store.message(decided.message_id).state == "BLOCKED"


def test_an_edited_draft_keeps_greeting_and_disclosure(world):
    """R71: the reviewer's words, still honest about who writes."""
    store, runtime, wire, approvals = asks_the_price(world, "assistive")
    edited(approvals, "It depends.\n\nCall me, Ana.")
    work_all(store, runtime, wire, SOON)
    body = wire.mails[1].body
    assert body.startswith("Hi Ana,")
    assert "It depends." in body
    assert "AI assistant" in body
    stored = [m for m in store.messages.values() if m.state == "SENT"][-1]
    assert "Ana" not in stored.body
    edit, review = [e for e in store.events if e.kind == "review"]
    assert (edit.payload["what"], edit.payload["by"]) == ("edited", "rep")
    assert review.payload["is_edited"]
    assert 0 < review.payload["changed"] < 1


def test_what_leaves_is_byte_for_byte_what_the_reviewer_saw(world):
    """R71 R72: edited or not, names filled in, greeting and signature included."""
    store, runtime, wire, approvals = asks_the_price(world, "assistive")
    (waiting,) = approvals.waiting()
    revise(approvals, waiting.approval_id, 0, "Ana,  two spaces\nand a line.", by="rep", now=SOON)
    seen = judge(approvals, store, approvals.waiting()[0], 0, by="lead", now=SOON)
    approvals.approve(waiting.approval_id, by="lead", now=SOON, shown=seen.shown_hash, version=1)
    work_all(store, runtime, wire, SOON)
    sent = wire.mails[-1]
    assert (sent.subject, sent.body) == (seen.subject, seen.body)
    assert "Ana,  two spaces\nand a line." in sent.body


def test_a_name_that_changes_after_approval_voids_it_and_asks_again(world):
    """R72: the words are the same and read otherwise, so nobody has approved what would leave."""
    store, runtime, wire, approvals = asks_the_price(world, "assistive")
    (waiting,) = approvals.waiting()
    decided = approvals.approve(waiting.approval_id, by="rep", now=SOON)
    store.add_contact(replace(ANA, first_name="Anna"))
    work_all(store, runtime, wire, SOON)
    assert len(wire.mails) == 1
    assert store.message(decided.message_id).state == "BLOCKED"
    assert store.approval(waiting.approval_id).state == "VOID"
    (again,) = approvals.waiting()
    approvals.approve(again.approval_id, by="rep", now=SOON)
    work_all(store, runtime, wire, SOON)
    assert wire.mails[-1].body.startswith("Hi Anna,")


def going(world):
    """An item that was approved in a batch, and leaves when its window is over."""
    store, runtime, wire, approvals = asks_the_price(world, "assistive")
    (waiting,) = approvals.waiting()
    row = Later(waiting.tenant_id, waiting.approval_id, "GOING", SOON + WINDOW, "rep", lane="l")
    store.save_later(row)
    return store, runtime, wire, approvals, waiting.approval_id


def test_a_worker_sends_a_batch_when_its_window_is_over_and_not_before(world):
    """R15: and within it nobody else decides on what is in it."""
    store, runtime, wire, approvals, item = going(world)
    work_all(store, runtime, wire, SOON)
    assert len(wire.mails) == 1
    with pytest.raises(ApprovalError, match="about to leave"):
        approvals.reject(item, by="other", now=SOON)
    work_all(store, runtime, wire, SOON + WINDOW)
    assert len(wire.mails) == 2
    assert store.approval(item).decided_by == "rep"


def test_a_mail_of_the_buyer_within_the_window_withdraws_the_batch(world):
    """R71: as it withdraws what still waits."""
    store, runtime, wire, _, item = going(world)
    runtime.inbox.receive(mail("Forget the price.", key="k2"), now=SOON)
    work_all(store, runtime, wire, SOON + WINDOW)
    assert store.approval(item).state == "VOID"
    assert "VOID already" in store.later(item).why_not
    assert not any("price" in sent.body.lower() for sent in wire.mails[1:])


def test_personal_data_of_strangers_in_an_edit_never_leaves(world):
    store, runtime, wire, approvals = asks_the_price(world, "assistive")
    edited(approvals, "My card: 4111 1111 1111 1111")
    work_all(store, runtime, wire, SOON)
    assert len(wire.mails) == 1


def test_a_rejected_draft_leaves_the_buyer_to_a_person(world):
    """R75: with the reviewer's tags in the trace."""
    store, _, _, approvals = asks_the_price(world, "assistive")
    approvals.reject(
        approvals.waiting()[0].approval_id, by="rep", now=SOON, tags=["accuracy"], note="old price"
    )
    (task,) = store.open_human_tasks()
    assert (task.reason, task.text) == ("draft_rejected", "What is the price?")
    review = next(e for e in store.events if e.kind == "review")
    assert review.payload["tags"] == ["accuracy"]
    assert review.payload["decision"] == "rejected"
    assert review.payload["changed"] is None


def test_a_new_mail_withdraws_what_waits(world):
    store, runtime, _, approvals = asks_the_price(world, "assistive")
    waiting = approvals.waiting()[0]
    runtime.inbox.receive(mail("Forget the price.", key="k2"), now=SOON)
    assert store.approval(waiting.approval_id).state == "VOID"
    with pytest.raises(ApprovalError, match="VOID already"):
        approvals.approve(waiting.approval_id, by="rep", now=SOON)


def test_a_stop_withdraws_what_was_approved_and_not_yet_sent(world):
    store, runtime, wire, approvals = asks_the_price(world, "assistive")
    approvals.approve(approvals.waiting()[0].approval_id, by="rep", now=SOON)
    runtime.inbox.receive(mail("Unsubscribe", key="k3"), now=SOON)
    work_all(store, runtime, wire, SOON + timedelta(minutes=3))
    assert [m for m in wire.mails[1:] if "off our list" not in m.body] == []


def test_an_assistive_agent_books_nothing(world):
    store, runtime = world
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    runtime.inbox.receive(mail("Can we talk?"), now=NOW)
    work_all(store, runtime, wire, SOON)
    store.set_flag(flag_of("icp_prospecting"), "assistive")
    runtime.inbox.receive(mail("2 please", key="k2"), now=SOON)
    work_all(store, runtime, wire, SOON + timedelta(minutes=3))
    assert store.meetings == {}
    assert [t.reason for t in store.open_human_tasks()] == ["a_person_books"]


@pytest.mark.parametrize(
    ("flag", "campaign", "in_force"),
    [
        (None, "", "autonomous"),
        (None, "supervised", "supervised"),
        ("assistive", "autonomous", "assistive"),
        ("autonomous", "assistive", "assistive"),
        ("anything", "autonomous", "assistive"),
    ],
)
def test_the_strictest_level_binds(flag, campaign, in_force):
    playbook = LIBRARY.playbook("icp_prospecting")
    flags = {flag_of(playbook.id): flag} if flag else {}
    assert autonomy_of(flags, playbook, campaign) == in_force


def test_an_unknown_level_asks_a_person():
    from runtime_people import FACTS, REPLY

    judgement = authorise(REPLY, replace(FACTS, autonomy=""))
    assert judgement.waits_for_approval
    assert judgement.permit is None


def test_the_two_stores_keep_approvals_alike(tmp_path, world):
    from agent_runtime.store.engine import open_engine
    from agent_runtime.store.sql import SqlStore

    memory, _, _, approvals = asks_the_price(world, "assistive")
    (waiting,) = approvals.waiting()
    engine = open_engine(f"sqlite:///{tmp_path}/a.db")
    for store in (SqlStore(engine, "t"), MemoryStore("t")):
        with store.begin() as tx:
            tx.save_approval(waiting)
            assert tx.open_approvals() == (waiting,)
            assert tx.approval(waiting.approval_id) == waiting
            tx.void_approvals(waiting.person_id)
            assert tx.open_approvals() == ()
            given = replace(waiting, state="APPROVED", message_id="m-1")
            tx.save_approval(given)
            assert tx.approval_of("m-1") == given
            assert tx.approval_of("m-2") is None
    engine.dispose()
    assert memory.open_approvals() == (waiting,)


def test_words_that_promise_a_discount_are_refused_at_once(world):
    """R226: an edit goes out in the agent's name, so it may not promise what nobody approved."""
    _, _, _, approvals = asks_the_price(world, "assistive")
    waiting = approvals.waiting()[0]
    with pytest.raises(ApprovalError, match="price cut that nobody has approved"):
        edited(approvals, "We can take 20% off the price.")
    assert approvals.waiting() == (waiting,)
