"""What a warehouse was built from, and whether what is new since can be added to it."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from agent_runtime.settings import Workspace
from pipelines.errors import PipelineError
from pipelines.manifest import DBT_PROJECT, fingerprint_of

_TABLES = """
create schema if not exists built;
create or replace table built.warehouse (version varchar, load bigint);
create or replace table built.files (path varchar, bytes bigint, modified_ns bigint);
"""
_REPEATED_OTHERWISE = """
with copies as (
    select event_id, tenant_id, try_cast(seq as bigint) as seq, kind, thread_id, person_id,
        contact_id, try_cast(occurred_at as timestamp) as occurred_at,
        try_cast(schema_version as bigint) as schema_version, versions, payload
    from read_parquet(?, union_by_name = true)
),
again as (select event_id from copies semi join stg_runtime__trace_events using (event_id))
select count(*) from (
    select * from copies semi join again using (event_id)
    except
    select event_id, tenant_id, seq, kind, thread_id, person_id, contact_id, occurred_at,
        schema_version, versions, payload
    from stg_runtime__trace_events semi join again using (event_id)
)
"""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A Parquet file of the lake, as it lay there when it was read."""

    path: str
    bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Load:
    """One run of dbt: everything anew, or what is new added."""

    number: int
    """0 for everything anew; additions count from 1."""
    files: tuple[SourceFile, ...]
    """All files that the warehouse stands on after the run: traces and assignments."""
    new_traces: tuple[str, ...] = ()
    are_assignments_new: bool = True

    @property
    def variables(self) -> dict[str, Any]:
        """What the models are told of it."""
        return {
            "load": self.number,
            "new_trace_files": list(self.new_traces),
            "are_assignments_new": self.are_assignments_new,
        }


def plan_load(workspace: Workspace, variables: Mapping[str, Any], *, full: bool = False) -> Load:
    """Returns an addition where nothing but new trace files and assignments came since.

    A changed dbt project, DuckDB or variable, a trace file that was rewritten or is gone, and an
    event that comes again and says something else each mean that everything is built anew.

    Raises:
        PipelineError: A trace file cannot be read; nothing is built from a part of the traces.
    """
    files = tuple(_files(workspace))
    known = None if full else _known(workspace, _version(variables))
    if known is None:
        _check_readable(_traces(files))
        return Load(0, files)
    number, read = known
    new = [path for path in _traces(files) if path not in {file.path for file in read}]
    _check_readable(new)
    traces_before = {file for file in read if file.path != _assignments(workspace)}
    if traces_before - set(files) or _say_otherwise(workspace, new):
        _check_readable(_traces(files))
        return Load(0, files)
    changed = {file for file in files if file.path == _assignments(workspace)} ^ (
        read - traces_before
    )
    return Load(number + 1, files, tuple(new), are_assignments_new=bool(changed))


def forget_load(workspace: Workspace) -> None:
    """Makes the next run build everything: until it is done, nobody knows what a table holds."""
    if workspace.warehouse.exists():
        with duckdb.connect(str(workspace.warehouse)) as connection:
            connection.execute("drop schema if exists built cascade")


def keep_load(workspace: Workspace, load: Load, variables: Mapping[str, Any]) -> None:
    """Writes down what the warehouse now stands on."""
    rows = [[file.path, file.bytes, file.modified_ns] for file in load.files]
    with duckdb.connect(str(workspace.warehouse)) as connection, connection.cursor() as cursor:
        cursor.execute(_TABLES)
        cursor.execute(
            "insert into built.warehouse values (?, ?)", [_version(variables), load.number]
        )
        if rows:
            cursor.executemany("insert into built.files values (?, ?, ?)", rows)


def _version(variables: Mapping[str, Any]) -> str:
    parts = (fingerprint_of(DBT_PROJECT), duckdb.__version__, json.dumps(variables, sort_keys=True))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _known(workspace: Workspace, version: str) -> tuple[int, set[SourceFile]] | None:
    if not workspace.warehouse.exists():
        return None
    with duckdb.connect(str(workspace.warehouse)) as connection:
        try:
            row = connection.execute(
                "select load from built.warehouse where version = ?", [version]
            ).fetchone()
        except duckdb.CatalogException:
            return None
        if row is None:
            return None
        files = connection.execute("select * from built.files").fetchall()
    return row[0], {SourceFile(*file) for file in files}


def _files(workspace: Workspace) -> Iterator[SourceFile]:
    assignments = Path(_assignments(workspace))
    traces = sorted(workspace.traces.resolve().glob("day=*/*.parquet"))
    for path in (*traces, *([assignments] if assignments.exists() else [])):
        stat = path.stat()
        yield SourceFile(str(path), stat.st_size, stat.st_mtime_ns)


def _assignments(workspace: Workspace) -> str:
    return str(workspace.lake.resolve() / "assignments.parquet")


def _traces(files: Sequence[SourceFile]) -> list[str]:
    return [file.path for file in files if Path(file.path).parent.name.startswith("day=")]


def _check_readable(paths: Sequence[str]) -> None:
    for path in paths:
        try:
            pl.read_parquet_schema(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            reason = " ".join(str(error).split())
            raise PipelineError(
                f"{path}: it is not a whole Parquet file ({reason}); no figure is made from a part "
                "of the traces, so put the whole file there or move it out of the lake."
            ) from None


def _say_otherwise(workspace: Workspace, paths: Sequence[str]) -> bool:
    if not paths:
        return False
    with duckdb.connect(str(workspace.warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        try:
            found = connection.execute(_REPEATED_OTHERWISE, [list(paths)]).fetchone()
        except duckdb.Error:
            return True
    return found is not None and bool(found[0])
