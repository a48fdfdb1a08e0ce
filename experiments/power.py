"""How many units a question needs before anybody is written to."""

import math
from dataclasses import dataclass

from statsmodels.stats.power import normal_sample_size_one_tail

from experiments.errors import PowerError


@dataclass(frozen=True, slots=True)
class SampleSize:
    """Units that each arm needs."""

    n_arm: int
    n_control: int


def sample_size(
    *, baseline: float, mde_relative: float, power: float, alpha: float, share: float
) -> SampleSize:
    """Returns the units needed to detect a relative change of a share.

    Two-sided test of two independent shares in large samples, without the far tail. The number
    holds whether the test pools the variance under no effect (the textbook's) or not (Welch's,
    which `analysis` uses): the larger of the two. At 1:1 they agree within a few units; with a
    small holdout and only the textbook's, power promised as 80% can be 71%.

    Args:
        baseline: Share in the control.
        mde_relative: Smallest change worth detecting, as a part of the baseline; may be negative.
        power: Probability to detect it.
        alpha: Probability to see something where there is nothing.
        share: Part of all units that is in the treated arm.

    Raises:
        PowerError: A figure is outside of its range.

    References:
        Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, chapter 4.
    """
    figures = {"baseline": baseline, "power": power, "alpha": alpha, "share": share}
    for name, figure in figures.items():
        if not 0 < figure < 1:
            raise PowerError(f"{name} is {figure:g}, but must lie between 0 and 1")
    if not 0 < (changed := baseline * (1 + mde_relative)) < 1 or mde_relative == 0:
        raise PowerError(
            f"mde_relative is {mde_relative:g}, which makes {changed:g} of a baseline of "
            f"{baseline:g}, but the two must differ and lie between 0 and 1"
        )
    if power <= alpha:
        raise PowerError(f"power is {power:g}, but must be above alpha, which is {alpha:g}")
    n_arm = max(
        _n_arm(baseline, changed, power, alpha, share, is_pooled=is_pooled)
        for is_pooled in (True, False)
    )
    return SampleSize(math.ceil(n_arm), math.ceil(n_arm * (1 - share) / share))


def _n_arm(
    baseline: float, changed: float, power: float, alpha: float, share: float, *, is_pooled: bool
) -> float:
    ratio = (1 - share) / share
    separate = math.sqrt(changed * (1 - changed) + baseline * (1 - baseline) / ratio)
    overall = changed * share + baseline * (1 - share)
    pooled = math.sqrt(overall * (1 - overall) * (1 + 1 / ratio))
    needed = normal_sample_size_one_tail(
        changed - baseline,
        power,
        alpha / 2,
        std_null=pooled if is_pooled else separate,
        std_alternative=separate,
    )
    return float(needed)
