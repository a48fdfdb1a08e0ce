"""What rows can ask for: an answer to our question, something unknown, nothing that rules out."""

from dataclasses import replace

import pytest
from mind_dialogue import free_slots

from agent_runtime.domain import Guess, Perception
from agent_runtime.library.catalog import load_library
from agent_runtime.plan import plan
from agent_runtime.planning.speech_acts import confirmation
from agent_runtime.retrieve import retrieve

LIBRARY = load_library()


def heard(intent, *, confidence=0.9, **entities):
    guesses = (Guess(intent, confidence),)
    return Perception(intent, confidence, False, guesses, entities=tuple(entities.items()))


@pytest.fixture(scope="module")
def decide(session, contact, mail, now):
    def run(seen, *, observation=None, who=contact, **change):
        thread = replace(session, **{"state": "contacted", **change})
        facts = {
            "playbook": LIBRARY.playbook(thread.playbook),
            "library": LIBRARY,
            "contact": who,
            "free_slots": free_slots(who.owner_id, now) if seen else (),
            "now": now,
        }
        observation = observation or mail("x")
        evidence = retrieve(thread, observation, seen, **facts)
        return plan(thread, observation, seen, evidence, **facts)[0]

    return run


DATE_ASKED = {"playbook": "discovery", "contents_used": ("disc.thanks", "question.urgency")}
NEXT_YEAR = heard("not_now", timeline="next year")


def test_what_we_asked_for_is_an_answer_whatever_it_reads_like(decide):
    """R96: to the question by when, "next year" is a date and no refusal."""
    asked = decide(NEXT_YEAR, **DATE_ASKED)
    unasked = decide(NEXT_YEAR, playbook="discovery")

    assert (asked.action, asked.reason) == ("answer", "answer_noted")
    assert (unasked.action, unasked.reason) == ("pause", "not_now")


def test_only_the_question_of_our_last_mail_makes_it_an_answer(decide):
    best = decide(NEXT_YEAR, playbook="discovery", contents_used=("question.urgency", "disc.noted"))

    assert best.reason == "not_now"


@pytest.mark.parametrize("refusal", ["not_interested", "wrong_person"])
def test_a_refusal_is_no_answer(decide, refusal):
    best = decide(heard(refusal, timeline="next year"), **DATE_ASKED)

    assert best.reason in ("declined", "wrong_person")


@pytest.mark.parametrize("wish", ["book_meeting", "propose_time", "reschedule"])
def test_who_wants_to_meet_is_asked_nothing_more(decide, wish):
    """R99: a wish to meet ends the questions, whatever was told beside it."""
    assert decide(heard(wish, tool="HubSpot"), playbook="discovery").action == "propose_times"


def test_questions_stop_once_role_tools_and_date_are_known(decide):
    """R96 R99: enough is enough; times are offered and no question ends the mail."""
    best = decide(heard("unclear", timeline="Q3"), playbook="discovery", facts_known=TOOL)

    assert (best.action, best.reason, best.next_state) == (
        "propose_times",
        "enough_is_known",
        "qualified",
    )
    assert "?" not in best.proposal.body


def test_an_unknown_role_keeps_the_questions_going(decide, contact):
    best = decide(
        heard("unclear", timeline="Q3"),
        playbook="discovery",
        facts_known=TOOL,
        contents_used=("disc.goal", "disc.blockers"),
        who=replace(contact, title=""),
    )

    assert best.proposal.content_ids == ("disc.thanks", "disc.role")


def test_a_qualified_buyer_who_asks_is_answered_and_asked_nothing(decide):
    best = decide(heard("pricing_question"), playbook="discovery", state="qualified")

    assert best.proposal.content_ids == ("answer.pricing",)


def test_an_objection_is_not_answered_in_one_breath_with_thanks(decide):
    seen = replace(
        heard("objection_price", tool="SAP"),
        intents=(Guess("objection_price", 0.9), Guess("pricing_question", 0.8)),
    )
    best = decide(seen, playbook="discovery")

    assert best.proposal.content_ids == ("answer.pricing", "disc.thanks", "disc.goal")


@pytest.mark.parametrize("wish", ["interested", "book_meeting", "propose_time", "reschedule"])
def test_no_times_are_offered_before_the_owner_is_confirmed(decide, contact, wish):
    """R110: an account without an owner in the CRM goes to a person, without a mail of ours."""
    best = decide(heard(wish), playbook="scheduling", who=replace(contact, owner_id=""))

    assert (best.action, best.reason, best.proposal) == ("hand_off", "owner_not_confirmed", None)


def test_a_time_of_a_former_owner_is_not_booked(decide, contact, now):
    """R110: who owns the account now offers their own times instead."""
    chosen = replace(heard("propose_time"), slot_choice=0)
    thread = {
        "playbook": "scheduling",
        "state": "scheduling",
        "offered": free_slots("o-1", now)[:3],
        "contents_used": ("sched.offer",),
    }
    assert decide(chosen, **thread).action == "book"

    best = decide(chosen, **thread, who=replace(contact, owner_id="o-2"))
    assert (best.action, best.reason) == ("propose_times", "other_times_wanted")
    assert {slot.owner_id for slot in best.proposal.slots} == {"o-2"}


def test_only_a_playbook_that_says_so_adds_what_to_prepare(contact, session, now):
    """R108: prep material goes out with the confirmation."""
    slot = free_slots("o-1", now)[0]

    def said(playbook):
        thread = replace(session, playbook=playbook, language="it")
        return confirmation(LIBRARY, contact, thread, slot, now=now).content_ids

    assert said("scheduling") == ("meeting.booked", "sched.prepare")
    assert said("icp_prospecting") == ("meeting.booked",)


def test_a_nudge_cites_the_last_step_in_its_subject(decide, contact, due):
    """R103: the subject is the last step, as long as the thread has none of its own."""
    step = replace(contact, facts=(("milestone", "Demo on 4 December"),))
    first = decide(None, observation=due(1), who=step, playbook="nurture", state="new")
    later = decide(
        None, observation=due(1), who=step, playbook="nurture", state="new", subject="Relay"
    )

    assert first.proposal.subject == "Where we left off: [[MILESTONE]]"
    assert later.proposal.subject == "Re: Relay"


@pytest.mark.parametrize("intent", ["interested", "book_meeting", "propose_time"])
def test_nurture_books_nothing_itself(decide, intent):
    """R102: the first sign of intent is the owner's, even with a time that is free."""
    seen = heard(intent, requested_time="Thursday at 10")
    best = decide(seen, playbook="nurture", state="engaged")

    assert (best.action, best.reason, best.book) == ("hand_off", "buyer_intent", None)


TOOL = (("tool", "Salesforce"),)
