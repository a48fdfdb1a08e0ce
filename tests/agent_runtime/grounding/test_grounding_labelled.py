"""False claims of every kind are caught, and honest words go out."""

import pytest
from labelled_drafts import SETS, judged

KINDS = {
    *("numbers", "units", "money", "percentages", "dates", "names", "negation", "modality"),
    *("quantities", "comparisons", "promises", "availability", "conditions", "relations", "causes"),
    *("hedges", "hidden_in_questions", "hidden_in_courtesy", "merged", "other_product"),
    *("addresses", "self_reference", "flattery", "spoken", "languages"),
}


def wrong(names, *, honest):
    every = [j for name in names for j in judged(name) if (j.draft.kind == "honest") == honest]
    missed = [j for j in every if not j.is_right]
    return len(missed) / len(every), [(j.draft.text, j.findings) for j in missed]


@pytest.mark.parametrize(
    "names", [("tuned",), ("held_out",), SETS], ids=["tuned", "held_out", "all"]
)
def test_at_least_99_of_100_false_claims_are_blocked(names):
    """R58: every kind of falsehood, at the sentence that bears it."""
    share, missed = wrong(names, honest=False)
    assert share <= 0.01, missed


@pytest.mark.parametrize(
    "names", [("tuned",), ("held_out",), SETS], ids=["tuned", "held_out", "all"]
)
def test_at_most_3_of_100_honest_drafts_are_blocked(names):
    share, blocked = wrong(names, honest=True)
    assert share <= 0.03, blocked


def test_the_sets_are_large_and_hold_every_kind():
    every = [j.draft for name in SETS for j in judged(name)]
    assert len(every) >= 480
    assert 0.4 <= sum(d.kind == "honest" for d in every) / len(every) <= 0.6
    for name in ("tuned", "held_out"):
        assert {j.draft.kind for j in judged(name)} >= KINDS


def test_what_is_blocked_says_why_and_what_is_supported_names_its_fact():
    for one in (f for name in SETS for j in judged(name) for f in j.findings):
        assert bool(one.reason) == (one.verdict == "blocked"), one
        assert one.fact or one.verdict != "supported", one
