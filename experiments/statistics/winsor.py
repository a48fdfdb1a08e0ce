"""The effect without what a few huge values do to it: values above a quantile are cut there."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.estimate import Sample


def cut_at(values: NDArray[np.float64], level: float) -> float:
    """Returns the value above which to cut: a quantile of all arms together, so none is favoured.

    The next value below is taken where the quantile falls between two.
    """
    return float(np.quantile(values, level, method="lower"))


def winsorised(sample: Sample, cut: float) -> Sample:
    """Returns the arm with values above the cut set to it; covariates and clusters stay.

    References:
        Tukey (1962), The Future of Data Analysis, section 14; upper side only, as money has.
    """
    return replace(sample, values=np.minimum(sample.values, cut))
