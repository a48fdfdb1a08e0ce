"""Whether an effect differs between the levels of a segment that was named before."""

from collections.abc import Sequence

import numpy as np

from experiments.statistics.estimate import Sample
from experiments.statistics.influence import arm_effect, count_of, joint_p_value
from experiments.statistics.places import places_of


def interaction_p_value(levels: Sequence[tuple[Sample, Sample]]) -> float | None:
    """Returns the p-value of the effect being the same in every level, by a joint test.

    Levels are independent of each other unless they share clusters; then their effects' covariance
    comes from sums by cluster. None where fewer than two levels can be compared.

    Args:
        levels: Control and treated arm within each level; two units, or clusters, an arm at least.

    References:
        Hotelling (1931). Gail & Simon (1985), section 2, for the test of equal effects.
    """
    if len(levels) < 2:
        return None
    effects = [arm_effect(control, arm) for control, arm in levels]
    sizes = [len(effect.influences) for effect in effects]
    influences = np.concatenate([effect.influences for effect in effects])
    level_of = np.repeat(np.arange(len(levels)), sizes)
    is_clustered = bool(len(levels[0][0].cluster_ids))
    if is_clustered:
        clusters = [ids for c, a in levels for ids in (c.cluster_ids, a.cluster_ids)]
        rows, count = places_of(np.concatenate(clusters))
        degrees = count - 1
    else:
        rows = np.arange(len(influences))
        degrees = sum(count_of(c) + count_of(a) - 2 for c, a in levels)
    cells = rows * len(levels) + level_of
    sums = np.bincount(cells, influences, minlength=(int(rows.max()) + 1) * len(levels))
    by_row = sums.reshape(-1, len(levels))
    against_first = np.column_stack([-np.ones(len(levels) - 1), np.eye(len(levels) - 1)])
    apart = against_first @ np.array([effect.effect for effect in effects])
    joint = against_first @ (by_row.T @ by_row) @ against_first.T
    return joint_p_value(apart, joint, degrees)[0]
