"""The message path of dbt, whole and a day at a time, against SQL by hand in the same DuckDB."""

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import duckdb

from agent_runtime.settings import Workspace
from pipelines.loads import keep_load, plan_load
from pipelines.warehouse import run_load
from tests.benchmarks.message_traces import GROUP, Traces

EVENTS = 1_000_000
DAYS = 200
PATH = ("+fct_messages", "stg_runtime__unusable_events")
BY_HAND = Path(__file__).with_name("message_path.sql")
MEMORY = "8GB"
OWN = ("load", "message_key", "person_key", "row_key", "tracked_key", "first_seen_at")
"""Columns by which dbt's models find what is new; the SQL by hand has none to find."""
ROWS_AT_ONCE = 500_000
MOST_TIMES_HAND, MOST_SHARE_OF_FULL = 1.5, 0.1


def measure(events=EVENTS):
    """Builds the whole at a quarter, the half and all; adds a day to each; builds all by hand."""
    day = max(GROUP, events // DAYS // GROUP * GROUP)
    days = events // day
    with TemporaryDirectory(prefix="parley-bench-") as folder:
        bench = _Bench(Workspace(Path(folder)), day)
        added = {}
        bench.write(days // 4)
        bench.build(full=True)
        for end in (days // 4, days // 2, days):
            if end > bench.end + 1:
                bench.write(end)
                bench.build()
            bench.write(end + 1)
            added[end * day] = bench.build()
        seen = bench.fingerprint()
        full = bench.build(full=True)
        if bench.fingerprint() != seen:
            raise AssertionError("days added one after another give other messages than the whole")
        hand = bench.by_hand()
        different = bench.differences()
    last = added[days * day]
    return {
        "events": (days + 1) * day,
        "events_a_day": day,
        "full": full,
        "by_hand": hand,
        "times_hand": round(full["sql_s"] / hand["sql_s"], 2),
        "times_hand_wall": round(full["wall_s"] / hand["sql_s"], 2),
        "times_hand_cpu": round(full["cpu_s"] / hand["cpu_s"], 2),
        "day_after_events": added,
        "day_share_of_full": round(last["sql_s"] / full["sql_s"], 3),
        "day_share_of_full_wall": round(last["wall_s"] / full["wall_s"], 3),
        "day_share_of_full_cpu": round(last["cpu_s"] / full["cpu_s"], 3),
        "day_after_all_times_day_after_quarter": {
            kind: round(last[kind] / next(iter(added.values()))[kind], 2)
            for kind in ("sql_s", "wall_s", "cpu_s")
        },
        "rows_that_differ": different,
        "bounds": {"times_hand": MOST_TIMES_HAND, "day_share_of_full": MOST_SHARE_OF_FULL},
    }


class _Bench:
    def __init__(self, workspace, day):
        self.workspace, self.day, self.end = workspace, day, 0
        self.traces = Traces(workspace, day)
        self.hand = workspace.root / "by_hand.duckdb"
        workspace.lake.mkdir(parents=True)

    def write(self, end):
        self.traces.write(self.end, end)
        self.end = end

    def build(self, *, full=False):
        """Returns the seconds of all models, on the wall (with planning) and of the processor."""
        if full:
            self.workspace.warehouse.unlink(missing_ok=True)
        began, cpu_began = perf_counter(), process_time()
        load = plan_load(self.workspace, {}, full=full)
        variables = {"memory_limit": MEMORY}
        runs = run_load(self.workspace, load, variables, select=PATH)
        keep_load(self.workspace, load, {})
        wall_s, cpu_s = perf_counter() - began, process_time() - cpu_began
        if bool(load.number) == full:
            raise AssertionError("the run was not planned as it is measured")
        return {
            "sql_s": round(sum(run.seconds for run in runs), 2),
            "wall_s": round(wall_s, 2),
            "cpu_s": round(cpu_s, 2),
            "slowest": _slowest({run.name: run.seconds for run in runs}),
        }

    def by_hand(self):
        lines = BY_HAND.read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.startswith("--"))
        took, cpu_began = {}, process_time()
        with duckdb.connect(str(self.hand)) as connection:
            connection.execute(
                f"set TimeZone = 'UTC'; set preserve_insertion_order = false; "
                f"set memory_limit = '{MEMORY}'"
            )
            lake = self.workspace.lake
            connection.execute(f"set variable traces = '{lake}/traces/day=*/*.parquet'")
            connection.execute(f"set variable assignments = '{lake}/assignments.parquet'")
            for statement in filter(str.strip, text.split(";\n")):
                name = statement.split()[2]
                heavy = "zstd" if name == "stg_runtime__trace_events" else "auto"
                connection.execute(f"set force_compression = '{heavy}'")
                began = perf_counter()
                connection.execute(statement)
                took[name] = perf_counter() - began
        cpu_s = process_time() - cpu_began
        return {
            "sql_s": round(sum(took.values()), 2),
            "cpu_s": round(cpu_s, 2),
            "slowest": _slowest(took),
        }

    def fingerprint(self):
        """Returns the number of messages and the sum of their hashes."""
        with duckdb.connect(str(self.workspace.warehouse)) as connection:
            columns = _list(self._tables(connection)["fct_messages"])
            query = f"select count(*), sum(hash({columns})) from fct_messages"
            return connection.execute(query).fetchone()

    def differences(self):
        """Returns the rows of either side that the other lacks, by table, some days at once.

        A difference in the number of rows counts too.
        """
        found = {}
        with duckdb.connect(str(self.workspace.warehouse)) as connection:
            connection.execute(f"set TimeZone = 'UTC'; set memory_limit = '{MEMORY}'")
            tables = self._tables(connection)
            connection.execute(f"attach '{self.hand}' as hand (read_only)")
            for name, columns in tables.items():
                time = "occurred_at" if "occurred_at" in columns else "assigned_at"
                [(rows, by_hand, first, last)] = connection.execute(
                    f"select count(*), (select count(*) from hand.main.{name}), "
                    f"min({time}), max({time}) from main.{name}"
                ).fetchall()
                found[name] = abs(rows - by_hand)
                for stretch in _stretches(time, first, last, 1 + rows // ROWS_AT_ONCE):
                    ours, theirs = (
                        f"(select {_list(columns)} from {schema}.{name} where {stretch})"
                        for schema in ("main", "hand.main")
                    )
                    [(count,)] = connection.execute(
                        f"select (select count(*) from ({ours} except {theirs})) "
                        f"+ (select count(*) from ({theirs} except {ours}))"
                    ).fetchall()
                    found[name] += count
        return found

    def _tables(self, connection):
        rows = connection.execute(
            "select table_name, list(column_name) from information_schema.columns "
            "where table_schema = 'main' and table_name in (select table_name from "
            "information_schema.tables where table_type = 'BASE TABLE') "
            "and table_name != 'stg_runtime__unusable_events' group by all order by all"
        ).fetchall()
        return {name: [c for c in columns if c not in OWN] for name, columns in rows}


def _stretches(column, first, last, count):
    """Returns conditions of which each row meets exactly one; DuckDB skips what lies outside."""
    ends = [first + (last - first) * k / count for k in range(1, count)]
    ends = [f"timestamp '{end:%Y-%m-%d %H:%M:%S.%f}'" for end in ends]
    if not ends:
        return ["true"]
    between = (f"{column} >= {lo} and {column} < {hi}" for lo, hi in pairwise(ends))
    return [f"{column} < {ends[0]}", *between, f"{column} >= {ends[-1]}", f"{column} is null"]


def _list(columns):
    return ", ".join(f'"{column}"' for column in columns)


def _slowest(seconds):
    """Returns the five that took longest."""
    longest = sorted(seconds.items(), key=lambda item: -item[1])[:5]
    return {name: round(taken, 2) for name, taken in longest}
