import numpy as np
from arm_samples import sample

from experiments.statistics.winsor import cut_at, winsorised


def test_only_values_above_the_pooled_quantile_are_cut():
    values = np.arange(1.0, 201.0)

    cut = cut_at(values, 0.99)
    after = winsorised(sample(values), cut)

    assert cut == 198
    assert list(after.values[-4:]) == [197, 198, 198, 198]
    assert (after.values[:198] == values[:198]).all()
