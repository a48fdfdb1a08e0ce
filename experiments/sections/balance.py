"""Section: were the arms alike before assignment?"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from experiments.columns import randomised_as_one
from experiments.estimation import rows_of
from experiments.sections.parts import Balance, CovariateBalance
from experiments.sections.trial import Trial
from experiments.statistics.balance import BalanceEstimate, covariate_balance
from experiments.statistics.estimate import Sample

_LOOKED_AT = 20
"""Levels of a category that are looked at; the commonest first."""

_UNLIKELY = 0.001


def balance(trial: Trial) -> tuple[Balance, ...] | None:
    """Returns one row an arm, over covariates, CUPAC's columns and the levels of segments."""
    if not trial.feature_columns:
        return None
    known = {name: column for c in trial.feature_columns for name, column in _columns(trial, c)}
    covariates = np.empty((len(known), trial.units.height))
    for row, column in zip(covariates, known.values(), strict=True):
        row[:] = column
    return tuple(_of_arm(trial, arm, tuple(known), covariates.T) for arm in trial.spec.treated)


def _of_arm(trial: Trial, arm: str, names: tuple[str, ...], covariates: np.ndarray) -> Balance:
    has_clusters = randomised_as_one(trial.spec) is not None
    clusters = trial.ids(trial.units) if has_clusters else np.empty(0, np.int64)
    sides = []
    for name in (trial.spec.control, arm):
        rows = rows_of(trial.units, name)
        mine = covariates[rows]
        sides.append(
            Sample(np.zeros(len(mine)), mine, clusters[rows] if has_clusters else clusters)
        )
    found = covariate_balance(*sides)
    rows = zip(names, found.means_arm, found.means_control, found.standardised, strict=True)
    return Balance(
        arm=arm,
        control=trial.spec.control,
        covariates=tuple(
            CovariateBalance(covariate=n, mean_arm=a, mean_control=c, standardised=s)
            for n, a, c, s in rows
        ),
        p_value=found.p_value,
        method=found.method,
        verdict=_verdict(found, names),
    )


def _columns(trial: Trial, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """A number as it is, with its mean where it is missing; a category as one column a level."""
    column = trial.units[name]
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        numbers = column.cast(pl.Float64).fill_nan(None)
        if numbers.null_count() < numbers.len():
            yield name, numbers.fill_null(strategy="mean").to_numpy()
        return
    levels = column.cast(pl.String).fill_null("missing")
    counts = levels.alias("level").value_counts().sort(["count", "level"], descending=[True, False])
    for level in counts["level"][:_LOOKED_AT]:
        yield f"{name} = {level}", (levels == level).cast(pl.Float64).to_numpy()


def _verdict(found: BalanceEstimate, names: tuple[str, ...]) -> str:
    furthest = int(np.argmax(np.abs(found.standardised)))
    worst = f"{names[furthest]} differs most, by {found.standardised[furthest]:+.2f} deviations"
    if found.p_value is None:
        return f"not tested: too little varies; {worst}"
    if found.p_value < _UNLIKELY:
        return f"the arms were not alike before (p = {found.p_value:.2g}); {worst}; find out why"
    return f"as alike as chance makes them (p = {found.p_value:.2g}); {worst}"
