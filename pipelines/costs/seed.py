"""Writes dbt/seeds/prices.csv from pricing.yaml, so that the warehouse has the same prices.

Run it as `python -m pipelines.costs.seed`; with `--check` it only says whether the seed is stale.
"""

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.costs.price_list import Pricing, load_pricing
from pipelines.manifest import DBT_PROJECT

SEED = DBT_PROJECT / "seeds" / "prices.csv"
COLUMNS = ("item", "unit", "price_usd", "a_day", "valid_from", "version", "why_unknown")


def seed_text(pricing: Pricing) -> str:
    """Returns the seed: one row per item, unit and day from which a price holds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for cost, price in pricing.dated():
        writer.writerow(
            (
                cost.item,
                cost.unit,
                price.price_usd,
                price.a_day,
                price.valid_from,
                price.version,
                price.why_unknown,
            )
        )
    return text.getvalue()


def main(arguments: Sequence[str], seed: Path = SEED) -> int:
    """Returns 0, or 1 where the seed is stale and `--check` forbids to write it."""
    text = seed_text(load_pricing())
    if "--check" not in arguments:
        seed.write_text(text, encoding="utf-8")
        return 0
    if not seed.exists() or seed.read_text(encoding="utf-8") != text:
        sys.stderr.write(f"{seed} is stale; run python -m pipelines.costs.seed\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
