"""What was known of units before assignment, as numbers that a tree can split on."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

_MOST_CATEGORIES = 200
"""Of the library's 255 bins; rarer categories are one together."""


@dataclass(frozen=True, slots=True)
class Features:
    """One row a unit: numbers, and numbered categories; what is missing is NaN."""

    values: NDArray[np.float64]
    are_categories: NDArray[np.bool_]
    """For each column whether its numbers are names."""


def features_of(units: pl.DataFrame) -> Features:
    """Returns the columns as features: text as categories, the most common first; times as days."""
    columns = [_numbers(units[name]) for name in units.columns]
    are_categories = [not _is_ordered(dtype) for dtype in units.dtypes]
    return Features(np.column_stack(columns), np.array(are_categories, np.bool_))


def _is_ordered(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean


def _numbers(column: pl.Series) -> NDArray[np.float64]:
    if column.dtype.is_temporal():
        column = column.cast(pl.Datetime("us")).cast(pl.Int64) / 86_400_000_000
    if _is_ordered(column.dtype):
        return column.cast(pl.Float64).to_numpy()
    names = column.cast(pl.String)
    counts = (
        names.drop_nulls().value_counts().sort(["count", column.name], descending=[True, False])
    )
    places = {name: min(i, _MOST_CATEGORIES) for i, name in enumerate(counts[column.name])}
    return names.replace_strict(places, default=None, return_dtype=pl.Float64).to_numpy()
