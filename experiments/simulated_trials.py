"""Trials with a planted effect, drawn as the designs that a sales agent is tested in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import polars as pl

from experiments.errors import ExperimentError
from experiments.spec import Spec

DesignName = Literal["contact", "clustered", "ratio", "proportion", "rare", "mean"]
"""contact: 0/1 of people, 6%; clustered: people of accounts in one arm; ratio: a sum over a sum of
unlike units; proportion: 2%; rare: 0.3%; mean: a skewed amount with a covariate."""

DESIGNS: tuple[str, ...] = get_args(DesignName)
METRIC = "outcome"


@dataclass(frozen=True, slots=True)
class Design:
    """How one trial is drawn: its name, units, accounts and planted effect."""

    name: DesignName
    effect: float
    """Difference of the arms' means, or of their ratios of sums, in the metric's own unit."""
    units: int
    accounts: int = 60
    """Of the clustered design alone, which has about nine people an account."""

    @property
    def spec_content(self) -> dict[str, Any]:
        """The question that is asked of each trial, but for its mode."""
        content: dict[str, Any] = {
            "id": f"simulated-{self.name}",
            "arms": {"agent": 0.5, "holdout": 0.5},
            "control": "holdout",
            "primary": {"metric": METRIC},
        }
        match self.name:
            case "clustered":
                content["cluster"] = "account"
            case "mean":
                content["covariates"] = ["before"]
            case "ratio":
                content["ratios"] = {METRIC: {"numerator": "amount", "denominator": "deals"}}
            case _:
                pass
        return content

    def spec(self, mode: Literal["fixed", "sequential"]) -> Spec:
        """Returns the spec of such trials."""
        return Spec.model_validate(self.spec_content | {"analysis": {"mode": mode}})


def design(name: str, *, effect: float, units: int | None = None, accounts: int = 60) -> Design:
    """Returns a design of that name; raises `ExperimentError` where it cannot be drawn."""
    if name not in DESIGNS:
        raise ExperimentError(f"the design is {name!r}, but must be one of {', '.join(DESIGNS)}")
    known: DesignName = name  # pyright: ignore[reportAssignmentType]
    if accounts < 4:
        raise ExperimentError(f"accounts is {accounts}, but must be at least 4")
    if units is not None and units < 20:
        raise ExperimentError(f"units is {units}, but must be at least 20")
    if known in _SHARES and not 0 <= _SHARES[known] + effect <= 1:
        raise ExperimentError(
            f"effect is {effect:g}, but the share of {_SHARES[known]:g} plus the effect must lie "
            "between 0 and 1"
        )
    return Design(known, effect, units or _UNITS[known], accounts)


def drawn_trial(design: Design, seed: tuple[int, ...]) -> pl.DataFrame:
    """Returns the units of one trial, in the order in which they came."""
    rng = np.random.default_rng(seed)
    columns = _DRAWS.get(design.name, _shares)(rng, design)
    count = len(columns["arm"])
    names = np.where(columns.pop("arm"), "agent", "holdout")
    return pl.DataFrame({"unit_id": np.arange(count), "arm": names} | columns)


_Columns = dict[str, Any]
_SHARES = {"contact": 0.06, "proportion": 0.02, "rare": 0.003}
_UNITS = {
    **{"contact": 3_000, "clustered": 0, "ratio": 2_000},
    **{"proportion": 20_000, "rare": 40_000, "mean": 10_000},
}
_LIKENESS = 0.2
"""Intraclass correlation of the clustered design."""


def _shares(rng: np.random.Generator, design: Design) -> _Columns:
    is_arm = rng.random(design.units) < 0.5
    hit = rng.random(design.units) < _SHARES[design.name] + design.effect * is_arm
    return {"arm": is_arm, METRIC: hit.astype(np.int64)}


def _mean(rng: np.random.Generator, design: Design) -> _Columns:
    """Amounts with a long tail (skewness 6), a quarter of whose variance was to be foretold."""
    is_arm = rng.random(design.units) < 0.5
    before = rng.normal(size=design.units)
    amount = np.exp(0.5 * before + 0.87 * rng.normal(size=design.units))
    return {"arm": is_arm, METRIC: amount + design.effect * is_arm, "before": np.exp(before / 2)}


def _clustered(rng: np.random.Generator, design: Design) -> _Columns:
    """Accounts of 1 to some dozens of people, half of the accounts in each arm, in random order."""
    account = np.repeat(np.arange(design.accounts), 1 + rng.geometric(1 / 8, design.accounts))
    is_arm = (rng.permutation(design.accounts) < design.accounts / 2)[account]
    shared = rng.normal(size=design.accounts)[account] * _LIKENESS**0.5
    value = shared + rng.normal(size=len(account)) * (1 - _LIKENESS) ** 0.5
    return {"arm": is_arm, METRIC: value + design.effect * is_arm, "account": account}


def _ratio(rng: np.random.Generator, design: Design) -> _Columns:
    """Amount over deals; who has many deals has larger ones, so that units are not alike."""
    is_arm = rng.random(design.units) < 0.5
    appetite = rng.gamma(2.0, 0.5, design.units)
    deals = rng.poisson(1.5 * appetite)
    noise = rng.normal(size=design.units) * np.sqrt(deals)
    amount = deals * (2 + appetite + design.effect * is_arm) + noise
    return {"arm": is_arm, "amount": amount, "deals": deals}


_DRAWS: dict[str, Callable[[np.random.Generator, Design], _Columns]] = {
    "clustered": _clustered,
    "mean": _mean,
    "ratio": _ratio,
}
