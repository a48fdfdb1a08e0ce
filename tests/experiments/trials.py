"""Small trials with a known truth for the tests of the analysis."""

import numpy as np
import polars as pl

from experiments.spec import Spec


def trial_spec(**changes):
    content = {
        "id": "trial",
        "arms": {"agent": 0.5, "holdout": 0.5},
        "control": "holdout",
        "primary": {"metric": "meeting"},
    }
    return Spec.model_validate(content | changes)


def counted_units(agent, holdout):
    """Units of a share metric from (events, units) an arm."""
    rows = [
        (f"{arm}-{i}", arm, int(i < events))
        for arm, (events, total) in (("agent", agent), ("holdout", holdout))
        for i in range(total)
    ]
    return pl.DataFrame(rows, schema=["unit_id", "arm", "meeting"], orient="row")


def drawn_units(seed, *, units=2_000, base=0.05, effect=0.0, share=0.5):
    """People with a meeting or none, a revenue, what they did before, and an account."""
    rng = np.random.default_rng(seed)
    is_agent = rng.random(units) < share
    before = rng.normal(size=units)
    return pl.DataFrame(
        {
            "unit_id": [f"person-{i}" for i in range(units)],
            "arm": np.where(is_agent, "agent", "holdout"),
            "meeting": (rng.random(units) < base + effect * is_agent).astype(int),
            "revenue_usd": 100 + 20 * before + 10 * rng.normal(size=units) + 4 * is_agent,
            "revenue_before_usd": 100 + 15 * before,
            "visits_before": rng.poisson(np.exp(before / 2)),
        }
    )


def clustered_units(seed, *, accounts=40, effect=0.0):
    """People of accounts that are in one arm as a whole; people of an account are alike."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 20, accounts)
    account = np.repeat(np.arange(accounts), sizes)
    is_agent = (rng.permutation(accounts) < accounts / 2)[account]
    value = 10 + rng.normal(size=accounts)[account] + rng.normal(size=len(account))
    return pl.DataFrame(
        {
            "unit_id": [f"person-{i}" for i in range(len(account))],
            "arm": np.where(is_agent, "agent", "holdout"),
            "account_id": [f"account-{i}" for i in account],
            "meeting": value + effect * is_agent,
        }
    )
