from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from agent_runtime.domain import Observation
from agent_runtime.hearing.opt_out import is_opt_out
from agent_runtime.hearing.safety import listen
from agent_runtime.library.catalog import load_library
from agent_runtime.models.training import read_training

SAYINGS = yaml.safe_load((Path(__file__).parent / "opt_outs.yaml").read_text(encoding="utf-8"))

FOOTERS = ("frame.email", "privacy.confirm_request", "survey.ask")


def heard(text, **more):
    return listen(Observation("mail", "o", datetime(2026, 1, 12, tzinfo=UTC), text=text, **more))


@pytest.mark.parametrize("text", SAYINGS["stop"])
def test_every_way_to_say_stop_is_heard(text):
    """R39: a wish to be left alone is obeyed whatever its words, in six languages."""
    assert is_opt_out(text)


def test_tempting_sentences_are_seldom_taken_for_a_stop():
    wrong = [text for text in SAYINGS["go_on"] if is_opt_out(text)]

    assert len(wrong) <= 0.03 * len(SAYINGS["go_on"]), wrong


def test_ordinary_replies_are_hardly_ever_taken_for_a_stop():
    ordinary = [e.text for e in read_training() if e.intent not in ("unsubscribe", "angry")]
    wrong = [text for text in ordinary if is_opt_out(text)]

    assert len(wrong) <= 0.01 * len(ordinary), wrong


def test_our_own_words_raise_no_rule():
    """What we wrote comes back in replies; it must never be heard as the buyer's."""
    for content in load_library().contents.values():
        assert set(heard(content.body).rules) <= {"legal_paper"}, content.body


def test_our_own_footer_asks_for_nothing_paragraph_by_paragraph():
    """R225: it comes back in answers in pieces, and speaks of what we know and of meetings."""
    for (name, locale), content in load_library().contents.items():
        for paragraph in content.paragraphs if name in FOOTERS else ():
            found = heard(paragraph)
            assert (found.rules, found.signals) == ((), ()), (locale, paragraph)


def test_quoted_mail_is_not_read():
    text = "Tuesday is fine.\n\n> please unsubscribe me\n\nOn Mon, Jan 12 Sara wrote:\nSTOP"

    assert not is_opt_out(text)


def test_automatic_mail_raises_only_that_rule():
    """R41: nothing is read into mail that no person wrote."""
    assert heard("unsubscribe me", auto_submitted=True).rules == ("auto_reply",)
    assert heard("", bounce_of="<a@b>").rules == ("bounce",)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("I am out of the office until Monday.", "auto_reply"),
        ("Estoy fuera de la oficina hasta el lunes", "auto_reply"),
        ("Ich bin bis Montag im Urlaub.", "auto_reply"),
        ("Je suis absent du bureau jusqu'au 19 janvier.", "auto_reply"),
        ("Estou de férias até segunda.", "auto_reply"),
        ("Sono fuori ufficio fino a lunedì.", "auto_reply"),
        ("Are you a bot?", "are_you_a_bot"),
        ("Is this an automated message?", "are_you_a_bot"),
        ("¿Eres un robot?", "are_you_a_bot"),
        ("Sind Sie ein Mensch oder eine Maschine?", "are_you_a_bot"),
        ("Êtes-vous une vraie personne ?", "are_you_a_bot"),
        ("Estou a falar com uma IA?", "are_you_a_bot"),
        ("Sto parlando con un robot?", "are_you_a_bot"),
        ("My lawyer will hear about this.", "legal_threat"),
        ("Das melde ich der Datenschutzbehörde.", "legal_threat"),
        ("Our legal team has to review the DPA.", "legal_paper"),
        ("Unsere Rechtsabteilung muss das prüfen.", "legal_paper"),
        ("Your connector is broken since Monday", "support"),
        ("Le connecteur ne marche plus", "support"),
    ],
)
def test_rules_speak_without_a_model(text, rule):
    assert rule in heard(text).rules


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Could I speak to a real person?", "wants_human"),
        ("Ich würde lieber mit einem Menschen sprechen.", "wants_human"),
        ("Please call me on [[PHONE_1]]", "call_request"),
        ("Rappelez-moi demain", "call_request"),
        ("Where did you get my email address?", "data_request"),
        ("Welche Daten haben Sie über mich gespeichert?", "data_request"),
        ("Could you build a demo with our own data?", "custom_request"),
        ("Our board wants it live this year.", "strategic"),
        ("Tenemos presupuesto aprobado", "strategic"),
    ],
)
def test_signals_are_heard(text, signal):
    assert signal in heard(text).signals


def test_a_question_is_no_automatic_reply():
    assert heard("Are you on annual leave next week, or can we talk?").rules == ()
