"""Takes those who were erased out of tables, whatever their columns are called.

A row about an erased person goes; where the row is about something else, such as a company or a
deal, only the cell that names them is emptied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from pathlib import Path

import polars as pl

from agent_runtime.erasures import read_erasures
from pipelines.sources.mapping import FileMapping
from pipelines.transforms.keys import key_hash

_ADDRESS = r"[^\s@\"'<>()\[\]{};,:]+@[^\s@\"'<>()\[\]{};,:]+"
_LINKED = r"\"id\"\s*:\s*\"?[A-Za-z0-9_-]+"
"""How a link stands in a cell of JSON."""
_EMAIL = frozenset({"email", "emailaddress", "personemail", "workemail", "mail"})
_ID = frozenset({"whoid", "leadid", "leftid", "rightid", "subscriberid", "prospectid"})
_PEOPLE = frozenset({"contacts", "leads", "people", "prospects", "subscribers"})
_OTHERS = frozenset(
    {"companies", "accounts", "deals", "opportunities", "contracts", "owners", "users"}
)
"""Tables whose rows are about something else, though a cell may name a contact."""

_GONE = "_erased"

IdColumns = Mapping[str, str]
"""Columns that hold the id of a contact, and the template that makes it of the cell, or empty."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """A table without those who were erased."""

    frame: pl.DataFrame
    dropped: pl.DataFrame
    emptied: int = 0
    """Cells that named somebody, in rows that stay."""

    @property
    def is_touched(self) -> bool:
        """Whether anything was taken out."""
        return self.dropped.height + self.emptied > 0


@dataclass(frozen=True, slots=True)
class Erased:
    """Those who were erased, by hashes of their keys."""

    hashes: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """By tenant and kind."""

    @classmethod
    def of(cls, path: Path) -> "Erased":
        """Returns those whom the file of a workspace's lake names."""
        return cls(read_erasures(path))

    def clear(
        self,
        frame: pl.DataFrame,
        name: str,
        *,
        key: Sequence[str] = (),
        place: str = "",
        ids: IdColumns | None = None,
    ) -> Cleared:
        """Returns a table without those who were erased.

        Args:
            frame: Any table; columns that are no text stay as they are.
            name: What its rows are, such as `contacts`.
            key: Columns that name a row.
            place: `source.table` of a landed table, of which rows are known by their keys.
            ids: Columns with the id of a contact; None guesses them by their names.
        """
        if not self.hashes or frame.is_empty():
            return Cleared(frame, frame.clear())
        texts = [column for column, dtype in frame.schema.items() if dtype == pl.String]
        asked = guessed_ids(texts, name, key) if ids is None else ids
        about = [self._is_id(c, template) for c, template in asked.items() if c in texts]
        by_key = [self._is_in("landed", row_key(place, key))] if place and key else []
        if name.lower() not in _OTHERS:
            addressed = [self._is_email(c) for c in texts if plain_name(c) in _EMAIL]
            # A cell of a key cannot be emptied.
            addressed += [self._names(c, None) for c in key if c in texts]
            by_key += [*about, *addressed]
        marked = frame.with_columns(_any(by_key).alias(_GONE))
        left = marked.filter(~pl.col(_GONE)).drop(_GONE)
        emptied = left.with_columns(
            pl.when(self._names(c, asked.get(c))).then(None).otherwise(pl.col(c)).alias(c)
            for c in texts
            if c not in key
        )
        nulls = [sum(one.null_count().row(0)) for one in (emptied, left)]
        return Cleared(emptied, marked.filter(_GONE).drop(_GONE), nulls[0] - nulls[1])

    def _is_in(self, kind: str, value: pl.Expr) -> pl.Expr:
        return _any(
            [
                key_hash(tenant, kind, value).is_in(sorted(kinds[kind]))
                for tenant, kinds in self.hashes.items()
                if kind in kinds
            ]
        )

    def _is_id(self, column: str, template: str) -> pl.Expr:
        value = pl.col(column)
        if template:
            return self._is_in("contact_id", pl.format(template, value)).fill_null(value=False)
        linked = value.str.extract_all(_LINKED)
        one = pl.element().str.replace(r"^.*[\s:\"]", "")
        return (
            self._is_in("contact_id", value)
            | linked.list.eval(self._is_in("contact_id", one)).list.any()
        ).fill_null(value=False)

    def _is_email(self, column: str) -> pl.Expr:
        value = pl.col(column).str.strip_chars().str.to_lowercase()
        return self._is_in("email", value).fill_null(value=False)

    def _names(self, column: str, template: str | None) -> pl.Expr:
        found = pl.col(column).str.to_lowercase().str.extract_all(_ADDRESS)
        one = pl.element().str.strip_chars(".")
        named = found.list.eval(self._is_in("email", one)).list.any().fill_null(value=False)
        return named if template is None else named | self._is_id(column, template)


def row_key(place: str, key: Sequence[str]) -> pl.Expr:
    """Returns what names a row of a landed table among all of them."""
    parts = [pl.col(column).cast(pl.String).fill_null("") for column in key]
    return pl.concat_str(pl.lit(place), *parts, separator="\x1e")


def ids_of(file: FileMapping) -> IdColumns:
    """Returns the columns of a file of which the mapping makes ids of contacts."""
    found: dict[str, str] = {}
    for route in file.routes:
        source = route.fields.get("contact_id")
        for one in (source, *source.first_of) if source is not None else ():
            if one.lookup is None and one.column is not None:
                found[one.column] = one.template or ""
            elif one.lookup is None and one.template is not None:
                names = list(one.columns())
                if len(names) == 1:
                    found[names[0]] = one.template.replace(f"{{{names[0]}}}", "{}")
    return found


def name_of(file: FileMapping) -> str:
    """Returns what the rows of a file are, by the first table that they go to."""
    tables = [route.table for route in file.routes]
    return "contacts" if "contacts" in tables else tables[0] if tables else file.name


def guessed_ids(texts: Sequence[str], name: str, key: Sequence[str]) -> IdColumns:
    """Returns the columns that hold ids of contacts, as far as their names tell."""
    is_people = plain_name(name) in _PEOPLE
    return {
        column: ""
        for column in texts
        if plain_name(column) in _ID
        or plain_name(column).endswith(("contactid", "contactref", "linkedcontacts"))
        or (is_people and column in key and len(key) == 1)
        or (plain_name(name) == "listmembers" and plain_name(column) == "recordid")
    }


def plain_name(column: str) -> str:
    """Returns a name without case and marks, and without the `__c` of a custom field."""
    low = column.lower().removesuffix("__c")
    return "".join(letter for letter in low if letter.isalnum())


def _any(conditions: Sequence[pl.Expr]) -> pl.Expr:
    return reduce(or_, conditions, pl.lit(value=False))
