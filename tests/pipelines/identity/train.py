"""Trains the weights of the match on planted contacts: `python -m tests.pipelines.identity.train`.

Training, choice of the bounds, and the figures that are reported stand on different seeds.
"""

import json
import sys
from dataclasses import asdict

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression

from pipelines.identity.levels import COMPARISONS, KINDS
from pipelines.identity.matching import match
from pipelines.identity.model import SHIPPED, Model, Weights
from pipelines.identity.records import records
from tests.pipelines.identity.planted import Planted, planted
from tests.pipelines.identity.quality import exact

ROWS, MANY_ROWS = 30_000, 200_000
TRAINING = {101: ROWS, 102: ROWS, 103: ROWS, 104: MANY_ROWS}
"""Rows by seed; where there are many, there are common names."""
CHOOSING = (201, 202)
HELD_OUT = range(900, 1000)
"""Seeds of which no figure was ever looked at to change anything."""
MEANT_FOUND, MEANT_REACH = 0.955, 0.985
"""Shares of the true pairs with a common key that are merged at once, and merged or asked about.

The first is as low as the recall that is asked for allows: what is merged wrongly costs more than
a question."""


def main() -> None:
    """Writes the model and prints what it was chosen by."""
    labelled = pl.concat([_labelled(planted(rows, seed)) for seed, rows in TRAINING.items()])
    by_kind = {
        kind: _fitted(labelled.filter(pl.col("name").is_in(levels)))
        for kind, levels in KINDS.items()
    }
    trained = Model(by_kind, 0.9, 0.5, "in training")
    held = pl.concat([_labelled(planted(ROWS, seed), trained) for seed in CHOOSING])
    certain, possible = _bounds(held)
    document = {
        "trained_on": f"planted sets, by seed their contacts: {TRAINING}",
        "bounds_from": f"{len(CHOOSING)} sets of {ROWS}, seeds {CHOOSING}",
        "certain": certain,
        "possible": possible,
        "by_kind": {kind: asdict(weights) for kind, weights in by_kind.items()},
    }
    SHIPPED.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    sys.stdout.write(json.dumps(document | {"candidates": labelled.height}) + "\n")


def _fitted(pairs: pl.DataFrame) -> Weights:
    places = [(c.name, level.name) for c in COMPARISONS for level in c.levels]
    fitted = LogisticRegression(C=1.0, max_iter=5_000).fit(
        _design(pairs, places), pairs["is_same"].to_numpy()
    )
    weights: dict[str, dict[str, float]] = {c.name: {} for c in COMPARISONS}
    for (name, level), weight in zip(places, fitted.coef_[0], strict=True):
        weights[name][level] = round(float(weight), 3)
    return Weights(round(float(fitted.intercept_[0]), 3), weights)


def _labelled(crm: Planted, model: Model | None = None) -> pl.DataFrame:
    """All candidate pairs with their levels, whether they are one human, and the probability."""
    contacts = exact(crm)
    nothing = Weights(0.0, {c.name: {x.name: 0.0 for x in c.levels} for c in COMPARISONS})
    pairs = match(
        contacts,
        records(contacts, crm.accounts),
        model=model or Model(dict.fromkeys(KINDS, nothing), 0.9, 0.5, "blank"),
        at_least=0.0,
    )
    truth = contacts.select("contact_id", "truth")
    left = pairs.join(truth, left_on="left_id", right_on="contact_id")
    both = left.join(truth, left_on="right_id", right_on="contact_id")
    labelled = both.with_columns((pl.col("truth") == pl.col("truth_right")).alias("is_same"))
    return labelled.sort("left_id", "right_id")


def _design(pairs: pl.DataFrame, places: list[tuple[str, str]]) -> np.ndarray:
    return np.column_stack([(pairs[name] == level).to_numpy() for name, level in places]) * 1.0


def _bounds(pairs: pl.DataFrame) -> tuple[float, float]:
    """The greatest probabilities above which enough of what is true is found."""
    ranked = pairs.sort("probability", descending=True)
    found = ranked["is_same"].cum_sum() / ranked["is_same"].sum()
    certain, possible = (
        ranked["probability"].filter(found >= share)[0] for share in (MEANT_FOUND, MEANT_REACH)
    )
    return float(np.floor(certain * 1000) / 1000), float(np.floor(possible * 100) / 100)


if __name__ == "__main__":
    main()
