"""A scorecard: bins with points that add up, so that every score is explained exactly.

Each feature is cut into bins; a regularised logistic regression gives each bin its points in log
odds. Platt scaling on forecasts of later folds, which the model had not seen, makes the sum a
probability. Scaling is a straight line, so the points still add up.

References:
    Platt (1999), Probabilistic Outputs for Support Vector Machines.
    Siddiqi (2006), Credit Risk Scorecards, ch. 6.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.fit.spec import Feature

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUMBER_BINS, TOP_VALUES, LEAST_IN_BIN = 5, 8, 20
STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Inverse strengths of the penalty that are tried, weakest last."""
FOLDS = 5
MISSING, OTHER = "not known", "something else"


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a feature: what falls in, its points, and what came of it in training."""

    label: str
    points: float
    """Log odds above the average record of the training."""
    won: int
    decided: int


@dataclass(frozen=True, slots=True)
class Card:
    """One feature: how it is cut, and its bins."""

    field: str
    kind: str
    words: str
    edges: tuple[float, ...]
    """Upper edges of the bins of a number, the last one open."""
    bins: tuple[Bin, ...]

    def place(self, values: pl.Series) -> pl.Series:
        """Returns the number of the bin of every value; a value never seen is `other`."""
        return _place(values, self.kind, self.edges, [one.label for one in self.bins])


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A trained model as plain data: no code is stored and none is loaded."""

    cards: tuple[Card, ...]
    intercept: float
    """Log odds of the average record of the training."""
    base_rate: float
    decided: int

    def log_odds(self, features: pl.DataFrame) -> "NDArray[np.float64]":
        """Returns the sum of the points of every record and the intercept."""
        return self.intercept + self.points(features).sum(axis=1)

    def points(self, features: pl.DataFrame) -> "NDArray[np.float64]":
        """Returns the points of every record, one column a feature."""
        import numpy as np

        columns = [
            np.array([one.points for one in card.bins])[card.place(features[card.field]).to_numpy()]
            for card in self.cards
        ]
        return np.column_stack(columns)

    def probabilities(self, features: pl.DataFrame) -> "NDArray[np.float64]":
        """Returns how likely every record is won."""
        from scipy.special import expit

        return expit(self.log_odds(features))

    def as_dict(self) -> dict[str, Any]:
        """Returns the model as JSON has it."""
        return asdict(self)


def from_dict(data: dict[str, Any]) -> Scorecard:
    """Returns the model that `as_dict` wrote."""
    cards = tuple(
        Card(
            **card
            | {"edges": tuple(card["edges"]), "bins": tuple(Bin(**one) for one in card["bins"])}
        )
        for card in data["cards"]
    )
    numbers = {name: data[name] for name in ("intercept", "base_rate", "decided")}
    return Scorecard(cards=cards, **numbers)


def learn(features: pl.DataFrame, won: pl.Series, wanted: Sequence[Feature]) -> Scorecard:
    """Returns the scorecard of a history.

    Args:
        features: One row per decided record, the earliest first, columns named as their fields.
        won: The outcomes, in the same order.
        wanted: The features.
    """
    import numpy as np

    truth = won.cast(pl.Int8).to_numpy()
    cuts = [_cut(features[f.field], f) for f in wanted]
    placed = [_place(features[f.field], f.kind, *cut) for f, cut in zip(wanted, cuts, strict=True)]
    counts = [len(labels) for _, labels in cuts]
    x = _one_hot(placed, counts)
    slope, offset, strength = _calibrated(x, truth)
    model = _fitted(x, truth, strength)
    raw = slope * model.coef_[0]
    shares = x.mean(axis=0)
    intercept = slope * float(model.intercept_[0]) + offset + float(shares @ raw)
    cards, first = [], 0
    for feature, (edges, labels), place in zip(wanted, cuts, placed, strict=True):
        own = slice(first, first + len(labels))
        points = raw[own] - float(shares[own] @ raw[own])
        numbers = place.to_numpy()
        bins = tuple(
            _bin(label, float(points[n]), truth[numbers == n]) for n, label in enumerate(labels)
        )
        cards.append(Card(feature.field, feature.kind, feature.words, tuple(edges), bins))
        first += len(labels)
    return Scorecard(tuple(cards), intercept, float(np.mean(truth)), len(truth))


def _bin(label: str, points: float, truth: "NDArray[np.int8]") -> Bin:
    """A bin in which nothing was decided is average."""
    return Bin(label, points if len(truth) else 0.0, int(truth.sum()), len(truth))


def _calibrated(x: "NDArray[np.float64]", truth: "NDArray[np.int8]") -> tuple[float, float, float]:
    """Slope and offset of Platt scaling, and the strength of the penalty, in time order."""
    import numpy as np
    from sklearn.metrics import log_loss
    from sklearn.model_selection import TimeSeriesSplit

    found: list[tuple[float, float, NDArray[np.float64], NDArray[np.int8]]] = []
    folds = [
        (past, later)
        for past, later in TimeSeriesSplit(n_splits=FOLDS).split(x)
        if 0 < truth[past].sum() < len(past)
    ]
    for strength in STRENGTHS:
        raw = [
            _fitted(x[past], truth[past], strength).decision_function(x[later])
            for past, later in folds
        ]
        seen = np.concatenate(raw)
        real = np.concatenate([truth[later] for _, later in folds])
        loss = log_loss(real, 1 / (1 + np.exp(-seen)), labels=[0, 1])
        found.append((float(loss), strength, seen, real))
    _, strength, seen, real = min(found, key=lambda one: one[:2])
    slope, offset = _platt(seen, real)
    return slope, offset, strength


def _platt(seen: "NDArray[np.float64]", real: "NDArray[np.int8]") -> tuple[float, float]:
    """A straight line from forecast to log odds; a forecast that says nothing gets slope nought."""
    from sklearn.linear_model import LogisticRegression

    spread = float(seen.std())
    if spread < 1e-9 or not 0 < real.sum() < len(real):
        return 1.0, 0.0
    line = LogisticRegression(C=1e6).fit(seen[:, None] / spread, real)
    slope = float(line.coef_[0, 0]) / spread
    if slope > 0:
        return slope, float(line.intercept_[0])
    # Ranking that later folds contradict is no ranking: everybody gets the average.
    share = float(real.mean())
    from scipy.special import logit

    return 0.0, float(logit(share))


def _fitted(x: "NDArray[np.float64]", truth: "NDArray[np.int8]", strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=500).fit(x, truth)


def _one_hot(placed: list[pl.Series], counts: list[int]) -> "NDArray[np.float64]":
    import numpy as np

    return np.column_stack(
        [np.eye(count)[place.to_numpy()] for place, count in zip(placed, counts, strict=True)]
    )


def _cut(values: pl.Series, feature: Feature) -> tuple[list[float], list[str]]:
    """Edges and labels of the bins; the last label stands for what is missing."""
    known = values.drop_nulls()
    if feature.kind == "category":
        counted = (
            known.cast(pl.String)
            .value_counts()
            .sort(["count", known.name], descending=[True, False])
        )
        top = [name for name, n in counted.iter_rows() if n >= LEAST_IN_BIN][:TOP_VALUES]
        return [], [*top, OTHER, MISSING]
    if feature.kind == "count":
        edges = [0.0, 2.0] if known.len() else []
        return edges, [*_count_labels(edges), MISSING]
    shares = [n / NUMBER_BINS for n in range(1, NUMBER_BINS)]
    numbers = known.cast(pl.Float64).sort().to_list()
    cuts = {numbers[int(share * (len(numbers) - 1))] for share in shares} if numbers else set()
    edges = sorted(cut for cut in cuts if cut < numbers[-1])
    return edges, [*_labels(edges), MISSING]


def _count_labels(edges: list[float]) -> list[str]:
    return ["no", "1 or 2", "3 or more"] if edges else ["any number of"]


def _labels(edges: list[float]) -> list[str]:
    if not edges:
        return ["any number of"]
    shown = [f"{edge:,.0f}" for edge in edges]
    middle = [f"above {low}, at most {high}" for low, high in pairwise(shown)]
    return [f"at most {shown[0]}", *middle, f"above {shown[-1]}"]


def _place(
    values: pl.Series, kind: str, edges: Sequence[float], labels: Sequence[str]
) -> pl.Series:
    last = len(labels) - 1
    if kind == "category":
        numbers = {label: n for n, label in enumerate(labels[:-2])}
        text = values.cast(pl.String)
        found = text.replace_strict(numbers, default=last - 1, return_dtype=pl.Int64)
        return pl.select(pl.when(text.is_null()).then(last).otherwise(found)).to_series()
    number = values.cast(pl.Float64)
    above = sum(
        ((number > edge).cast(pl.Int64) for edge in edges),
        pl.zeros(len(values), pl.Int64, eager=True),
    )
    return pl.select(pl.when(number.is_null()).then(last).otherwise(above)).to_series()
