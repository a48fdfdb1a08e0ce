import pytest

from agent_runtime.hearing.phrases import Vocabulary
from agent_runtime.hearing.sentences import sentences_of

CLASSES = {
    "stop": "stop | cease | hör\\w* auf",
    "doing": "mailing | calling | reaching out",
    "gap_stem": "(?!please(?![a-z]))[^\\s,]+",
}


def stands(text, phrases, *, unless=None, **more):
    vocabulary = Vocabulary(CLASSES)
    group = {"phrases": phrases, "unless": unless or {}, **more}
    tagged = vocabulary.tagged(sentences_of(text))
    return any(found.are_in(tagged) for found in vocabulary.phrases([group]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Stop calling.", True),
        ("please STOP, calling", True),
        ("Stop reaching out to us", True),
        ("Stop. Calling is fine.", False),
        ("nonstop calling", False),
        ("stop the calling", False),
    ],
)
def test_a_phrase_is_whole_words_of_one_sentence(text, said):
    assert stands(text, "{stop} {doing}") is said


def test_gaps_are_of_so_many_words():
    assert stands("stop all of this calling", "{stop} ~ {doing}")
    assert not stands("stop all of this silly calling", "{stop} ~ {doing}")
    assert stands("stop all of this silly calling", "{stop} ~~ {doing}")


def test_a_clause_ends_at_a_comma():
    assert stands("stop, calling", "{stop} {doing}")
    assert not stands("stop, calling", "{stop} {doing}", within_clause=True)
    assert not stands("no, calling is fine", "no {doing}")


def test_a_part_of_a_sentence_begins_after_a_comma():
    assert stands("thanks, stop", "^^stop")
    assert not stands("thanks stop", "^^stop")


@pytest.mark.parametrize(
    ("text", "unless"),
    [
        ("we want to stop calling", {"before": "want to"}),
        ("stop calling before ten", {"after": "before \\w+"}),
        ("in the tool stop calling works", {"sentence": "tool"}),
        ("stop calling. Just joking.", {"text": "just joking"}),
    ],
)
def test_words_around_unmake_a_phrase(text, unless):
    assert stands(text, "{stop} {doing}")
    assert not stands(text, "{stop} {doing}", unless=unless)


def test_umlauts_are_written_in_three_ways():
    assert all(stands(f"{word} auf damit", "{stop} damit") for word in ("hör", "hoer", "hor"))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Été chaud ! Oui.", "ete chaud\noui"),
        ("Art. 17 applies; see “below”", "art. 17 applies\nsee below"),
        ("¿Qué tal? Bien", "que tal?\nbien"),
        ("STOOOP um, uhm calling", "stop calling"),
        ("one line\nanother", "one line\nanother"),
        (
            "This line is longer than fifty characters and wraps\nin the middle",
            "this line is longer than fifty characters and wraps in the middle",
        ),
    ],
)
def test_sentences_are_plain(text, sentences):
    assert sentences_of(text) == sentences
