"""The blind sets stay as they were mended: no false sentence passes, and no more true ones stop."""

import pytest
from blind_drafts import NAMES, UNTUNED, judged_sentences

MOST_BLOCKED = 0.56
"""Share of true sentences that the checks block without a model of entailment."""


@pytest.mark.parametrize("name", NAMES)
def test_at_least_99_of_100_false_sentences_of_a_blind_set_are_blocked(name):
    """R58: a sentence whose author knew none of the checks is judged as any other."""
    false = [s for s in judged_sentences(name) if s.kind]
    missed = [(s.draft, s.text) for s in false if not s.is_blocked]
    assert len(false) >= 50
    assert len(missed) <= 0.01 * len(false), missed


def test_no_more_true_sentences_are_blocked_than_were():
    true = [s for name in NAMES for s in judged_sentences(name) if not s.kind]
    blocked = sum(s.is_blocked for s in true)
    assert blocked <= MOST_BLOCKED * len(true)


def test_at_least_99_of_100_false_sentences_are_blocked_in_sets_that_nothing_was_tuned_on():
    """R58: these were judged once, after the last change of a check for any other set."""
    false = [s for name in UNTUNED for s in judged_sentences(name) if s.kind]
    missed = [s for s in false if not s.is_blocked]
    assert len(false) >= 140
    assert len(missed) <= 0.01 * len(false)
