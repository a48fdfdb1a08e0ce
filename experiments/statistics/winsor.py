"""The effect without what a few huge values do to it: values above a quantile are cut there."""

import numpy as np
from numpy.typing import NDArray


def cut_at(values: NDArray[np.float64], level: float) -> float:
    """Returns the value above which to cut: a quantile of all arms together, so none is favoured.

    The next value below is taken where the quantile falls between two.

    References:
        Tukey (1962), The Future of Data Analysis, section 14; upper side only, as money has.
    """
    return float(np.quantile(values, level, method="lower"))
