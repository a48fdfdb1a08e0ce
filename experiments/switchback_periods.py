"""The periods of a switchback: which of them count, in a table of units."""

import numpy as np
import polars as pl

from experiments.spec import Spec
from experiments.statistics.switchback import kept_periods


def without_carry_over(units: pl.DataFrame, spec: Spec) -> pl.DataFrame:
    """Returns the units of periods that count; all of them where no time was randomised."""
    if spec.switchback is None or spec.switchback.carry_over == 0:
        return units
    period = spec.switchback.period
    arms = units.group_by(period).agg(pl.col("arm").first()).sort(period)["arm"]
    kept = kept_periods(arms.rank("dense").to_numpy().astype(np.int64), spec.switchback.carry_over)
    return units.filter(pl.Series(kept[units[period].to_numpy()]))
