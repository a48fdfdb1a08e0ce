"""Corrected p-values against the papers' own arithmetic."""

import pytest

from experiments.statistics.multiplicity import adjusted

# Benjamini & Hochberg (1995), section 3.2: fifteen ordered p-values of a heart trial.
PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
    0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


def test_the_published_trial_rejects_four_by_benjamini_hochberg_and_three_by_holm():
    by_false_discovery = adjusted(PUBLISHED, "benjamini-hochberg")
    by_family = adjusted(PUBLISHED, "holm")

    assert sum(p <= 0.05 for p in by_false_discovery) == 4
    assert sum(p <= 0.05 for p in by_family) == 3
    assert by_false_discovery[3] == pytest.approx(0.0095 * 15 / 4)
    assert by_family[1] == pytest.approx(0.0004 * 14)


def test_what_has_no_p_value_keeps_none_and_does_not_count():
    assert adjusted([0.02, None, 0.03], "holm") == [pytest.approx(0.04), None, pytest.approx(0.04)]
    assert adjusted([None], "holm") == [None]
    assert adjusted([0.02, 0.03], "none") == [0.02, 0.03]
