from dataclasses import replace
from datetime import UTC, datetime

import pytest
from mind_dialogue import free_slots

from agent_runtime.domain import Guess, Perception
from agent_runtime.library.catalog import load_library
from agent_runtime.library.playbook import INTENTS
from agent_runtime.plan import plan
from agent_runtime.planning.speech_acts import confirmation, other_times
from agent_runtime.retrieve import retrieve

LIBRARY = load_library()


def heard(intent, *, confidence=0.9, **more):
    return Perception(intent, confidence, False, intents=(Guess(intent, confidence),), **more)


@pytest.fixture(scope="module")
def decide(session, contact, mail, now):
    def run(seen, *, observation=None, who=contact, free=None, at=now, **change):
        thread = replace(session, **{"state": "contacted", **change})
        facts = {
            "playbook": LIBRARY.playbook(thread.playbook),
            "library": LIBRARY,
            "contact": who,
            "free_slots": free_slots("o-1", now) if free is None else free,
            "now": at,
        }
        observation = observation or mail("x")
        evidence = retrieve(thread, observation, seen, **facts)
        return evidence, plan(thread, observation, seen, evidence, **facts)

    return run


@pytest.mark.parametrize("playbook", sorted(LIBRARY.playbooks))
@pytest.mark.parametrize("language", ["en", "es", "de", "fr", "pt", "it"])
@pytest.mark.parametrize("intent", INTENTS)
def test_every_draft_stands_on_served_approved_facts(decide, playbook, language, intent, now):
    """R38, R42, R56, R78: whatever is heard, few facts are served and every sentence has one."""
    evidence, candidates = decide(heard(intent, language=language), playbook=playbook)
    served = {f"{fact.fact_id}@{fact.version}" for fact in evidence}

    assert len(evidence) <= 4
    assert candidates[0].reason
    for proposal in (c.proposal for c in candidates if c.proposal):
        assert proposal.language == language
        assert proposal.body.count("?") <= 1
        assert any(LIBRARY.discloses(f) for s in proposal.sentences for f in s.facts)
        for sentence in proposal.sentences:
            assert set(sentence.facts) <= served
            assert any(
                LIBRARY.is_approved(f, text=sentence.text, language=language, now=now)
                for f in sentence.facts
            )


@pytest.mark.parametrize(
    ("seen", "change", "expected"),
    [
        (heard("interested"), {}, ("propose_times", "buyer_wants_to_meet")),
        (heard("pricing_question"), {}, ("answer", "asked_pricing")),
        (heard("not_interested"), {}, ("close", "declined")),
        (heard("not_now"), {}, ("pause", "not_now")),
        (heard("out_of_office"), {}, ("none", "automatic_reply")),
        (heard("unsubscribe"), {}, ("confirm_stop", "opt_out")),
        (heard("procurement_legal"), {}, ("hand_off", "paper_and_process")),
        (heard("referral"), {}, ("hand_off", "named_somebody_else")),
        (heard("interested"), {"state": "booked"}, ("none", "already_booked")),
        (heard("interested"), {"state": "stopped"}, ("hand_off", None)),
        (heard("interested"), {"state": "from_another_playbook"}, ("propose_times", None)),
        (heard("interested", rules=("bounce",)), {}, ("none", "bounce")),
        (heard("interested", signals=("strategic",)), {}, ("hand_off", "budget_or_timeline")),
        (heard("interested", rules=("legal_paper",)), {}, ("hand_off", "paper_and_process")),
    ],
)
def test_what_is_heard_decides_what_is_done(decide, seen, change, expected):
    """R34, R43, R178: a rule picks the move, and names its reason."""
    best = decide(seen, **change)[1][0]

    assert best.action == expected[0]
    assert expected[1] in (None, best.reason)


def test_unsure_readings_are_asked_back_once_then_handed_over(decide):
    """R70: low confidence never guesses."""
    unsure = Perception("interested", 0.2, True, intents=(Guess("interested", 0.2),))
    first = decide(unsure)[1][0]
    second = decide(unsure, contents_used=("question.clarify",))[1][0]

    assert (first.action, first.proposal.confidence) == ("ask", 1.0)
    assert (second.action, second.route_to) == ("hand_off", "owner")


def test_a_further_question_is_answered_before_times_are_offered(decide):
    seen = replace(
        heard("book_meeting"),
        intents=(Guess("book_meeting", 0.9), Guess("security_question", 0.8)),
    )
    best = decide(seen)[1][0]

    assert best.proposal.content_ids == ("answer.security", "slots.offer")


def test_offered_times_are_in_the_buyers_day_and_new(decide, contact, now):
    """R54: nobody is asked to meet at night, nor at a time just declined."""
    dubai = replace(contact, time_zone="Asia/Dubai")
    late = free_slots("o-1", now)[2::3]
    assert {slot.start.hour for slot in late} == {14}
    assert decide(heard("interested"), who=dubai, free=late)[1][0].action == "hand_off"

    first = decide(heard("interested"))[1][0].proposal.slots
    again = decide(heard("interested"), offered=first, contents_used=("slots.offer",))[1][0]
    assert len(first) == len(again.proposal.slots) == 3
    assert not set(first) & set(again.proposal.slots)
    assert len({s.start.date() for s in first}) == 3


def test_without_a_free_time_a_person_takes_over(decide):
    best = decide(heard("interested"), free=())[1][0]

    assert (best.action, best.reason, best.proposal) == ("hand_off", "no_time_to_offer", None)


def test_a_free_time_that_was_named_is_booked(decide):
    seen = heard("propose_time", entities=(("requested_time", "Thursday at 10"),))
    best = decide(seen)[1][0]

    assert best.action == "book"
    assert best.book.start == datetime(2026, 1, 15, 9, tzinfo=UTC)
    assert best.proposal is None


def test_a_named_day_decides_which_times_are_offered(decide):
    seen = heard("propose_time", entities=(("requested_time", "Thursday"),))
    slots = decide(seen)[1][0].proposal.slots

    assert {s.start.day for s in slots} == {15}


def test_an_accepted_offer_is_booked_before_anything_else(decide, now):
    offered = free_slots("o-1", now)[:2]
    seen = heard("propose_time", slot_choice=1, signals=("strategic",))

    assert decide(seen, offered=offered)[1][0].book == offered[1]


def test_touches_differ_by_reader_and_keep_their_thread(decide, due, contact):
    """R188: the opener suits the reader's role."""
    plain = decide(None, observation=due(1), state="new")[1]
    data = decide(
        None, observation=due(1), state="new", who=replace(contact, title="Data Engineer")
    )[1]
    later = decide(None, observation=due(2), subject="Revenue figures at [[COMPANY]]")[1][0]

    assert plain[0].proposal.content_ids == ("icp.opener",)
    assert data[0].proposal.content_ids == ("icp.opener_data",)
    assert later.proposal.subject == "Re: Revenue figures at [[COMPANY]]"
    assert plain[0].proposal.touch_class == "proactive"


@pytest.mark.parametrize(
    ("touch", "change", "reason"),
    [
        (2, {"buyer_turns": 1}, "buyer_has_answered"),
        (2, {"closed": True}, "thread_closed"),
        (2, {"state": "paused"}, "thread_closed"),
        (2, {"touches_sent": 2}, "touch_was_made"),
        (9, {}, "touches_spent"),
        (2, {"speaker": "human"}, "a_person_speaks"),
    ],
)
def test_no_touch_goes_where_the_conversation_does_not_wait_for_one(
    decide, due, touch, change, reason
):
    """R7: goals, not a cadence."""
    best = decide(None, observation=due(touch), **change)[1][0]

    assert (best.action, best.reason, best.proposal) == ("none", reason, None)


@pytest.mark.parametrize("touch", [1, 2, 3])
def test_a_reader_whose_company_is_unknown_gets_words_that_do_not_name_it(
    decide, due, contact, touch
):
    """R42: a missing fact is never filled with a guess."""
    best = decide(None, observation=due(touch), state="new", who=replace(contact, company=""))[1][0]
    assert best.action == "send_touch"
    assert best.proposal.content_ids[0].endswith("_plain")
    assert "[[COMPANY]]" not in best.proposal.subject + best.proposal.body


def test_a_touch_without_words_in_the_reader_s_language_stays_unsent(decide, due, contact):
    foreign = decide(None, observation=due(1), state="new", who=replace(contact, language="nl"))[1]
    assert (foreign[0].action, foreign[0].reason) == ("none", "no_text_for_this_reader")


def test_expired_texts_are_never_said(decide, due):
    late = datetime(2040, 1, 1, tzinfo=UTC)
    evidence, touch = decide(None, observation=due(1), state="new", at=late)
    assert (evidence, touch[0].action) == ((), "none")

    best = decide(heard("pricing_question"), at=late)[1][0]
    assert (best.action, best.reason) == ("hand_off", "no_approved_text")

    stop = decide(heard("unsubscribe", rules=("opt_out",)), at=late)[1][0]
    assert (stop.action, stop.proposal) == ("confirm_stop", None)


def test_a_buyer_without_a_name_is_greeted_without_one(decide, contact):
    best = decide(heard("pricing_question"), who=replace(contact, first_name=""))[1][0]

    assert best.proposal.sentences[0].text == "Hello,"


def test_a_stop_is_confirmed_as_a_transaction(decide):
    proposal = decide(heard("unsubscribe"))[1][0].proposal

    assert proposal.touch_class == "transactional"
    assert proposal.action == "confirm_stop"


def test_the_plan_is_greedy(decide, due):
    """R43: what is tried in place of the best is chosen once the rules have spoken."""
    candidates = decide(None, observation=due(1), state="new")[1]
    assert [c.propensity for c in candidates] == [1.0, 0.0, 0.0]


def test_candidates_are_best_first_and_all_have_reasons(decide):
    seen = replace(
        heard("pricing_question"),
        intents=(Guess("pricing_question", 0.8), Guess("objection_price", 0.6)),
    )
    candidates = decide(seen)[1]

    assert [c.score for c in candidates] == sorted((c.score for c in candidates), reverse=True)
    assert len(candidates) >= 3
    assert all(c.reason for c in candidates)
    assert sum(c.propensity for c in candidates) == pytest.approx(1.0)


def test_the_same_turn_is_decided_the_same(decide):
    assert decide(heard("interested")) == decide(heard("interested"))


def test_the_confirmation_is_in_the_language_of_the_thread(contact, session, now):
    slot = free_slots("o-1", now)[0]
    thread = replace(session, language="de", subject="Umsatzzahlen")
    proposal = confirmation(LIBRARY, contact, thread, slot, now=now)

    assert "Dienstag, 13. Januar, 10:00 Uhr (Europe/Berlin)" in proposal.body
    assert proposal.subject == "Re: Umsatzzahlen"


def test_other_times_are_numbered(contact, session, now):
    proposal = other_times(LIBRARY, contact, session, free_slots("o-1", now)[:2], now=now)

    assert "2) Tuesday 13 January, 12:00 (Europe/Berlin)" in proposal.body
    assert len(proposal.slots) == 2


def test_a_playbook_may_expect_what_others_hand_off(decide):
    """R124, R126: being a customer is the normal case of a renewal, a discount never is."""
    elsewhere = decide(heard("already_customer"))[1][0]
    here = decide(heard("already_customer"), playbook="renewal")[1][0]
    discount = decide(heard("discount_request"), playbook="renewal")[1][0]

    assert (elsewhere.action, elsewhere.reason) == ("hand_off", "already_customer")
    assert (here.action, here.reason) == ("answer", "good_news")
    assert (discount.action, discount.reason) == ("hand_off", "discount_talk")
