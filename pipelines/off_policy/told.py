"""Off-policy readings in words: a table for the terminal, plain values for scripts."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from experiments.off_policy import PolicyReading, Refusal, RewardReading
from experiments.statistics.scored_shares import PolicyValue

GUARDRAILS = frozenset({"opt_out"})
"""Rewards of which less is better."""


def as_dict(readings: Sequence[PolicyReading]) -> dict[str, Any]:
    """Returns readings as JSON can hold them."""
    return {"policies": [reading.as_dict() for reading in readings]}


def print_readings(readings: Sequence[PolicyReading], console: Console) -> None:
    """Prints one table of all policies, and what was refused."""
    table = Table(
        "reward a thread",
        "policy",
        "value",
        "as logged",
        "difference",
        "SNIPS",
        "IPS",
        title="What other policies would have brought",
    )
    for reading in readings:
        for one in reading.rewards:
            table.add_row(*_row(reading, one))
    console.print(table)
    for line in remarks(readings):
        console.print(line, highlight=False)


def remarks(readings: Sequence[PolicyReading]) -> Iterator[str]:
    """Yields what must be said beside the numbers: how much they stand on, and what is refused."""
    for reading in readings:
        seen = reading.overlap
        yield (
            f"{reading.policy}: {seen.threads:,} threads ({reading.open_threads:,} whose window is "
            f"open are left out), {reading.turns:,} turns; it chooses otherwise in "
            f"{seen.affected:,} threads, which tell as much as {seen.effective_size:,.0f}; largest "
            f"weight {seen.largest_weight:.1f}, mean {seen.mean_weight:.2f}, "
            f"{seen.clipped:,} clipped."
        )
        for refusal in reading.refusals:
            yield f"{reading.policy}: {_refused(refusal)}"
        for one in reading.rewards:
            for refusal in one.refusals:
                yield f"{reading.policy}, {one.reward}: {_refused(refusal)}"
            if one.reward in GUARDRAILS and one.estimates is not None:
                worst = one.estimates.difference.ci.high
                yield f"{reading.policy}: {one.reward} rises by {worst:.2%} at most (97.5%)."


def _refused(refusal: Refusal) -> str:
    return f"refused ({refusal.rule}): {refusal.why}. It would take {refusal.helps}."


def _row(reading: PolicyReading, one: RewardReading) -> list[str]:
    found = one.estimates
    if found is None:
        return [one.reward, reading.policy, "refused", "", "", "", ""]
    return [
        one.reward,
        reading.policy,
        share(found.doubly_robust),
        share(found.logged),
        f"{signed(found.difference)}, p {found.p_value:.3f}",
        share(found.self_normalised),
        share(found.inverse_propensity),
    ]


def share(value: PolicyValue) -> str:
    """Returns a share with its interval."""
    return f"{value.value:.2%} ({value.ci.low:.2%} to {value.ci.high:.2%})"


def signed(value: PolicyValue) -> str:
    """Returns a difference of shares with its interval, in percentage points."""
    low, high = value.ci
    return f"{100 * value.value:+.2f} ({100 * low:+.2f} to {100 * high:+.2f}) points"
