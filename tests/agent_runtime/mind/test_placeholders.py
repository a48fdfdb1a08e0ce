import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runtime.placeholders import fill, redact

_PIECES = st.sampled_from(
    [
        *("Anna", "ANNA", "anna", "Berg", "Kranwerk", "Kranwerk GmbH", "Sara", "[[", "]]"),
        *("EMAIL_1", "a@b.example", "+49 30 901820", "https://x.example/a?t=1", "\n", " ", ", "),
        *("Regards,\nJo Fox", "contact Maria Lopez", "[[FIRST_NAME]]", "[[EMAIL_1]]", "ß", "İ"),
    ]
)
_TEXTS = st.one_of(st.text(), st.lists(st.one_of(_PIECES, st.text(max_size=5))).map("".join))


@settings(max_examples=300, deadline=None)
@given(text=_TEXTS, earlier=_TEXTS)
def test_filling_gives_back_every_text(text, earlier, contact):
    """R60: what a placeholder hides comes back at the wire, letter for letter."""
    vault = redact(earlier, contact).originals
    hidden = redact(text, contact, known=vault)

    assert fill(hidden.text, contact, {**vault, **hidden.originals}) == text
    assert fill(redact(earlier, contact).text, contact, {**vault, **hidden.originals}) == earlier


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("write to jo.fox@x.example please", "write to [[EMAIL_1]] please"),
        ("a@x.example, b@x.example, a@x.example", "[[EMAIL_1]], [[EMAIL_2]], [[EMAIL_1]]"),
        ("call +49 30 901820 now", "call [[PHONE_1]] now"),
        ("see https://x.example/r?token=abc", "see [[URL_1]]"),
        ("see https://x.example/pricing", "see https://x.example/pricing"),
        ("Anna here, from Kranwerk", "[[FIRST_NAME]] here, from [[COMPANY_2]]"),
        ("KRANWERK GMBH", "[[COMPANY_2]]"),
        ("Hi Sara,", "Hi [[OWNER_FIRST_NAME]],"),
        ("Please ask Maria Lopez about it", "Please ask [[PERSON_1]] about it"),
        ("Sprechen Sie mit Jens Vogt", "Sprechen Sie mit [[PERSON_1]]"),
        ("ok\n\nBest regards,\nJo Fox\nCFO", "ok\n\nBest regards,\n[[PERSON_1]]\nCFO"),
        ("Bergen is lovely", "Bergen is lovely"),
        ("on 2026-01-13 at 10:00", "on 2026-01-13 at 10:00"),
    ],
)
def test_personal_data_becomes_a_typed_placeholder(text, hidden, contact):
    """R61: no address, number or name stays in free text."""
    assert redact(text, contact).text == hidden


def test_a_placeholder_means_one_thing_in_the_whole_thread(contact):
    first = redact("a@x.example", contact)
    second = redact("b@x.example and a@x.example", contact, known=first.originals)

    assert second.text == "[[EMAIL_2]] and [[EMAIL_1]]"


def test_a_draft_is_filled_from_the_contact(contact):
    assert fill("Hi [[FIRST_NAME]], [[OWNER_NAME]]", contact, {}) == "Hi Anna, Sara Lindqvist"


def test_names_that_are_common_words_stay_words(contact):
    will = replace(contact, first_name="Will")

    assert redact("we will see", will).text == "we will see"


def test_redaction_takes_well_under_a_millisecond(contact):
    text = (
        "Hi Sara,\n\nthanks, Tuesday at 10 works. My colleague has questions.\n\nBest,\nAnna Berg"
    )
    redact(text, contact)
    started = time.perf_counter()
    for _ in range(200):
        redact(text, contact)

    assert (time.perf_counter() - started) / 200 < 0.002
