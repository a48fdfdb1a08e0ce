"""What a trial shows: intention to treat, each treated arm against the control, in one call."""

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from experiments.comparison import Comparison, Role
from experiments.errors import ExperimentError, UnitsError
from experiments.estimation import (
    estimate_of,
    is_share,
    measured,
    randomised_as_one,
    sample_of,
)
from experiments.forecast import with_forecast
from experiments.health import sample_ratio
from experiments.readout import MetricReadout, Readout, SampleRatio
from experiments.sections.further import further_sections
from experiments.sections.trial import Trial
from experiments.spec import Spec
from experiments.statistics.estimate import CONFIDENCE
from experiments.statistics.multiplicity import adjusted
from experiments.statistics.ratios import RatioSample
from experiments.switchback_periods import without_carry_over
from experiments.units import checked_units


def analyze(units: pl.DataFrame, spec: Spec, *, source: str = "units") -> Readout:
    """Returns what the units show of the spec's question.

    Every unit counts in the arm that it was assigned to, contacted or not. The method follows from
    the spec and the data: errors by cluster where the spec names one; Newcombe's interval for a
    share with few events; the delta method for a ratio; errors over time for a switchback;
    otherwise Welch's t, with CUPED where the spec names covariates or CUPAC's columns.

    Args:
        units: One row a unit: unit_id, arm, the metrics, and what the spec names besides.
        spec: The registered question.
        source: Name of the table in errors.

    Returns:
        Sample ratio, one row a metric and treated arm (the primary first), the verdict, and the
        sections that the spec asks for.

    Raises:
        UnitsError: The table allows no honest number.
        ExperimentError: The spec asks for what is not made here: a sequential analysis, contrasts
            between treated arms, or windows that are still open.
    """
    _check_kept(spec)
    if spec.analysis.mode == "sequential":
        raise ExperimentError(
            f"{spec.id}: the field 'analysis.mode' is 'sequential', but only 'fixed' can be "
            "analysed; a fixed interval that is looked at again and again does not hold"
        )
    checked = checked_units(units, spec, source=source)
    srm = _sample_ratio(checked, spec)
    every_unit = with_forecast(checked, spec)
    counted = without_carry_over(every_unit, spec)
    shares = {metric: is_share(units, spec, metric) for metric in spec.metrics}
    comparisons = _corrected(
        [
            _compared(counted, spec, metric, arm, role=role, shares=shares, source=source)
            for metric, role in _roles(spec).items()
            for arm in spec.treated
        ],
        spec,
    )
    headline = {(c.metric, c.arm): c.estimate for c in comparisons}
    sections = further_sections(Trial(counted, every_unit, spec, shares, headline))
    shown = "; ".join(c.verdict for c in comparisons if c.role == "primary")
    return Readout(
        spec_id=spec.id,
        version=spec.version,
        spec_hash=spec.spec_hash,
        confidence=CONFIDENCE,
        verdict=srm.verdict if srm.is_mismatch else shown,
        srm=srm,
        metrics=tuple(MetricReadout.of(comparison) for comparison in comparisons),
        **dict(sections),
    )


def _check_kept(spec: Spec) -> None:
    """Refuses what a spec promises and no readout keeps; passed over, it would mislead."""
    if spec.contrasts:
        raise ExperimentError(
            f"{spec.id}: the field 'contrasts' is given, but arms are compared with the control "
            "only; leave it out, or analyse the pair as a trial of its own"
        )
    if spec.assigned_at and spec.primary.window_days:
        raise ExperimentError(
            f"{spec.id}: the field 'assigned_at' asks that nothing is shown before every window of "
            f"{spec.primary.window_days} days has closed, which is not checked here; leave it out "
            "once they all have"
        )


def _sample_ratio(units: pl.DataFrame, spec: Spec) -> SampleRatio:
    whole = randomised_as_one(spec)
    counts = dict(
        units.group_by("arm").agg(pl.col(whole).n_unique() if whole else pl.len()).iter_rows()
    )
    if spec.switchback:
        return sample_ratio(counts, spec.arms, counted="periods")
    return sample_ratio(counts, spec.arms, counted="clusters" if whole else "units")


def _roles(spec: Spec) -> dict[str, Role]:
    return {
        spec.primary.metric: "primary",
        **dict.fromkeys(spec.secondary, "secondary"),
        **dict.fromkeys(spec.guardrails, "guardrail"),
    }


def _corrected(comparisons: Iterable[Comparison], spec: Spec) -> list[Comparison]:
    """The comparisons, those of secondary metrics with p-values corrected over all of these."""
    found = list(comparisons)
    secondary = [c.estimate.p_value for c in found if c.role == "secondary"]
    corrected = iter(adjusted(secondary, spec.analysis.correction))
    return [replace(c, p_adjusted=next(corrected)) if c.role == "secondary" else c for c in found]


def _compared(
    units: pl.DataFrame,
    spec: Spec,
    metric: str,
    arm: str,
    *,
    role: Role,
    shares: dict[str, bool],
    source: str,
) -> Comparison:
    known = measured(units, spec, metric)
    of_control, of_arm = (sample_of(known, spec, metric, name) for name in (spec.control, arm))
    try:
        estimate = estimate_of(of_control, of_arm, spec, is_share=shares[metric])
    except UnitsError as error:
        raise UnitsError(f"{source}: the column {metric!r} cannot be analysed; {error}") from None
    counts = dict(known.group_by("arm").len().iter_rows())
    n_arm, n_control = counts.get(arm, 0), counts.get(spec.control, 0)
    return Comparison(
        metric=metric,
        role=role,
        arm=arm,
        control=spec.control,
        n_arm=n_arm,
        n_control=n_control,
        n_missing=units["arm"].is_in([arm, spec.control]).to_numpy().sum() - n_arm - n_control,
        is_share=shares[metric],
        margin=spec.guardrails[metric].margin if role == "guardrail" else None,
        estimate=estimate,
        weight=float(of_arm.denominators.sum()) if isinstance(of_arm, RatioSample) else None,
    )
