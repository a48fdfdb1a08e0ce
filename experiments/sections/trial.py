"""What all sections are made from: the checked units and the spec."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from experiments.codes import dense_codes
from experiments.columns import columns_of, randomised_as_one
from experiments.estimation import as_values, columns_for, estimate_of, measured, sample_of
from experiments.spec import Spec
from experiments.statistics.estimate import Estimate, Sample
from experiments.statistics.features import Features, features_of


@dataclass(frozen=True)
class Trial:
    """A checked table with the question that it answers."""

    units: pl.DataFrame
    """Of a switchback the units that count, carry-over left out."""
    every_unit: pl.DataFrame
    spec: Spec
    shares: Mapping[str, bool]
    """Whether a metric is a share."""
    headline: Mapping[tuple[str, str], Estimate]
    """The estimate of each metric and treated arm, as the readout's rows have it."""

    @property
    def seed(self) -> int:
        """Follows from the spec alone, so that nobody can choose it and all runs are the same."""
        return int(self.spec.spec_hash[:8], 16)

    @property
    def primary(self) -> str:
        """The metric that decides."""
        return self.spec.primary.metric

    def is_unmeasured(self, metric: str, arm: str) -> bool:
        """Whether a metric of the spec has no estimate for want of values."""
        return metric in self.spec.metrics and (metric, arm) not in self.headline

    def pair(self, metric: str, arm: str, *more: str) -> pl.DataFrame:
        """Returns the units of the arm and of the control that have a value.

        Args:
            metric: The metric; its columns are there, and all that its estimate needs.
            arm: The treated arm.
            more: Further columns that are needed.
        """
        units = columns_for(self.units, self.spec, metric, *more)
        units = measured(units, self.spec, metric)
        return units.filter(pl.col("arm").is_in([arm, self.spec.control]))

    def samples(self, units: pl.DataFrame, metric: str, arm: str) -> tuple[Sample, Sample]:
        """Returns control and arm as values; a ratio's are its linear ones."""
        names = (self.spec.control, arm)
        control, treated = (sample_of(units, self.spec, metric, name) for name in names)
        return as_values(control), as_values(treated)

    def estimate(self, units: pl.DataFrame, metric: str, arm: str) -> Estimate:
        """Returns the effect by the headline's method, on these units."""
        names = (self.spec.control, arm)
        control, treated = (sample_of(units, self.spec, metric, name) for name in names)
        return estimate_of(control, treated, self.spec, is_share=self.shares.get(metric, False))

    @cached_property
    def feature_columns(self) -> tuple[str, ...]:
        """All that was known before assignment and that the spec names."""
        spec = self.spec
        return tuple(dict.fromkeys((*spec.segments, *spec.covariates, *spec.cupac)))

    def features(self, units: pl.DataFrame) -> Features:
        """Returns what was known before assignment, as trees can read it."""
        return features_of(units.select(self.feature_columns))

    def ids(self, units: pl.DataFrame) -> NDArray[np.int64]:
        """Returns a number of each unit, or of what was put into an arm together with it."""
        return ids_of(units, self.spec)

    def has_column(self, metric: str) -> bool:
        """Whether a metric is one column and no ratio."""
        return columns_of(self.spec, metric) == (metric,)


def ids_of(units: pl.DataFrame, spec: Spec) -> NDArray[np.int64]:
    """Returns a number of each cluster, period or unit: whatever was randomised one by one."""
    column = randomised_as_one(spec)
    return units[column].to_numpy() if column else dense_codes(units["unit_id"]).to_numpy()
