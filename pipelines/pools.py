"""Pools in which steps wait for each other: Dagster runs as many of one at a time as its limit.

`dagster.yaml` sets the limit of every pool to 1; more pulls at a time from one vendor are allowed
with `dagster instance concurrency set vendor_hubspot 2`.
"""

WAREHOUSE = "warehouse"
"""DuckDB takes one writer."""
STORE = "store"
"""Batches write whole pages into the runtime store, one batch at a time."""


def vendor(name: str) -> str:
    """Returns the pool of pulls from a vendor, such as `vendor_hubspot`."""
    return f"vendor_{name}"
