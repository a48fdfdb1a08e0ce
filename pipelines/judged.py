"""Verdicts of the suites over the canonical tables; a table that has not changed keeps its own."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import polars as pl

from pipelines.expectations import Verdict, validate
from pipelines.kept import code, is_current, read_json, stamped, version
from pipelines.lake import Lake, write_json
from pipelines.suites import SUITES, Suite


def judge_tables(lake: Lake, *, now: datetime) -> Iterator[tuple[Suite, Verdict]]:
    """Yields each suite with its verdict; only tables that changed are looked at.

    What was in the past then is in the past now, so a verdict holds at any later instant, unless
    it was a failure.

    Args:
        lake: Where the canonical tables lie.
        now: Instant after which nothing can have been recorded.
    """
    kept = read_json(_path(lake)) if is_current(lake, "verdicts", _made_of(), [_path(lake)]) else {}
    tables = {suite.table: lake.paths.canonical / f"{suite.table}.parquet" for suite in SUITES}
    stands = {
        table: kept[table]["verdicts"]
        for table, path in tables.items()
        if table in (kept or {}) and _is_good(kept[table], version(path), now)
    }
    changed = {
        table: pl.read_parquet(path) for table, path in tables.items() if table not in stands
    }
    suites = [suite for suite in SUITES if suite.table in changed]
    judged = validate(changed, now=now, suites=suites) if suites else ()
    found = {(suite.table, suite.name): verdict for suite, verdict in judged}
    verdicts = [
        (suite, found.get((suite.table, suite.name)) or Verdict(**_plain(stands, suite)))
        for suite in SUITES
    ]
    document = {
        table: {
            "version": version(path),
            "now": now.isoformat(),
            "verdicts": {s.name: asdict(v) for s, v in verdicts if s.table == table},
        }
        for table, path in tables.items()
    }
    with stamped(lake, "verdicts", _made_of(), [_path(lake)]):
        write_json(document, _path(lake))
    yield from verdicts


def _is_good(kept: dict, current: str, now: datetime) -> bool:  # pyright: ignore
    is_same = kept["version"] == current and datetime.fromisoformat(kept["now"]) <= now
    return is_same and all(verdict["passed"] for verdict in kept["verdicts"].values())


def _plain(stands: dict, suite: Suite) -> dict:  # pyright: ignore
    verdict = stands[suite.table][suite.name]
    return verdict | {"failures": tuple(verdict["failures"])}


def _made_of() -> dict[str, object]:
    return {"code": code(), "suites": repr(SUITES)}


def _path(lake: Lake) -> Path:
    return lake.paths.lake / "kept" / "table_verdicts.json"
