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
    """Prints a table per reward, and what must be said beside it."""
    for reward in (one.reward for one in readings[0].rewards):
        table = Table("policy", "value", "difference, points", "p", "SNIPS, IPS", title=reward)
        found = [(r.policy, one) for r in readings for one in r.rewards if one.reward == reward]
        told = next((one.estimates for _, one in found if one.estimates is not None), None)
        if told is not None:
            table.add_row("as logged", share(told.logged), "", "", "")
        for policy, one in found:
            table.add_row(policy, *_cells(one))
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
                worst = 100 * one.estimates.difference.ci.high
                yield (
                    f"{reading.policy}: {one.reward} changes by {worst:+.2f} points at worst "
                    "(97.5%)."
                )


def _refused(refusal: Refusal) -> str:
    return f"refused ({refusal.rule}): {refusal.why}. It would take {refusal.helps}."


def _cells(one: RewardReading) -> tuple[str, ...]:
    found = one.estimates
    if found is None:
        return ("refused", "", "", "")
    others = f"{found.self_normalised.value:.2%}, {found.inverse_propensity.value:.2%}"
    return (share(found.doubly_robust), signed(found.difference), chance(found.p_value), others)


def chance(p_value: float) -> str:
    """Returns a p-value, never as zero."""
    return "<0.001" if p_value < 0.001 else f"{p_value:.3f}"


def share(value: PolicyValue) -> str:
    """Returns a share with its interval."""
    return f"{value.value:.2%} ({value.ci.low:.2%} to {value.ci.high:.2%})"


def signed(value: PolicyValue) -> str:
    """Returns a difference of shares with its interval, in percentage points."""
    low, high = value.ci
    return f"{100 * value.value:+.2f} ({100 * low:+.2f} to {100 * high:+.2f})"
