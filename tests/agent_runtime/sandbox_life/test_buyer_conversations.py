from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_conversation import DAY0, TIMES, Conversation, make_person, make_truth

from agent_runtime.sandbox.buyers import unprompted
from agent_runtime.sandbox.truth import TEMPERAMENTS, Params, truth_of
from agent_runtime.sandbox.voices import LANGUAGES

PICKS = {"accepts_number", "accepts_ordinal", "accepts_time", "restates_choice"}
WISHES = {
    "asks_meeting",
    "asks_after_answer",
    "repeats_wish",
    "answers_question",
    "other_day",
    "fresh_request",
    "fresh_question",
}
ZONES = {
    "en": "America/New_York",
    "de": "Europe/Berlin",
    "es": "Europe/Madrid",
    "fr": "Europe/Paris",
    "pt": "America/Sao_Paulo",
    "it": "Europe/Rome",
}
AGENT_SAYS = (
    "Would it make sense to talk?",
    "Thanks, noted.",
    "What are you looking for?",
    "Happy to show you.\n\n" + TIMES["en"],
    "You are off the list and will not hear from us again.",
)


def speaker(language, number):
    return make_person(f"buyer-{language}-{number}", language=language, time_zone=ZONES[language])


def meet(talk, answer):
    """Plays a good agent: times for every wish, an invite for every pick."""
    for _ in range(8):
        if answer is None:
            return False
        if answer.kind in PICKS:
            talk.hears("Booked, invite attached.", answering=answer, invite=True)
            return talk.memory.phase == "booked"
        answer = talk.offered(answer)
    return False


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("touch", [1, 2, 3])
@pytest.mark.parametrize("opening", ["wish", "question", "bot_question"])
def test_convinced_buyer_is_silent_until_the_touch_that_convinces_and_then_books(
    language, touch, opening
):
    truth = make_truth(convinced_by_touch=touch, opening=opening, temperament="opt_out")
    talk = Conversation(speaker(language, touch), truth)
    assert [talk.touched() for _ in range(touch - 1)] == [None] * (touch - 1)
    assert meet(talk, talk.touched())


@given(seed=st.integers(0, 10_000), touch=st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_convinced_buyer_books_within_three_offers_and_before_the_campaign_ends(seed, touch):
    truth = make_truth(convinced_by_touch=touch)
    talk = Conversation(make_person(), truth, Params(seed), now=DAY0 + timedelta(days=17, hours=15))
    talk.memory = replace(talk.memory, touches=touch - 1)
    answer = talk.touched()
    assert answer.kind == "asks_meeting"
    for _ in range(3):
        answer = talk.offered(answer)
        if answer.kind in PICKS:
            break
    assert answer.kind in PICKS
    assert talk.now < DAY0 + timedelta(days=22)


@given(
    seed=st.integers(0, 10_000),
    temperament=st.sampled_from(sorted(TEMPERAMENTS)),
    language=st.sampled_from(LANGUAGES),
    said=st.lists(st.tuples(st.sampled_from(AGENT_SAYS), st.booleans()), min_size=1, max_size=8),
)
@settings(max_examples=300, deadline=None)
def test_unconvinced_buyer_never_wants_or_picks_a_meeting(seed, temperament, language, said):
    talk = Conversation(speaker(language, 1), make_truth(temperament=temperament), Params(seed))
    answer, kinds = None, set()
    for text, is_answer in said:
        answer = talk.hears(text, answering=answer if is_answer else None) or answer
        kinds |= {answer.kind} if answer else set()
    assert not kinds & (PICKS | WISHES | {"thanks_invite"})


@given(seed=st.integers(0, 10_000), said=st.lists(st.sampled_from(AGENT_SAYS), max_size=6))
@settings(max_examples=60, deadline=None)
def test_same_inputs_give_the_same_plan(seed, said):
    person = make_person()
    params = Params(seed, planted_effect=0.5, base_rate=0.2)

    def play():
        talk = Conversation(person, truth_of(person, params), params)
        plans = []
        for text in said:
            plans.append(talk.hears(text, answering=plans[-1] if plans else None))
        return plans, talk.memory

    assert play() == play()


def test_convinced_buyer_repeats_the_wish_three_times_and_then_gives_up():
    talk = Conversation(make_person(), make_truth(convinced_by_touch=1))
    answer = talk.touched()
    kinds = []
    for _ in range(4):
        answer = talk.hears("What is it that you need?", answering=answer) or answer
        kinds.append(answer.kind)
    assert set(kinds) == {"answers_question"}
    assert (talk.memory.repeats, talk.memory.written) == (3, 4)


def test_after_an_answer_that_asks_nothing_the_buyer_only_reminds():
    talk = Conversation(make_person(), make_truth(convinced_by_touch=1))
    heard_at = talk.touched().due_at
    reminder = talk.hears("A colleague will get back to you.")
    assert reminder.kind == "repeats_wish"
    assert reminder.unless_mail_arrives
    assert timedelta(hours=20) <= reminder.due_at - heard_at <= timedelta(hours=44)


def test_buyer_who_picked_picks_again_when_the_slot_is_gone_and_restates_when_asked():
    talk = Conversation(make_person(), make_truth(convinced_by_touch=1), Params(3))
    answer = talk.offered(talk.touched())
    while answer.kind not in PICKS:
        answer = talk.offered(answer)
    again = talk.hears("Sorry, which one did you mean?", answering=answer)
    assert again.kind == "restates_choice"
    assert talk.memory.picked in again.text
    assert talk.offered(again).kind in PICKS - {"restates_choice"}


def test_buyer_meets_a_person_who_takes_over_just_as_well():
    talk = Conversation(make_person(), make_truth(convinced_by_touch=1))
    answer = talk.touched()
    talk.hears("I have asked Maya to help you.", answering=answer)
    picked = talk.hears(
        f"Maya here.\n\n{TIMES['en']}", answering=answer, sender="maya.chen@northbeam.example"
    )
    assert picked.kind in PICKS | {"other_day"}
    assert picked.to == "maya.chen@northbeam.example"


def test_opt_out_accepts_one_confirmation_and_complains_once_of_anything_else():
    talk = Conversation(make_person(), make_truth(temperament="opt_out"))
    stop = talk.touched()
    assert stop.kind == "opt_out"
    assert talk.hears("You will not hear from us again.", answering=stop) is None
    assert talk.touched().kind == "complaint"
    assert talk.touched() is None


def test_person_who_opted_out_before_the_campaign_complains_of_a_touch():
    talk = Conversation(make_person(opted_out_before=True), make_truth())
    assert talk.touched().kind == "complaint"


def test_questioner_declines_the_times_that_an_answer_offers():
    talk = Conversation(make_person(), make_truth(temperament="questioner"))
    declined = talk.offered(talk.touched())
    assert declined.kind == "declines_times"
    assert talk.offered(declined) is None


def test_out_of_office_is_automatic_and_comes_once():
    talk = Conversation(make_person(), make_truth(temperament="out_of_office"))
    away = talk.touched()
    assert away.auto_submitted
    assert talk.touched() is None


def test_some_who_said_no_ask_to_be_left_alone_when_touched_again():
    def after_a_no(seed):
        talk = Conversation(make_person(), make_truth(temperament="polite_no"), Params(seed))
        talk.touched()
        again = talk.touched()
        return again.kind if again else ""

    assert {after_a_no(seed) for seed in range(30)} == {"", "opt_out"}


def test_buyer_who_asks_unprompted_lets_touches_pass_and_books_from_the_fresh_mail():
    person = make_person()
    truth = make_truth(asks_unprompted=True)
    talk = Conversation(person, truth)
    assert talk.touched() is None
    [fresh] = unprompted(person, truth, talk.params, DAY0, "hello@northbeam.example")
    assert (fresh.to, fresh.in_reply_to) == ("hello@northbeam.example", "")
    talk.now = fresh.due_at + timedelta(hours=2)
    assert meet(talk, talk.offered(fresh))


def test_only_those_who_ask_unprompted_write_first():
    assert unprompted(make_person(), make_truth(), Params(1), DAY0, "hello@x.example") == []


def test_people_of_other_languages_stay_silent():
    talk = Conversation(make_person(language="pl"), make_truth(convinced_by_touch=1))
    assert talk.touched() is None
    assert talk.hears("Hi.\n" + TIMES["en"]) is None


@given(seed=st.integers(0, 10_000), language=st.sampled_from(LANGUAGES))
@settings(max_examples=60, deadline=None)
def test_every_mail_leaves_on_the_grid_in_waking_hours_within_two_days(seed, language):
    person = speaker(language, 2)
    talk = Conversation(person, make_truth(convinced_by_touch=1), Params(seed))
    answer = None
    for _ in range(3):
        before = talk.now
        answer = talk.offered(answer) if answer else talk.touched()
        assert answer.due_at > before
        assert answer.due_at - before <= timedelta(hours=48 + 13)
        assert (answer.due_at - DAY0) % timedelta(minutes=120) == timedelta()
        assert 8 <= answer.due_at.astimezone(ZoneInfo(person.time_zone)).hour < 21


def test_message_ids_of_a_conversation_differ_and_thread():
    talk = Conversation(make_person(), make_truth(convinced_by_touch=1), Params(3))
    first = talk.touched()
    second = talk.offered(first)
    assert first.message_id != second.message_id
    assert second.references[-2:] == (first.message_id, second.in_reply_to)
    assert second.subject == first.subject == "Re: An idea for Firm"
