"""One conversation over LinkedIn, mail, chat and the telephone, and what an answer hangs on."""

from dataclasses import replace
from datetime import timedelta

import pytest
from call_world import MAY_CALL, NUMBER, OUT, call_world, opener, say
from conversation_world import ANA, NOW, Wire, new_world, work_all
from runtime_people import CONSENT
from test_linkedin import SIGNAL, library

from agent_runtime.channels.linkedin import LinkedInDesk, report
from agent_runtime.channels.router import Router
from agent_runtime.channels.voice.turns import CallTurns
from agent_runtime.intake import Arrival

WINDOW = "w-1"


def test_state_and_what_is_known_go_along_from_channel_to_channel():
    """R10: a note, a mail, a question by chat, and a booking by telephone are one conversation."""
    store, runtime = new_world(library())
    store.add_contact(replace(ANA, signals=(SIGNAL,)))
    store.add_consents(ANA.person_id, (CONSENT, MAY_CALL))
    store.add_address("voice", NUMBER, ANA.person_id, now=NOW)
    store.add_address("chat", WINDOW, ANA.person_id, now=NOW)
    mails = Wire()
    wire = Router(
        {"linkedin": LinkedInDesk(store, clock=lambda: NOW), "email": mails, "chat": mails}
    )
    work_all(store, runtime, wire, NOW)
    (note,) = store.messages.values()
    report(runtime.outbox, note.message_id, posted=True, now=NOW)
    later = NOW + timedelta(days=1)
    work_all(store, runtime, wire, later)
    assert [one.channel for one in mails.mails] == ["email"]

    asked = Arrival("chat", "c-1", WINDOW, "What is the price? We use Salesforce.")
    runtime.intake.take(asked, now=later)
    work_all(store, runtime, wire, later)
    assert store.session_of(ANA.person_id).state == "engaged"

    turns = CallTurns(runtime, OUT)
    turns.people.join(now=later)
    say(turns, 1, "Happy to talk.", now=later)
    assert say(turns, 2, "2 please", now=later).action == "book"

    session = store.session_of(ANA.person_id)
    assert ("tool", "Salesforce") in session.facts_known
    sent = [one for one in store.messages.values() if one.state == "SENT"]
    assert {one.channel for one in sent} >= {"linkedin", "email", "chat", "voice"}
    assert len({one.thread_id for one in store.messages.values()}) == 1
    asked = [name for one in sent for name in one.content_ids if name.startswith("question.")]
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(
    ("playbook", "before", "text", "done"),
    [
        ("icp_prospecting", (), "Happy to talk.", "propose_times"),
        ("icp_prospecting", (), "What is the price?", "answer"),
        ("icp_prospecting", ("What is the price?",), "What is the price?", "hand_off"),
        ("icp_prospecting", ("Happy to talk.", "2 please"), "Happy to talk.", "none"),
        ("win_back", (), "Happy to talk.", "hand_off"),
    ],
)
def test_an_answer_hangs_on_the_words_on_what_went_before_and_on_the_playbook(
    playbook, before, text, done
):
    """R251: other words, another thread or another playbook, and something else is done."""
    store, turns = call_world()
    store.save_session(replace(store.session_of(ANA.person_id), playbook=playbook))
    opener(turns)
    for number, words in enumerate(before, 1):
        say(turns, number, words)
    assert say(turns, len(before) + 1, text).action == done
