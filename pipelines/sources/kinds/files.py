"""CSV, JSON Lines, JSON and Parquet files that somebody drops in a folder or an object store."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import Field, model_validator

from pipelines.errors import PipelineError
from pipelines.sources.dlt_run import ADDS_ONLY
from pipelines.sources.kinds.base import Authored, Checked, Source, as_source
from pipelines.sources.quiet import load_dlt
from pipelines.sources.secret import Address, SecretName, Secrets

if TYPE_CHECKING:
    from dlt.extract import DltResource, DltSource

Format = Literal["csv", "jsonl", "json", "parquet"]
BATCH_ROWS = 10_000


class Drop(NamedTuple):
    """One file that lies there."""

    path: str
    size: int
    changed: str


class FileTable(Authored):
    """Files of one kind, which together are one table."""

    files: str
    """Name pattern below the location, such as contacts*.csv or calls/*.jsonl."""
    about: str = ""
    format: Format
    key: tuple[str, ...] = Field(min_length=1)
    each: Literal["adds", "replaces"] = "adds"
    """Whether a file brings additions and changes, or is the whole table as of now."""
    rows: str = ""
    """Field of a JSON file that holds the list of rows; empty where the file is the list."""
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    deleted: str = ""
    """Boolean column that marks deleted rows."""


class ObjectStore(Authored):
    """How to reach an object store."""

    access_key: SecretName
    secret_key: SecretName
    endpoint: Address = ""
    """URL of a store that is not Amazon's."""
    region: str = ""


class FilesSource(Source):
    """A folder, or a prefix of a bucket, into which files are dropped."""

    kind: Literal["files"]
    location: str
    """Folder, or s3://bucket/prefix."""
    store: ObjectStore | None = None
    tables: dict[str, FileTable] = Field(min_length=1)

    @model_validator(mode="after")
    def _store_is_named(self) -> "FilesSource":
        if self.location.startswith("s3://") and self.store is None:
            raise ValueError("location is in an object store, so `store` must say how to reach it")
        if "://" in self.location and not self.location.startswith("s3://"):
            raise ValueError(f"location {self.location!r} is neither a folder nor s3://…")
        return self

    def table_names(self) -> dict[str, str]:
        """Returns the tables, each with what a row stands for."""
        return {
            name: table.about or f"One row per {', '.join(table.key)}"
            for name, table in self.tables.items()
        }

    def sparse_tables(self) -> list[str]:
        """Returns the tables of JSON."""
        return [n for n, table in self.tables.items() if table.format in {"json", "jsonl"}]

    @contextmanager
    def opened(self, secrets: Secrets) -> "Iterator[DltSource]":
        """Connects; each table is a dlt resource that reads files that are new or changed."""
        dlt, there = load_dlt(), self._open(secrets)
        yield as_source(self.source, [self._resource(dlt, there, name) for name in self.tables])

    def check(self, secrets: Secrets) -> list[Checked]:
        """Lists the files of each table, and counts the rows of the newest."""
        there, found = self._open(secrets), []
        for name, table in self.tables.items():
            drops = self._drops(there, table)
            if not drops:
                found.append(Checked(name, 0, f"no file is named {table.files}"))
                continue
            rows = sum(len(batch) for batch in _read(there, drops[-1], table))
            found.append(Checked(name, rows, f"{len(drops)} files; rows of {drops[-1].path}"))
        return found

    def _resource(self, dlt: Any, there: Any, name: str) -> "DltResource":
        table = self.tables[name]
        drops = self._drops(there, table)

        def rows() -> Iterator[list[dict[str, Any]]]:
            state = dlt.current.resource_state()
            seen: dict[str, list[Any]] = state.setdefault("files", {})
            fresh = [d for d in drops if seen.get(d.path) != [d.size, d.changed]]
            for drop in drops[-1:] if is_whole else fresh:
                yield from _read(there, drop, table)
            seen.update({d.path: [d.size, d.changed] for d in fresh})
            state["cursor"] = drops[-1].path.rpartition("/")[2] if drops else ""

        is_whole = table.each == "replaces"
        if is_whole and not drops:
            raise PipelineError(
                f"{self.source}.{name}: no file in {self.location} is named {table.files}."
            )
        resource = dlt.resource(
            rows,
            name=name,
            primary_key=list(table.key),
            write_disposition="replace" if is_whole else "merge",
            columns={table.deleted: {"hard_delete": True}} if table.deleted else None,
        )
        if not is_whole:
            resource.apply_hints(additional_table_hints={ADDS_ONLY: True})
        return resource

    def _open(self, secrets: Secrets) -> Any:
        import fsspec

        if self.store is None:
            if not Path(self.location).is_dir():
                raise PipelineError(f"{self.source}: {self.location}: there is no such folder.")
            return fsspec.filesystem("file")
        store = self.store
        return fsspec.filesystem(
            "s3",
            key=secrets[store.access_key],
            secret=secrets[store.secret_key],
            endpoint_url=store.endpoint or None,
            client_kwargs={"region_name": store.region} if store.region else {},
            skip_instance_cache=True,
            use_listings_cache=False,
        )

    def _drops(self, there: Any, table: FileTable) -> list[Drop]:
        """The files of a table, oldest first."""
        root = self.location.removeprefix("s3://").rstrip("/")
        if self.store is None:
            root = str(Path(root).resolve())
        try:
            found = there.find(root, detail=True)
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split()).rstrip(".")
            raise PipelineError(
                f"{self.source}: {self.location} cannot be read: {reason}."
            ) from error
        drops = [
            Drop(path, int(info["size"]), _changed(info))
            for path, info in found.items()
            if fnmatch(path.removeprefix(root).lstrip("/"), table.files)
        ]
        return sorted(drops, key=lambda drop: (drop.changed, drop.path))


def _changed(info: dict[str, Any]) -> str:
    changed = info.get("LastModified")
    return changed.isoformat() if changed is not None else f"{info['mtime']:020.6f}"


def _read(there: Any, drop: Drop, table: FileTable) -> Iterator[list[dict[str, Any]]]:
    """Yields the rows of a file in batches.

    Raises:
        PipelineError: the file is not what its format says.
    """
    name = drop.path.rpartition("/")[2]
    with TemporaryDirectory() as folder:
        copy = Path(folder) / name
        there.get_file(drop.path, str(copy))
        if table.format in {"csv", "parquet"}:
            yield from _tabular(copy, table)
        else:
            yield from _documents(copy, table)


def _tabular(copy: Path, table: FileTable) -> Iterator[list[dict[str, Any]]]:
    import polars as pl

    from pipelines.sources.mapping import FileMapping
    from pipelines.sources.reader import FAULT, LINE, RAW, read_file

    if table.format == "parquet":
        frame = pl.read_parquet(copy)
    else:
        read = FileMapping(
            path=copy.name, encoding=table.encoding, delimiter=table.delimiter, routes=()
        )
        frame = read_file(copy, read).drop(LINE, FAULT, RAW)
        frame = frame.with_columns(pl.all().str.strip_chars().replace("", None))
    for batch in frame.iter_slices(BATCH_ROWS):
        yield batch.to_dicts()


def _documents(copy: Path, table: FileTable) -> Iterator[list[dict[str, Any]]]:
    text = copy.read_text(encoding=table.encoding)
    try:
        if table.format == "jsonl":
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            rows = json.loads(text)
            rows = rows[table.rows] if table.rows else rows
    except (ValueError, KeyError) as error:
        raise PipelineError(f"{copy.name}: not readable as {table.format}: {error}.") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PipelineError(
            f"{copy.name}: expected a list of objects; name the field that holds it as `rows`."
        )
    for start in range(0, len(rows), BATCH_ROWS):
        yield rows[start : start + BATCH_ROWS]
