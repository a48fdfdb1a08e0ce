from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_conversation import Conversation, make_person, make_truth

from agent_runtime.domain import Slot
from agent_runtime.sandbox.mail_view import MailView
from agent_runtime.sandbox.reading import read
from agent_runtime.sandbox.reps import RepTask, booking_letter, offer_letter, work
from agent_runtime.sandbox.truth import Params
from agent_runtime.sandbox.voices import LANGUAGES, wording

BERLIN = "Europe/Berlin"
START = datetime(2026, 1, 20, 9, tzinfo=UTC)
SLOTS = tuple(
    Slot("o-1", START + timedelta(days=d), START + timedelta(days=d, minutes=30)) for d in range(3)
)
FRIDAY_EVENING = datetime(2026, 1, 16, 18, tzinfo=UTC)


def task(text="Hello", **changes):
    values = {
        "task_id": "task-1",
        "thread_id": "thread-1",
        "person_id": "person-1",
        "contact_email": "ada@firm.example",
        "language": "en",
        "kind": "inbound_request",
        "text": text,
        "received_at": datetime(2026, 1, 13, 9, tzinfo=UTC),
        "owner_id": "o-1",
        "owner_email": "lena.vogt@northbeam.example",
        "owner_name": "Lena Vogt",
        "subject": "Demo",
        "time_zone": BERLIN,
    }
    return RepTask(**(values | changes))


def mail_of(letter):
    return MailView(
        "<r@x>", "lena.vogt@northbeam.example", "a@b.example", letter.subject, letter.text
    )


@given(seed=st.integers(0, 5000), hour=st.integers(0, 24 * 14))
@settings(max_examples=150, deadline=None)
def test_reps_answer_on_the_grid_in_working_hours_of_their_territory(seed, hour):
    received = datetime(2026, 1, 12, tzinfo=UTC) + timedelta(hours=hour)
    planned = work(task(received_at=received), seed=seed, now=received)
    local = planned.due_at.astimezone(ZoneInfo(BERLIN))
    assert local.weekday() < 5
    assert 9 <= local.hour < 17
    assert planned.due_at.hour % 2 == 0 == planned.due_at.minute
    assert planned.due_at >= received + timedelta(hours=1)


def test_request_in_the_morning_is_answered_the_same_day_and_on_friday_evening_on_monday():
    received = datetime(2026, 1, 13, 8, tzinfo=UTC)
    same_day = work(task(received_at=received), seed=1, now=received)
    assert same_day.due_at - received <= timedelta(hours=6)
    after_weekend = work(task(received_at=FRIDAY_EVENING), seed=1, now=FRIDAY_EVENING)
    assert after_weekend.due_at.date() == datetime(2026, 1, 19, tzinfo=UTC).date()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "decision"),
    [
        ("fresh_request", "reply_with_times"),
        ("asks_pricing", "reply_with_times"),
        ("other_day", "reply_with_times"),
        ("polite_no", "close"),
        ("opt_out", "close"),
        ("declines_times", "close"),
    ],
)
def test_reps_understand_what_buyers_say(language, kind, decision):
    for utterance in wording(language)["kinds"][kind]:
        text = utterance.format(company="Firm", first_name="Ada")
        planned = work(task(text, language=language), seed=1, now=FRIDAY_EVENING)
        assert planned.kind == decision
        assert planned.minutes > 0


def test_unknown_words_and_picks_of_nothing_get_an_offer():
    assert work(task("???"), seed=1, now=FRIDAY_EVENING).kind == "reply_with_times"
    assert (
        work(task("Option 2 works for me."), seed=1, now=FRIDAY_EVENING).kind == "reply_with_times"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_rep_and_buyer_agree_on_the_slot_that_was_picked(language):
    picked = set()
    for seed in range(25):
        person = make_person(language=language, time_zone=BERLIN)
        talk = Conversation(person, make_truth(convinced_by_touch=1), Params(seed))
        offer = offer_letter(task(language=language, first_name="Ada"), SLOTS, seed=seed)
        wish = talk.touched()
        answer = talk.hears(offer.text, answering=wish)
        if answer.kind == "other_day":
            answer = talk.hears(offer.text, answering=answer)
        reply = task(answer.text, language=language, kind="handoff", offered=SLOTS)
        planned = work(reply, seed=seed, now=talk.now)
        assert planned.kind == "book"
        assert planned.slot == SLOTS[int(talk.memory.picked) - 1]
        picked.add(planned.slot)
    assert len(picked) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_of_reps_hold_the_times_in_the_zone_of_the_territory(language):
    offer = offer_letter(task(language=language, first_name="Ada"), SLOTS, seed=3)
    options = read(mail_of(offer)).options
    assert [option.number for option in options] == [1, 2, 3]
    assert all("10:00" in option.words for option in options)
    assert "Ada" in offer.text
    assert "Lena Vogt" in offer.text
    booked = booking_letter(task(language=language), SLOTS[1], seed=3)
    assert "10:00" in booked.text
    assert read(mail_of(booked)).options == ()


def test_reps_answer_other_languages_in_english():
    assert "Hello" in offer_letter(task(language="pl"), SLOTS, seed=3).text
