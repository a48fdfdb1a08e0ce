"""Contacts resolved from nothing: exact keys, match, merges. Each size in a process of its own.

A ratio is what a size took against n log n from the least size: 1 is as expected, 1.15 the bound.
The making of the contacts is not counted. CPU seconds stand beside, since others use the machine.
"""

import json
import math
import subprocess
import sys
from pathlib import Path

SIZES = (100_000, 300_000, 1_000_000)
BOUNDS = {"seconds": 180, "peak_gb": 6.0, "ratio": 1.15}
DAILY_SHARE = 0.01


def measure(units=None):
    sizes = [size for size in SIZES if units is None or size <= units]
    runs = [_apart(size) for size in sizes]
    least = runs[0]
    for run in runs:
        scale = (run["contacts"] * math.log(run["contacts"])) / (
            least["contacts"] * math.log(least["contacts"])
        )
        for name in ("seconds", "cpu_seconds", "peak_gb"):
            run[f"{name}_ratio"] = round(run[name] / least[name] / scale, 2)
    return {"sizes": runs, "bounds": BOUNDS}


def _apart(size):
    """The largest resident set of a process never shrinks, so each size has its own."""
    made = Path(f"out/identity-{size}")
    for step in ("make", "resolve"):
        command = [sys.executable, "-m", "tests.benchmarks.identity", step, str(size), str(made)]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(found.stdout)


def _make(size, folder):
    from tests.pipelines.identity.planted import planted

    folder.mkdir(parents=True, exist_ok=True)
    crm = planted(size, seed=7)
    crm.contacts.drop("truth", "kind").write_parquet(folder / "contacts.parquet")
    crm.accounts.write_parquet(folder / "accounts.parquet")


def _resolve(folder):
    import resource
    import shutil
    from datetime import UTC, datetime
    from time import perf_counter, process_time

    import polars as pl

    from agent_runtime.settings import Workspace
    from pipelines.identity.resolving import resolve_batch
    from pipelines.lake import Lake
    from pipelines.transforms.identity import identify

    now = datetime(2026, 1, 12, tzinfo=UTC)
    shutil.rmtree(folder / "lake", ignore_errors=True)
    tables = {
        name: pl.read_parquet(folder / f"{name}.parquet") for name in ("contacts", "accounts")
    }
    began, cpu = perf_counter(), process_time()
    keys = tables["contacts"].select("contact_id", "email")
    exact = identify(keys, tenant_id="t", now=now)
    keyed_s = perf_counter() - began
    lake = Lake(Workspace(folder))
    found = resolve_batch(lake, exact, tables, tenant_id="t", now=now)
    first = {"seconds": perf_counter() - began, "cpu_seconds": process_time() - cpu}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    daily = _next_day(lake, tables, exact, now)
    return {
        "contacts": tables["contacts"].height,
        "persons": found.identity.persons.get_column("person_id").n_unique(),
        "merged": found.merged,
        "questions": found.questions,
        **{name: round(value, 1) for name, value in first.items()},
        "peak_gb": round(peak, 2),
        "of_it_exact_keys_s": round(keyed_s, 1),
        "next_day": daily,
    }


def _next_day(lake, tables, exact, now):
    """A hundredth of the contacts has another job title; without the exact keys."""
    from time import perf_counter, process_time

    import polars as pl

    from pipelines.identity.resolving import resolve_batch

    changed = pl.col("contact_id").hash(3) % round(1 / DAILY_SHARE) == 0
    title = pl.when(changed).then(pl.lit("Head of Something Else")).otherwise("title")
    edited = tables | {"contacts": tables["contacts"].with_columns(title.alias("title"))}
    began, cpu = perf_counter(), process_time()
    found = resolve_batch(lake, exact, edited, tenant_id="t", now=now)
    return {
        "changed": found.looked_for,
        "seconds": round(perf_counter() - began, 1),
        "cpu_seconds": round(process_time() - cpu, 1),
    }


if __name__ == "__main__":
    if sys.argv[1] == "make":
        _make(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.stdout.write(json.dumps(_resolve(Path(sys.argv[3]))))
