"""What people say to end contact, as speech recognition writes it, and what only sounds like it."""

from pathlib import Path

import pytest
import yaml

from agent_runtime.hearing.spoken import asks_to_stop_on_the_line

SAID = yaml.safe_load((Path(__file__).parent / "spoken_stops.yaml").read_text("utf-8"))
LANGUAGES = ("en", "de", "es", "fr", "it", "pt")


def utterances(label):
    return [(language, text) for language, said in SAID[label].items() for text in said]


def test_the_list_is_long_and_holds_every_language_twice():
    assert len(utterances("stop")) >= 100
    assert len(utterances("none")) >= 50
    assert set(SAID["stop"]) == set(SAID["none"]) == set(LANGUAGES)
    assert len({text for label in SAID for _, text in utterances(label)}) >= 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_spoken_stop_is_heard_without_a_comma(language):
    """Caught by rules before any model is asked, in every language that is spoken."""
    missed = [text for text in SAID["stop"][language] if not asks_to_stop_on_the_line(text)]
    assert missed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_only_sounds_like_a_stop_is_none(language):
    taken = [text for text in SAID["none"][language] if asks_to_stop_on_the_line(text)]
    assert taken == []


def test_in_doubt_contact_ends():
    assert all(asks_to_stop_on_the_line(text) for _, text in utterances("doubt"))


@pytest.mark.parametrize(
    "text",
    [
        "take me off speaker and take me off your list",
        "who gave you my number stop calling me",
        "wait let me say this once don't call me again",
        "qui vous a donné mon numéro ne m'appelez plus",
    ],
)
def test_a_stop_beside_such_words_is_still_one(text):
    assert asks_to_stop_on_the_line(text)


def test_silence_is_no_stop():
    assert not asks_to_stop_on_the_line("")
    assert not asks_to_stop_on_the_line("who gave you my number")
