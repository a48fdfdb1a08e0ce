"""What a mapping leaves out of the canonical tables, what each is for, and what looks like it."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import polars as pl
import yaml

from pipelines.documents import HERE
from pipelines.errors import PipelineError
from pipelines.sources.likeness import Likeness, likely
from pipelines.sources.mapping import FileMapping
from pipelines.sources.mapping import Mapping as ExportMapping
from pipelines.sources.profile import Profile, profile
from pipelines.sources.reader import read_file

Level = Literal["must", "wanted"]

MOST_CANDIDATES = 2
MOSTLY = 0.05
"""Share of empty rows from which a field that is fed is worth a sentence."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a canonical field is for, and how much is lost without it."""

    level: Level
    purpose: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A canonical field that nothing feeds."""

    table: str
    field: str
    need: Need
    candidates: tuple[Likeness, ...]

    def __str__(self) -> str:
        """Says it in a sentence or two."""
        so = ", so nobody can be written to" if self.need.level == "must" else ""
        told = f"{self.table}.{self.field} is missing{so}: {self.need.purpose}."
        if not self.candidates:
            return f"{told} No column looks like it."
        looks = " or ".join(f"{c.seen.place} ({c.because})" for c in self.candidates)
        return f"{told} It may be {looks}."


@cache
def needs() -> dict[tuple[str, str], Need]:
    """Returns what each canonical field is for, in the order in which they matter."""
    said = yaml.safe_load((HERE / "sources" / "needs.yaml").read_text(encoding="utf-8"))
    return {
        (name.partition(".")[0], name.partition(".")[2]): Need(one["level"], one["for"])
        for name, one in said.items()
    }


def missing(mapping: ExportMapping, profiles: Sequence[Profile]) -> list[Missing]:
    """Returns the fields that campaigns ask for and the mapping does not feed.

    A column that the mapping takes already is no candidate for another field of the same table.
    """
    routes = [(file.name, route) for file in mapping.files for route in file.routes]
    fed = {(route.table, field) for _, route in routes for field in route.fields}
    taken: dict[str, set[tuple[str, str]]] = {}
    for path, route in routes:
        columns = {c for source in route.fields.values() for c in source.columns()}
        taken.setdefault(route.table, set()).update((path, column) for column in columns)
    found = []
    for (table, field), need in needs().items():
        if (table, field) in fed:
            continue
        free = [p for p in profiles if (p.file, p.column) not in taken.get(table, set())]
        candidates = likely(table, field, _fitting(table, free, mapping))[:MOST_CANDIDATES]
        found.append(Missing(table, field, need, tuple(candidates)))
    return found


def _fitting(table: str, profiles: Iterable[Profile], mapping: ExportMapping) -> Iterable[Profile]:
    """Columns of files that feed the table or no table; of a file of another table, none."""
    feeds = {file.name: {route.table for route in file.routes} for file in mapping.files}
    beside = {"consents": "contacts", "owners": "contacts"}
    for seen in profiles:
        tables = feeds.get(seen.file, set())
        if not tables or tables & {table, beside.get(table, table)}:
            yield seen


def profiles_in(folder: Path, read: Mapping[str, pl.DataFrame] | None = None) -> list[Profile]:
    """Returns the profile of every column of every table-like file of a folder.

    Args:
        folder: Where the export lies.
        read: Files that have been read already, by name. The others are read as CSV with the
            delimiter that their header shows; one that cannot be read is passed over.
    """
    frames = dict(read or {})
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in frames and (file := guess_file(path)):
            with suppress(PipelineError):
                frames[path.name] = read_file(path, file)
    return [one for name, frame in sorted(frames.items()) for one in profile(name, frame)]


def guess_file(path: Path) -> FileMapping | None:
    """Returns how a file is most likely to be read; None where it is no table."""
    if path.suffix == ".parquet":
        return FileMapping(path=path.name, format="parquet", routes=())
    if path.suffix.lower() not in {".csv", ".tsv"}:
        return None
    start = path.read_bytes()[:100_000]
    encoding = _encoding(start)
    header = start.decode(encoding, errors="replace").partition("\n")[0]
    delimiter = max(",;\t|", key=header.count)
    return FileMapping(path=path.name, encoding=encoding, delimiter=delimiter, routes=())


def _encoding(start: bytes) -> str:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        # The end may be in the middle of a character.
        start[:-4].decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def by_level(found: Sequence[Missing]) -> Mapping[Level, list[Missing]]:
    """Returns what is missing by how much is lost without it."""
    levels: tuple[Level, ...] = ("must", "wanted")
    return {level: [one for one in found if one.need.level == level] for level in levels}


def empty_fields(tables: Mapping[str, pl.DataFrame], mapping: ExportMapping) -> list[str]:
    """Says which needed fields are fed and yet mostly empty."""
    fed = {(r.table, name) for file in mapping.files for r in file.routes for name in r.fields}
    said: list[str] = []
    for (table, field), need in needs().items():
        frame = tables.get(table)
        if (table, field) not in fed or frame is None or frame.is_empty():
            continue
        share = frame.get_column(field).null_count() / frame.height
        if share > MOSTLY:
            said.append(f"{table}.{field} is empty in {share:.0%} of the rows: {need.purpose}.")
    return said
