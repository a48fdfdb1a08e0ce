"""How many units a question needs before anybody is written to."""

import math
from dataclasses import dataclass
from typing import cast

from experiments.errors import PowerError


@dataclass(frozen=True, slots=True)
class SampleSize:
    """Units that each arm needs."""

    n_arm: int
    n_control: int

    @property
    def total(self) -> int:
        """Units of both arms."""
        return self.n_arm + self.n_control


@dataclass(frozen=True, slots=True)
class Design:
    """What makes a unit tell more, or less, than one independent unit without a past.

    Attributes:
        cluster_size: Mean number of units of a cluster that is in one arm as a whole.
        icc: Intraclass correlation: how alike the units of a cluster are, 0 to 1.
        r_squared: Part of the metric's variance that the covariates foretell, 0 to below 1.
    """

    cluster_size: float = 1.0
    icc: float = 0.0
    r_squared: float = 0.0

    @property
    def inflation(self) -> float:
        """Units needed per independent unit (Kish 1965, section 5.4; Deng et al. 2013)."""
        return (1 + (self.cluster_size - 1) * self.icc) * (1 - self.r_squared)

    def checked(self) -> "Design":
        """Returns the design; raises `PowerError` where a figure is outside of its range."""
        if self.cluster_size < 1:
            raise PowerError(f"cluster_size is {self.cluster_size:g}, but must be at least 1")
        if not 0 <= self.icc <= 1:
            raise PowerError(f"icc is {self.icc:g}, but must lie between 0 and 1")
        if not 0 <= self.r_squared < 1:
            raise PowerError(f"r_squared is {self.r_squared:g}, but must be at least 0 and below 1")
        return self


INDEPENDENT = Design()


def sample_size(
    *,
    baseline: float,
    mde_relative: float,
    power: float,
    alpha: float,
    share: float,
    design: Design = INDEPENDENT,
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
        design: Clusters and covariates, where there are any.

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
    n_arm = (
        max(
            _n_arm(baseline, changed, power, alpha, share, is_pooled=is_pooled)
            for is_pooled in (True, False)
        )
        * design.checked().inflation
    )
    return SampleSize(math.ceil(n_arm), math.ceil(n_arm * (1 - share) / share))


def detectable(
    *,
    baseline: float,
    units: int,
    power: float,
    alpha: float,
    share: float,
    design: Design = INDEPENDENT,
) -> float:
    """Returns the smallest relative rise of a share that a number of units of both arms detects.

    Raises:
        PowerError: A figure is outside of its range, or no rise would be detected.
    """

    def too_many(mde: float) -> float:
        size = sample_size(
            baseline=baseline,
            mde_relative=mde,
            power=power,
            alpha=alpha,
            share=share,
            design=design,
        )
        return size.total - units

    from scipy.optimize import brentq

    if units < 4:
        raise PowerError(f"units is {units}, but must be at least 4")
    least, most = 1e-6, (1 - 1e-9) / baseline - 1 if 0 < baseline < 1 else 1.0
    if too_many(most) > 0:
        raise PowerError(
            f"units is {units}, with which no rise of a baseline of {baseline:g} is detected; "
            "plan with more units, or with a more frequent metric"
        )
    return float(cast("float", brentq(too_many, least, most, xtol=1e-6)))


def _n_arm(
    baseline: float, changed: float, power: float, alpha: float, share: float, *, is_pooled: bool
) -> float:
    ratio = (1 - share) / share
    separate = math.sqrt(changed * (1 - changed) + baseline * (1 - baseline) / ratio)
    overall = changed * share + baseline * (1 - share)
    pooled = math.sqrt(overall * (1 - overall) * (1 + 1 / ratio))
    from statsmodels.stats.power import normal_sample_size_one_tail

    needed = normal_sample_size_one_tail(
        changed - baseline,
        power,
        alpha / 2,
        std_null=pooled if is_pooled else separate,
        std_alternative=separate,
    )
    return float(needed)
