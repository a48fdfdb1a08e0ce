"""Frozen values as rows: generic reads and writes of one tenant on SQLAlchemy Core."""

from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Connection, Table, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")


class SqlRows:
    """Reads and writes rows of one tenant; values live as JSON in the column `doc`."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self.connection = connection
        self.tenant_id = tenant_id

    def rows(self, table: Table, *where: Any) -> Any:
        """Returns the tenant's rows that match."""
        query = select(table).where(table.c.tenant_id == self.tenant_id, *where)
        return self.connection.execute(query)

    def first(self, table: Table, where: Any) -> Any:
        """Returns the first row that matches."""
        return self.rows(table, where).first()

    def one(self, kind: type[T], table: Table, where: Any) -> T | None:
        """Returns the first value that matches."""
        row = self.first(table, where)
        return None if row is None else load(kind, row.doc)

    def all(self, kind: type[T], table: Table, where: Any) -> tuple[T, ...]:
        """Returns every value that matches."""
        return tuple(load(kind, row.doc) for row in self.rows(table, where))

    def count(self, table: Table, *where: Any) -> int:
        """Counts the tenant's rows that match."""
        query = select(func.count()).select_from(table)
        query = query.where(table.c.tenant_id == self.tenant_id, *where)
        return self.connection.execute(query).scalar_one()

    def set(self, table: Table, where: Any, **values: Any) -> int:
        """Changes columns of rows that match and returns how many."""
        change = update(table).where(table.c.tenant_id == self.tenant_id, where).values(**values)
        return self.connection.execute(change).rowcount

    def put(self, table: Table, value: Any, *, kind: Any = None, **columns: Any) -> None:
        """Writes a value over any earlier one with its key."""
        row = {**columns, "doc": dump(kind or type(value), value)}
        keys = {column.name for column in table.primary_key}
        self.upsert(table, row, {k: v for k, v in row.items() if k not in keys})

    def add(self, table: Table, value: Any, **columns: Any) -> bool:
        """Writes a value unless its key stands already; True when it was new."""
        return self.insert(table, {**columns, "doc": dump(type(value), value)})

    def insert(self, table: Table, row: dict[str, Any]) -> bool:
        """Inserts a row unless its key stands already; True when it was new."""
        statement = self._dialect_insert(table).values(tenant_id=self.tenant_id, **row)
        # Without this option psycopg reports no count for an insert.
        options = {"preserve_rowcount": True}
        result = self.connection.execute(
            statement.on_conflict_do_nothing(), execution_options=options
        )
        return result.rowcount == 1

    def upsert(self, table: Table, row: dict[str, Any], change: dict[str, Any]) -> None:
        """Inserts a row, or makes the change when its key stands already."""
        statement = self._dialect_insert(table).values(tenant_id=self.tenant_id, **row)
        keys = [column.name for column in table.primary_key]
        self.connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=change))

    def _dialect_insert(self, table: Table) -> Any:
        is_postgres = self.connection.dialect.name == "postgresql"
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
