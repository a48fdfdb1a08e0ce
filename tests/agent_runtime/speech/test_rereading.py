"""What a second ear has understood of whoever answers."""

import pytest

from agent_runtime.speech.answer_words import LANGUAGES
from agent_runtime.speech.decoders import Words
from agent_runtime.speech.rereading import understood
from agent_runtime.words import read_words


@pytest.mark.parametrize(
    ("text", "fit", "left"),
    [
        ("For sales, press one. For parts, press two.", -0.2,
         "For sales, press one. For parts, press two."),
        ("For sales, press one. For parts, press two.", -0.6, "For parts, press two."),
        ("For parts, press two.", -0.9, ""),
    ],
)  # fmt: skip
def test_what_was_expected_and_fits_badly_was_not_said(text, fit, left):
    """R275: a recogniser reads what stood before into sound that it does not understand."""
    assert understood(Words(text, fit), "en").strip() == left


def test_each_language_in_which_calls_are_judged_has_words_to_expect():
    """R275."""
    assert set(read_words("answers_heard")) == set(LANGUAGES)
