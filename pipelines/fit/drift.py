"""Whether a model still fits: who is scored, what they score, and what came of new deals."""

from collections.abc import Mapping as Frames
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import polars as pl

from pipelines.fit.document import FitModel, score_shares, shares
from pipelines.fit.evaluation import surprise
from pipelines.fit.features import features_of, prospects
from pipelines.fit.training import decided

Level = Literal["fine", "warns", "fails", "not judged"]
_LEVELS: tuple[Level, ...] = ("not judged", "fine", "warns", "fails")
_LEAST_SHARE = 1e-4
"""An empty bin counts as this, so that the index stays finite."""


@dataclass(frozen=True, slots=True)
class DriftFigure:
    """One thing that may have drifted: by how much, and what that means."""

    check: Literal["feature_drift", "score_drift", "calibration_drift"]
    what: str
    value: float | None
    level: Level
    says: str


def drift(
    found: FitModel, tables: Frames[str, pl.DataFrame], *, now: datetime
) -> tuple[DriftFigure, ...]:
    """Returns the drift of a model since it was made, one figure per feature and two more."""
    tenant_id, rule = found.tenant_id, found.spec.drift
    people = prospects(tables, tenant_id=tenant_id, now=now)
    features = features_of(people, tables, found.spec, tenant_id=tenant_id)
    figures = [
        _index("feature_drift", card.field, found, found.reference[card.field], own)
        for card in found.model.cards
        for own in [shares(card.place(features[card.field]), len(card.bins))]
    ]
    today = score_shares(found.model, features, found.score_edges)
    figures.append(_index("score_drift", "score", found, found.reference["score"], today))
    return (*figures, _calibration(found, tables, now, rule.outcomes))


def stability_index(then: list[float], now: list[float]) -> float:
    """Returns the population stability index of two distributions over the same bins.

    Source: Siddiqi (2006), Credit Risk Scorecards, ch. 8.
    """
    from math import log

    pairs = ((max(a, _LEAST_SHARE), max(b, _LEAST_SHARE)) for a, b in zip(then, now, strict=True))
    return sum((b - a) * log(b / a) for a, b in pairs)


def worst(figures: tuple[DriftFigure, ...], check: str) -> Level:
    """Returns the worst level of one check."""
    own = {figure.level for figure in figures if figure.check == check}
    for level in reversed(_LEVELS):
        if level in own:
            return level
    return "not judged"


def _index(
    check: Literal["feature_drift", "score_drift"],
    what: str,
    found: FitModel,
    then: list[float],
    now: list[float],
) -> DriftFigure:
    rule = found.spec.drift
    if not sum(then) or not sum(now):
        return DriftFigure(check, what, None, "not judged", "nobody was or is scored")
    value = stability_index(then, now)
    level = _level(value, rule.psi_warns, rule.psi_fails)
    says = f"index {value:.3f}, warns from {rule.psi_warns:g}, fails from {rule.psi_fails:g}"
    return DriftFigure(check, what, value, level, says)


def _calibration(
    found: FitModel, tables: Frames[str, pl.DataFrame], now: datetime, least: int
) -> DriftFigure:
    rule = found.spec.drift
    units = decided(tables, found.spec, tenant_id=found.tenant_id, now=now)
    if found.learnt_until is None:
        says = "the history has no dates, so nobody knows which outcomes are new"
        return DriftFigure("calibration_drift", "outcomes", None, "not judged", says)
    old_enough = now - timedelta(days=found.ripe_after_days)
    new = units.filter(
        (pl.col("cutoff") > found.learnt_until) & (pl.col("cutoff") <= pl.lit(old_enough))
    )
    if new.height < least:
        says = f"{new.height} new outcomes, {least} are needed"
        return DriftFigure("calibration_drift", "outcomes", None, "not judged", says)
    features = features_of(new, tables, found.spec, tenant_id=found.tenant_id)
    said = found.model.probabilities(features)
    truth = new["won"].cast(pl.Int8).to_numpy()
    value = surprise(said, truth, learnt_from=found.model.decided)
    says = (
        f"{said.mean():.1%} of {new.height:,} were forecast and {truth.mean():.1%} were won, "
        f"{value:+.1f} standard deviations; warns from {rule.z_warns:g}, fails from "
        f"{rule.z_fails:g}"
    )
    level = _level(abs(value), rule.z_warns, rule.z_fails)
    return DriftFigure("calibration_drift", "outcomes", value, level, says)


def _level(value: float, warns: float, fails: float) -> Level:
    if value >= fails:
        return "fails"
    return "warns" if value >= warns else "fine"
