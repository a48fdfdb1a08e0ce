"""Whether a trial can be trusted before anybody looks at its effects."""

from collections.abc import Mapping
from typing import Literal

from scipy import stats

from experiments.readout import SampleRatio

MISMATCH_BELOW = 0.001
"""P-value of the sample ratio below which the arms are not comparable (Kohavi, Tang & Xu,
Trustworthy Online Controlled Experiments, 2020, chapter 21)."""


def sample_ratio(
    observed: Mapping[str, int],
    shares: Mapping[str, float],
    *,
    counted: Literal["units", "clusters", "periods"] = "units",
) -> SampleRatio:
    """Returns Pearson's chi-square test of the arms' counts against their shares.

    Args:
        observed: Units, clusters or periods found in each arm.
        shares: Share of each arm; they sum to 1.
        counted: What was randomised one by one, and is counted therefore.

    Returns:
        Counts, expected counts and the p-value, without continuity correction.
    """
    total = sum(observed.values())
    expected = {arm: total * share for arm, share in shares.items()}
    counts = [observed[arm] for arm in shares]
    p_value = float(stats.chisquare(counts, list(expected.values()), sum_check=False).pvalue)
    return SampleRatio(
        observed={arm: observed[arm] for arm in shares},
        expected=expected,
        counted=counted,
        p_value=p_value,
        is_mismatch=p_value < MISMATCH_BELOW,
    )
