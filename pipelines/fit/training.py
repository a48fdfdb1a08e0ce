"""Learns from what was decided earlier, measures on what was opened later, refuses too little."""

import hashlib
import json
from collections.abc import Mapping as Frames
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from pipelines.fit.evaluation import Evaluation, auc, evaluate
from pipelines.fit.features import contacts_with_outcome, deals, features_of
from pipelines.fit.scorecard import LEAST_IN_BIN, Scorecard, learn
from pipelines.fit.spec import Feature, FitError, FitSpec

SEED = 20261126


@dataclass(frozen=True, slots=True)
class History:
    """Decided records: those to learn from, and later ones to measure on."""

    earlier: pl.DataFrame
    later: pl.DataFrame
    """Columns: unit_id, account_id, cutoff, won, and one per feature."""
    split_at: datetime | None
    """Everything earlier was decided before it, everything later was opened from then on."""
    how: str

    @property
    def version(self) -> str:
        """A hash of the rows."""
        rows = [frame.write_csv() for frame in (self.earlier, self.later)]
        return hashlib.sha256("\f".join(rows).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, what it was made from, and how good it was on what came later."""

    spec: FitSpec
    tenant_id: str
    model: Scorecard
    evaluation: Evaluation
    history: History

    @property
    def identity(self) -> str:
        """The same spec, tenant and rows have the same."""
        text = json.dumps([self.spec.model_dump(mode="json"), self.tenant_id, self.history.version])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def history_of(
    tables: Frames[str, pl.DataFrame], spec: FitSpec, *, tenant_id: str, now: datetime
) -> History:
    """Returns a tenant's decided records, split in time, with what was known before each.

    Deals that were open when the later period began are in neither part: their outcome was not
    known to somebody who trained then.

    Raises:
        FitError: too few were won or lost.
    """
    units = decided(tables, spec, tenant_id=tenant_id, now=now)
    _refuse(units, spec.enough.won, spec.enough.lost, "in all")
    earlier, later, split_at, how = _split(units, spec)
    _refuse(later, spec.enough.later_won, spec.enough.later_lost, "in the later period")
    _refuse(earlier, spec.enough.won // 2, spec.enough.lost // 2, "before the later period")
    parts = [_joined(part, tables, spec, tenant_id) for part in (earlier, later)]
    return History(parts[0], parts[1], split_at, how)


def decided(
    tables: Frames[str, pl.DataFrame], spec: FitSpec, *, tenant_id: str, now: datetime
) -> pl.DataFrame:
    """Returns a tenant's decided records, one row each, as the spec counts them."""
    if spec.outcome.unit == "deal":
        return deals(tables, tenant_id=tenant_id, now=now)
    return contacts_with_outcome(tables, spec, tenant_id=tenant_id)


def train(
    tables: Frames[str, pl.DataFrame], spec: FitSpec, *, tenant_id: str, now: datetime
) -> Trained:
    """Returns a model of a tenant's own history, measured on its later part.

    Raises:
        FitError: too little history, or a feature that is the outcome in disguise.
    """
    history = history_of(tables, spec, tenant_id=tenant_id, now=now)
    _refuse_leaks(history.earlier, spec)
    model = learn(history.earlier, history.earlier["won"], spec.features)
    return Trained(spec, tenant_id, model, measured(model, history.later), history)


def measured(model: Scorecard, later: pl.DataFrame) -> Evaluation:
    """Returns how good a model is on decided records."""
    return evaluate(
        model.probabilities(later),
        later["won"].cast(pl.Int8).to_numpy(),
        later.select(pl.coalesce("account_id", "unit_id")).to_series().to_numpy().astype(str),
        base_rate=model.base_rate,
        learnt_from=model.decided,
    )


def _joined(
    units: pl.DataFrame, tables: Frames[str, pl.DataFrame], spec: FitSpec, tenant_id: str
) -> pl.DataFrame:
    found = features_of(units, tables, spec, tenant_id=tenant_id)
    return units.select("unit_id", "account_id", "contact_id", "cutoff", "decided_at", "won").join(
        found, on="unit_id", how="left", maintain_order="left"
    )


def ripe_after(units: pl.DataFrame) -> timedelta:
    """Returns the time within which nine of ten deals are decided.

    Of deals opened later than that before the end only the quick ones are decided, and those are
    mostly lost; they would make a model too gloomy.
    """
    taken = (units["decided_at"] - units["cutoff"]).drop_nulls()
    days = taken.dt.total_days().sort().to_list()
    return timedelta(days=days[int(0.9 * (len(days) - 1))] if days else 0)


def _split(
    units: pl.DataFrame, spec: FitSpec
) -> tuple[pl.DataFrame, pl.DataFrame, datetime | None, str]:
    share = 1 - spec.later_share
    dated = units.filter(pl.col("cutoff").is_not_null())
    if dated.height < units.height / 2:
        later = pl.col("unit_id").hash(SEED) % 1_000 >= int(share * 1_000)
        how = f"{spec.later_share:.0%} drawn at random, since there are no dates to split at"
        return units.filter(~later), units.filter(later), None, how
    wait, end = ripe_after(dated), dated["decided_at"].max()
    ripe = dated.filter(pl.col("cutoff") + wait <= pl.lit(end)) if end else dated
    if ripe.is_empty():
        return ripe, ripe, None, "nothing is old enough"
    at: Any = ripe["cutoff"].sort()[int(share * ripe.height)]
    earlier = ripe.filter((pl.col("decided_at") < at) & (pl.col("cutoff") + wait <= at))
    later = ripe.filter(pl.col("cutoff") >= at)
    return earlier, later, at, f"opened from {at:%Y-%m-%d} on"


def _refuse(units: pl.DataFrame, won: int, lost: int, where: str) -> None:
    has_won = int(units["won"].sum())
    has_lost = units.height - has_won
    missing = [
        f"{least - has} more {what} ({has} of {least})"
        for what, has, least in (("won", has_won, won), ("lost", has_lost, lost))
        if has < least
    ]
    if missing:
        raise FitError(
            f"too little history {where}: a fit model needs {' and '.join(missing)}; wait for "
            "them, or ingest an export that goes further back."
        )


def _refuse_leaks(earlier: pl.DataFrame, spec: FitSpec) -> None:
    """A column that alone tells won from lost was written after the outcome."""
    for feature in spec.features:
        found = _tells_apart(earlier, feature)
        if found >= spec.leak_auc:
            raise FitError(
                f"feature {feature.field}: by itself it tells won from lost (AUC {found:.2f}, "
                f"below {spec.leak_auc:.2f} wanted), so it is taken for the outcome; leave it out."
            )


def _tells_apart(earlier: pl.DataFrame, feature: Feature) -> float:
    """The AUC of one feature alone, by its values or by where it is missing."""
    truth = earlier["won"].cast(pl.Int8).to_numpy()
    values = earlier[feature.field]
    ranks = values.is_null().cast(pl.Float64)
    if feature.kind == "category":
        # A value that stands once says nothing of the next record, however well it fits its own.
        text = values.cast(pl.String).fill_null("")
        shares = earlier.select(
            pl.when(pl.len().over(text) >= LEAST_IN_BIN)
            .then(pl.col("won").mean().over(text))
            .otherwise(pl.col("won").mean())
        ).to_series()
    else:
        shares = values.cast(pl.Float64).fill_null(-1.0)
    both = [auc(one.to_numpy(), truth) for one in (shares, ranks)]
    return max(*both, *(1 - one for one in both))
