"""Arms of ten million ids, against the bare md5 in the same engine and a loop over another SDK."""

from itertools import repeat
from time import perf_counter, process_time

import duckdb
import growthbook
import polars as pl
import polars_hash as plh

from experiments.assignment import Draw
from experiments.assignment_frames import drawn_expr
from experiments.assignment_sql import arm_sql

IDS = 10_000_000
LOOPED = 20_000
DRAW = Draw("salt", {"agent": 0.5, "holdout": 0.5})
MOST_TIMES_MD5, LEAST_TIMES_LOOP = 1.5, 100


def measure(ids=IDS):
    units = pl.select(pl.format("p-{}", pl.int_range(ids)).alias("id")).rechunk()
    salted = units.select(pl.concat_str(pl.lit("salt:"), "id").alias("id"))
    polars = _best(
        lambda: units.select(drawn_expr(DRAW, "id")),
        lambda: salted.select(plh.col("id").nchash.md5()),
    )
    with duckdb.connect() as connection:
        connection.register("units", units)
        connection.register("salted", salted)
        connection.execute("create table u as select id from units")
        connection.execute("create table s as select id from salted")
        into = "create or replace temp table arms as select"
        in_duckdb = _best(
            lambda: connection.execute(f"{into} {arm_sql(DRAW, 'id', 'duckdb')} from u"),
            lambda: connection.execute(f"{into} md5(id) from s"),
        )
    (loop,) = _best(lambda: _loop(units["id"].head(LOOPED)))
    looped = {"wall_s": loop[0] * ids / LOOPED, "cpu_s": loop[1] * ids / LOOPED}
    return {
        "ids": ids,
        "polars": _beside(*polars, looped["wall_s"]),
        "duckdb": _beside(*in_duckdb, looped["wall_s"]),
        "growthbook": _rounded(looped) | {"scaled_from_ids": LOOPED},
        "bounds": {"times_md5_at_most": MOST_TIMES_MD5, "faster_than_loop": LEAST_TIMES_LOOP},
    }


def _loop(ids):
    """The SDK's inline experiment, one instance for all ids: its fastest way through many."""
    book = growthbook.GrowthBook()
    question = growthbook.Experiment(key="trial", variations=list(DRAW.shares), weights=[0.5, 0.5])
    for unit in ids:
        book.set_attributes({"id": unit})
        book.run(question)


def _beside(arms, md5, loop_s):
    return _rounded({"wall_s": arms[0], "cpu_s": arms[1]}) | {
        "md5": _rounded({"wall_s": md5[0], "cpu_s": md5[1]}),
        "times_md5": round(arms[0] / md5[0], 2),
        "times_md5_cpu": round(arms[1] / md5[1], 2),
        "faster_than_loop": round(loop_s / arms[0]),
    }


def _best(*works):
    """The least wall and processor seconds of each, in turns, since others use the machine too."""
    best = list(repeat((float("inf"), float("inf")), len(works)))
    for _ in range(3):
        for place, work in enumerate(works):
            wall, cpu = perf_counter(), process_time()
            work()
            spent = perf_counter() - wall, process_time() - cpu
            best[place] = tuple(map(min, best[place], spent))
    return best


def _rounded(seconds):
    return {name: round(value, 2) for name, value in seconds.items()}
