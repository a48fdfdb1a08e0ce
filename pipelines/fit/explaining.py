"""One record's score: how likely, why in words, and the exact contribution of every feature."""

from collections.abc import Mapping as Frames
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from pipelines.fit.document import FitModel
from pipelines.fit.features import features_of, prospects
from pipelines.fit.scores import contributions, score
from pipelines.fit.spec import FitError


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one feature adds to the log odds of the average record."""

    field: str
    value: Any
    points: float


@dataclass(frozen=True, slots=True)
class FitExplanation:
    """Why one record scores as it does: the average's log odds and all points add up to it."""

    record: str
    model_version: str
    probability: float | None
    band: str
    average: float
    intercept: float
    reasons: tuple[str, ...]
    features: tuple[Contribution, ...]


def explain(
    found: FitModel, tables: Frames[str, pl.DataFrame], record: str, *, now: datetime
) -> FitExplanation:
    """Returns the explanation of the record that an id or address means.

    Raises:
        FitError: no record is meant, or more than one.
    """
    unit = _unit(tables, found, record, now)
    only = dict(tables) | {
        "contacts": _only(tables["contacts"], "contact_id", unit),
        "accounts": _only(tables["accounts"], "account_id", unit),
    }
    people = prospects(only, tenant_id=found.tenant_id, now=now)
    features = features_of(people, only, found.spec, tenant_id=found.tenant_id)
    row = score(found, only, now=now).row(0, named=True)
    points = contributions(found, features, 0)
    return FitExplanation(
        record=unit["unit_id"],
        model_version=found.label,
        probability=row["probability"],
        band=row["band"],
        average=found.model.base_rate,
        intercept=found.model.intercept,
        reasons=tuple(row["reasons"]),
        features=tuple(
            Contribution(field, features[field].item(), own)
            for field, own in sorted(points.items(), key=lambda pair: -abs(pair[1]))
        ),
    )


def _only(table: pl.DataFrame, key: str, unit: dict[str, Any]) -> pl.DataFrame:
    return table.filter(pl.col(key) == unit[key]) if unit[key] else table.clear()


def _unit(
    tables: Frames[str, pl.DataFrame], found: FitModel, record: str, now: datetime
) -> dict[str, Any]:
    name = record.strip()
    people = prospects(tables, tenant_id=found.tenant_id, now=now)
    addresses = tables["contacts"].filter(pl.col("email") == name.lower())["contact_id"]
    wanted = people.filter(pl.col("unit_id") == name)
    if wanted.is_empty():
        wanted = people.filter(
            (pl.col("person_id") == name)
            | (pl.col("account_id") == name)
            | pl.col("contact_id").is_in(addresses.implode())
        )
    if wanted.height == 1:
        return wanted.row(0, named=True)
    if wanted.is_empty():
        raise FitError(
            f"record {record!r}: none of {people.height:,} has it as contact, person or account "
            "id or as e-mail address."
        )
    ids = sorted(wanted["unit_id"])
    raise FitError(
        f"record {record!r}: {len(ids)} contacts are meant, {', '.join(ids[:5])}"
        f"{' and more' if len(ids) > 5 else ''}; give the id of one."
    )
