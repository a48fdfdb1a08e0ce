from dataclasses import replace

import pytest

from agent_runtime.hearing.language import detect_language
from agent_runtime.hearing.new_text import message_of, unquoted
from agent_runtime.models.language import ScriptedModel
from agent_runtime.perceive import perceive
from agent_runtime.times.spoken_times import hear_time


@pytest.fixture(scope="module")
def read(session, contact, mail):
    def run(text, meaning="interested", *, language="en", **more):
        model = ScriptedModel(default=meaning)
        who = replace(contact, language=language)
        return perceive(mail(text, **more), session, model, offered=(), contact=who)

    return run


class Deaf:
    version, abstain_below = "deaf", 0.5

    def understand(self, text, language):
        raise AssertionError("the model was asked")


def test_automatic_mail_is_decided_without_a_model(session, contact, mail):
    """R41: rules come first."""
    observation = mail("Whatever it says", auto_submitted=True)
    seen = perceive(observation, session, Deaf(), offered=(), contact=contact)

    assert (seen.primary, seen.abstain) == ("out_of_office", False)


def test_a_stop_comes_first_whatever_the_model_thinks(read):
    seen = read("Great idea! But please take me off your list.", "interested")

    assert seen.primary == "unsubscribe"
    assert seen.opt_out
    assert "interested" in {guess.name for guess in seen.intents}


def test_a_stop_that_only_the_model_hears_is_an_opt_out(read):
    assert read("Spare me, from now on.", "unsubscribe").opt_out


def test_who_asks_for_a_bot_gets_that_first(read):
    seen = read("Are you a bot? And what does it cost?", "pricing_question")

    assert seen.primary == "are_you_a_bot"
    assert seen.intents[1].name == "pricing_question"


def test_paper_words_add_an_intent(read):
    seen = read("Sounds good. Our legal team will look at it.", "interested")

    assert {"interested", "procurement_legal"} <= {guess.name for guess in seen.intents}


def test_low_confidence_abstains(session, contact, mail):
    """R70: an unsure reading is no reading."""
    seen = perceive(mail("hm"), session, ScriptedModel(), offered=(), contact=contact)

    assert seen.abstain
    assert not seen.opt_out


def test_an_empty_mail_is_unclear(read):
    assert read("> only quoted").primary == "unclear"


def test_entities_are_verbatim(read):
    """R31: spans of the text, as they stand."""
    seen = read("We own HubSpot, have about €40k, and Tuesday at 10 works.", "interested")

    found = dict(seen.entities)
    assert found["tool"] == "HubSpot"
    assert found["budget"] == "€40k"
    assert found["requested_time"] == "Tuesday at 10"


def test_objections_are_named_by_theme(read):
    """R32."""
    assert read("Too dear.", "objection_price").objections == ("price",)


def test_other_languages_are_recognised_and_left_to_people(read):
    seen = read("Wij zijn op zoek naar een oplossing en willen graag met jullie praten")

    assert "other_language" in seen.rules


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Thanks, but we are all set.", "en"),
        ("Gracias, pero no nos interesa.", "es"),
        ("Danke, aber wir haben kein Interesse.", "de"),
        ("Merci, mais ce n'est pas pour nous.", "fr"),
        ("Obrigado, mas não temos interesse.", "pt"),
        ("Grazie, ma non siamo interessati.", "it"),
        ("Dank je, maar wij hebben geen interesse.", "nl"),
        ("Здравствуйте, спасибо за письмо", "xx"),
        ("ok", "it"),
        ("STOP", "it"),
    ],
)
def test_the_language_of_a_mail_is_found_or_falls_back(text, language):
    assert detect_language(text, fallback="it") == language


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hi Sara,\n\nTuesday is fine.\n\nBest,\nAnna", "Tuesday is fine."),
        ("Hi, can you send the price?", "can you send the price?"),
        (
            "Hi there can you send me the price, please",
            "Hi there can you send me the price, please",
        ),
        ("Sehr geehrte Frau Lindqvist,\nja gern.\nMit freundlichen Grüßen\nA. Berg", "ja gern."),
        ("Ok.\n\nOn Mon, Jan 12, 2026 at 9:00 Sara <s@x> wrote:\nHi", "Ok."),
        ("Ok.\n-----Original Message-----\nFrom: Sara", "Ok."),
        ("Nein danke\n\n[[FIRST_NAME]]\nKranwerk", "Nein danke"),
        ("Thanks", "Thanks"),
        ("Best", "Best"),
    ],
)
def test_only_what_is_new_is_read(text, left):
    assert message_of(text) == left


def test_quoting_lines_are_dropped():
    assert unquoted("yes\n> no\n  > no\nmaybe") == "yes\n\n\nmaybe"


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("en", "Tuesday at 3pm", ({1}, {(15, 0)})),
        ("en", "tues 10:30", ({1}, {(10, 30)})),
        ("en", "at 2 on Friday", ({4}, {(14, 0)})),
        ("de", "Donnerstag um 10 Uhr", ({3}, {(10, 0)})),
        ("de", "dienstags 9.30 Uhr", ({1}, {(9, 30)})),
        ("fr", "jeudi à 15h30", ({3}, {(15, 30)})),
        ("es", "el miércoles a las 16:00", ({2}, {(16, 0)})),
        ("pt", "quinta-feira às 11h", ({3}, {(11, 0)})),
        ("it", "venerdì alle 9", ({4}, {(9, 0)})),
        ("en", "we have 40 systems and 3 people", (set(), set())),
    ],
)
def test_days_and_hours_are_heard(language, text, said):
    heard = hear_time(text, language)

    assert (set(heard.weekdays), set(heard.clocks)) == said
