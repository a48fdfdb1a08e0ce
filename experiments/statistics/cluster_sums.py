"""What the sums of each cluster tell: least squares on the arm, and errors robust to clusters."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.estimate import Sample
from experiments.statistics.places import places_of

_NO_FREEDOM_LEFT = 1 - 1e-9
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
class _Sums:
    """Sums of one arm's units by cluster, the cluster last; Z holds a one and the covariates."""

    products: NDArray[np.float64]
    """Z'Z of each cluster."""
    responses: NDArray[np.float64]
    """Z'y of each cluster."""
    square: float

    @classmethod
    def of(cls, sample: Sample, mean: float, middle: NDArray[np.float64]) -> "_Sums":
        summed, count = _by_cluster(sample.cluster_ids.astype(np.int64, copy=False))
        values = sample.values - mean
        columns = [sample.covariates[:, i] - middle[i] for i in range(len(middle))]
        width, product = 1 + len(middle), np.ones_like(values)
        products, responses = np.empty((width, width, count)), np.empty((width, count))
        products[0, 0] = summed(product)
        responses[0] = summed(values)
        for i, left in enumerate(columns, start=1):
            products[0, i] = products[i, 0] = summed(left)
            responses[i] = summed(np.multiply(left, values, out=product))
            for j, right in enumerate(columns[:i], start=1):
                sums = summed(np.multiply(left, right, out=product))
                products[i, j] = products[j, i] = sums
        return cls(products, responses, float(values @ values))


def _by_cluster(
    ids: NDArray[np.int64],
) -> tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], int]:
    """What sums values by cluster, several times faster where those of one stand together."""
    if (ids[1:] < ids[:-1]).any():
        places, count = places_of(ids)
        return lambda values: np.bincount(places, values, count).astype(
            np.float64, copy=False
        ), count
    starts = np.flatnonzero(np.concatenate([[True], ids[1:] != ids[:-1]]))
    return lambda values: np.add.reduceat(values, starts), len(starts)


@dataclass(frozen=True)
class ClusterSums:
    """Sums over the units of each cluster; X holds a one, the arm, standardised covariates."""

    products: NDArray[np.float64]
    """X'X of each cluster."""
    responses: NDArray[np.float64]
    """X'y of each cluster, y less its overall mean."""
    square: float
    """y'y over all units."""
    mean: float
    """Overall mean of the metric."""

    @classmethod
    def of(cls, control: Sample, arm: Sample) -> "ClusterSums":
        """Returns the sums of two arms whose clusters are numbered; none is in both of them."""
        count = len(control.values) + len(arm.values)
        mean = float((control.values.sum() + arm.values.sum()) / count)
        middle = (control.covariates.sum(axis=0) + arm.covariates.sum(axis=0)) / count
        sides = [_Sums.of(sample, mean, middle) for sample in (control, arm)]
        # Covariates are brought to one size: large amounts would drown the arm in rounding.
        sizes = np.sqrt(sum(np.einsum("iik->i", side.products) for side in sides) / count)
        sizes[0], sizes[sizes == 0] = 1.0, 1.0
        # The arm's column is the column of ones, and zero in the control.
        columns = {0: 0, _EFFECT: 0} | {i + 1: i for i in range(1, len(sizes))}
        in_control = sides[0].products.shape[2]
        clusters = in_control + sides[1].products.shape[2]
        products = np.empty((len(columns), len(columns), clusters))
        responses = np.empty((len(columns), clusters))
        places = (slice(0, in_control), slice(in_control, clusters))
        for side, place, is_arm in zip(sides, places, (False, True), strict=True):
            for i, left in columns.items():
                is_zero = i == _EFFECT and not is_arm
                responses[i, place] = 0 if is_zero else side.responses[left] / sizes[left]
                for j, right in columns.items():
                    both = sizes[left] * sizes[right]
                    is_zero = _EFFECT in (i, j) and not is_arm
                    products[i, j, place] = 0 if is_zero else side.products[left, right] / both
        square = sides[0].square + sides[1].square
        return cls(products.transpose(2, 0, 1), responses.T, square, mean)

    @property
    def sizes(self) -> NDArray[np.float64]:
        """Units of each cluster."""
        return self.products[:, 0, 0]

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
        return self._fit(self._scores, factor, clusters - 1)

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
        return self._fit(scores, 1.0, self._freedom(drawn_in))

    @property
    def _is_arm(self) -> NDArray[np.bool_]:
        return self.products[:, _EFFECT, _EFFECT] > 0

    @cached_property
    def _bread(self) -> NDArray[np.float64]:
        return np.linalg.pinv(self.products.sum(axis=0), hermitian=True)

    @cached_property
    def _slopes(self) -> NDArray[np.float64]:
        return self._bread @ self.responses.sum(axis=0)

    @cached_property
    def _scores(self) -> NDArray[np.float64]:
        # One column at a time: clusters lie side by side in memory, not the columns of one.
        foretold = sum(self.products[:, :, i] * slope for i, slope in enumerate(self._slopes))
        return self.responses - foretold

    def _fit(self, scores: NDArray[np.float64], factor: float, freedom: float) -> RobustFit:
        covariance = factor * self._bread @ (scores.T @ scores) @ self._bread
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
        squares = self.square - self._slopes @ self.responses.sum(axis=0)
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
