"""A mail that leaves anyhow links to the one question, once, and to nobody who wants less."""

from dataclasses import replace

import pytest
from conversation_world import ANA, LIBRARY, NOW, Wire, mail, new_world, work_all

from agent_runtime.domain import Choices, Slot
from agent_runtime.library.content import LOCALES
from agent_runtime.ports import Receipt
from agent_runtime.store.rows import Meeting

PAGES = replace(LIBRARY, has_pages=True)
LINE = "One question about our conversation, if you like: https://us.example/for-you/p-ana/survey"


def pages_of(person_id, message_id, now):
    return f"https://us.example/for-you/{person_id}"


def played(library=PAGES):
    """A thread in which the agent has written once, and where no is heard as a no."""
    store, runtime = new_world(library)
    runtime.desk.model._meanings |= {"No thanks": "not_interested"}
    outbox = replace(runtime.desk.outbox, pages_link=pages_of)
    runtime = replace(runtime, desk=replace(runtime.desk, outbox=outbox))
    work_all(store, runtime, Wire(), NOW)
    return store, runtime


def answered(store, runtime, text, *, key):
    """What the buyer is sent for a mail of theirs."""
    wire = Wire()
    runtime.inbox.receive(mail(text, key=key), now=NOW)
    while (due := store.next_due()) and not wire.mails:
        work_all(store, runtime, wire, due)
    return wire.mails[0].body


def meets(store, attendance):
    slot = Slot("o-1", NOW.replace(hour=8), NOW.replace(hour=9))
    meeting = Meeting("t", "m", "thread-p-ana", ANA.person_id, slot, "agent", "CONFIRMED")
    store.save_meeting(replace(meeting, attendance=attendance))
    store.save_session(replace(store.session_of(ANA.person_id), meeting_uid="m", state="engaged"))


def test_the_last_mail_of_a_conversation_links_to_the_question():
    """R225: at its end, above the signature, and not before."""
    store, runtime = played()
    assert "/survey" not in answered(store, runtime, "What is the price?", key="k1")
    last = answered(store, runtime, "No thanks", key="k2")
    assert LINE in last
    assert last.index(LINE) < last.index("AI assistant")


def test_a_no_without_a_conversation_is_asked_nothing():
    assert "/survey" not in answered(*played(), "No thanks", key="k1")


@pytest.mark.parametrize(("became", "asks"), [("held", True), ("no_show", False), ("", False)])
def test_the_first_mail_after_a_meeting_that_took_place_asks_and_the_next_does_not(became, asks):
    store, runtime = played()
    meets(store, became)
    assert (LINE in answered(store, runtime, "What is the price?", key="k1")) is asks
    assert "/survey" not in answered(store, runtime, "And the price?", key="k2")


@pytest.mark.parametrize("choice", [Choices(topics_off=("events",)), Choices(("voice",))])
@pytest.mark.parametrize("is_late", [False, True])
def test_who_wants_to_hear_less_is_not_asked(choice, is_late):
    """Nor where they say so between the turn and the sending; the answer itself goes."""
    store, runtime = played()
    meets(store, "held")
    runtime.inbox.receive(mail("What is the price?"), now=NOW)
    if is_late:
        work_all(store, runtime, Wire(Receipt("retry")), store.next_due())
    store.save_choices(ANA.person_id, choice)
    wire = Wire()
    while (due := store.next_due()) and not wire.mails:
        work_all(store, runtime, wire, due)
    (sent,) = wire.mails
    assert "/survey" not in sent.body
    assert "SURVEY" not in sent.body
    assert "One question" not in sent.body
    assert ("survey.ask" in store.session_of(ANA.person_id).contents_used) is is_late


def test_who_says_stop_is_not_asked():
    store, runtime = played()
    meets(store, "held")
    assert "/survey" not in answered(store, runtime, "STOP", key="k1")


def test_where_there_are_no_pages_nothing_is_asked():
    store, runtime = played(LIBRARY)
    meets(store, "held")
    assert "One question" not in answered(store, runtime, "What is the price?", key="k1")


def test_the_line_stands_in_every_language():
    for language in LOCALES:
        assert "{survey_link}" in LIBRARY.contents["survey.ask", language].body
