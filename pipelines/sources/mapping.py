"""The model of a mapping: which column of which file becomes which canonical column, and how."""

from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipelines.documents import HERE, find_document, read_document
from pipelines.schemas import ATTRIBUTED, TABLES, Parse

SHIPPED = HERE / "sources" / "mappings"

Scalar = str | int | float | bool


class _Authored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _as_lookup(value: Any) -> Any:
    if isinstance(value, str):
        table, _, by = value.partition(".")
        return {"table": table, "by": by}
    return value


class Lookup(_Authored):
    """Takes the value of another table's row: `table.column` finds it, its key is taken."""

    table: str
    by: str
    take: str = ""
    """Column to take; empty means the table's key."""
    ignore_spaces: bool = False
    """Compare without spaces and case, so that `GTXPro` finds `GTX Pro`."""
    keep_unknown: bool = False
    """Keep a value that is not found, in place of null; either way it is a warning."""

    @model_validator(mode="after")
    def _names_exist(self) -> "Lookup":
        if self.table not in TABLES:
            raise ValueError(f"lookup names table {self.table!r}; there is {', '.join(TABLES)}")
        for name in filter(None, (self.by, self.take)):
            if TABLES[self.table].column(name) is None:
                raise ValueError(f"lookup names {self.table}.{name}, which is not canonical")
        return self

    @property
    def taken(self) -> str:
        """The column whose value is taken."""
        return self.take or TABLES[self.table].key[0]


def _as_source(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Source(_Authored):
    """Where one canonical value comes from; a bare string in YAML is a column name."""

    column: str | None = None
    const: Scalar | None = None
    template: str | None = None
    """Text with `{column}` in it, or with `{}` for the parsed value of `column`."""
    first_of: tuple[Annotated["Source", BeforeValidator(_as_source)], ...] = ()
    """Alternatives; the first that has a value wins."""
    parse: Parse | None = None
    """How to read the text; left out, the canonical column says."""
    formats: tuple[str, ...] = ()
    """Date formats to try, in strftime letters; left out, ISO 8601."""
    choices: dict[str, Scalar | None] | None = None
    """What the words of the export mean; compared in lower case."""
    otherwise: Literal["refuse", "keep", "null"] = "refuse"
    """What to do with a word that `choices` does not list."""
    nulls: tuple[str, ...] = ()
    scale: float = 1.0
    decimal: Literal[".", ","] = "."
    """Decimal sign of the numbers; with a comma `1.234,50 €` is read as well."""
    separator: str = "-"
    """What a slug puts between words."""
    region: str | None = None
    """Column with the two-letter country of a phone that has no `+` prefix."""
    lookup: Annotated[Lookup, BeforeValidator(_as_lookup)] | None = None
    on_fault: Literal["quarantine", "null"] = "quarantine"
    """`null` keeps the row without the value, as a readiness warning."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> "Source":
        wraps = self.column is not None and self.template is not None and "{}" in self.template
        given = [n for n in ("column", "const", "template", "first_of") if getattr(self, n)]
        if self.const is False or self.const == 0:
            given.append("const")
        if len(given) != 1 and not (wraps and given == ["column", "template"]):
            raise ValueError(
                f"give exactly one of column, const, template, first_of; found {given or 'none'}"
            )
        return self

    def columns(self) -> Iterator[str]:
        """Yields the columns of the file that this value is made of."""
        parts = Formatter().parse(self.template or "")
        yield from filter(None, (self.column, self.region, *(name for _, name, _, _ in parts)))
        for alternative in self.first_of:
            yield from alternative.columns()


Sourced = Annotated[Source, BeforeValidator(_as_source)]


class When(_Authored):
    """Limits a route to some rows; the others are not read for that table."""

    column: str
    is_in: tuple[str, ...] = ()
    is_present: bool = False


class Route(_Authored):
    """One file's rows as rows of one canonical table."""

    table: str
    fields: dict[str, Sourced]
    attributes: dict[str, Sourced] = Field(default_factory=dict)
    synthetic: Sourced = Source(const=False)
    latest_by: str | None = None
    """Column with an instant: of rows with one key the latest wins; left out, the first."""
    when: When | None = None

    @model_validator(mode="after")
    def _fits_the_table(self) -> "Route":
        if self.table not in TABLES:
            raise ValueError(f"table {self.table!r} is not canonical; use {', '.join(TABLES)}")
        table = TABLES[self.table]
        unknown = [name for name in self.fields if table.column(name) is None]
        if unknown:
            known = ", ".join(c.name for c in table.columns)
            raise ValueError(f"{self.table}.{unknown[0]} is not a canonical column; use {known}")
        missing = [c.name for c in table.columns if c.required and c.name not in self.fields]
        if missing:
            raise ValueError(f"{self.table}.{missing[0]} is required and has no source")
        earlier = list(TABLES)[: list(TABLES).index(self.table)]
        for source in (*self.fields.values(), *self.attributes.values()):
            for one in (source, *source.first_of):
                if one.lookup and one.lookup.table not in earlier:
                    raise ValueError(
                        f"{self.table} is built before {one.lookup.table}, so it cannot look it "
                        f"up; it may use {', '.join(earlier) or 'none'}"
                    )
        if self.attributes and self.table not in ATTRIBUTED:
            raise ValueError(f"{self.table} takes no attributes; {', '.join(ATTRIBUTED)} do")
        return self

    def columns(self) -> Iterator[tuple[str, str]]:
        """Yields what is taken (`table.column`) and the column of the file it is taken from."""
        named = {**self.fields, "synthetic": self.synthetic}
        named |= {f"x_{name}": source for name, source in self.attributes.items()}
        for name, source in named.items():
            for column in source.columns():
                yield f"{self.table}.{name}", column
        if self.latest_by:
            yield f"{self.table}.latest_by", self.latest_by
        if self.when:
            yield f"{self.table}.when", self.when.column


class FileMapping(_Authored):
    """One file of an export: how to read it, and where its rows go."""

    path: str = Field(pattern=r"^[^/\\]+$")
    landed: str = Field(default="", pattern=r"^([a-z][a-z0-9_]*)?$")
    """Name of the source that landed this table; left out, a file in the folder of the export."""
    format: Literal["csv", "parquet"] = "csv"
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    key: tuple[str, ...] = ()
    """Columns that name a row in `source_key`; left out, its line number does."""
    nulls: tuple[str, ...] = ("",)
    optional: bool = False
    routes: tuple[Route, ...]

    @model_validator(mode="after")
    def _landed_is_parquet(self) -> "FileMapping":
        if self.landed and not self.path.endswith(".parquet"):
            raise ValueError(
                f"path {self.path!r} is no landed table; write the table's name and .parquet"
            )
        return self

    @property
    def name(self) -> str:
        """What tells the file from all others of the mapping."""
        return f"{self.landed}.{self.path}" if self.landed else self.path

    @property
    def is_parquet(self) -> bool:
        """Whether the file is read as Parquet, as all landed tables are."""
        return self.format == "parquet" or bool(self.landed)

    def at(self, folder: Path, landing: Path) -> Path:
        """Returns where the file lies."""
        return (landing / self.landed if self.landed else folder) / self.path

    def columns(self) -> Iterator[tuple[str, str]]:
        """Yields what is taken from this file, and the column it is taken from."""
        for name in self.key:
            yield "key", name
        for route in self.routes:
            yield from route.columns()


class Mapping(_Authored):
    """One export: its files in the order in which they outrank each other."""

    mapping: str
    version: int = Field(ge=1)
    source: str
    description: str = ""
    files: tuple[FileMapping, ...] = Field(min_length=1)


def load_mapping(name: str) -> Mapping:
    """Returns a shipped mapping by name, or the one in a YAML file."""
    return read_document(mapping_path(name), Mapping)


def mapping_path(name: str) -> Path:
    """Returns the file of a mapping."""
    return find_document(name, SHIPPED)
