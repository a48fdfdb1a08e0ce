"""Frozen values as rows: generic reads and writes of one tenant on SQLAlchemy Core.

Building a statement costs more than running it on SQLite, so every shape of statement is built once
and only its values change.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Connection, Table, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
Names = tuple[str, ...]


class SqlRows:
    """Reads and writes rows of one tenant; values live as JSON in the column `doc`."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self.connection = connection
        self.tenant_id = tenant_id

    def rows(self, table: Table, *where: Any, **keys: Any) -> Any:
        """Returns the tenant's rows whose columns equal `keys` and that match `where`."""
        query = _select(table, tuple(keys))
        if where:
            query = query.where(*where)
        return self.connection.execute(query, self._bound(keys))

    def first(self, table: Table, **keys: Any) -> Any:
        """Returns the first row whose columns equal `keys`."""
        return self.rows(table, **keys).first()

    def one(self, kind: type[T], table: Table, **keys: Any) -> T | None:
        """Returns the first value whose columns equal `keys`."""
        row = self.first(table, **keys)
        return None if row is None else load(kind, row.doc)

    def all(self, kind: type[T], table: Table, **keys: Any) -> tuple[T, ...]:
        """Returns every value whose columns equal `keys`."""
        return tuple(load(kind, row.doc) for row in self.rows(table, **keys))

    def count(self, table: Table, *where: Any, **keys: Any) -> int:
        """Counts the tenant's rows whose columns equal `keys` and that match `where`."""
        query = _count(table, tuple(keys))
        if where:
            query = query.where(*where)
        return self.connection.execute(query, self._bound(keys)).scalar_one()

    def set(self, table: Table, where: dict[str, Any], *more: Any, **values: Any) -> int:
        """Changes columns of the rows whose columns equal `where`; returns how many."""
        change = _update(table, tuple(where), tuple(values))
        if more:
            change = change.where(*more)
        new = {f"new_{name}": value for name, value in values.items()}
        return self.connection.execute(change, self._bound(where) | new).rowcount

    def put(self, table: Table, value: Any, *, kind: Any = None, **columns: Any) -> None:
        """Writes a value over any earlier one with its key."""
        row = {**columns, "doc": dump(kind or type(value), value)}
        self.upsert(table, row)

    def add(self, table: Table, value: Any, **columns: Any) -> bool:
        """Writes a value unless its key stands already; True when it was new."""
        return self.insert(table, {**columns, "doc": dump(type(value), value)})

    def insert(self, table: Table, row: dict[str, Any]) -> bool:
        """Inserts a row unless its key stands already; True when it was new."""
        statement = _insert(table, self._is_postgres)
        result = self.connection.execute(statement, {"tenant_id": self.tenant_id, **row})
        return result.rowcount == 1

    def insert_all(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        """Inserts rows, in their order, each unless its key stands already."""
        if rows:
            statement = _insert(table, self._is_postgres)
            tenant = {"tenant_id": self.tenant_id}
            self.connection.execute(statement, [{**tenant, **row} for row in rows])

    def upsert(self, table: Table, row: dict[str, Any]) -> None:
        """Inserts a row, or changes all but its key when that stands already."""
        statement = upsert_of(table, self._is_postgres, tuple(row))
        self.connection.execute(statement, {"tenant_id": self.tenant_id, **row})

    @property
    def _is_postgres(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    def _bound(self, keys: dict[str, Any]) -> dict[str, Any]:
        return {"is_tenant_id": self.tenant_id, **{f"is_{k}": v for k, v in keys.items()}}


def _equal(table: Table, keys: Names) -> list[Any]:
    return [table.c[name] == bindparam(f"is_{name}") for name in ("tenant_id", *keys)]


@cache
def _select(table: Table, keys: Names) -> Any:
    return select(table).where(*_equal(table, keys))


@cache
def _count(table: Table, keys: Names) -> Any:
    return select(func.count()).select_from(table).where(*_equal(table, keys))


@cache
def _update(table: Table, keys: Names, changed: Names) -> Any:
    values = {name: bindparam(f"new_{name}") for name in changed}
    return update(table).where(*_equal(table, keys)).values(values)


@cache
def _insert(table: Table, is_postgres: bool) -> Any:
    statement = _dialect_insert(table, is_postgres).on_conflict_do_nothing()
    # Without this option psycopg reports no count for an insert.
    return statement.execution_options(preserve_rowcount=True)


@cache
def upsert_of(table: Table, is_postgres: bool, columns: Names) -> Any:
    """Returns the statement that inserts a row, or changes all but its key."""
    statement = _dialect_insert(table, is_postgres)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in columns if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def _dialect_insert(table: Table, is_postgres: bool) -> Any:
    return postgresql.insert(table) if is_postgres else sqlite.insert(table)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dump(kind: Any, value: Any) -> str:
    """Returns a value as JSON."""
    return _adapter(kind).dump_json(value).decode()


def load(kind: Any, doc: str) -> Any:
    """Returns the value that `dump` wrote."""
    return _adapter(kind).validate_json(doc)
