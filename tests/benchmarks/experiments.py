"""The report on ten million units in a fresh process, against statsmodels on the primary alone."""

import os
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import polars as pl

from experiments.readout import Readout

UNITS = 10_000_000
COMPARED = 500_000
MOST_SECONDS, MOST_GB = 15, 4
FOLDER = Path("out/bench")
_COMMAND = "from pipelines.cli import main; main()"
SPEC = """\
id: bench
arms: {agent: 0.5, holdout: 0.5}
control: holdout
primary: {metric: meeting}
secondary: [revenue_usd, replies, minutes]
guardrails: {unsubscribed: {margin: 0.003}}
covariates: [replies_before, visits_before]
cluster: account_id
analysis: {mode: fixed}
"""


def measure(units=UNITS):
    path = made(units)
    runs = sorted(_analysed(path) for _ in range(2 if units >= UNITS else 3))
    wall, cpu, peak_gb = (min(figures) for figures in zip(*runs, strict=True))
    theirs = _statsmodels(path)
    per_million = cpu / units * 1e6
    return {
        "units": units,
        "report_s": round(wall, 1),
        "report_cpu_s": round(cpu, 1),
        "peak_gb": round(peak_gb, 2),
        "cores": os.cpu_count(),
        "bounds": {"report_s": MOST_SECONDS, "peak_gb": MOST_GB},
        "cpu_s_per_million_units": round(per_million, 2),
        "statsmodels_cpu_s_per_million_units_one_metric": round(theirs, 2),
        "ratio_to_statsmodels_five_metrics": round(per_million / (5 * theirs), 2),
    }


def made(units):
    """Returns the file of so many people in a tenth as many accounts; made once."""
    path = FOLDER / f"units_{units}.parquet"
    if path.exists():
        return path
    FOLDER.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(5)
    account = random.integers(0, units // 10, units)
    is_agent = (random.random(units // 10) < 0.5)[account]
    shared = random.normal(size=units // 10)[account]
    before = random.normal(size=units) + 0.5 * shared
    chance = np.clip(0.02 + 0.004 * before + 0.002 * is_agent, 0, 1)
    buys = random.random(units) < 0.02
    numbers = pl.DataFrame(
        {
            "meeting": (random.random(units) < chance).astype(np.int8),
            "revenue_usd": np.where(buys, random.lognormal(6 + 0.2 * before, 1), 0.0),
            "replies": random.poisson(0.3, units),
            "minutes": 10 + 2 * before + shared + 4 * random.normal(size=units),
            "unsubscribed": (random.random(units) < 0.003).astype(np.int8),
            "replies_before": before,
            "visits_before": random.poisson(np.exp(before / 2)).astype(float),
        }
    )
    missing = {"meeting": 0.01, "revenue_usd": 0.005, "minutes": 0.02, "replies_before": 0.001}
    numbers = numbers.with_columns(
        pl.when(pl.Series(random.random(units) >= share)).then(name).alias(name)
        for name, share in missing.items()
    )
    names = pl.DataFrame({"account": account, "is_agent": is_agent}).select(
        pl.format("person-{}", pl.int_range(units)).alias("unit_id"),
        pl.when("is_agent").then(pl.lit("agent")).otherwise(pl.lit("holdout")).alias("arm"),
        pl.format("account-{}", "account").alias("account_id"),
    )
    draft = path.with_suffix(".draft")
    pl.concat([names, numbers], how="horizontal").write_parquet(draft)
    return draft.rename(path)


def _analysed(path):
    """Wall and processor seconds and the most memory, of the command itself from start to end."""
    with tempfile.TemporaryDirectory() as folder:
        spec, out = Path(folder, "spec.yaml"), Path(folder, "report.json")
        spec.write_text(SPEC)
        page = out.with_suffix(".html")
        options = ["--spec", spec, "--units", path, "--out", out, "--html", page]
        command = [sys.executable, "-c", _COMMAND, "experiment", "analyze", *options]
        wall = perf_counter()
        silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
        child = os.posix_spawn(
            sys.executable, list(map(str, command)), os.environ, file_actions=silent
        )
        _, status, used = os.wait4(child, 0)
        assert status == 0, f"the analysis of {path} failed"
        assert len(Readout.model_validate_json(out.read_text()).metrics) == 5
        return perf_counter() - wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20


def _statsmodels(path):
    """Processor seconds per million units for least squares on one metric, errors by cluster."""
    import statsmodels.api as sm

    columns = ["arm", "account_id", "meeting", "replies_before", "visits_before"]
    some = pl.read_parquet(path, columns=columns).drop_nulls().head(COMPARED)
    known = some.select("replies_before", "visits_before").to_numpy()
    design = np.column_stack(
        [np.ones(len(some)), (some["arm"] == "agent").to_numpy(), known - known.mean(axis=0)]
    ).astype(float)
    groups = some["account_id"].rank("dense").to_numpy()
    values = some["meeting"].to_numpy().astype(float)
    began = process_time()
    sm.OLS(values, design).fit(cov_type="cluster", cov_kwds={"groups": groups})
    return (process_time() - began) / len(some) * 1e6
