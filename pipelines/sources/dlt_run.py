"""One run of dlt: extract behind the guards, normalise, load as Parquet into a scratch folder."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import PipelineError
from pipelines.sources.contract import Contract, TableContract
from pipelines.sources.guard import SEQUENCE, Guard
from pipelines.sources.quiet import load_dlt

if TYPE_CHECKING:
    from dlt.extract import DltResource, DltSource

FROZEN = {"tables": "evolve", "columns": "discard_value", "data_type": "discard_value"}
"""dlt's own contract behind the guards; a table's first pull may still add columns."""


ADDS_ONLY = "x-adds-only"
"""Hint of a resource whose rows add to what has landed and never take away from it."""


@dataclass(frozen=True, slots=True)
class Pull:
    """What to pull, and where to work."""

    home: Path
    scratch: Path
    name: str
    is_full: bool
    due: set[str]
    """Tables to take as a whole whatever else is pulled."""

    @property
    def cursors_before(self) -> Path:
        """How far the last pull read."""
        return self.home / "_state" / "cursors.json"

    @property
    def cursors_after(self) -> Path:
        """How far this pull read."""
        return self.scratch / "cursors.json"


@dataclass(frozen=True, slots=True)
class TableHints:
    """What a resource says of its table."""

    key: tuple[str, ...]
    deleted: str
    """Column that marks deleted rows, or empty."""
    types: dict[str, str]
    """Types that are declared, for columns that have no values yet."""
    is_replaced: bool
    adds_only: bool
    """A row that a full pull lacks may still be there: old files go, what they said does not."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a run of dlt brought."""

    home: Path
    loads: Path
    tables: dict[str, TableHints]
    guards: dict[str, Guard]
    full: set[str]
    """Tables that were read as a whole."""
    cursors: dict[str, str]

    def files(self, table: str) -> list[Path]:
        """Returns the load files of a table."""
        return sorted((self.loads / table).glob("*.parquet"))


def run_dlt(given: "DltSource | DltResource", contract: Contract, pull: Pull) -> Pulled:
    """Runs a source from the cursors of the last pull; the scratch then holds rows and cursors.

    Raises:
        PipelineError: the source cannot be read, or one of its tables cannot be merged.
    """
    dlt = load_dlt()
    from dlt.common.schema.exceptions import SchemaException
    from dlt.pipeline.exceptions import PipelineStepFailed

    source = _as_source(given, pull.name)
    tables = {_table_name(source, one): one for one in source.resources.selected.values()}
    hints = {table: _hints(source, one) for table, one in tables.items()}
    _refuse_unmergeable(hints, pull.name)
    full = {t for t, h in hints.items() if h.is_replaced or pull.is_full or t in pull.due}
    full |= {t for t in hints if not (pull.home / f"{t}.parquet").is_file()}
    pipeline = dlt.pipeline(
        pull.name,
        pipelines_dir=str(pull.scratch / "dlt"),
        destination=dlt.destinations.filesystem(
            bucket_url=pull.scratch.resolve().as_uri(),
            layout="{table_name}/{load_id}.{file_id}.{ext}",
        ),
        dataset_name="loads",
    )
    with pipeline.managed_state() as state:
        state["sources"] = _begin_at(pull, [tables[table].name for table in full])
    guards: dict[str, Guard] = {}
    for table, resource in tables.items():
        agreed, said = contract.tables.get(table), hints[table]
        normalise = source.schema.naming.normalize_identifier
        guards[table] = Guard(agreed, said.key, normalise, said.deleted)
        resource.add_map(guards[table])
        resource.apply_hints(write_disposition="append", schema_contract=_allowed(agreed))
        if agreed:
            source.schema.update_table(_frozen(table, agreed, said.deleted))
    try:
        pipeline.extract(source, loader_file_format="parquet")
        pipeline.normalize()
        pipeline.load()
    except (PipelineStepFailed, SchemaException) as error:
        raise PipelineError(f"{pull.name}: {cause_of(error)}") from error
    reached = pipeline.state["sources"]
    pull.cursors_after.write_text(json_encode(reached), encoding="utf-8")
    return Pulled(pull.home, pull.scratch / "loads", hints, guards, full, _read(reached, tables))


def json_encode(state: Any) -> str:
    """Returns cursors as JSON that keeps their types."""
    from dlt.common.json import json

    return json.typed_dumps(state)


def _begin_at(pull: Pull, anew: Iterable[str]) -> Any:
    """The cursors of the last pull, without those of resources that are read from the start."""
    from dlt.common.json import json

    before = pull.cursors_before
    state = json.typed_loads(before.read_text(encoding="utf-8")) if before.is_file() else {}
    for source in state.values():
        for name in anew:
            source.get("resources", {}).pop(name, None)
    return state


def _read(state: Any, tables: "dict[str, DltResource]") -> dict[str, str]:
    """How far each table has been read, in words."""
    resources = {n: r for s in state.values() for n, r in s.get("resources", {}).items()}
    return {
        table: ", ".join(
            f"{path} {one.get('last_value')}"
            for path, one in resources.get(resource.name, {}).get("incremental", {}).items()
        )
        or resources.get(resource.name, {}).get("cursor", "")
        for table, resource in tables.items()
    }


def _as_source(given: "DltSource | DltResource", name: str) -> "DltSource":
    from dlt.common.schema import Schema
    from dlt.extract import DltSource

    source = given if isinstance(given, DltSource) else DltSource(Schema(name), name, [given])
    source.max_table_nesting = 0
    for detection in list(source.schema.settings.get("detections") or ()):
        source.schema.remove_type_detection(detection)
    return source


def _table_name(source: "DltSource", resource: "DltResource") -> str:
    name = resource.table_name
    if callable(name):
        raise PipelineError(
            f"{source.name}.{resource.name}: its table depends on the row; give each table a "
            "resource of its own."
        )
    return source.schema.naming.normalize_table_identifier(name)


def _hints(source: "DltSource", resource: "DltResource") -> TableHints:
    said = resource.compute_table_schema()
    columns = {
        source.schema.naming.normalize_identifier(name): column
        for name, column in (said.get("columns") or {}).items()
    }
    return TableHints(
        key=tuple(n for n, c in columns.items() if c.get("primary_key")),
        deleted=next((n for n, c in columns.items() if c.get("hard_delete")), ""),
        types={n: t for n, c in columns.items() if (t := c.get("data_type"))},
        is_replaced=said.get("write_disposition") == "replace",
        adds_only=bool(said.get(ADDS_ONLY)),
    )


def _refuse_unmergeable(hints: dict[str, TableHints], name: str) -> None:
    for table, said in hints.items():
        if not said.key and not said.is_replaced:
            raise PipelineError(
                f"{name}.{table}: it has no primary key, so rows cannot be merged; name its key, "
                "or let each pull replace the table."
            )


def _allowed(agreed: TableContract | None) -> Any:
    """What dlt may add: all on the first pull, later only types of columns without values yet."""
    if agreed is None:
        return "evolve"
    return FROZEN if all(agreed.columns.values()) else {**FROZEN, "columns": "evolve"}


def _frozen(table: str, agreed: TableContract, deleted: str) -> Any:
    types = {**agreed.columns, SEQUENCE: "bigint"} | ({deleted: "bool"} if deleted else {})
    columns = {
        name: {"name": name, "data_type": kind, "nullable": name not in agreed.key}
        for name, kind in types.items()
        if kind
    }
    return {"name": table, "columns": columns}


def cause_of(error: BaseException) -> str:
    """Returns the first cause of a failure in one line, or what a source itself says of it."""
    cause: BaseException = error
    while not isinstance(cause, PipelineError):
        further = getattr(cause, "exception", None) or cause.__cause__
        if further is None:
            break
        cause = further
    return " ".join(str(cause).split()).rstrip(".") + "."
