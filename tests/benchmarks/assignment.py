"""A million arms as a Polars expression, against the bare md5 of the same ids."""

from time import perf_counter

import polars as pl
import polars_hash as plh

from experiments.assignment_frames import arm_expr

IDS = 1_000_000


def measure():
    ids = pl.DataFrame({"id": [f"p-{n:07d}" for n in range(IDS)]})
    bare = pl.DataFrame({"id": [f"salt:p-{n:07d}" for n in range(IDS)]})
    bare_s = _best(lambda: bare.select(plh.col("id").nchash.md5()))
    arms_s = _best(lambda: ids.select(arm_expr("salt", "id", {"agent": 0.5, "holdout": 0.5})))
    return {"arms_s": arms_s, "bare_md5_s": bare_s, "ratio": round(arms_s / bare_s, 2)}


def _best(work):
    times = []
    for _ in range(3):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return round(min(times), 3)
