"""A caller goes on in another language: told by sound or asked for, never by accent or one word."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipecat.frames.frames import TranscriptionFrame

from agent_runtime.library.content import LOCALES
from agent_runtime.speech.asked_languages import asked_language
from agent_runtime.speech.decoders import Words
from agent_runtime.speech.engines import Engines
from agent_runtime.speech.frames import HeardAnewFrame, HeardOtherwiseFrame, LanguageHeardFrame
from agent_runtime.speech.language_watch import LEAST_S, LanguageWatch
from agent_runtime.speech.switching import SwitchingHearing
from tests.agent_runtime.speech.line import line_with

SPANISH = {"en": 0.02, "es": 0.95, "it": 0.03}
UNSURE = {"en": 0.17, "es": 0.66, "it": 0.17}
LED = frozenset(LOCALES)
ENGLISH = {"en": 0.9, "es": 0.08, "it": 0.02}


def test_one_clear_sentence_is_another_language_and_unclear_ones_need_to_be_two():
    """R277."""
    assert LanguageWatch("en", LED).heard(SPANISH, voiced_s=2.0) == "es"
    watch = LanguageWatch("en", LED)
    assert [watch.heard(UNSURE, voiced_s=2.0) for _ in range(2)] == ["", "es"]
    known = LanguageWatch("en", LED, known=frozenset({"es"}))
    assert known.heard(UNSURE, voiced_s=2.0) == "es"


def test_a_language_in_which_no_call_is_led_needs_to_be_clearer():
    """What closes the call takes two sentences where one would only change its language."""
    half = {"en": 0.1, "it": 0.5, "es": 0.4}
    watch = LanguageWatch("en", frozenset({"en"}))
    assert [watch.heard(half, voiced_s=2.0) for _ in range(3)] == ["", "", ""]
    assert LanguageWatch("en", frozenset({"en", "es"})).heard(half, voiced_s=2.0) != "it"


def test_what_was_unclear_is_forgotten_once_they_go_on_as_before():
    watch = LanguageWatch("en", LED)
    for shares in (UNSURE, ENGLISH, UNSURE, ENGLISH, UNSURE):
        assert watch.heard(shares, voiced_s=2.0) == ""


@given(
    st.dictionaries(st.sampled_from(LOCALES), st.floats(0, 1)),
    st.floats(0, LEAST_S, exclude_max=True),
)
def test_a_short_word_never_changes_the_language(shares, voiced_s):
    assert LanguageWatch("en", LED).heard(shares, voiced_s=voiced_s) == ""


@given(st.lists(st.tuples(st.floats(0.3, 1), st.sampled_from(LOCALES[1:])), max_size=8))
def test_english_that_sounds_foreign_stays_english(sounds):
    """An accent leaves English the likelier one."""
    watch = LanguageWatch("en", LED)
    for share, other in sounds:
        assert watch.heard({"en": share, other: (1 - share) / 2}, voiced_s=3.0) == ""


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Do you speak Spanish?", "es"),
        ("Sorry. Could we do this in German, please?", "de"),
        ("I'd prefer to speak French.", "fr"),
        ("¿Habla usted español?", "es"),
        ("En inglés, por favor.", "en"),
        ("Können wir auf Deutsch sprechen?", "de"),
        ("Vous parlez français ?", "fr"),
        ("Parla italiano?", "it"),
        ("Podemos falar em português?", "pt"),
        ("Is it available in Spanish?", ""),
        ("Our team speaks Spanish and German.", ""),
        ("Do you speak to our Spanish office?", ""),
        ("English muffins", ""),
        ("", ""),
    ],
)
def test_a_language_is_asked_for_in_words(said, language):
    assert asked_language(said) == language


class _Ear:
    def __init__(self, language):
        self.language = language

    def decode(self, samples):
        return f"{len(samples) > 16000} {self.language}"


def _hear(shares, *, led=("en", "es"), says=1, voiced_s=1.6, told_after_s=0.0, weigh=None):
    """Speech of some seconds through the ear of a call; returns its frames in order."""

    async def identify(samples):
        await asyncio.sleep(told_after_s)
        return shares

    async def hear():
        ears = {one: Engines(one, lambda name=one: _Ear(name)) for one in led}
        ear = SwitchingHearing(
            ears,
            LanguageWatch("en", frozenset(led)),
            identify,
            weigh=weigh,
            model="both",
            interim_s=0.4,
            limit_s=5,
        )
        sound = np.random.default_rng(1).normal(0, 0.2, int(voiced_s * 16000)).astype(np.float32)
        async with line_with(ear) as line:
            for count in range(1, says + 1):
                await line.say(sound)
                await line.wait_for(TranscriptionFrame, count=count)
            if told_after_s:
                await line.wait_for(HeardOtherwiseFrame)
            return line.of(
                TranscriptionFrame, LanguageHeardFrame, HeardOtherwiseFrame, HeardAnewFrame
            )

    return asyncio.run(hear())


def test_the_sentence_that_changes_the_language_is_heard_anew_in_it():
    """R277: nothing of it is lost, and the call is told before its words come."""
    told, words, again = _hear(SPANISH, says=2)
    assert isinstance(told, LanguageHeardFrame)
    assert (told.language, told.is_led, told.is_asked) == ("es", True, False)
    assert (words.text, words.language) == ("True es", "es")
    assert (again.text, again.language) == ("True es", "es")


@pytest.mark.parametrize(("share", "is_read"), [(0.4, True), (0.1, False)])
def test_a_doubtful_sentence_is_also_read_in_the_other_language(share, is_read):
    """R277: so that a stop in it is obeyed."""
    *otherwise, words = _hear({"en": 1 - share, "es": share})
    assert words.text == "True en"
    assert [(one.text, one.language) for one in otherwise] == [("True es", "es")] * is_read


def test_a_language_without_an_ear_is_told_and_heard_as_before():
    told, words = _hear(SPANISH, led=("en",))
    assert not told.is_led
    assert words.text == "True en"


def test_one_short_word_in_another_language_changes_nothing():
    read, words = _hear(SPANISH, voiced_s=0.5)
    assert (words.text, words.language) == ("False en", "en")
    assert (read.text, read.language) == ("False es", "es"), "a stop in it is obeyed"


def test_parts_of_a_turn_are_told_together_and_heard_anew():
    """R277: "no me llame más", a pause, "por favor": neither part alone is long enough."""
    frames = _hear(SPANISH, says=2, voiced_s=0.6)
    told = next(n for n, one in enumerate(frames) if isinstance(one, LanguageHeardFrame))
    assert isinstance(frames[told + 1], HeardAnewFrame)
    assert (frames[told + 2].text, frames[told + 2].language) == ("True es", "es")


def test_a_language_that_is_told_late_is_read_all_the_same():
    """R277: their words do not wait for it, and a stop in them is obeyed late."""
    words, read = _hear(SPANISH, told_after_s=1.5)
    assert (words.text, read.text) == ("True en", "True es")


@pytest.mark.parametrize(
    ("shares", "fits", "here", "found"),
    [
        ({"en": 0.30, "es": 0.42}, {"en": -0.71, "es": -0.38}, "en", "es"),
        ({"en": 0.16, "es": 0.80}, {"en": -0.71, "es": -0.84}, "en", "es"),
        ({"en": 0.71, "es": 0.18}, {"en": -0.44, "es": -1.15}, "en", ""),
        ({"en": 0.93, "es": 0.05}, {"en": -0.89, "es": -0.50}, "es", ""),
        ({"en": 0.90, "es": 0.09}, {"en": -0.86, "es": -1.11}, "es", "en"),
    ],
)
def test_what_the_sound_leaves_open_the_words_decide(shares, fits, here, found):
    """R277: shares and fits as Whisper told them of voices by espeak on a line."""
    watch = LanguageWatch(here, frozenset({"en", "es"}))
    assert watch.weighed(shares, fits, voiced_s=1.2) == found
    assert watch.weighed(shares, fits, voiced_s=0.5) == ""


def test_a_short_greeting_that_was_misheard_changes_nothing_and_a_short_question_may():
    watch = LanguageWatch("en", frozenset({"en", "es", "fr"}))
    unclear = {"en": 0.5, "fr": 0.3}, {"en": -0.9, "fr": -0.7}
    assert watch.weighed(*unclear, voiced_s=0.8) == ""
    clear = {"en": 0.09, "es": 0.72}, {"en": -0.6, "es": -0.29}
    assert watch.weighed(*clear, voiced_s=0.8) == "es"


def test_a_doubtful_turn_is_weighed_and_a_clear_one_is_not():
    weighed = []

    async def weigh(sound, language):
        weighed.append(language)
        return Words(f"in {language}", {"en": -1.0, "es": -0.3}[language])

    told, words = _hear({"en": 0.5, "es": 0.4}, weigh=weigh)
    assert (told.language, words.text, weighed) == ("es", "True es", ["en", "es"])
    weighed.clear()
    assert [one.text for one in _hear(ENGLISH, weigh=weigh)] == ["True en"]
    assert not weighed


def test_of_several_other_languages_it_is_the_one_of_the_country():
    unclear = {"en": 0.06, "es": 0.28, "fr": 0.45, "it": 0.1, "pt": 0.11}
    anywhere = LanguageWatch("en", LED)
    assert anywhere.heard(unclear, voiced_s=2.0) == ""
    in_the_states = LanguageWatch("en", LED, there=frozenset({"es"}))
    assert in_the_states.heard(unclear, voiced_s=2.0) == "es"
    assert in_the_states.heard({**unclear, "en": 0.4}, voiced_s=2.0) == ""
