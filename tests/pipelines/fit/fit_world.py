"""A CRM made up for this, with outcomes drawn from a known log odds: the planted truth."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from pipelines.schemas import TABLES

TENANT = "northbeam"
START = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 12, tzinfo=UTC)
INDUSTRIES = ("finance", "retail", "software", "logistics")
INTERCEPT = -1.2
EFFECTS = {"finance": 1.2, "retail": -0.8, "software": 0.0, "logistics": 0.0}
LARGE, LARGE_EFFECT = 500, 0.7


def truth_of(industries, employees):
    """The planted probability that a deal is won."""
    log_odds = INTERCEPT + np.array([EFFECTS.get(one, 0.0) for one in industries])
    log_odds = log_odds + LARGE_EFFECT * (np.nan_to_num(np.array(employees, float)) > LARGE)
    return 1 / (1 + np.exp(-log_odds))


def table(name, rows):
    empty = pl.DataFrame(schema=TABLES[name].schema)
    if not rows:
        return empty
    frame = pl.DataFrame(rows).with_columns(pl.lit(TENANT).alias("tenant_id"))
    return pl.concat([empty, frame], how="diagonal_relaxed")


def made_up(seed, *, deals=1500, accounts=600, is_planted=True, until=NOW):
    """Canonical tables of a company whose deals follow the planted truth, or a coin."""
    draw = np.random.default_rng(seed)
    industries = draw.choice(INDUSTRIES, accounts)
    employees = draw.integers(20, 2000, accounts)
    owner = draw.integers(0, accounts, deals)
    chance = truth_of(industries[owner], employees[owner]) if is_planted else np.full(deals, 0.3)
    won = draw.random(deals) < chance
    span = (until - START).days - 60
    opened = [START + timedelta(days=float(d)) for d in draw.random(deals) * span]
    closed = [
        o + timedelta(days=float(d))
        for o, d in zip(opened, 1 + draw.random(deals) * 50, strict=True)
    ]
    tables = {name: table(name, []) for name in TABLES}
    tables["accounts"] = table(
        "accounts",
        [
            {"account_id": f"a{n}", "industry": str(industries[n]), "employees": int(employees[n])}
            for n in range(accounts)
        ],
    )
    tables["contacts"] = table(
        "contacts",
        [
            {
                "contact_id": f"c{n}",
                "person_id": f"p{n}",
                "account_id": f"a{n}",
                "email": f"c{n}@x.example",
            }
            for n in range(accounts)
        ],
    )
    tables["opportunities"] = table(
        "opportunities",
        [
            {
                "opportunity_id": f"o{n}",
                "account_id": f"a{owner[n]}",
                "contact_id": f"c{owner[n]}",
                "opened_at": opened[n],
                "closed_at": closed[n],
                "is_won": bool(won[n]),
                "amount_usd": 1000.0 * bool(won[n]),
                "stage": "won" if won[n] else "lost",
                "lost_reason": None if won[n] else "price",
            }
            for n in range(deals)
        ],
    )
    return tables
