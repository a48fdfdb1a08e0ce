"""What is heard in a text takes bounded work, whoever sends it and on whatever channel."""

import sys
from datetime import UTC, datetime

import pytest

from agent_runtime.domain import Observation
from agent_runtime.hearing.bounded import LONGEST_WORD, bounded
from agent_runtime.hearing.opt_out import is_opt_out, is_stop_word
from agent_runtime.hearing.safety import listen
from agent_runtime.hearing.spelling import Spelling

HUGE = 1_000_000
AT = datetime(2026, 1, 13, tzinfo=UTC)
READERS = {
    "a text": is_opt_out,
    "a subject": is_stop_word,
    "the safety rules": lambda text: listen(Observation("mail", "", AT, text=text, subject=text)),
}
WORDS = {"letters": "unsubscribe", "one letter": "q", "letters and signs": "ab-c'd", "accents": "é"}


def calls_of(function, *arguments):
    """Counts every call into Python and C that a function makes."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_a_word_of_a_million_letters_is_no_more_work_than_a_long_one(reader, word):
    """R193."""
    reader("warm up")
    huge = word * (HUGE // len(word))
    usual = calls_of(reader, f"x{huge[: LONGEST_WORD - 1]}")
    assert calls_of(reader, f"y{huge}") <= 2 * usual + 100


def test_a_mistyped_word_is_not_looked_for_in_what_is_longer_than_any():
    spelling = Spelling(["unsubscribe"])
    few = calls_of(spelling.corrected, "unsubcribe")
    assert calls_of(spelling.corrected, "unsubcribe" * 20) <= few


def test_a_stop_beside_a_huge_word_is_heard():
    assert is_opt_out(f"{'x' * 5000} please stop emailing me")


def test_what_people_write_stays_as_it_is():
    text = "Hello,\n\nplease call me: https://buyer.example/a?b=c\n\n-- \nBob"
    assert bounded(text) == text
