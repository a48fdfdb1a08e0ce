"""Tables of an SQL database, read in chunks by a cursor column, or as a whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from pipelines.documents import did_you_mean
from pipelines.errors import PipelineError
from pipelines.sources.kinds.base import Authored, Checked, Source, as_source
from pipelines.sources.quiet import load_dlt
from pipelines.sources.secret import Address, SecretName, Secrets

if TYPE_CHECKING:
    from dlt.extract import DltResource, DltSource
    from sqlalchemy import Engine


class SqlTable(Authored):
    """One table or view of the database."""

    table: str = ""
    """Its name there; left out, the same as here."""
    about: str = ""
    """What a row stands for."""
    key: tuple[str, ...] = Field(min_length=1)
    """Columns that name a row."""
    cursor: str = ""
    """Column that grows when a row changes; left out, each pull reads the whole table."""
    columns: tuple[str, ...] = ()
    """Columns to take; left out, all."""
    deleted: str = ""
    """Boolean column that marks deleted rows."""


class SqlSource(Source):
    """An SQL database that SQLAlchemy can reach."""

    kind: Literal["sql"]
    url: Address
    """SQLAlchemy URL without a password, such as postgresql+psycopg://reader@db.example/crm."""
    password: SecretName | None = None
    db_schema: str | None = Field(default=None, alias="schema")
    chunk_rows: int = Field(default=50_000, ge=1)
    """Rows per round trip; no more than these are in memory at a time."""
    tables: dict[str, SqlTable] = Field(min_length=1)

    def table_names(self) -> dict[str, str]:
        """Returns the tables, each with what a row stands for."""
        return {
            name: table.about or f"One row per {', '.join(table.key)}"
            for name, table in self.tables.items()
        }

    @contextmanager
    def opened(self, secrets: Secrets) -> "Iterator[DltSource]":
        """Connects; each table is a dlt resource that reads Arrow chunks."""
        dlt = load_dlt()
        with self._reached(secrets) as engine:
            yield as_source(self.source, [self._resource(dlt, engine, n) for n in self.tables])

    def check(self, secrets: Secrets) -> list[Checked]:
        """Connects, looks for every column that is named, and counts."""
        from sqlalchemy import MetaData, Table, func, select

        found: list[Checked] = []
        with self._reached(secrets) as engine, engine.connect() as connection:
            for name in self.tables:
                self._require(engine, name)
                there = Table(self._there(name), MetaData(), schema=self.db_schema)
                rows = connection.execute(select(func.count()).select_from(there)).scalar_one()
                found.append(Checked(name, int(rows)))
        return found

    def _resource(self, dlt: Any, engine: "Engine", name: str) -> "DltResource":
        from dlt.sources.sql_database import sql_table

        self._require(engine, name)
        table = self.tables[name]
        cursor = dlt.sources.incremental(table.cursor) if table.cursor else None
        resource = sql_table(
            engine,
            self._there(name),
            schema=self.db_schema,
            incremental=cursor,
            chunk_size=self.chunk_rows,
            backend="pyarrow",
            included_columns=list(table.columns) or None,
            primary_key=list(table.key),
            write_disposition="merge" if cursor else "replace",
        ).with_name(name)
        resource.apply_hints(table_name=name)
        if table.deleted:
            resource.apply_hints(columns={table.deleted: {"hard_delete": True}})
        return resource

    def _require(self, engine: "Engine", name: str) -> None:
        """Says which table or column is not there, before anything is read."""
        from sqlalchemy import inspect

        table, there = self.tables[name], self._there(name)
        look = inspect(engine)
        known = [*look.get_table_names(self.db_schema), *look.get_view_names(self.db_schema)]
        if there not in known:
            raise PipelineError(
                f"{self.source}.{name}: the database has no table {there!r}"
                f"{did_you_mean(there, known)}; it has {', '.join(sorted(known)) or 'none'}."
            )
        columns = [c["name"] for c in look.get_columns(there, self.db_schema)]
        for column in filter(None, (*table.key, table.cursor, table.deleted)):
            if column not in columns:
                raise PipelineError(
                    f"{self.source}.{name}: table {there!r} has no column {column!r}"
                    f"{did_you_mean(column, columns)}; it has {', '.join(columns)}."
                )

    def _there(self, name: str) -> str:
        return self.tables[name].table or name

    @contextmanager
    def _reached(self, secrets: Secrets) -> "Iterator[Engine]":
        from sqlalchemy import create_engine, make_url
        from sqlalchemy.exc import SQLAlchemyError

        url = make_url(self.url)
        if self.password:
            url = url.set(password=secrets[self.password])
        engine = create_engine(url)
        try:
            yield engine
        except SQLAlchemyError as error:
            reason = " ".join(str(getattr(error, "orig", None) or error).split())
            raise PipelineError(f"{self.source}: the database cannot be read: {reason}.") from error
        finally:
            engine.dispose()
