"""Whether logged turns tell enough of another policy; what cannot be told is refused, not guessed.

The bounds are where 95% intervals begin to hold the truth in fewer than 93% of simulated logs.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from experiments.statistics.logged_turns import FLOOR, Floats, LoggedTurns, Weights
from experiments.statistics.scored_shares import Mean

MOST_LOST = 0.05
"""Of the threads may go where nothing was tried; the interval holds all that may come of them."""
LEAST_SIZE = 150.0
"""Effective threads among those in which the policy chooses otherwise."""
LEAST_EVENTS = 10.0
"""Effective events, or others, among those threads."""
_FAR_OFF = 5.0
"""Standard errors by which the mean weight may miss 1."""

Rule = Literal["no_overlap", "few_threads", "wrong_chances", "few_events"]


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of another policy the logged turns have seen."""

    threads: int
    affected: int
    """Threads in which the policy chooses otherwise somewhere."""
    lost_share: float
    """Share of threads that would go where nothing was tried."""
    lost_actions: tuple[tuple[int, int], ...]
    """Actions that the policy takes there, and in how many threads, the most frequent first."""
    effective_size: float
    """Of the affected threads (Kish)."""
    mean_weight: float
    """Of the affected threads; 1, but for chance, where the logged chances are the true ones."""
    mean_weight_error: float
    largest_weight: float
    clipped: int
    """Threads whose weight was cut."""
    smallest_chance: float
    """Of an option that the policy takes and that was tried."""
    options: float
    """How many options an affected turn has, on average."""
    depth: float
    """In how many turns of an affected thread the policy chooses otherwise, on average."""

    @property
    def broken(self) -> tuple[Rule, ...]:
        """Which bounds do not hold; none where the policy always chooses as was logged."""
        if not self.affected:
            return ()
        found: list[Rule] = []
        if self.lost_share > MOST_LOST:
            found.append("no_overlap")
        elif self.effective_size < LEAST_SIZE:
            found.append("few_threads")
        elif abs(self.mean_weight - 1) > _FAR_OFF * self.mean_weight_error:
            found.append("wrong_chances")
        return tuple(found)

    def needed_share(self, threads: int) -> float:
        """Returns which share of turns to explore, so that so many affected threads tell enough.

        One of `options` texts gets an equal part of that share in each of `depth` turns.
        """
        return self.options * (LEAST_SIZE / max(threads, 1)) ** (1 / max(self.depth, 1.0))

    def needed_threads(self, share: float) -> int:
        """Returns how many affected threads tell enough where a share of turns is explored."""
        return math.ceil(LEAST_SIZE * (self.options / share) ** max(self.depth, 1.0))

    @property
    def needed_times(self) -> float:
        """How many times as many threads would tell enough, explored as they are."""
        return LEAST_SIZE / max(self.effective_size, 1.0)


def overlap_of(turns: LoggedTurns, policy: Floats, weights: Weights) -> Overlap:
    """Returns how much of a policy the logged turns have seen.

    Args:
        turns: As they were logged.
        policy: How likely the policy makes each option.
        weights: Of that policy, from `weights_of`.

    References:
        Kish (1965), Survey Sampling, for the effective size. Kallus & Uehara (2020) for why thin
        overlap along a thread multiplies.
    """
    among, affected = weights.is_affected, weights.affected
    lost = np.flatnonzero(weights.lost_options)
    pairs = np.unique(
        np.column_stack([turns.option_actions[lost], turns.threads[turns.option_turns[lost]]]),
        axis=0,
    )
    actions, counts = np.unique(pairs[:, 0], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    differs = turns.by_turn(np.abs(policy - turns.chances)) > 1e-9
    tried = (policy > 1e-9) & (turns.chances >= FLOOR) & differs[turns.option_turns]
    clusters = turns.cluster_of_thread[0]
    mean = Mean.of(affected, clusters[among]) if among.any() else Mean(1.0, 0.0, math.inf, 0)
    sizes = np.bincount(turns.option_turns, minlength=len(turns.threads))
    return Overlap(
        threads=turns.thread_count,
        affected=int(among.sum()),
        lost_share=weights.lost_share,
        lost_actions=tuple((int(actions[i]), int(counts[i])) for i in order),
        effective_size=min(
            effective_size(weights.of_threads[among]), _expected_size(turns, policy, among)
        ),
        mean_weight=mean.mean,
        mean_weight_error=mean.error,
        largest_weight=float(affected.max(initial=0.0)),
        clipped=weights.clipped,
        smallest_chance=float(turns.chances[tried].min(initial=1.0)),
        options=float(sizes[differs].mean()) if differs.any() else 0.0,
        depth=float(differs.sum() / among.sum()) if among.any() else 0.0,
    )


def _expected_size(turns: LoggedTurns, policy: Floats, among: np.ndarray) -> float:
    """Returns the effective threads that such turns have whichever options were drawn.

    A log without its few heaviest threads looks better than it is, and its mean weight is below 1;
    the square of a weight to be expected at a turn is known from the chances alone.
    """
    can = turns.chances >= FLOOR
    squares = np.divide(policy**2, turns.chances, out=np.zeros_like(policy), where=can)
    at_turns = np.maximum(turns.by_turn(squares), 1.0)
    of_threads = np.exp(np.bincount(turns.threads, np.log(at_turns), turns.thread_count))
    return float(among.sum() / of_threads[among].mean()) if among.any() else 0.0


def effective_size(weights: Floats) -> float:
    """Returns how many threads of weight 1 tell as much as these."""
    square = float((weights**2).sum())
    return float(weights.sum()) ** 2 / square if square else 0.0
