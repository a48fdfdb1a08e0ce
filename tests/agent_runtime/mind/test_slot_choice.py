from datetime import UTC, datetime, timedelta

import pytest

from agent_runtime.domain import Slot
from agent_runtime.times.slot_choice import choose_slot

NOW = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
# In Berlin: Tuesday 13 at 10:00, Wednesday 14 at 14:30, Friday 16 at 09:00.
OFFERED = tuple(
    Slot("o-1", start, start + timedelta(minutes=30))
    for start in (
        datetime(2026, 1, 13, 9, 0, tzinfo=UTC),
        datetime(2026, 1, 14, 13, 30, tzinfo=UTC),
        datetime(2026, 1, 16, 8, 0, tzinfo=UTC),
    )
)


def choice(text, language):
    return choose_slot(text, OFFERED, zone="Europe/Berlin", language=language, now=NOW)


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("en", "The second one works", 2),
        ("en", "2", 2),
        ("en", "2)", 2),
        ("en", "option 2", 2),
        ("en", "Option 3 please, thanks!", 3),
        ("en", "first one please", 1),
        ("en", "I'll take the last one.", 3),
        ("en", "Number 1 works for me.", 1),
        ("en", "Tuesday at 10 works for me", 1),
        ("en", "Tuesday is fine", 1),
        ("en", "Wednesday 14:30 please", 2),
        ("en", "wed at 2:30pm is perfect", 2),
        ("en", "Friday 16 January, 09:00 (Europe/Berlin)", 3),
        ("en", "The 16th suits me.", 3),
        ("en", "Tomorrow is good.", 1),
        ("en", "Tuesday doesn't work but the third one does, so the third please", 3),
        ("en", "I can't do Tuesday. Wednesday is good though.", 2),
        ("en", "Any of those works", 1),
        ("en", "Is the second one still available?", 2),
        ("de", "Dienstag um 10 passt", 1),
        ("de", "Der zweite Termin wäre gut.", 2),
        ("de", "Mittwoch, 14. Januar, 14:30 Uhr passt mir.", 2),
        ("de", "Vorschlag 3 bitte", 3),
        ("de", "Freitag geht bei mir", 3),
        ("de", "Den ersten bitte", 1),
        ("fr", "le premier", 1),
        ("fr", "Le deuxième créneau me convient.", 2),
        ("fr", "vendredi à 9h c'est parfait", 3),
        ("fr", "option 1", 1),
        ("es", "La segunda opción me va bien", 2),
        ("es", "El martes a las 10 perfecto", 1),
        ("es", "miércoles 14 de enero, 14:30", 2),
        ("pt", "A primeira opção serve", 1),
        ("pt", "quarta-feira às 14:30", 2),
        ("pt", "sexta-feira está ótimo", 3),
        ("it", "il terzo va bene", 3),
        ("it", "Martedì alle 10 va benissimo", 1),
        ("it", "la seconda opzione", 2),
    ],
)
def test_an_accepted_time_is_recognised(language, text, number):
    assert choice(text, language) == number - 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "None of these work for me"),
        ("en", "I can't do Tuesday"),
        ("en", "Tuesday at 11?"),
        ("en", "Thursday at 10 works"),
        ("en", "Either Tuesday or Friday"),
        ("en", "The first or the second would work"),
        ("en", "My first question is about price"),
        ("en", "We met in the first week of January"),
        ("en", "Tuesday 10am ET works"),
        ("en", "That works"),
        ("en", "We have 2 systems"),
        ("en", "How long is the first one?"),
        ("en", "What does it cost?"),
        ("de", "Leider passt keiner der Termine."),
        ("de", "Dienstag geht nicht."),
        ("fr", "Aucun ne me convient, mais mardi prochain à 15h oui"),
        ("fr", "Mardi n'est pas possible"),
        ("es", "El martes no puedo"),
        ("pt", "Na sexta-feira não posso"),
        ("it", "Venerdì non posso"),
    ],
)
def test_what_is_not_plain_is_no_choice(language, text):
    assert choice(text, language) is None


def test_a_yes_to_the_only_offer_is_a_choice():
    chosen = choose_slot("Yes, that works.", OFFERED[:1], zone="", language="en", now=NOW)

    assert chosen == 0


def test_without_an_offer_nothing_is_chosen():
    assert choose_slot("the second one", (), zone="", language="en", now=NOW) is None


def test_hours_are_those_of_the_buyers_zone():
    """R54: the same words mean another instant in another zone."""
    text = "Tuesday at 4 in the morning"
    assert choose_slot(text, OFFERED, zone="America/New_York", language="en", now=NOW) is None
    text = "Tuesday 04:00"
    assert choose_slot(text, OFFERED, zone="America/New_York", language="en", now=NOW) is None
    text = "Wednesday 8:30"
    assert choose_slot(text, OFFERED, zone="America/New_York", language="en", now=NOW) == 1
