"""What a trial shows: intention to treat, each treated arm against its base, in one call."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from experiments.codes import stable_order
from experiments.columns import randomised_as_one
from experiments.comparison import Comparison, Role
from experiments.errors import ExperimentError, UnitsError
from experiments.estimation import (
    columns_for,
    estimate_of,
    is_share,
    measured,
    sample_of,
)
from experiments.forecast import with_forecast
from experiments.health import sample_ratio
from experiments.look_plans import look_plan
from experiments.readout import MetricReadout, Readout, SampleRatio
from experiments.sections.further import further_sections
from experiments.sections.trial import Trial
from experiments.spec import Spec
from experiments.statistics.estimate import CONFIDENCE
from experiments.statistics.multiplicity import adjusted
from experiments.statistics.places import distinct_count
from experiments.statistics.ratios import RatioSample
from experiments.switchback_periods import without_carry_over
from experiments.threads import in_threads
from experiments.units import checked_units
from experiments.windows import checked_windows


def analyze(
    units: pl.DataFrame, spec: Spec, *, source: str = "units", now: datetime | None = None
) -> Readout:
    """Returns what the units show of the spec's question.

    Every unit counts in the arm that it was assigned to, contacted or not. The method follows from
    the spec and the data: errors by cluster where the spec names one; Newcombe's interval for a
    share with few events; the delta method for a ratio; errors over time for a switchback;
    otherwise Welch's t, with CUPED where the spec names covariates or CUPAC's columns.
    In sequential mode: confidence sequences that hold at every look, and nothing else; units whose
    window is open are left out. In fixed mode nothing of the metrics is shown before every window
    has closed, not even the means.

    Args:
        units: One row a unit: unit_id, arm, the metrics, and what the spec names besides.
        spec: The registered question.
        source: Name of the table in errors.
        now: Time of the look; needed where the spec tells of windows (`checked_windows`).

    Returns:
        Sample ratio, one row a metric and pair of arms (the primary first; treated arms against
        the control, then the contrasts), the verdict, and the sections that the spec asks for, of
        a fixed trial whose windows are closed.

    Raises:
        UnitsError: The table allows no honest number.
        ExperimentError: The spec tells of windows, but `now` is missing; or it asks for a
            sequential analysis of a switchback, which is not made.
    """
    is_sequential = spec.analysis.mode == "sequential"
    if is_sequential and spec.switchback:
        raise ExperimentError(
            f"{spec.id}: the field 'analysis.mode' is 'sequential', but a switchback can only be "
            "analysed as 'fixed', since its periods are few and follow one another"
        )
    checked = checked_units(units, spec, source=source)
    shares = {metric: is_share(units, spec, metric) for metric in spec.metrics}
    srm = _sample_ratio(checked, spec)
    windows = checked_windows(units, spec, now=now, source=source)
    del units
    is_hidden = windows is not None and windows.hide(spec.analysis.mode)
    if windows is not None and not is_hidden:
        checked = checked.filter(windows.are_closed)
    every_unit = checked if is_hidden else with_forecast(_side_by_side(checked, spec), spec)
    counted = without_carry_over(every_unit, spec)
    compare = partial(_compared, counted, spec, shares=shares, is_hidden=is_hidden, source=source)
    asked = [(metric, pair, role) for metric, role in _roles(spec).items() for pair in spec.pairs]
    comparisons = _corrected(in_threads(compare, asked, units=counted.height), spec)
    headline = {
        (c.metric, c.arm): c.estimate
        for c in comparisons
        if c.estimate and c.control == spec.control
    }
    is_final = not is_hidden and not is_sequential
    sections = dict(
        further_sections(Trial(counted, every_unit, spec, shares, headline)) if is_final else ()
    )
    shown = "; ".join(c.verdict for c in comparisons if c.role == "primary")
    if windows is not None:
        shown = windows.counts.verdict if is_hidden else shown + windows.counts.left_out
    return Readout(
        spec_id=spec.id,
        version=spec.version,
        spec_hash=spec.spec_hash,
        confidence=CONFIDENCE,
        verdict=srm.verdict if srm.is_mismatch else shown,
        srm=srm,
        metrics=tuple(MetricReadout.of(comparison) for comparison in comparisons),
        mode=spec.analysis.mode,
        windows=windows.counts if windows else None,
        **sections,
    )


def _sample_ratio(units: pl.DataFrame, spec: Spec) -> SampleRatio:
    whole = randomised_as_one(spec)
    arms = units["arm"]
    ids = units[whole].to_numpy() if whole else None
    counts = {
        arm: int((arms == arm).sum()) if ids is None else distinct_count(ids[arms == arm])
        for arm in spec.arms
    }
    if spec.switchback:
        return sample_ratio(counts, spec.arms, counted="periods")
    return sample_ratio(counts, spec.arms, counted="clusters" if whole else "units")


def _side_by_side(units: pl.DataFrame, spec: Spec) -> pl.DataFrame:
    """The arms one after another and in them the clusters: sums by cluster read memory in order."""
    if spec.cluster is None:
        return units
    arms, clusters = units["arm"].to_physical().to_numpy(), units[spec.cluster].to_numpy()

    def rows_of_arm(place: int) -> NDArray[np.int64]:
        rows = np.flatnonzero(arms == place)
        return rows[stable_order(clusters[rows])]

    places = [(place,) for place in range(len(spec.arms))]
    return units.rechunk()[np.concatenate(in_threads(rows_of_arm, places, units=units.height))]


def _roles(spec: Spec) -> dict[str, Role]:
    return {
        spec.primary.metric: "primary",
        **dict.fromkeys(spec.secondary, "secondary"),
        **dict.fromkeys(spec.guardrails, "guardrail"),
    }


def _corrected(comparisons: Iterable[Comparison], spec: Spec) -> list[Comparison]:
    """The comparisons, those of secondary metrics with p-values corrected over all of these."""
    found = list(comparisons)
    secondary = [c.estimate.p_value if c.estimate else None for c in found if c.role == "secondary"]
    corrected = iter(adjusted(secondary, spec.analysis.correction))
    return [replace(c, p_adjusted=next(corrected)) if c.role == "secondary" else c for c in found]


def _compared(
    units: pl.DataFrame,
    spec: Spec,
    metric: str,
    pair: tuple[str, str],
    role: Role,
    *,
    shares: dict[str, bool],
    is_hidden: bool,
    source: str,
) -> Comparison:
    arm, base = pair
    known = measured(columns_for(units, spec, metric), spec, metric)
    of_control, of_arm = (sample_of(known, spec, metric, name) for name in (base, arm))
    n_arm, n_control = (int((known["arm"] == name).sum()) for name in pair)
    n_missing = int(units["arm"].is_in([arm, base]).sum()) - n_arm - n_control
    lacks_values = n_missing > 0 and min(n_arm, n_control) < 2
    plan = look_plan(spec, arm, base) if spec.analysis.mode == "sequential" else None
    try:
        estimate = (
            None
            if is_hidden or min(n_arm, n_control) < 2
            else estimate_of(of_control, of_arm, spec, is_share=shares[metric], plan=plan)
        )
    except UnitsError as error:
        raise UnitsError(f"{source}: the column {metric!r} cannot be analysed; {error}") from None
    return Comparison(
        metric=metric,
        role=role,
        arm=arm,
        control=base,
        n_arm=n_arm,
        n_control=n_control,
        n_missing=n_missing,
        is_share=shares[metric],
        margin=spec.guardrails[metric].margin if role == "guardrail" else None,
        estimate=estimate,
        is_measured=is_hidden or not lacks_values,
        weight=float(of_arm.denominators.sum()) if isinstance(of_arm, RatioSample) else None,
    )
