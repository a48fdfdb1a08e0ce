"""What a holdout costs: people and days to a sure answer, and outcomes forgone until then."""

import math
from dataclasses import dataclass

from experiments.power import INDEPENDENT, Design, SampleSize, sample_size

SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
"""Holdouts that are compared, as parts of all units."""


@dataclass(frozen=True, slots=True)
class HoldoutCost:
    """One size of the holdout.

    Attributes:
        holdout: Part of all units that is held out.
        size: Units that the two arms need.
        times_halves: How many times the units of a 50:50 split it needs in all.
        days: Until enough units were eligible; None where nobody says how many are a day.
        forgone: Outcomes that the held-out units would have had, if the effect is the smallest
            that matters.
    """

    holdout: float
    size: SampleSize
    times_halves: float
    days: int | None
    forgone: float


def holdout_costs(
    *,
    baseline: float,
    mde_relative: float,
    power: float = 0.8,
    alpha: float = 0.05,
    units_per_day: float | None = None,
    design: Design = INDEPENDENT,
    shares: tuple[float, ...] = SHARES,
) -> tuple[HoldoutCost, ...]:
    """Returns what each size of the holdout costs for the same certainty; see `sample_size`."""

    def sized(holdout: float) -> SampleSize:
        return sample_size(
            baseline=baseline,
            mde_relative=mde_relative,
            power=power,
            alpha=alpha,
            share=1 - holdout,
            design=design,
        )

    halves = sized(0.5).total
    return tuple(
        HoldoutCost(
            holdout=holdout,
            size=(size := sized(holdout)),
            times_halves=size.total / halves,
            days=days_until(size, units_per_day),
            forgone=size.n_control * baseline * mde_relative,
        )
        for holdout in shares
    )


def days_until(size: SampleSize, units_per_day: float | None) -> int | None:
    """Returns the days until enough units were eligible, or None without a rate."""
    return math.ceil(size.total / units_per_day) if units_per_day else None
