"""Verdicts of the suites over the canonical tables; what has passed once is not asked again.

A row that passed passes at any later instant, so Great Expectations is asked of the rows that are
new or have changed, and of all that share a key with another. A suite that failed is asked of
everything the next time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import polars_hash as plh

from pipelines.expectations import Verdict, ask, asked_of
from pipelines.kept import code, read_json, version
from pipelines.lake import Lake, write, write_json
from pipelines.suites import SUITES, Suite

_UNIQUE = ("ExpectColumnValuesToBeUnique", "ExpectCompoundColumnsToBeUnique")
_HASH = "row"


def judge_tables(lake: Lake, *, now: datetime) -> Iterator[tuple[Suite, Verdict]]:
    """Yields each suite with its verdict over the whole table.

    Args:
        lake: Where the canonical tables lie.
        now: Instant after which nothing can have been recorded.
    """
    tables = {name: _read(lake, name) for name in {suite.table for suite in SUITES}}
    said = _said(lake, now)
    stand = {name: one for name, one in said.items() if one["version"] == _versions(lake)[name]}
    asked = [suite for suite in SUITES if _name(suite) not in stand]
    hashes = {_name(s): _hashes(s, tables[s.table]) for s in asked if not _is_share(s)}
    frames = {
        _name(s): _to_ask(lake, s, tables[s.table], hashes.get(_name(s)), is_good=bool(said))
        for s in asked
    }
    _stamp(lake).unlink(missing_ok=True)
    verdicts = {name: Verdict(**one["verdict"]) for name, one in stand.items()}
    for suite, verdict in ask(lambda suite: frames[_name(suite)], now=now, suites=asked):
        verdicts[_name(suite)] = replace(verdict, rows=tables[suite.table].height)
        path = _path(lake, suite)
        if verdict.passed and not _is_share(suite):
            write(hashes[_name(suite)].unique().to_frame(), path)
        else:
            path.unlink(missing_ok=True)
    _keep(lake, verdicts, now)
    for suite in SUITES:
        yield suite, verdicts[_name(suite)]


def _read(lake: Lake, table: str) -> pl.DataFrame:
    """The columns of a table that any suite names."""
    path = lake.paths.canonical / f"{table}.parquet"
    there = pl.read_parquet_schema(path)
    named = {name for s in SUITES if s.table == table for name in asked_of(s, there)}
    return pl.read_parquet(path, columns=[name for name in there if name in named])


def _to_ask(
    lake: Lake, suite: Suite, table: pl.DataFrame, hashes: pl.Series | None, *, is_good: bool
) -> pl.DataFrame:
    """The rows of which a suite must be asked, so that its verdict is that of the whole table."""
    path = _path(lake, suite)
    if hashes is None:
        return _presence(suite, table)
    if not is_good or not path.is_file() or table.is_empty():
        return table
    is_new = ~hashes.is_in(pl.read_parquet(path).get_column(_HASH).implode())
    for name, arguments in suite.expects:
        if name in _UNIQUE:
            key = arguments.get("column_list") or [arguments["column"]]
            is_new = is_new | table.select(key).is_duplicated()
    return table.filter(is_new)


def _is_share(suite: Suite) -> bool:
    return any(arguments.get("mostly", 1.0) < 1.0 for _, arguments in suite.expects)


def _presence(suite: Suite, table: pl.DataFrame) -> pl.DataFrame:
    """Where only presence is asked, a mark says as much as the value and costs less to ask."""
    if any(name != "ExpectColumnValuesToNotBeNull" for name, _ in suite.expects):
        return table
    return table.select(
        pl.when(pl.col(name).is_not_null()).then(pl.lit(1, pl.Int8)).alias(name)
        for name in asked_of(suite, table.columns)
    )


def _hashes(suite: Suite, table: pl.DataFrame) -> pl.Series:
    cells = plh.hash_rows(*asked_of(suite, table.columns))
    return table.select(cells.nchash.xxh3_64().alias(_HASH)).to_series()


def _said(lake: Lake, now: datetime) -> dict[str, Any]:
    """What was said of each suite, and of which version; nothing where it may differ now."""
    stamp = read_json(_stamp(lake)) or {}
    if stamp.get("made_of") != _made_of() or datetime.fromisoformat(stamp["now"]) > now:
        return {}
    for one in stamp["said"].values():
        one["verdict"]["failures"] = tuple(one["verdict"]["failures"])
    shares = {_name(suite) for suite in SUITES if _is_share(suite)}
    said = stamp["said"].items()
    return {name: one for name, one in said if one["verdict"]["passed"] or name in shares}


def _keep(lake: Lake, verdicts: Mapping[str, Verdict], now: datetime) -> None:
    versions = _versions(lake)
    said = {
        name: {"version": versions[name], "verdict": asdict(one)} for name, one in verdicts.items()
    }
    write_json({"made_of": _made_of(), "now": now.isoformat(), "said": said}, _stamp(lake))


def _versions(lake: Lake) -> dict[str, str]:
    canonical = lake.paths.canonical
    return {_name(suite): version(canonical / f"{suite.table}.parquet") for suite in SUITES}


def _made_of() -> dict[str, str]:
    return {"code": code(), "suites": repr(SUITES)}


def _name(suite: Suite) -> str:
    return f"{suite.table}.{suite.name}"


def _path(lake: Lake, suite: Suite) -> Path:
    return lake.paths.lake / "kept" / "judged" / f"{_name(suite)}.parquet"


def _stamp(lake: Lake) -> Path:
    return lake.paths.lake / "kept" / "judged.json"
