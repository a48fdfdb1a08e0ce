"""Promises become rows that fall due, and the thread remembers what was said (R33)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conversation_world import ANA, NOW, OWNER, Wire, mail, new_world, work_all

from agent_runtime.hearing.promises import hear_promises
from agent_runtime.human_queue import HumanAnswer
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Promise
from agent_runtime.store.sql import SqlStore

SOON = NOW + timedelta(minutes=3)
NEXT_MONDAY_NIGHT = NOW + timedelta(days=7)


@pytest.fixture
def world():
    return new_world()


def hears(world, text, *, key="k1", at=NOW):
    store, runtime = world
    runtime.inbox.receive(mail(text, key=key), now=at)
    work_all(store, runtime, Wire(), at + timedelta(minutes=3))
    return store.open_promises("thread-p-ana")


def test_a_promise_becomes_a_row_that_falls_due(world):
    """R33: nobody has to remember it."""
    (promise,) = hears(world, "I will send it on Monday.")
    assert promise.due_at.astimezone(NOW.tzinfo).date().isoformat() == "2026-01-19"
    store, runtime = world
    work_all(store, runtime, Wire(), NEXT_MONDAY_NIGHT)
    assert store.promise(promise.promise_id).state == "DUE"
    notices = [t for t in store.open_human_tasks() if t.kind == "notice"]
    assert [(t.reason, t.text) for t in notices] == [
        ("their_promise_is_due", "I will send it on Monday.")
    ]
    (told,) = [e for e in store.events if e.kind == "crm_write"]
    assert told.payload["reason"] == "their_promise_is_due"


def test_whoever_writes_again_has_kept_their_word(world):
    (promise,) = hears(world, "I'll get back to you on Monday.")
    hears(world, "Here it is.", key="k2", at=NOW + timedelta(days=1))
    store, runtime = world
    assert store.promise(promise.promise_id).state == "KEPT"
    work_all(store, runtime, Wire(), NEXT_MONDAY_NIGHT)
    assert [t for t in store.open_human_tasks() if t.reason.endswith("is_due")] == []


def test_an_automatic_reply_keeps_no_promise(world):
    (promise,) = hears(world, "I'll get back to you on Monday.")
    store, runtime = world
    away = replace(mail("I am out of the office.", key="k2"), auto_submitted=True)
    runtime.inbox.receive(away, now=SOON)
    work_all(store, runtime, Wire(), SOON + timedelta(minutes=3))
    assert store.promise(promise.promise_id).state == "OPEN"


def test_what_a_rep_promises_comes_back_to_the_rep(world):
    store, runtime = world
    runtime.inbox.receive(mail("I want to speak to a human being."), now=NOW)
    work_all(store, runtime, Wire(), SOON)
    (waiting,) = [t for t in store.open_human_tasks() if t.waits_for_answer]
    said = HumanAnswer(text="Of course. I will send you the figures on Friday.", minutes=4)
    runtime.people.answer(waiting.task_id, said, now=SOON)
    (promise,) = store.open_promises("thread-p-ana")
    assert promise.by == "owner"
    work_all(store, runtime, Wire(), NOW + timedelta(days=4))
    (due,) = [t for t in store.open_human_tasks() if t.kind == "notice"]
    assert (due.reason, due.priority) == ("our_promise_is_due", "fast")


def test_nobody_is_held_to_a_promise_after_a_stop(world):
    (promise,) = hears(world, "I will send it on Monday.")
    hears(world, "Please remove me from your list.", key="k2", at=SOON)
    store, _ = world
    assert store.promise(promise.promise_id).state == "CANCELLED"


def test_a_mail_that_is_worked_again_promises_once(world):
    (promise,) = hears(world, "I will send it on Monday.")
    store, _ = world
    assert not store.add_promise(promise)


def test_the_thread_remembers_objections_preferences_and_offers(world):
    store, runtime = world
    wire = Wire()
    runtime.inbox.receive(mail("Can we talk? Please call me on Thursday morning."), now=NOW)
    work_all(store, runtime, wire, SOON)
    known = dict(store.session_of(ANA.person_id).preferences)
    assert known["channel"] == "voice"
    assert "Thursday" in known["time"]
    assert known["language"] == "en"


@pytest.mark.parametrize(
    ("text", "language", "due"),
    [
        ("I will send it on Monday.", "en", "2026-01-19"),
        ("Let me check with finance and come back tomorrow.", "en", "2026-01-14"),
        ("Le envío los datos el viernes.", "es", "2026-01-16"),
        ("Ich melde mich am Donnerstag.", "de", "2026-01-15"),
        ("Je vous envoie la liste demain.", "fr", "2026-01-14"),
        ("Vou falar com o diretor e respondo-lhe na segunda-feira.", "pt", "2026-01-19"),
        ("Le farò sapere entro venerdì.", "it", "2026-01-16"),
    ],
)
def test_promises_are_heard_in_six_languages(text, language, due):
    (heard,) = hear_promises(text, language, now=NOW, zone="Europe/Berlin")
    assert heard.due_at.date().isoformat() == due
    assert heard.words == text


@pytest.mark.parametrize(
    "text",
    [
        "Will you send it on Monday?",
        "I will be on holiday on Monday.",
        "We talk a lot about reports.",
        "I'll let you know.",
        "Thanks for the call on Monday.",
    ],
)
def test_what_is_no_promise_is_none(text):
    assert hear_promises(text, "en", now=NOW, zone="Europe/Berlin") == ()


def test_the_two_stores_keep_promises_alike(tmp_path):
    promise = Promise(
        "t", "pr", "thread-p-ana", "p-ana", OWNER.mailbox, "buyer", "I will.", NOW, SOON
    )
    engine = open_engine(f"sqlite:///{tmp_path}/a.db")
    for store in (SqlStore(engine, "t"), MemoryStore("t")):
        with store.begin() as tx:
            assert tx.add_promise(promise)
            assert not tx.add_promise(promise)
            assert tx.open_promises("thread-p-ana") == (promise,)
            tx.suppress("p-ana", reason="opt_out", source="k", now=NOW)
            assert tx.open_promises("thread-p-ana") == ()
            assert tx.promise("pr").state == "CANCELLED"
            assert tx.promise("none") is None
    engine.dispose()
