"""What the sums of each cluster tell: least squares on the arm, and errors robust to clusters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.estimate import Sample
from experiments.statistics.places import places_of

_NO_FREEDOM_LEFT = 1 - 1e-9
_CACHED_ROWS = 131_072
"""So many of each column stay in a processor's cache while all products are summed."""
_EFFECT = 1
"""Place of the arm's coefficient; the control's mean stands at 0, covariates follow."""


@dataclass(frozen=True, slots=True)
class RobustFit:
    """The control's mean and the effect, with their covariance and its degrees of freedom."""

    base: float
    effect: float
    covariance: NDArray[np.float64]
    """Of the two, 2 by 2."""
    freedom: float


@dataclass(frozen=True, slots=True)
class SideSums:
    """Sums over one side's units by cluster, the cluster last; Z holds what varies in the side."""

    products: NDArray[np.float64]
    """Z'Z of each cluster."""
    responses: NDArray[np.float64]
    """Z'y of each cluster, y less its overall mean."""
    square: float
    """y'y over all units."""
    columns: NDArray[np.float64]
    """What makes the columns of the whole fit, X, of Z: X = Z columns."""

    @classmethod
    def of(cls, sample: Sample, mean: float, middle: NDArray[np.float64]) -> "SideSums":
        """Returns the sums of one arm; Z holds a one and the covariates less their middle."""
        blocks = list(_blocks(sample.cluster_ids.astype(np.int64, copy=False)))
        width, count = 1 + len(middle), blocks[-1].clusters.stop
        products, responses = np.empty((width, width, count)), np.empty((width, count))
        square = 0.0
        for rows, clusters, summed in blocks:
            values = sample.values[rows] - mean
            columns = [sample.covariates[rows, i] - middle[i] for i in range(len(middle))]
            products[0, 0, clusters] = summed(np.ones_like(values))
            responses[0, clusters] = summed(values)
            for i, left in enumerate(columns, start=1):
                products[0, i, clusters] = products[i, 0, clusters] = summed(left)
                responses[i, clusters] = summed(left * values)
                for j, right in enumerate(columns[:i], start=1):
                    products[i, j, clusters] = products[j, i, clusters] = summed(left * right)
            # Not `@`: BLAS would wake a thread for each block, and have it wait busily.
            square += float(np.einsum("i,i", values, values))
        return cls(products, responses, square, np.eye(width))

    def scores(self, slopes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns Z'(y - X slopes) of each cluster, one row a column of Z."""
        own = self.columns @ slopes
        return self.responses - sum(self.products[:, i] * slope for i, slope in enumerate(own))


class _Block(NamedTuple):
    rows: slice
    clusters: slice
    summed: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    """Sums of the block's values by cluster."""


def _blocks(ids: NDArray[np.int64]) -> Iterator[_Block]:
    """All rows at once, or where those of a cluster stand together as many as a cache holds."""
    if (ids[1:] < ids[:-1]).any():
        places, count = places_of(ids)
        yield _Block(
            slice(0, len(ids)),
            slice(0, count),
            lambda values: np.bincount(places, values, count).astype(np.float64, copy=False),
        )
        return
    starts = np.flatnonzero(np.concatenate([[True], ids[1:] != ids[:-1]]))
    ends = np.append(starts[1:], len(ids))
    first = 0
    while first < len(starts):
        last = int(np.searchsorted(ends, starts[first] + _CACHED_ROWS, "right"))
        clusters = slice(first, max(last, first + 1))
        rows = slice(int(starts[first]), int(ends[clusters.stop - 1]))
        yield _Block(
            rows, clusters, partial(np.add.reduceat, indices=starts[clusters] - rows.start)
        )
        first = clusters.stop


@dataclass(frozen=True)
class ClusterSums:
    """Sums over the units of each cluster; X holds a one, the arm, standardised covariates."""

    sides: tuple[SideSums, ...]
    """The arms; no cluster is in two of them."""
    mean: float
    """Overall mean of the metric."""

    @classmethod
    def of(cls, control: Sample, arm: Sample) -> "ClusterSums":
        """Returns the sums of two arms whose clusters are numbered; none is in both of them."""
        count = len(control.values) + len(arm.values)
        mean = float((control.values.sum() + arm.values.sum()) / count)
        middle = (control.covariates.sum(axis=0) + arm.covariates.sum(axis=0)) / count
        sides = [SideSums.of(sample, mean, middle) for sample in (control, arm)]
        # Covariates are brought to one size: large amounts would drown the arm in rounding.
        sizes = np.sqrt(sum(np.einsum("iik->i", side.products) for side in sides) / count)
        sizes[0], sizes[sizes == 0] = 1.0, 1.0
        columns = np.insert(np.diag(1 / sizes), _EFFECT, 0.0, axis=1)
        of_arm = columns.copy()
        of_arm[0, _EFFECT] = 1.0
        whole = zip(sides, (columns, of_arm), strict=True)
        return cls(tuple(replace(side, columns=own) for side, own in whole), mean)

    @cached_property
    def products(self) -> NDArray[np.float64]:
        """X'X of each cluster."""
        parts = [s.columns.T @ s.products.transpose(2, 0, 1) @ s.columns for s in self.sides]
        return np.concatenate(parts)

    @property
    def square(self) -> float:
        """Sum of squares of y over all units."""
        return sum(side.square for side in self.sides)

    @cached_property
    def sizes(self) -> NDArray[np.float64]:
        """Units of each cluster."""
        return np.concatenate([side.products[0, 0] for side in self.sides])

    @property
    def counts(self) -> tuple[int, int]:
        """Clusters of the control and of the arm."""
        in_arm = int(self._is_arm.sum())
        return len(self.sizes) - in_arm, in_arm

    @property
    def effective_count(self) -> float:
        """Clusters of one size that would weigh as much as those of the arm that has fewer."""
        return min(
            float(sizes.sum() ** 2 / (sizes**2).sum())
            for sizes in (self.sizes[self._is_arm], self.sizes[~self._is_arm])
        )

    def textbook(self) -> RobustFit:
        """Returns the fit with CR1 errors, as statsmodels and Stata report them."""
        clusters, units, width = len(self.sizes), self.sizes.sum(), len(self._bread)
        factor = clusters / (clusters - 1) * (units - 1) / (units - width)
        meat = sum(
            side.columns.T @ (scores @ scores.T) @ side.columns
            for side, scores in zip(self.sides, self._side_scores, strict=True)
        )
        return self._fit(factor * np.asarray(meat), clusters - 1)

    def for_few_clusters(self) -> RobustFit:
        """Returns the fit with CR2 errors and degrees of freedom that fit the clusters' sizes.

        Each cluster's residuals are blown up by as much as the fit drew them in; the degrees of
        freedom are Satterthwaite's under units that share a random effect by cluster, whose size
        is estimated. Both come from sums by cluster: (I - H)^(-1/2) = I + X S X'.

        References:
            Bell & McCaffrey (2002), Bias Reduction in Standard Errors for Linear Regression with
            Multi-Stage Samples. Imbens & Kolesar (2016), Robust Standard Errors in Small Samples,
            section III.
        """
        drawn_in = self._adjustments()
        scores = self._scores + _each(self.products @ drawn_in, self._scores)
        return self._fit(scores.T @ scores, self._freedom(drawn_in))

    @property
    def _is_arm(self) -> NDArray[np.bool_]:
        return np.concatenate(
            [side.columns[0, _EFFECT] * side.products[0, 0] > 0 for side in self.sides]
        )

    @cached_property
    def _bread(self) -> NDArray[np.float64]:
        totals = [s.columns.T @ s.products.sum(axis=2) @ s.columns for s in self.sides]
        return np.linalg.pinv(sum(totals), hermitian=True)

    @cached_property
    def _response(self) -> NDArray[np.float64]:
        """X'y over all units."""
        return np.asarray(sum(s.columns.T @ s.responses.sum(axis=1) for s in self.sides))

    @cached_property
    def _slopes(self) -> NDArray[np.float64]:
        return self._bread @ self._response

    @cached_property
    def _side_scores(self) -> list[NDArray[np.float64]]:
        return [side.scores(self._slopes) for side in self.sides]

    @cached_property
    def _scores(self) -> NDArray[np.float64]:
        """X'(y - X slopes), one row a cluster."""
        both = zip(self.sides, self._side_scores, strict=True)
        return np.concatenate([scores.T @ side.columns for side, scores in both])

    def _fit(self, meat: NDArray[np.float64], freedom: float) -> RobustFit:
        covariance = self._bread @ meat @ self._bread
        base, effect = self._slopes[0] + self.mean, self._slopes[_EFFECT]
        return RobustFit(float(base), float(effect), covariance[:2, :2], float(freedom))

    def _adjustments(self) -> NDArray[np.float64]:
        """S of each cluster."""
        values, vectors = np.linalg.eigh(self._bread)
        root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
        drawn, axes = np.linalg.eigh(root @ self.products @ root)
        drawn = drawn.clip(0)
        has_left = drawn < _NO_FREEDOM_LEFT
        blown_up = np.where(has_left, 1 / np.sqrt(1 - np.where(has_left, drawn, 0)), 0)
        weights = np.where(drawn > 1e-12, (blown_up - 1) / np.maximum(drawn, 1e-12), 0.5)
        return root @ (axes * weights[:, None, :]) @ axes.transpose(0, 2, 1) @ root

    def _freedom(self, drawn_in: NDArray[np.float64]) -> float:
        """Trace and square of P = diag(d) + L C L', from which Satterthwaite's freedom follows."""
        within, between = self._variance_parts()
        pick = self._bread[:, _EFFECT]
        coefficients = pick + _each(drawn_in @ self.products, pick)
        pulled = _each(self.products, coefficients)
        totals = self.products[:, :, 0]
        own = (totals * coefficients).sum(axis=1)
        d = within * (coefficients * pulled).sum(axis=1) + between * own**2
        left = np.hstack([pulled, totals * own[:, None]])
        corner = -within * self._bread + between * self._bread @ (totals.T @ totals) @ self._bread
        across = -between * self._bread
        middle = np.block([[corner, across], [across, np.zeros_like(across)]])
        inner = middle @ (left.T @ left)
        trace = d.sum() + np.trace(inner)
        square = (
            (d**2).sum() + 2 * d @ ((left @ middle) * left).sum(axis=1) + (inner * inner.T).sum()
        )
        return max(1.0, trace**2 / square)

    def _variance_parts(self) -> tuple[float, float]:
        """The residuals' variance within clusters and between them, by pairs of one cluster."""
        squares = self.square - self._slopes @ self._response
        pairs = (self.sizes * (self.sizes - 1)).sum()
        units = self.sizes.sum()
        if pairs == 0:
            return 1.0, 0.0
        together = ((self._scores[:, 0] ** 2).sum() - squares) / pairs
        between = min(max(together, 0.0), squares / units)
        return max(squares / units - between, 0.0), between


def _each(matrices: NDArray[np.float64], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every cluster's matrix times its vector, or times the one that all share."""
    return (matrices @ np.broadcast_to(vectors, matrices.shape[:2])[..., None])[..., 0]
