"""Samples of arms for the tests of single estimators."""

import numpy as np

from experiments.statistics.estimate import Sample


def sample(values, *, covariates=None, clusters=()):
    values = np.asarray(values, float)
    columns = np.empty((len(values), 0)) if covariates is None else np.asarray(covariates, float)
    return Sample(values, columns, np.asarray(clusters, np.int64))


def clustered(random, clusters, *, mean=0.0, first=0, sizes=(3, 20)):
    """Units of clusters that are alike within; the clusters are numbered from `first`."""
    ids = np.repeat(np.arange(clusters), random.integers(*sizes, clusters))
    values = mean + random.normal(size=clusters)[ids] + random.normal(size=len(ids))
    return sample(values, clusters=ids + first)
