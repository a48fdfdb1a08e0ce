"""P-values of many metrics, raised so that looking at many of them costs what it must."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from statsmodels.stats.multitest import multipletests

Correction = Literal["holm", "benjamini-hochberg", "none"]
"""holm: no false alarm at all, 95 times of 100; benjamini-hochberg: few of the alarms are false."""

_METHODS = {"holm": "holm", "benjamini-hochberg": "fdr_bh"}


def adjusted(p_values: Sequence[float | None], correction: Correction) -> list[float | None]:
    """Returns each p-value as corrected over all that are there; what is None stays None.

    References:
        Holm (1979), A Simple Sequentially Rejective Multiple Test Procedure. Benjamini & Hochberg
        (1995), Controlling the False Discovery Rate.
    """
    known = [p for p in p_values if p is not None]
    if correction == "none" or not known:
        return list(p_values)
    corrected = iter(np.asarray(multipletests(known, method=_METHODS[correction])[1]))
    return [None if p is None else float(next(corrected)) for p in p_values]
