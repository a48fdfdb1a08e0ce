"""From the checked table to an estimate: which values, which covariates, which method."""

import numpy as np
import polars as pl

from experiments.columns import columns_of, randomised_as_one
from experiments.spec import Spec
from experiments.statistics.clusters import difference_between_clusters
from experiments.statistics.estimate import Estimate, Sample
from experiments.statistics.event_sequences import sequence_of_shares
from experiments.statistics.look_plan import LookPlan
from experiments.statistics.means import difference_of_means
from experiments.statistics.ratio_sequences import sequence_of_ratios
from experiments.statistics.ratios import RatioSample, difference_of_ratios, linear_sample
from experiments.statistics.sequences import sequence_between_clusters, sequence_of_means
from experiments.statistics.shares import difference_of_shares, has_few_events
from experiments.statistics.switchback import difference_between_periods

FORECAST = "forecast of the primary metric"
"""Column of CUPAC's forecast; a covariate of the primary metric alone."""


def measured(units: pl.DataFrame, spec: Spec, metric: str) -> pl.DataFrame:
    """Returns the units that have a value of the metric."""
    columns = list(columns_of(spec, metric))
    return units.drop_nulls(columns) if any(units[c].null_count() for c in columns) else units


def is_share(units: pl.DataFrame, spec: Spec, metric: str) -> bool:
    """Whether all values are 0 or 1; of decimals that are all zero nobody knows the scale."""
    if metric in spec.ratios:
        return False
    values = units[metric]
    numbers = values.drop_nulls().cast(pl.Float64)
    is_zero, is_one = numbers == 0, numbers == 1
    is_decimal = values.dtype.is_float() or values.dtype.is_decimal()
    return (
        numbers.len() > 0
        and bool((is_zero | is_one).all())
        and bool(is_one.any() or not is_decimal)
    )


def columns_for(units: pl.DataFrame, spec: Spec, metric: str, *more: str) -> pl.DataFrame:
    """Returns the units with the columns alone that `sample_of` reads, and more of them."""
    cluster = randomised_as_one(spec)
    names = ("arm", *columns_of(spec, metric), *_known_before(units, spec, metric), *more)
    return units.select(list(dict.fromkeys((*names, *([cluster] if cluster else [])))))


def rows_of(units: pl.DataFrame, arm: str) -> slice | np.ndarray:
    """Returns the rows of an arm: a slice, which copies nothing, where they stand together."""
    is_mine = units["arm"] == arm
    first, count = is_mine.arg_max() or 0, int(is_mine.sum())
    if is_mine.slice(first, count).all():
        return slice(first, first + count)
    return is_mine.to_numpy()


def sample_of(units: pl.DataFrame, spec: Spec, metric: str, arm: str) -> Sample | RatioSample:
    """Returns one arm of units that have a value; what was randomised as one is a cluster."""
    rows = rows_of(units, arm)
    mine = units[rows] if isinstance(rows, slice) else units.filter(rows)
    names = _known_before(units, spec, metric)
    known = np.empty((len(names), mine.height))
    for row, name in zip(known, names, strict=True):
        row[:] = mine[name].to_numpy()
    cluster = randomised_as_one(spec)
    cluster_ids = mine[cluster].to_numpy() if cluster else np.empty(0, np.int64)
    values = [mine[column].to_numpy() for column in columns_of(spec, metric)]
    if metric in spec.ratios:
        return RatioSample(values[0], values[1], known.T, cluster_ids)
    return Sample(values[0], known.T, cluster_ids)


def _known_before(units: pl.DataFrame, spec: Spec, metric: str) -> tuple[str, ...]:
    has_forecast = metric == spec.primary.metric and FORECAST in units.columns
    return (*spec.covariates, *([FORECAST] if has_forecast else []))


def as_values(sample: Sample | RatioSample) -> Sample:
    """Returns a sample of values; a ratio's are its linear ones."""
    return linear_sample(sample) if isinstance(sample, RatioSample) else sample


def estimate_of(
    control: Sample | RatioSample,
    arm: Sample | RatioSample,
    spec: Spec,
    *,
    is_share: bool,
    plan: LookPlan | None = None,
) -> Estimate:
    """Returns the difference by the method that the spec and the data ask for.

    Where looks are planned for, that is a confidence sequence.
    """
    if plan is not None:
        return _sequence_of(control, arm, plan, is_share=is_share)
    if spec.switchback:
        return difference_between_periods(as_values(control), as_values(arm))
    if isinstance(control, RatioSample) and isinstance(arm, RatioSample):
        return difference_of_ratios(control, arm)
    control, arm = as_values(control), as_values(arm)
    if spec.cluster:
        return difference_between_clusters(control, arm)
    if is_share and has_few_events(control, arm):
        return difference_of_shares(control, arm)
    return difference_of_means(control, arm)


def _sequence_of(
    control: Sample | RatioSample, arm: Sample | RatioSample, plan: LookPlan, *, is_share: bool
) -> Estimate:
    if isinstance(control, RatioSample) and isinstance(arm, RatioSample):
        return sequence_of_ratios(control, arm, plan)
    control, arm = as_values(control), as_values(arm)
    if len(control.cluster_ids):
        return sequence_between_clusters(control, arm, plan)
    return (sequence_of_shares if is_share else sequence_of_means)(control, arm, plan)
