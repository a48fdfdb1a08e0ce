"""Turns of conversations as they were logged, and what another policy would have chosen in them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.features import Features
from experiments.statistics.places import places_of

FLOOR = 0.01
"""An option that had less than this chance tells next to nothing: each time it was chosen it would
stand for a hundred turns."""

_NOTHING = 1e-9

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class LoggedTurns:
    """Turns in order of thread and time; of each the options that there were.

    The probabilities are those that the runtime really chose by, given all that it knew, so that
    nothing unseen stands between a choice and what came of it.
    """

    threads: Places
    """Number of each turn's thread, from 0, rising."""
    clusters: Places
    """Number of each turn's cluster: threads of one, such as a person or account, may be alike."""
    features: Features
    """What was known of each turn before the choice."""
    option_turns: Places
    """To which turn each option belongs, rising."""
    option_actions: Places
    """Number of each option's action; the same words have the same number everywhere."""
    chances: Floats
    """How likely each option was as logged; those of a turn sum to 1."""
    chosen: Places
    """The place among all options of the one that each turn chose."""

    @property
    def thread_count(self) -> int:
        """How many threads there are."""
        return int(self.threads[-1]) + 1 if len(self.threads) else 0

    @cached_property
    def positions(self) -> Places:
        """The place of each turn in its thread, from 0."""
        first = np.searchsorted(self.threads, self.threads)
        return np.arange(len(self.threads)) - first

    @cached_property
    def cluster_of_thread(self) -> tuple[Places, int]:
        """The cluster of each thread, numbered without gaps, and how many there are."""
        return places_of(self.clusters[np.searchsorted(self.threads, np.arange(self.thread_count))])

    def to_go(self, rewards: Floats) -> Floats:
        """Returns what each turn and those after it in its thread brought."""
        total = np.cumsum(rewards)
        end = np.searchsorted(self.threads, self.threads, "right") - 1
        return total[end] - total + rewards

    def by_thread(self, values: Floats) -> Floats:
        """Returns the sum of the turns' values in each thread."""
        return np.bincount(self.threads, values, self.thread_count).astype(np.float64)

    def by_turn(self, values: Floats) -> Floats:
        """Returns the sum of the options' values in each turn."""
        return np.bincount(self.option_turns, values, len(self.threads)).astype(np.float64)


@dataclass(frozen=True)
class Weights:
    """How much likelier another policy is than the logged one to have had each thread."""

    steps: tuple[Floats, ...]
    """Of each thread before its first choice, after it, after the second, and so on."""
    absorbed: tuple[Floats, ...]
    """At the same steps, the weight of threads that have left what was ever tried."""
    lost: NDArray[np.bool_]
    """Turns in which the policy leaves what was ever tried; nothing is known from there on."""
    lost_options: NDArray[np.bool_]
    """The options by which it does so."""
    is_affected: NDArray[np.bool_]
    """Of each thread, whether the policy chooses otherwise anywhere in it."""
    clipped: int
    """Threads whose weight was cut."""

    @property
    def of_threads(self) -> Floats:
        """Of each thread as a whole."""
        return self.steps[-1]

    @property
    def affected(self) -> Floats:
        """The weights of the threads in which the policy chooses otherwise."""
        return (self.steps[-1] + self.absorbed[-1])[self.is_affected]

    @property
    def lost_share(self) -> float:
        """The share of threads that would leave what was ever tried, under the policy."""
        return float(self.absorbed[-1].mean())

    def part(self, turns: LoggedTurns, values: Floats, *, is_after: bool) -> Floats:
        """Returns of each thread what its turns' values add to a mean under the policy.

        Among the threads in which the policy chooses otherwise, weights are brought to a mean of 1
        at each step, and the score says what that does to the mean's error. The others weigh 1.

        Args:
            turns: As they were logged.
            values: One a turn.
            is_after: Whether the turn's own choice counts.
        """
        score, among = np.zeros(turns.thread_count), self.is_affected
        for position in range(len(self.steps) - 1):
            rows = turns.positions == position
            own = np.zeros(len(score))
            own[turns.threads[rows]] = values[rows]
            if among.any():
                running = self.steps[position + is_after][among]
                all_of_it = running + self.absorbed[position + is_after][among]
                weight = max(float(all_of_it.mean()), 1e-12)
                weighted = own[among] * running / weight
                own[among] = weighted - weighted.mean() * (all_of_it / weight - 1)
            score += own
        return score


def weights_of(turns: LoggedTurns, policy: Floats, *, largest: float = np.inf) -> Weights:
    """Returns the products of the ratios of chances along each thread.

    Args:
        turns: As they were logged.
        policy: How likely the other policy makes each option; those of a turn sum to 1.
        largest: Weights above this are cut, which trades variance for bias.
    """
    is_lost_option = (policy > _NOTHING) & (turns.chances < FLOOR)
    lost = turns.by_turn(is_lost_option.astype(np.float64)) > 0
    own = turns.chosen
    ratios = policy[own] / np.maximum(turns.chances[own], _NOTHING)
    running, gone = np.ones(turns.thread_count), np.zeros(turns.thread_count)
    steps, absorbed, is_reached = [running], [gone], np.zeros(len(ratios), np.bool_)
    for position in range(int(turns.positions.max(initial=-1)) + 1):
        rows = np.flatnonzero(turns.positions == position)
        of, leaves = turns.threads[rows], lost[rows]
        is_reached[rows] = running[of] > 0
        running, gone = running.copy(), gone.copy()
        gone[of[leaves]] += running[of[leaves]]
        running[of] *= np.where(leaves, 0.0, ratios[rows])
        steps.append(np.minimum(running, largest))
        absorbed.append(np.minimum(gone, largest))
    differs = turns.by_turn(np.abs(policy - turns.chances)) > _NOTHING
    return Weights(
        steps=tuple(steps),
        absorbed=tuple(absorbed),
        lost=lost & is_reached,
        lost_options=is_lost_option & is_reached[turns.option_turns],
        is_affected=turns.by_thread(differs.astype(np.float64)) > 0,
        clipped=int((running > largest).sum()),
    )
