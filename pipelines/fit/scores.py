"""Scores as a table: how likely, in which band, and why, in words that a rep can read.

A score orders a queue and nothing else: no arm, consent or suppression reads this table.
"""

from collections.abc import Mapping as Frames
from datetime import datetime
from typing import Any

import polars as pl

from pipelines.fit.document import FitModel
from pipelines.fit.features import features_of, prospects
from pipelines.fit.scorecard import LEAST_IN_BIN, MISSING, OTHER, Card
from pipelines.fit.spec import Bands
from pipelines.schemas import INSTANT, NUMBER, TEXT

FIT_SCORES = pl.Schema(
    {
        "tenant_id": TEXT,
        "account_id": TEXT,
        "contact_id": TEXT,
        "person_id": TEXT,
        "probability": NUMBER,
        "band": TEXT,
        "reasons": pl.List(TEXT),
        "model_version": TEXT,
        "scored_at": INSTANT,
    }
)
"""One row per contact, and per account without one; probability is empty where nothing that the
model looks at is known, and the band is `unknown` then."""

REASONS, LEAST_POINTS = 3, 0.1
"""So many reasons at most, each worth so much in log odds at least."""


def score(found: FitModel, tables: Frames[str, pl.DataFrame], *, now: datetime) -> pl.DataFrame:
    """Returns the scores of a tenant's contacts and accounts as of `now`."""
    people = prospects(tables, tenant_id=found.tenant_id, now=now)
    if people.is_empty():
        return FIT_SCORES.to_frame()
    features = features_of(people, tables, found.spec, tenant_id=found.tenant_id)
    likely = pl.Series("probability", found.model.probabilities(features), pl.Float64)
    known = pl.Series(_is_known(found, people))
    likely = pl.select(pl.when(known).then(likely)).to_series()
    rows = people.select("account_id", "contact_id", "person_id").with_columns(
        pl.lit(found.tenant_id).alias("tenant_id"),
        likely.alias("probability"),
        pl.Series("band", [band(p, found.model.base_rate, found.spec.bands) for p in likely], TEXT),
        pl.Series("reasons", reasons(found, features), pl.List(TEXT)),
        pl.lit(found.label).alias("model_version"),
        pl.lit(now).cast(INSTANT).alias("scored_at"),
    )
    return rows.select(list(FIT_SCORES)).cast(FIT_SCORES)


def band(likely: float | None, base_rate: float, bands: Bands) -> str:
    """Returns high, medium or low by the average, or unknown."""
    if likely is None:
        return "unknown"
    if likely >= bands.high * base_rate:
        return "high"
    return "low" if likely <= bands.low * base_rate else "medium"


def reasons(found: FitModel, features: pl.DataFrame) -> list[list[str]]:
    """Returns what moved each score most, in words, the weightiest first.

    A reason is the model's own contribution, told with the history of its bin. Where the bin alone
    says the contrary of its points, since other features explain it, it is not told.
    """
    points = found.model.points(features)
    places = [card.place(features[card.field]).to_list() for card in found.model.cards]
    values = [features[card.field].to_list() for card in found.model.cards]
    rows: list[list[str]] = []
    for number in range(features.height):
        own = points[number]
        said = [
            _reason(found, card, places[c][number], values[c][number], float(own[c]))
            for c, card in sorted(
                enumerate(found.model.cards), key=lambda pair: -abs(float(own[pair[0]]))
            )
        ]
        rows.append([one for one in said if one][:REASONS])
    return rows


def contributions(found: FitModel, features: pl.DataFrame, row: int) -> dict[str, float]:
    """Returns the points of one record by feature; with the average they add up to its score."""
    own = found.model.points(features)[row]
    return {card.field: float(p) for card, p in zip(found.model.cards, own, strict=True)}


def _reason(found: FitModel, card: Card, place: int, value: Any, points: float) -> str:
    one, average = card.bins[place], found.model.base_rate
    if one.label in {MISSING, OTHER} or one.decided < LEAST_IN_BIN or abs(points) < LEAST_POINTS:
        return ""
    share = one.won / one.decided
    if (share > average) != (points > 0):
        return ""
    shown = f"{value:,.0f}" if isinstance(value, int | float) else str(value).replace("_", " ")
    words = card.words.replace("{value}", "no" if card.kind == "count" and not value else shown)
    alike = f" ({one.label})" if card.kind == "number" else ""
    who = "companies" if found.spec.outcome.unit == "deal" else "leads"
    return (
        f"{words}{alike}: {who} like this won {share:.0%} of {one.decided:,}, against "
        f"{average:.0%} on average"
    )


def _is_known(found: FitModel, people: pl.DataFrame) -> list[bool]:
    """Deals are learnt of accounts, so a contact without one has no score."""
    by = "account_id" if found.spec.outcome.unit == "deal" else "contact_id"
    return people[by].is_not_null().to_list()
