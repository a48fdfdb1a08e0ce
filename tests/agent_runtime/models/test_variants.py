from random import Random

import numpy as np

from agent_runtime.models.embedding import HashingEmbedder
from agent_runtime.models.learner import Eye, Learner
from agent_runtime.models.small_talk import SmallTalk, sentences_of
from agent_runtime.models.training import Example, read_training
from agent_runtime.models.variants import dictated, in_a_letter, with_variants

QUESTION = Example("What does it cost?", "pricing_question", "en")


def test_a_letter_holds_the_point_whole():
    letter = in_a_letter(QUESTION, Random(1))

    assert QUESTION.text in letter
    assert len(sentences_of(letter)) > 1


def test_dictation_has_the_words_and_no_stops():
    words = dictated(QUESTION, Random(1)).split()

    assert [word for word in words if word in ["what", "does", "it", "cost"]] == [
        "what",
        "does",
        "it",
        "cost",
    ]
    assert "?" not in "".join(words)
    assert len(words) > 4


def test_variants_are_the_same_every_time_and_keep_their_labels():
    examples = read_training()[:600]
    variants = with_variants(examples)[600:]

    assert variants == with_variants(examples)[600:]
    assert len(variants) > 30
    for variant in variants:
        origin = examples[variant.origin]
        assert variant.example.text != origin.text
        assert (variant.example.intent, variant.example.also) == (origin.intent, origin.also)


def test_only_several_sentences_are_told_apart():
    assert sentences_of("one two three") == ()
    assert sentences_of("First. Second? Third!") == ("First.", "Second?", "Third!")
    assert len(sentences_of("Again. " * 30)) == 8


def test_small_talk_is_left_out_unless_nothing_else_is_said():
    polite = [
        "hope you are very well today and had a pleasant week.",
        "hope your week was pleasant and that you are very well.",
    ]
    asked = [
        "which price would you quote for forty seats, please?",
        "quote the price of forty seats please?",
        "which price for us?",
    ]
    letters = HashingEmbedder()
    vectors = letters.embed([*polite, *asked])
    eye = Eye.opened(vectors, np.array(["en"] * 5))
    learner = Learner(eye, eye.sees(letters.embed(asked)), np.zeros((3, 2), dtype=np.float32))
    small_talk = SmallTalk.learned(letters.embed(polite), learner)

    assert small_talk.left_out_of(f"{polite[0]} {asked[0]}", letters) == asked[0]
    assert small_talk.left_out_of(" ".join(polite), letters) == " ".join(polite)
