"""A wish to be left alone, heard by phrases and a learnt opinion together."""

from datetime import UTC, datetime

import pytest

from agent_runtime.domain import Observation
from agent_runtime.hearing.opt_out import is_opt_out
from agent_runtime.hearing.safety import listen
from agent_runtime.hearing.verdict import asks_to_stop, speaks_of_machine, verdict_on_stop

ONE_CHANNEL = [
    "Please don't phone our shop, just mail me the price list.",
    "Bitte rufen Sie mittags nicht an, schreiben Sie mir eine Mail mit dem Preis.",
    "Ne m'appelez pas au bureau, envoyez-moi un mail avec le prix.",
]
OTHER_PERSONS = [
    "Please stop writing to Martin, he has retired. I look after this now, so send me the offer.",
    "Bitte schreiben Sie nicht mehr an Herrn Vogt, er ist in Rente. Ich übernehme das Projekt.",
]


@pytest.mark.parametrize("word", ["STOP", "unsubscribe", "Stopp", "baja", "désinscription"])
def test_a_word_alone_is_sure_whatever_the_opinion(word):
    """R39: whatever else is learnt, one word suffices."""
    assert verdict_on_stop(word) == "stop"


@pytest.mark.parametrize("text", [*ONE_CHANNEL, *OTHER_PERSONS])
def test_a_wish_about_one_channel_or_another_person_suppresses_nobody(text):
    assert not asks_to_stop(text)


def test_a_stop_that_no_phrase_knows_is_heard():
    text = "I would be glad if this were the last of your notes to land in my inbox."

    assert not is_opt_out(text)
    assert asks_to_stop(text)


def test_where_phrases_and_opinion_disagree_a_person_looks():
    text = "Bitte schreiben Sie nicht mehr an Herrn Vogt, er ist in Rente. Ich übernehme."
    heard = listen(Observation("mail", "o", datetime(2026, 1, 12, tzinfo=UTC), text=text))

    assert is_opt_out(text)
    assert verdict_on_stop(text) == "unsure"
    assert heard.rules == ("perhaps_opt_out",)


def test_a_stop_within_a_long_letter_is_heard():
    aside = "We looked at your offer and spoke about it with the colleagues in the warehouse. " * 6

    assert asks_to_stop(f"{aside}\n\nPlease take us off your list and do not write to us again.")


def test_who_speaks_of_an_absence_is_no_machine():
    assert speaks_of_machine("Saw your out-of-office, no rush: what is the lead time for 300?")
    assert not speaks_of_machine(
        "I am out of the office until Monday with no access to email. For urgent matters call Jo."
    )
