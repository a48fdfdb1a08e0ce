"""What a second ear has understood of whoever answers."""

import pytest

from agent_runtime.speech.answer_words import LANGUAGES
from agent_runtime.speech.decoders import Words
from agent_runtime.speech.party_sound import PartySound
from agent_runtime.speech.phone_menu import menu_in
from agent_runtime.speech.rereading import understood
from agent_runtime.speech.sound import to_pcm
from agent_runtime.words import read_words
from tests.agent_runtime.speech.judged import reread
from tests.agent_runtime.speech.voices import RATE, Voice, say


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


def test_a_menu_is_understood_as_a_whole_where_its_parts_are_not():
    """R275: by the real Whisper, of a robotic voice over a telephone line."""
    said = ("For opening hours, press one.", "For careers, press two.", "For sales, press three.")
    voice = Voice("en-us+m3")
    party = PartySound(RATE)
    for sentence in said:
        party.begin(after_s=0.4)
        party.add(to_pcm(say(voice, sentence).astype("f4")))
        party.end()
    unread = party.unread(least_s=0.8)
    assert unread is not None
    menu = menu_in(reread(unread.sound), is_over=True)
    assert set(menu.options) == {"1", "2", "3"}
    assert menu.options["1"].startswith("opening")
