"""What another policy would have been worth, from turns whose chances are known."""

from dataclasses import dataclass

import numpy as np

from experiments.statistics.estimate import Interval
from experiments.statistics.logged_turns import Floats, LoggedTurns, Weights, weights_of
from experiments.statistics.outcome_model import foretold
from experiments.statistics.scored_shares import Mean, PolicyValue, difference_of


@dataclass(frozen=True, slots=True)
class PolicyEstimates:
    """One reward under another policy and under the logged one."""

    doubly_robust: PolicyValue
    self_normalised: PolicyValue
    inverse_propensity: PolicyValue
    logged: PolicyValue
    """The value of the policy that was logged, by the same method."""
    counted: float
    """The plain mean of what came, a thread."""
    difference: PolicyValue
    """Doubly robust: the other policy minus the logged one."""
    p_value: float
    """Of no difference, two-sided."""
    effective_events: float
    """Events that would tell as much of the threads in which the policy chooses otherwise."""

    @property
    def others(self) -> dict[str, PolicyValue]:
        """The other estimators, by name, to stand beside the first."""
        return {
            "doubly robust": self.doubly_robust,
            "self-normalised": self.self_normalised,
            "inverse propensity": self.inverse_propensity,
        }


def off_policy(
    turns: LoggedTurns, rewards: Floats, policy: Floats, weights: Weights, *, seed: int
) -> PolicyEstimates:
    """Returns what a policy would have brought a thread, and how that differs from the logged one.

    Doubly robust along the thread: at each turn the forecast of what the policy's options would
    bring, mended by what the chosen one's forecast missed, weighted by how much likelier the policy
    is to have come there. Chances are known, so that it is right whatever the forecast is worth.
    Weights are brought to a mean of 1 at each step.
    From a turn on where the policy does what was hardly ever tried, nothing is known: the interval
    holds whatever might have come of it, between nothing and one.

    Intervals: clusters' sums give the variance; a share's interval is Wilson's on as many trials as
    would have that variance, with Student's t on as many degrees of freedom as there are clusters
    that weigh. The difference is that of the threads in which the policy chooses otherwise: both
    intervals joined as their correlation demands, times the share of those threads.

    Args:
        turns: As they were logged.
        rewards: What came after each turn and before the next one; a thread's sum is 0 to 1.
        policy: How likely the other policy makes each option.
        weights: Of that policy, from `weights_of`.
        seed: Makes the forecast the same each time.

    References:
        Dudík, Langford & Li (2011), Doubly Robust Policy Evaluation and Learning. Jiang & Li
        (2016), Doubly Robust Off-policy Value Evaluation for Reinforcement Learning. Thomas &
        Brunskill (2016), Data-Efficient Off-Policy Policy Evaluation (weighted). Swaminathan &
        Joachims (2015), The Self-Normalized Estimator for Counterfactual Learning. Korn & Graubard
        (1998), Confidence Intervals for Proportions with Small Expected Number of Positive Counts.
        Zou & Donner (2008), Construction of Confidence Limits about Effect Measures.
    """
    to_go = turns.to_go(rewards)
    forecast = foretold(turns, to_go, seed=seed)
    clusters = turns.cluster_of_thread[0]

    def scores(of: Floats, by: Weights, after_loss: Floats) -> Floats:
        expected = np.where(by.lost, after_loss, turns.by_turn(of * forecast))
        missed = rewards - forecast[turns.chosen]
        before = by.part(turns, expected, is_after=False)
        return before + by.part(turns, missed, is_after=True)

    ours = scores(turns.chances, weights_of(turns, turns.chances), to_go)
    middle = scores(policy, weights, to_go)
    least, most = (scores(policy, weights, np.full(len(to_go), rest)) for rest in (0.0, 1.0))
    total, of_threads = turns.by_thread(rewards), weights.of_threads
    weight = max(float(of_threads.mean()), 1e-12)
    ratio = float((of_threads * total).mean()) / weight
    value = Mean.of(middle, clusters)
    among = weights.is_affected
    return PolicyEstimates(
        doubly_robust=PolicyValue(
            value.mean,
            Interval(Mean.of(least, clusters).ends.low, Mean.of(most, clusters).ends.high),
        ),
        self_normalised=Mean.of(ratio + of_threads * (total - ratio) / weight, clusters).as_value,
        inverse_propensity=Mean.of(of_threads * total, clusters).as_value,
        logged=Mean.of(ours, clusters).as_value,
        counted=float(total.mean()),
        difference=PolicyValue(
            float((middle - ours).mean()),
            Interval(
                difference_of(least, ours, clusters, among).low,
                difference_of(most, ours, clusters, among).high,
            ),
        ),
        p_value=Mean.of(middle - ours, clusters).p_value,
        effective_events=Mean.of(middle[among], clusters[among]).events
        if among.any()
        else float(turns.thread_count),
    )
