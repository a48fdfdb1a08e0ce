"""CUPAC in a table of units: one more column, the forecast of the primary metric."""

import numpy as np
import polars as pl

from experiments.columns import columns_of
from experiments.estimation import FORECAST
from experiments.sections.trial import ids_of
from experiments.spec import Spec
from experiments.statistics.cupac import forecast_covariate
from experiments.statistics.features import features_of
from experiments.statistics.ratios import linear_values


def with_forecast(units: pl.DataFrame, spec: Spec) -> pl.DataFrame:
    """Returns the units with a forecast where the spec names columns for it, seeded by the spec."""
    if not spec.cupac:
        return units
    forecast = forecast_covariate(
        features_of(units.select(spec.cupac)),
        _values(units, spec),
        units["arm"].rank("dense").to_numpy().astype(np.int64),
        ids_of(units, spec),
        seed=int(spec.spec_hash[:8], 16),
    )
    return units.with_columns(pl.Series(FORECAST, forecast))


def _values(units: pl.DataFrame, spec: Spec) -> np.ndarray:
    """The primary metric, NaN where it is missing; of a ratio its linear values."""
    columns = columns_of(spec, spec.primary.metric)
    values = [units[column].cast(pl.Float64).to_numpy() for column in columns]
    if len(columns) == 1:
        return values[0]
    numerators, denominators = values
    is_known = ~np.isnan(numerators) & ~np.isnan(denominators)
    if denominators[is_known].sum() <= 0:
        return np.full(len(numerators), np.nan)
    linear = np.full(len(numerators), np.nan)
    linear[is_known] = linear_values(numerators[is_known], denominators[is_known])
    return linear
