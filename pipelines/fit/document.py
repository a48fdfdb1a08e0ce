"""A trained model as the JSON that MLflow keeps, and back."""

import json
from collections.abc import Mapping as Frames
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.fit.features import features_of, prospects
from pipelines.fit.scorecard import Scorecard, from_dict
from pipelines.fit.spec import FitError, FitSpec
from pipelines.fit.training import Trained, ripe_after

FILE, LATER = "fit.json", "later.parquet"
SCORE_BINS = 10


@dataclass(frozen=True, slots=True)
class FitModel:
    """A model that was read back: what scoring and drift need."""

    spec: FitSpec
    tenant_id: str
    model: Scorecard
    label: str
    """Name and version in the registry."""
    split_at: datetime | None
    learnt_until: datetime | None
    """The last decision that the training or its measurement has seen."""
    ripe_after_days: int
    reference: dict[str, list[float]]
    """Share of each bin per feature, and of `score`, among those scored when it was made."""
    score_edges: list[float]
    """Deciles of the scores then."""


def write_document(
    trained: Trained, tables: Frames[str, pl.DataFrame], folder: Path, *, now: datetime
) -> list[Path]:
    """Writes the model and the later period that it was measured on; returns the files."""
    people = prospects(tables, tenant_id=trained.tenant_id, now=now)
    features = features_of(people, tables, trained.spec, tenant_id=trained.tenant_id)
    places = {c.field: (c.place(features[c.field]), len(c.bins)) for c in trained.model.cards}
    reference = {field: shares(*placed) for field, placed in places.items()}
    edges = _deciles(trained.model, features)
    reference["score"] = score_shares(trained.model, features, edges)
    both = pl.concat([trained.history.earlier, trained.history.later])
    last: Any = both["decided_at"].max()
    data = {
        "spec": trained.spec.model_dump(mode="json"),
        "tenant_id": trained.tenant_id,
        "model": trained.model.as_dict(),
        "split_at": trained.history.split_at,
        "learnt_until": last,
        "ripe_after_days": ripe_after(both).days,
        "reference": reference,
        "score_edges": edges,
        "evaluation": asdict(trained.evaluation),
        "how": trained.history.how,
    }
    path, later = folder / FILE, folder / LATER
    path.write_text(json.dumps(data, indent=1, default=_iso), encoding="utf-8")
    trained.history.later.write_parquet(later)
    return [path, later]


def read_document(folder: Path, label: str, *, tenant_id: str) -> FitModel:
    """Returns a registered model.

    Raises:
        FitError: it was learnt from another tenant's history.
    """
    data = json.loads((folder / FILE).read_text(encoding="utf-8"))
    if data["tenant_id"] != tenant_id:
        raise FitError(
            f"{label} was learnt from the deals of tenant {data['tenant_id']!r} and may not score "
            f"those of {tenant_id!r}; `parley fit train` makes one of their own."
        )
    return FitModel(
        spec=FitSpec.model_validate(data["spec"]),
        tenant_id=data["tenant_id"],
        model=from_dict(data["model"]),
        label=label,
        split_at=_instant(data["split_at"]),
        learnt_until=_instant(data["learnt_until"]),
        ripe_after_days=data["ripe_after_days"],
        reference=data["reference"],
        score_edges=data["score_edges"],
    )


def shares(places: pl.Series, bins: int) -> list[float]:
    """Returns the share of the records in each bin."""
    import numpy as np

    counts = np.bincount(places.to_numpy(), minlength=bins)
    return [float(one) for one in counts / max(1, counts.sum())]


def score_shares(model: Scorecard, features: pl.DataFrame, edges: list[float]) -> list[float]:
    """Returns the share of the records between the edges of scores."""
    import numpy as np

    places = np.searchsorted(edges, model.log_odds(features), side="left")
    return shares(pl.Series(places), len(edges) + 1)


def _deciles(model: Scorecard, features: pl.DataFrame) -> list[float]:
    import numpy as np

    if features.is_empty():
        return []
    inner = np.linspace(0, 1, SCORE_BINS + 1)[1:-1]
    return sorted({float(one) for one in np.quantile(model.log_odds(features), inner)})


def _iso(value: Any) -> str:
    return value.isoformat()


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
