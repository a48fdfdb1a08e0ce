"""A stop that comes while something of the person is in hand."""

from dataclasses import replace
from datetime import timedelta

from conversation_world import ANA, NOW, Wire, mail, new_world, work_all

from agent_runtime.domain import Verdict
from agent_runtime.ports import Receipt
from agent_runtime.store.rows import Due


def test_a_touch_that_is_being_planned_stays_cancelled_when_a_stop_comes():
    """R193 R225: what was decided before the stop is not written after it."""
    store, runtime = new_world()

    def stops_meanwhile(proposal, facts):
        store.suppress(ANA.person_id, reason="opt_out", source="k", now=NOW)
        return Verdict("slow", 1, "defer", until=NOW)

    desk = replace(runtime.desk, rules=(stops_meanwhile,))
    wire = Wire()
    desk.work(Due("task", "task-1"), wire, now=NOW)
    assert {store.task(f"task-{touch}").state for touch in (1, 2)} == {"CANCELLED"}
    assert wire.mails == []


class Busy(Wire):
    """A server that has no time, and a person who stops us while it is asked."""

    def __init__(self, store):
        super().__init__(Receipt("retry", "421", "4.3.2 try <bo@b.example> later"))
        self._store = store

    def send(self, mail, permit, *, permitted_words):
        self._store.suppress(ANA.person_id, reason="opt_out", source="k", now=NOW)
        return super().send(mail, permit, permitted_words=permitted_words)


def test_a_mail_that_a_server_put_off_is_not_queued_again_after_a_stop():
    """R77 R193: and what the server said is in the trace."""
    store, runtime = new_world()
    work_all(store, runtime, Busy(store), NOW)
    (message,) = store.messages.values()
    assert message.state == "CANCELLED"
    (news,) = [e.payload for e in store.events if e.kind == "delivery"]
    assert (news["status"], news["code"]) == ("delayed", "421")
    assert "later" in news["why"]
    assert "@" not in news["why"]


def test_a_mail_that_a_server_put_off_is_tried_again_for_everybody_else():
    store, runtime = new_world()
    work_all(store, runtime, Wire(Receipt("retry", "421", "4.3.2 later")), NOW)
    (message,) = store.messages.values()
    assert message.state == "READY"
    assert message.due_at > NOW


def test_a_wish_that_may_be_a_stop_keeps_the_agent_silent_until_a_person_has_looked():
    """R39 R193: nobody is suppressed for good, nothing is answered, and no touch goes out."""
    text = "Bitte schreiben Sie nicht mehr an Herrn Vogt, er ist in Rente. Ich übernehme."
    store, runtime = new_world()
    wire = Wire()
    runtime.inbox.receive(mail(text), now=NOW)
    runtime.desk.work(Due("task", "task-1"), wire, now=NOW)
    assert wire.mails == [], "a touch waits while the mail is unread"

    work_all(store, runtime, wire, NOW + timedelta(days=3))
    assert wire.mails == []
    assert not store.suppressed(ANA.person_id)
    assert store.session_of(ANA.person_id).speaker == "human"
    (waiting,) = store.open_human_tasks()
    assert waiting.reason == "perhaps_a_stop"
