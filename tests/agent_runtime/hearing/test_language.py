import pytest
from hearing_lists import lines, read

from agent_runtime.hearing.language import detect_language
from agent_runtime.models.training import read_training

LISTS = read("languages")


@pytest.mark.parametrize("fallback", ["en", "it", "xx"])
@pytest.mark.parametrize("language", sorted(LISTS["sentences"]))
def test_sentences_are_told_apart(language, fallback):
    said = lines(LISTS["sentences"][language])

    assert [t for t in said if detect_language(t, fallback=fallback) != language] == []


def test_the_six_languages_are_right_in_98_of_100():
    """R244: on labelled utterances of four words and more."""
    said = [e for e in read_training() if len(e.text.split()) >= 4]
    wrong = [e.text for e in said if detect_language(e.text, fallback="xx") != e.language]

    assert len(wrong) <= 0.02 * len(said), wrong


@pytest.mark.parametrize("text", lines(LISTS["other"]))
def test_other_languages_are_recognised_as_none_of_the_six(text):
    assert detect_language(text, fallback="en") not in LISTS["sentences"]


@pytest.mark.parametrize("text", lines(LISTS["short"]))
def test_short_texts_keep_what_is_known(text):
    assert detect_language(text, fallback="fr") == "fr"


def test_what_is_known_breaks_ties():
    wrong = [
        e.text
        for e in read_training()
        if len(e.text.split()) <= 3 and detect_language(e.text, fallback=e.language) != e.language
    ]
    short = [e for e in read_training() if len(e.text.split()) <= 3]

    assert len(wrong) <= 0.05 * len(short), wrong
