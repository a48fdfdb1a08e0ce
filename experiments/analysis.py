"""What a trial shows: intention to treat, each treated arm against the control, in one call."""

import numpy as np
import polars as pl

from experiments.comparison import Comparison, Role
from experiments.errors import ExperimentError, UnitsError
from experiments.health import sample_ratio
from experiments.readout import MetricReadout, Readout, SampleRatio
from experiments.spec import Spec
from experiments.statistics.clusters import difference_between_clusters
from experiments.statistics.estimate import CONFIDENCE, Estimate, Sample
from experiments.statistics.means import difference_of_means
from experiments.statistics.shares import difference_of_shares, has_few_events
from experiments.units import checked_units


def analyze(units: pl.DataFrame, spec: Spec, *, source: str = "units") -> Readout:
    """Returns what the units show of the spec's question.

    Every unit counts in the arm that it was assigned to, contacted or not. The method follows from
    the spec and the data: errors by cluster where the spec names one; Newcombe's interval for a
    share with few events; otherwise Welch's t, with CUPED where the spec names covariates.

    Args:
        units: One row a unit: unit_id, arm, the metrics, and what the spec names besides.
        spec: The registered question.
        source: Name of the table in errors.

    Returns:
        Sample ratio, one row a metric and treated arm (the primary first), and the verdict.

    Raises:
        UnitsError: The table allows no honest number.
        ExperimentError: The spec asks for a sequential analysis, which is not made here.
    """
    if spec.analysis.mode == "sequential":
        raise ExperimentError(
            f"{spec.id}: the field 'analysis.mode' is 'sequential', but only 'fixed' can be "
            "analysed; a fixed interval that is looked at again and again does not hold"
        )
    checked = checked_units(units, spec, source=source)
    srm = _sample_ratio(checked, spec)
    comparisons = [
        _compared(
            checked, spec, metric, arm, role=role, is_share=_is_share(units[metric]), source=source
        )
        for metric, role in _roles(spec).items()
        for arm in spec.treated
    ]
    shown = "; ".join(c.verdict for c in comparisons if c.role == "primary")
    return Readout(
        spec_id=spec.id,
        version=spec.version,
        spec_hash=spec.spec_hash,
        confidence=CONFIDENCE,
        verdict=srm.verdict if srm.is_mismatch else shown,
        srm=srm,
        metrics=tuple(MetricReadout.of(comparison) for comparison in comparisons),
    )


def _sample_ratio(units: pl.DataFrame, spec: Spec) -> SampleRatio:
    counted = pl.col(spec.cluster).n_unique() if spec.cluster else pl.len()
    counts = dict(units.group_by("arm").agg(counted).iter_rows())
    return sample_ratio(counts, spec.arms, counted="clusters" if spec.cluster else "units")


def _roles(spec: Spec) -> dict[str, Role]:
    return {
        spec.primary.metric: "primary",
        **dict.fromkeys(spec.secondary, "secondary"),
        **dict.fromkeys(spec.guardrails, "guardrail"),
    }


def _is_share(values: pl.Series) -> bool:
    """Whether all values are 0 or 1; of decimals that are all zero nobody knows the scale."""
    numbers = values.drop_nulls().cast(pl.Float64)
    is_zero, is_one = numbers == 0, numbers == 1
    is_decimal = values.dtype.is_float() or values.dtype.is_decimal()
    return bool((is_zero | is_one).all()) and bool(is_one.any() or not is_decimal)


def _compared(
    units: pl.DataFrame,
    spec: Spec,
    metric: str,
    arm: str,
    *,
    role: Role,
    is_share: bool,
    source: str,
) -> Comparison:
    measured = units.filter(pl.col(metric).is_not_null())
    of_control, of_arm = (_sample(measured, spec, metric, name) for name in (spec.control, arm))
    try:
        estimate = _estimate(of_control, of_arm, spec, is_share=is_share)
    except UnitsError as error:
        raise UnitsError(f"{source}: the column {metric!r} cannot be analysed; {error}") from None
    n_arm, n_control = len(of_arm.values), len(of_control.values)
    return Comparison(
        metric=metric,
        role=role,
        arm=arm,
        control=spec.control,
        n_arm=n_arm,
        n_control=n_control,
        n_missing=units["arm"].is_in([arm, spec.control]).to_numpy().sum() - n_arm - n_control,
        is_share=is_share,
        margin=spec.guardrails[metric].margin if role == "guardrail" else None,
        estimate=estimate,
    )


def _estimate(control: Sample, arm: Sample, spec: Spec, *, is_share: bool) -> Estimate:
    if spec.cluster:
        return difference_between_clusters(control, arm)
    if is_share and has_few_events(control, arm):
        return difference_of_shares(control, arm)
    return difference_of_means(control, arm)


def _sample(units: pl.DataFrame, spec: Spec, metric: str, arm: str) -> Sample:
    mine = units.filter(pl.col("arm") == arm)
    return Sample(
        values=mine[metric].to_numpy(),
        covariates=np.reshape([mine[x] for x in spec.covariates], (-1, mine.height)).T,
        cluster_ids=mine[spec.cluster].to_numpy() if spec.cluster else np.empty(0, np.int64),
    )
