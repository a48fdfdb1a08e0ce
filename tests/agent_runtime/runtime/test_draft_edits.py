"""R71: how much of a draft a reviewer changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.domain import Sentence
from agent_runtime.draft_edits import changed_share

TEXTS = st.lists(st.sampled_from(["yes", "no", "a call", "next week", ""]), max_size=6)


def sentences(*texts):
    return tuple(Sentence(text, ()) for text in texts)


@pytest.mark.parametrize(
    ("drafted", "sent", "share"),
    [
        (("Shall we talk?",), ("Shall we talk?",), 0),
        (("Shall we talk?",), ("No idea",), 1),
        (("one two", "three four"), ("one two three", "five"), 0.25),
        (("one two three",), ("one two three four",), 1 / 7),
        ((), (), 0),
    ],
)
def test_the_share_of_words_that_differ(drafted, sent, share):
    assert changed_share(sentences(*drafted), sentences(*sent)) == pytest.approx(share, abs=1e-9)


@given(TEXTS, TEXTS)
def test_it_lies_between_the_same_and_nothing_left(drafted, sent):
    share = changed_share(sentences(*drafted), sentences(*sent))
    assert 0 <= share <= 1
    assert (share == 0) == (" ".join(drafted).split() == " ".join(sent).split())
